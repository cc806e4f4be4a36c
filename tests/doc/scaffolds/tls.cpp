// A part of a program whose endpoint has TLS; the switches that it makes, without their values.
#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/loopback/tls.hpp>
#include <wsintercept/renderer/chromium.hpp>

#include <iostream>
#include <system_error>
#include <vector>

namespace ws = wsintercept;

struct app : ws::ignore<ws::http_request, ws::websocket_upgrade, ws::websocket_receive,
                        ws::websocket_close, ws::websocket_error, ws::drained, ws::log_entry> {};

int main() {
    const std::vector<ws::row> rows{{"wss://myapp/*", ws::action::automatic}};
    const auto urls = ws::intercepted_urls::build(rows).table;
    boost::asio::io_context io;
    app handler;
    // the block
    if (failed)
        return std::cerr << failed.message() << '\n', 1;
    for (const std::string& s : result.switches)
        std::cout << s.substr(0, s.find('=')) << '\n';
    std::cerr << result.error;
}
