// A page without a browser, for blocks that are part of a program with an endpoint.
#pragma once

#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/renderer/chromium.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ws = wsintercept;

struct app : ws::ignore<ws::http_request, ws::websocket_receive, ws::websocket_close,
                        ws::websocket_error, ws::drained, ws::log_entry> {
    using ignore::on;
    void on(const ws::websocket_upgrade& e) noexcept { opened(e.id); }
    std::function<void(ws::socket_id)> opened;
};

/// A page's socket to ws://myapp/feed, and what came of it.
class page {
  public:
    page(boost::asio::io_context& io, std::uint16_t port, const std::string& origin) : socket_{io} {
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
        boost::asio::write(socket_,
                           boost::asio::buffer("GET ws://myapp/feed HTTP/1.1\r\nHost: myapp\r\n"
                                               "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                               "Sec-WebSocket-Version: 13\r\nOrigin: " +
                                               origin + "\r\n\r\n"));
        read();
    }

    /// A close frame came, or the end.
    bool over() const { return over_ || came_.find("\x88\x02\x03\xe8") != came_.npos; }
    void print() const {
        std::cout << came_.substr(0, came_.find("\r\n")) << '\n';
        const std::string frames = came_.substr(came_.find("\r\n\r\n") + 4);
        if (frames.starts_with('\x81'))
            std::cout << "the page got " << frames.substr(2, static_cast<std::size_t>(frames[1]))
                      << '\n';
    }

  private:
    void read() {
        socket_.async_read_some(boost::asio::buffer(buffer_),
                                [this](boost::system::error_code failed, std::size_t n) {
                                    came_.append(buffer_.data(), n);
                                    over_ = bool(failed);
                                    if (!over_)
                                        read();
                                });
    }

    boost::asio::ip::tcp::socket socket_;
    std::array<char, 4096> buffer_{};
    std::string came_;
    bool over_ = false;
};

/// Opens a socket from a page that is not allowed, then one from ours, for which `part` is called
/// in its event; then it is closed. Prints what that page got.
template <class Part>
int show(ws::action action, Part part) {
    const std::vector<ws::row> rows{{"ws://myapp/*", action}};
    const auto table = ws::intercepted_urls::build(rows).table;
    boost::asio::io_context io;
    app handler;
    ws::loopback::endpoint<app> endpoint{io, handler, table};
    handler.opened = [&](ws::socket_id id) {
        part(io, handler, id, table, endpoint);
        endpoint.sockets().remote().close(id);
    };
    if (const std::error_code failed = endpoint.listen())
        return std::cerr << failed.message() << '\n', 1;
    page foreign{io, endpoint.port(), "http://www.example.com"};
    while (!foreign.over())
        io.run_one();
    page ours{io, endpoint.port(), "http://myapp"};
    while (!ours.over())
        io.run_one();
    ours.print();
    return 0;
}
