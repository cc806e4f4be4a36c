// A part of a program whose handler is `app`: a class `sockets`.
#include <wsintercept/loopback/endpoint.hpp>

#include <iostream>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ws = wsintercept;

struct app : ws::ignore<ws::http_request, ws::websocket_upgrade, ws::websocket_receive,
                        ws::websocket_close, ws::websocket_error, ws::drained, ws::log_entry> {};

// the block

int main() {
    const std::vector<ws::row> rows{{"ws://myapp/*", ws::action::automatic}};
    sockets ours;
    if (const std::error_code failed = ours.start(ws::intercepted_urls::build(rows).table))
        return std::cerr << failed.message() << '\n', 1;
    ours.send({}, "to nobody");
    std::cout << "listens\n";
}
