#include <wsintercept/loopback/thread.hpp>

#include <wsintercept/loopback/endpoint.hpp>

#include "catch.hpp"
#include "recorder.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace loopback = wsintercept::loopback;
namespace websocket = boost::beast::websocket;
using boost::asio::ip::tcp;

namespace {

/// A host on a thread of its own that echoes.
struct echo_host {
    explicit echo_host(wsintercept::row_options row = {}) {
        const auto table = wsintercept::intercepted_urls::build(
                               std::vector<wsintercept::row>{
                                   {"ws://myapp/*", wsintercept::action::automatic, row}})
                               .table;
        handler.on_receive = [this](const auto& e) {
            (void)endpoint->sockets().send(e.id, e.data, e.fin, e.type);
        };
        loop.call([&] {
            endpoint.emplace(loop.context(), handler, table);
            REQUIRE_FALSE(endpoint->listen());
            port = endpoint->port();
        });
    }
    ~echo_host() {
        loop.call([&] { endpoint.reset(); });
    }
    std::vector<std::string> events() {
        std::vector<std::string> seen;
        loop.call([&] { seen = handler.events; });
        return seen;
    }

    loopback::thread loop;
    test::recorder handler;
    std::optional<loopback::endpoint<test::recorder>> endpoint;
    std::uint16_t port = 0;
};

/// Beast's client: an independent reading of RFC 6455.
struct beast_client {
    explicit beast_client(std::uint16_t port, bool through_proxy = true) {
        tcp::socket& socket = stream.next_layer();
        socket.connect({boost::asio::ip::address_v4::loopback(), port});
        if (through_proxy) {
            boost::asio::write(socket, boost::asio::buffer(std::string_view{
                                           "CONNECT myapp:80 HTTP/1.1\r\nHost: myapp:80\r\n\r\n"}));
            std::string answer(39, ' ');
            boost::asio::read(socket, boost::asio::buffer(answer));
            REQUIRE(answer == "HTTP/1.1 200 Connection Established\r\n\r\n");
        }
        stream.set_option(websocket::stream_base::decorator([this](websocket::request_type& r) {
            r.set("Origin", "http://myapp");
            if (!subprotocols.empty())
                r.set("Sec-WebSocket-Protocol", subprotocols);
        }));
    }
    std::string exchange(std::string_view message, bool binary) {
        stream.binary(binary);
        stream.write(boost::asio::buffer(message));
        boost::beast::flat_buffer got;
        stream.read(got);
        REQUIRE(stream.got_binary() == binary);
        const auto data = got.data();
        return {static_cast<const char*>(data.data()), data.size()};
    }

    boost::asio::io_context io;
    websocket::stream<tcp::socket> stream{io};
    std::string subprotocols;
};

} // namespace

TEST_CASE("work runs on the thread, and call waits for it") {
    loopback::thread loop;
    std::thread::id there;
    loop.call([&] {
        there = std::this_thread::get_id();
        loop.call([&] { REQUIRE(std::this_thread::get_id() == there); });
    });
    REQUIRE(there != std::this_thread::get_id());
}

TEST_CASE("Beast's client: handshake, messages of many sizes, close") {
    echo_host host;
    for (const bool through_proxy : {true, false}) {
        beast_client c{host.port, through_proxy};
        c.stream.auto_fragment(true);
        c.stream.handshake("myapp", "/feed?a=b");
        for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 1U << 20}) {
            const std::string message(size, 'x');
            REQUIRE(c.exchange(message, true) == message);
            REQUIRE(c.exchange(message, false) == message);
        }
        boost::system::error_code failed;
        c.stream.close({websocket::close_code::normal, "bye"}, failed);
        REQUIRE_FALSE(failed);
    }
    const auto events = host.events();
    REQUIRE(events.front() == "Upgrade auto ws://myapp/feed?a=b");
    REQUIRE(events.back() == "Close 1000 bye");
}

TEST_CASE("Beast's client sees the subprotocol, and the close of the host") {
    wsintercept::row_options row;
    row.subprotocols = {"b", "c"};
    echo_host host{row};
    beast_client c{host.port};
    c.subprotocols = "a, c, b";
    websocket::response_type response;
    c.stream.handshake(response, "myapp", "/");
    REQUIRE(response["Sec-WebSocket-Protocol"] == "c");
    REQUIRE(c.exchange("x", false) == "x");
    host.loop.call(
        [&] { REQUIRE_FALSE(host.endpoint->sockets().close(host.handler.last, 3000, "enough")); });
    boost::beast::flat_buffer got;
    boost::system::error_code failed;
    c.stream.read(got, failed);
    REQUIRE(failed == websocket::error::closed);
    REQUIRE(c.stream.reason().code == 3000);
    REQUIRE(c.stream.reason().reason == "enough");
    REQUIRE(host.events().back().starts_with("Close 3000")); // Beast echoes no reason
}

TEST_CASE("Beast's client is refused in words that it understands") {
    echo_host host;
    beast_client c{host.port, false};
    boost::system::error_code failed;
    c.stream.handshake("other.test", "/", failed);
    REQUIRE(failed == websocket::error::upgrade_declined);
}

TEST_CASE("remote: methods from many threads at once") {
    echo_host host;
    beast_client c{host.port};
    c.stream.handshake("myapp", "/");
    REQUIRE(c.exchange("x", false) == "x");
    std::optional<wsintercept::remote> remote;
    wsintercept::socket_id id;
    host.loop.call([&] {
        remote = host.endpoint->sockets().remote();
        id = host.handler.last;
    });
    std::vector<std::thread> senders;
    for (int t = 0; t < 4; ++t)
        senders.emplace_back([&] {
            for (int i = 0; i < 250; ++i)
                remote->send(id, "from a thread");
        });
    for (int i = 0; i < 1000; ++i) {
        boost::beast::flat_buffer got;
        c.stream.read(got);
        REQUIRE(got.size() == 13);
    }
    for (std::thread& t : senders)
        t.join();
    host.loop.call([&] { host.endpoint.reset(); });
    std::error_code result;
    remote->send(id, "late", true, {}, [&](std::error_code e) { result = e; });
    REQUIRE(result == wsintercept::error::shut_down);
}
