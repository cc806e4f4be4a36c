#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/renderer/chromium.hpp>

#include <iostream>

namespace ws = wsintercept;

struct app : ws::ignore<ws::http_request, ws::websocket_close, ws::drained> {
    using ignore::on;
    void on(const ws::websocket_upgrade& e) noexcept { std::cerr << e.url << " is open\n"; }
    void on(const ws::websocket_receive& e) noexcept {
        if (const auto error = endpoint->sockets().send(e.id, e.data, e.fin, e.type))
            std::cerr << error.message() << '\n';
    }
    void on(const ws::websocket_error& e) noexcept { std::cerr << e.message << '\n'; }
    void on(const ws::log_entry& e) noexcept { std::cerr << e.text << '\n'; } // who was refused
    ws::loopback::endpoint<app>* endpoint = nullptr;
};

int main() {
    const std::vector<ws::row> rows{{"ws://myapp/*", ws::action::automatic}};
    const auto urls = ws::intercepted_urls::build(rows).table;
    boost::asio::io_context io;
    app handler;
    ws::loopback::endpoint<app> endpoint{io, handler, urls};
    handler.endpoint = &endpoint;
    if (const auto error = endpoint.listen())
        return std::cerr << error.message() << '\n', 1;
    for (const auto& s : ws::chromium::switches(*urls, endpoint.port()).switches)
        std::cout << s << std::endl; // give these to the browser that this program starts
    io.run();
}
