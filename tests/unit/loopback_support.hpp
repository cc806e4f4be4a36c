// A host with a loopback endpoint, and clients that speak bytes. One thread: waiting runs the host.
#pragma once

#include "catch.hpp"
#include "recorder.hpp"

#include <wsintercept/loopback/endpoint.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

using endpoint = wsintercept::loopback::endpoint<recorder>;

inline std::shared_ptr<const wsintercept::intercepted_urls>
table_of(std::vector<wsintercept::row> rows) {
    auto built = wsintercept::intercepted_urls::build(rows);
    REQUIRE(built.table);
    return built.table;
}

/// Two rows: ws://myapp/... and http://myapp/api/... are ours.
inline std::shared_ptr<const wsintercept::intercepted_urls> usual_table() {
    using wsintercept::action;
    return table_of({{"ws://myapp/manual*", action::manual},
                     {"ws://myapp/*", action::automatic},
                     {"http://myapp/api/*", action::automatic},
                     {"*://other.test:8080/*", action::automatic}});
}

/// A host and what runs it.
class host_loop {
  public:
    /// Runs the host until something is so.
    bool until(const std::function<bool()>& so) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!so()) {
            if (std::chrono::steady_clock::now() > limit)
                return false;
            io.restart();
            io.run_one_for(std::chrono::milliseconds{1});
        }
        return true;
    }
    void run_for(std::chrono::milliseconds time) {
        io.restart();
        io.run_for(time);
    }
    void poll() {
        io.restart();
        io.poll();
    }
    bool has_event(std::string_view start) {
        for (const std::string& e : host.events)
            if (std::string_view{e}.substr(0, start.size()) == start)
                return true;
        return false;
    }
    bool until_event(std::string_view start) {
        return until([&] { return has_event(start); });
    }

    boost::asio::io_context io;
    recorder host;
    std::uint16_t port = 0;
};

template <class Endpoint>
struct endpoint_world : host_loop {
    explicit endpoint_world(
        wsintercept::loopback::options o = {},
        std::shared_ptr<const wsintercept::intercepted_urls> table = usual_table());
    ~endpoint_world();

    auto& core() { return served->sockets(); }
    std::error_code send(wsintercept::socket_id id, std::string_view data);
    std::error_code answer(wsintercept::socket_id id, std::string_view head);
    std::error_code respond(wsintercept::socket_id id, const wsintercept::http_response& r);

    std::optional<Endpoint> served;
};

// Outside of the class, so that one file compiles the endpoint for all of its tests.
template <class Endpoint>
endpoint_world<Endpoint>::endpoint_world(wsintercept::loopback::options o,
                                         std::shared_ptr<const wsintercept::intercepted_urls> table)
    : served{std::in_place, io, host, std::move(table), std::move(o)} {
    REQUIRE_FALSE(served->listen());
    port = served->port();
    REQUIRE(port != 0);
}
template <class Endpoint>
endpoint_world<Endpoint>::~endpoint_world() = default;
template <class Endpoint>
std::error_code endpoint_world<Endpoint>::send(wsintercept::socket_id id, std::string_view data) {
    return core().send(id, data);
}
template <class Endpoint>
std::error_code endpoint_world<Endpoint>::answer(wsintercept::socket_id id, std::string_view head) {
    return core().answer(id, head);
}
template <class Endpoint>
std::error_code endpoint_world<Endpoint>::respond(wsintercept::socket_id id,
                                                  const wsintercept::http_response& r) {
    return core().respond(id, r);
}

using loopback_world = endpoint_world<endpoint>;
extern template struct endpoint_world<endpoint>; // in loopback_endpoint.cpp

/// What an endpoint with these options says when it is to listen.
std::error_code listen_with(wsintercept::loopback::options o);

inline sockaddr_in address_of(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

/// A plain TCP connection to the endpoint.
class client {
  public:
    explicit client(host_loop& w) : world_{w}, fd_{::socket(AF_INET, SOCK_STREAM, 0)} {
        const sockaddr_in at = address_of(w.port);
        REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
        ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    }
    client(const client&) = delete;
    client& operator=(const client&) = delete;
    ~client() { hang_up(); }

    /// Sends all of it, the host running meanwhile.
    client& send(std::string_view bytes) {
        REQUIRE(world_.until([&] {
            const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n > 0)
                bytes.remove_prefix(static_cast<std::size_t>(n));
            else if (n < 0 && errno != EAGAIN)
                return true;
            read();
            return bytes.empty();
        }));
        return *this;
    }
    /// What came so far.
    const std::string& read() {
        static char part[1 << 16];
        for (ssize_t n = 0; !ended && (n = ::recv(fd_, part, sizeof part, 0)) != -1;) {
            if (n == 0)
                ended = true;
            got.append(part, static_cast<std::size_t>(n));
        }
        if (!ended && errno != EAGAIN)
            ended = reset = true;
        return got;
    }
    bool until_size(std::size_t n) {
        return world_.until([&] { return read().size() >= n || ended; }) && got.size() >= n;
    }
    bool until_has(std::string_view text) {
        return world_.until([&] { return read().find(text) != got.npos || ended; }) &&
               got.find(text) != got.npos;
    }
    /// Until the peer's FIN, or its reset.
    bool until_ended() {
        return world_.until([&] {
            read();
            return ended;
        });
    }
    std::string take() { return std::exchange(got, {}); }

    /// CONNECT and its answer.
    client& tunnel(std::string_view authority) {
        const std::string a{authority};
        send("CONNECT " + a + " HTTP/1.1\r\nHost: " + a + "\r\n\r\n");
        REQUIRE(until_size(1));
        REQUIRE(take() == "HTTP/1.1 200 Connection Established\r\n\r\n");
        return *this;
    }
    /// An open WebSocket.
    client& upgrade() {
        send(handshake());
        REQUIRE(until_has("\r\n\r\n"));
        REQUIRE(take() == accepted());
        REQUIRE(world_.until_event("Upgrade auto"));
        world_.host.events.clear();
        return *this;
    }

    void half_close() { ::shutdown(fd_, SHUT_WR); }
    void hang_up(bool with_reset = false) {
        if (fd_ < 0)
            return;
        const linger now{1, 0};
        if (with_reset)
            ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        ::close(std::exchange(fd_, -1));
    }
    std::uint16_t port() const {
        sockaddr_in at{};
        socklen_t size = sizeof at;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
        return ntohs(at.sin_port);
    }

    std::string got;
    bool ended = false;
    bool reset = false;

  private:
    host_loop& world_;
    int fd_;
};

/// A plain request for http://myapp/...
inline std::string get(std::string_view target, std::string_view fields = {},
                       std::string_view method = "GET") {
    return std::string{method} + " " + std::string{target} + " HTTP/1.1\r\nHost: myapp\r\n" +
           std::string{fields} + "\r\n";
}

} // namespace test
