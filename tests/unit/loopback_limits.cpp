// Limits against abuse: of each, what just passes, and what goes beyond.
#include <wsintercept/loopback/endpoint.hpp>

#include "loopback_support.hpp"

#include <sys/wait.h>

#include <memory>

using namespace test;
using namespace std::chrono_literals;
using wsintercept::error;
using wsintercept::loopback::options;

namespace {

/// A child process with a number of connections to a port, which stay until it is ended.
class other_process {
  public:
    other_process(std::uint16_t port, int connections) : pid_{::fork()} {
        if (pid_ != 0)
            return;
        const sockaddr_in at = address_of(port);
        for (int i = 0; i < connections; ++i) {
            const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
            if (::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
                ::_exit(1);
        }
        for (;;)
            ::pause();
    }
    other_process(const other_process&) = delete;
    other_process& operator=(const other_process&) = delete;
    ~other_process() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

  private:
    pid_t pid_;
};

std::string post(std::size_t length) {
    return "POST /api/x HTTP/1.1\r\nHost: myapp\r\nContent-Length: " + std::to_string(length) +
           "\r\n\r\n";
}

} // namespace

TEST_CASE("limits: connections of one process do not take the place of another's") {
    options o;
    o.connections_per_peer = 3;
    loopback_world w{std::move(o)};
    const other_process other{w.served->port(), 3}; // first, so that it inherits no connection
    REQUIRE(w.until([&] { return w.served->connections() == 3; }));
    client a{w}, b{w}, c{w};
    a.upgrade();
    b.upgrade();
    c.upgrade();
    {
        client beyond{w};
        REQUIRE(beyond.until_ended());
        REQUIRE(beyond.got.empty());
        REQUIRE(w.served->refusals().of(error::too_many_connections) == 1);
    }
    REQUIRE(w.served->connections() == 6);
    REQUIRE(w.served->refusals().all() == 1);
    a.hang_up();
    REQUIRE(w.until([&] { return w.served->connections() == 5; }));
    client{w}.upgrade();
}

TEST_CASE("limits: a process makes room among its own spare connections alone") {
    options o;
    o.connections_per_peer = 2;
    loopback_world w{std::move(o)};
    const other_process other{w.served->port(), 2};
    REQUIRE(w.until([&] { return w.served->connections() == 2; }));
    w.run_for(20ms);
    client spare{w}, used{w};
    used.upgrade();
    client next{w};
    next.upgrade();
    REQUIRE(spare.until_ended());
    REQUIRE(w.served->connections() == 4);
    REQUIRE(w.served->refusals().all() == 0);
}

TEST_CASE("limits: memory of all requests together") {
    options o;
    o.memory = 1 << 20;
    loopback_world w{std::move(o)};
    client a{w}, b{w};
    a.send(post(900 << 10) + std::string(700 << 10, 'a'));
    b.send(post(300 << 10) + std::string(299 << 10, 'b'));
    w.run_for(20ms);
    REQUIRE(b.read().empty());
    client beyond{w};
    beyond.send(post(900 << 10));
    const std::string part(64 << 10, 'c');
    for (int i = 0; i < 5; ++i)
        beyond.send(part);
    REQUIRE(beyond.until_ended());
    REQUIRE(beyond.got.starts_with("HTTP/1.1 503 "));
    REQUIRE(w.served->refusals().of(error::memory_exhausted) == 1);
    // Whoever holds little is served on, and so are the others when they come to their end.
    client small{w};
    small.send(get("/api/small"));
    REQUIRE(w.until_event("Request GET http://myapp/api/small"));
    b.send(std::string(1 << 10, 'b'));
    REQUIRE(w.until_event("Request POST http://myapp/api/x"));
}

TEST_CASE("limits: a connection that was tunnelled and says nothing is closed in time") {
    options o;
    o.preconnect = 60ms;
    loopback_world w{std::move(o)};
    client c{w};
    c.tunnel("myapp:80");
    REQUIRE(c.until_ended());
    REQUIRE(c.got.empty());
    REQUIRE(w.served->refusals().all() == 0);
}

TEST_CASE("limits: slow heads do not last longer by coming on") {
    options o;
    o.limits.handshake = 200ms;
    loopback_world w{std::move(o)};
    client c{w};
    const auto since = std::chrono::steady_clock::now();
    c.send("GET /feed HTTP/1.1\r\n");
    while (!c.ended && std::chrono::steady_clock::now() - since < 10s) {
        w.run_for(20ms);
        if (!c.ended)
            c.send("X: y\r\n");
    }
    REQUIRE(c.ended);
    REQUIRE(c.got.starts_with("HTTP/1.1 408 "));
    REQUIRE(w.served->refusals().of(error::handshake_timed_out) == 1);
}
