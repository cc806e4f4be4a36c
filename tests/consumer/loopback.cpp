#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/renderer/chromium.hpp>
#include <wsintercept/version.hpp>

#include <iostream>

struct handler : wsintercept::ignore<wsintercept::http_request, wsintercept::websocket_upgrade,
                                     wsintercept::websocket_receive, wsintercept::websocket_close,
                                     wsintercept::websocket_error, wsintercept::drained,
                                     wsintercept::log_entry> {};

int main() {
    const auto table = wsintercept::intercepted_urls::build({}).table;
    boost::asio::io_context io;
    handler h;
    wsintercept::loopback::endpoint<handler> endpoint{io, h, table};
    if (endpoint.listen())
        return 1;
    if (!wsintercept::chromium::switches(*table, endpoint.port()).error.empty())
        return 1;
    std::cout << wsintercept::version << '\n';
}
