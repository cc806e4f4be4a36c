// A host, and a page of its renderer that opens ws://myapp/echo, says "Hello", and closes.
#include "adapter.hpp"

#include <iomanip>
#include <iostream>

namespace {

namespace ws = wsintercept;

struct host : ws::ignore<ws::http_request, ws::drained> {
    using ignore::on;
    void on(const ws::websocket_upgrade& e) noexcept {
        std::cout << "WebSocketUpgrade " << e.url << '\n';
    }
    void on(const ws::websocket_receive& e) noexcept {
        std::cout << "WebSocketReceive " << e.data << '\n';
        if (const auto failed = adapter->sockets().send(e.id, e.data, e.fin, e.type))
            std::cerr << failed.message() << '\n';
    }
    void on(const ws::websocket_close& e) noexcept {
        std::cout << "WebSocketClose " << e.code << ' ' << e.reason << '\n';
    }
    void on(const ws::websocket_error& e) noexcept {
        std::cout << "WebSocketError " << e.message << '\n';
    }
    void on(const ws::log_entry& e) noexcept { std::cout << e.text << '\n'; }
    custom::adapter<host>* adapter = nullptr;
};

/// What the page's side of a stream sees: text as it is, other bytes as numbers.
void print(std::string_view bytes) {
    std::cout << "page: ";
    for (const char c : bytes)
        if (c == '\n')
            std::cout << "\n      ";
        else if (c >= ' ' && c <= '~')
            std::cout << c;
        else if (c != '\r')
            std::cout << '<' << (c & 0xFF) << '>';
    std::cout << '\n';
}

} // namespace

int main() {
    const std::vector<ws::row> rows{{"ws://myapp/*", ws::action::automatic}};
    engine::loop loop;
    host handler;
    custom::adapter<host> adapter{loop, handler, ws::intercepted_urls::build(rows).table};
    handler.adapter = &adapter;

    // As the engine would: a page opens a socket, and frames follow, RFC 6455 5.7.
    engine::stream stream{"GET", "ws://myapp/echo",
                          "GET /echo HTTP/1.1\r\nHost: myapp\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nOrigin: http://myapp\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                          "Sec-WebSocket-Version: 13\r\n\r\n"};
    stream.write = print;
    stream.finish = [] { std::cout << "page: the stream has ended\n"; };
    stream.reset = [] { std::cout << "page: the stream was reset\n"; };
    if (!adapter.handle(stream))
        return 1;
    loop.run();
    stream.on_bytes("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"); // Hello, masked
    loop.run();
    stream.on_bytes({"\x88\x82\0\0\0\0\x03\xe8", 8}); // Close 1000
    loop.run();
}
