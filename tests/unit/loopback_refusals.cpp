// Who and what is refused, and what they learn: rows of the list of others' mistakes by name.
#include <wsintercept/loopback/endpoint.hpp>

#include "loopback_support.hpp"

#include <sys/wait.h>

#include <csignal>

using namespace test;
using wsintercept::action;
using wsintercept::error;
using wsintercept::loopback::options;
using wsintercept::loopback::peer_policy;

namespace {

/// Refused before the table: an HTTP answer, the end, no event, a counter and a line in the log.
void refused(loopback_world& w, error why, std::string_view status, std::string_view bytes,
             std::string_view tunnel = {}) {
    client c{w};
    if (!tunnel.empty())
        c.tunnel(tunnel);
    const auto before = w.served->refusals().of(why);
    const auto logged = w.host.logs.size();
    c.send(bytes);
    REQUIRE(c.until_ended());
    REQUIRE_FALSE(c.reset);
    REQUIRE(c.got.starts_with("HTTP/1.1 " + std::string{status} + " "));
    REQUIRE(w.served->refusals().of(why) == before + 1);
    REQUIRE(w.host.logs.size() == logged + 1);
    REQUIRE(w.host.logs.back().find(wsintercept::describe(why)) != std::string::npos);
    REQUIRE(w.host.events.empty());
    REQUIRE(w.core().idle());
}

std::string with_host(std::string_view host) {
    std::string head = handshake();
    return head.replace(head.find("Host: myapp") + 6, 5, host);
}

/// A child process that does nothing until it is killed.
class bystander {
  public:
    bystander() : pid_{::fork()} {
        if (pid_ == 0)
            for (;;)
                ::pause();
    }
    bystander(const bystander&) = delete;
    bystander& operator=(const bystander&) = delete;
    ~bystander() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    long pid() const { return pid_; }

  private:
    pid_t pid_;
};

} // namespace

// CVE-2025-52882: any local process could connect.
TEST_CASE("a foreign peer is closed without a byte") {
    const bystander child;
    options o;
    o.peers = peer_policy::descendants_of(child.pid());
    loopback_world w{std::move(o)};
    client c{w};
    c.send(handshake());
    REQUIRE(c.until_ended());
    REQUIRE(c.got.empty());
    REQUIRE(w.served->refusals().of(error::foreign_peer) == 1);
    REQUIRE(w.host.events.empty());
    REQUIRE(w.host.logs.size() == 1);
    REQUIRE(w.host.logs[0] == "127.0.0.1:" + std::to_string(c.port()) +
                                  ": the peer is not this program's own browser");
}

TEST_CASE("the own user, and anyone, where the program says so") {
    for (const peer_policy& p : {peer_policy::own_user(), peer_policy::anyone(),
                                 peer_policy::descendants_of(::getpid())}) {
        options o;
        o.peers = p;
        loopback_world w{std::move(o)};
        client{w}.upgrade();
    }
}

// CVE-2026-27148, GHSA-cf66-xwfp-gvc4, GHSA-p773-8mf4-rjm5: cross-site hijacking.
TEST_CASE("a foreign Origin, null and none are refused with 403") {
    loopback_world w;
    refused(w, error::foreign_origin, "403", handshake("Origin: http://evil.test\r\n"));
    refused(w, error::foreign_origin, "403", handshake("Origin: null\r\n"));
    refused(w, error::foreign_origin, "403", handshake("Origin: http://127.0.0.1\r\n"));
    refused(w, error::foreign_origin, "403", handshake("Origin: http://myapp.evil.test\r\n"));
    refused(w, error::foreign_origin, "403", handshake("Origin: app://myapp\r\n"), "myapp:80");
    refused(w, error::no_origin, "403", handshake(""));
}

TEST_CASE("origins by name") {
    options o;
    o.origins.emplace();
    REQUIRE(o.origins->allow("null"));
    loopback_world w{std::move(o)};
    client c{w};
    c.send(handshake("Origin: null\r\n"));
    REQUIRE(w.until_event("Upgrade"));
    refused(*std::make_unique<loopback_world>(), error::foreign_origin, "403",
            handshake("Origin: null\r\n"));
}

// GHSA-vg6x-rcgg-rjx6 (Vite): Host header trusted.
TEST_CASE("DNS rebinding: a Host that is not ours is refused with 421") {
    loopback_world w;
    const std::string port = std::to_string(w.served->port());
    for (const std::string& host : {"127.0.0.1:" + port, "localhost:" + port, "evil.test:" + port,
                                    "myapp:" + port, std::string{"evil.test"}}) {
        refused(w, error::wrong_host, "421", with_host(host));
        refused(w, error::wrong_host, "421", "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    }
    refused(w, error::wrong_host, "421", with_host("other.test"), "myapp:80");
    refused(w, error::wrong_host, "421", with_host("other.test:8080"), "myapp:80");
}

// CVE-2025-14523 (libsoup).
TEST_CASE("duplicate Host is refused with 400") {
    loopback_world w;
    refused(w, error::duplicate_host, "400", with_host("myapp\r\nHost: myapp"));
    refused(w, error::bad_host, "400", with_host("myapp, evil.test"));
}

// neutralinojs #351, websocket-smuggle: nothing is served or relayed but what a row names.
TEST_CASE("what no row takes is refused with 403 where nothing is relayed") {
    options o;
    o.relay.reset();
    loopback_world w{std::move(o)};
    refused(w, error::not_intercepted, "403",
            "CONNECT bank.test:443 HTTP/1.1\r\nHost: bank.test:443\r\n\r\n");
    refused(w, error::not_intercepted, "403",
            "GET http://bank.test/ HTTP/1.1\r\nHost: bank.test\r\n\r\n");
    std::string absolute = with_host("bank.test");
    absolute.replace(absolute.find("/feed"), 5, "ws://bank.test/feed");
    refused(w, error::not_intercepted, "403", absolute);
    refused(w, error::not_intercepted, "403", "GET /x HTTP/1.1\r\nHost: myapp:8080\r\n\r\n",
            "myapp:8080");
}

TEST_CASE("a row with action 0 is not served either") {
    loopback_world w{
        {},
        table_of({{"ws://myapp/secret*", action::external}, {"ws://myapp/*", action::automatic}})};
    std::string head = handshake();
    head.replace(head.find("/feed"), 5, "/secret/x");
    refused(w, error::not_intercepted, "403", head);
}

TEST_CASE("TLS is refused, and the log names the host") {
    loopback_world w;
    const std::string hello{"\x16\x03\x01\x02\x00\x01\x00", 7};
    client c{w};
    c.tunnel("myapp:443").send(hello);
    REQUIRE(c.until_ended());
    REQUIRE_FALSE(c.reset);
    REQUIRE(c.got.empty());
    REQUIRE(w.host.logs.size() == 1);
    REQUIRE(w.host.logs[0].starts_with("myapp:443: a TLS ClientHello"));
    client d{w};
    d.send(hello);
    REQUIRE(d.until_ended());
    REQUIRE(w.served->refusals().of(error::tls_not_supported) == 2);
    REQUIRE(w.host.events.empty());
}

// websocket-smuggle, "Talking to Yourself".
TEST_CASE("nothing behind a failed upgrade is read as a request or a frame") {
    loopback_world w;
    client c{w};
    std::string head = handshake();
    head.replace(head.find("Version: 13"), 11, "Version: 99");
    c.send(head + get("/api/smuggled") + text("smuggled"));
    REQUIRE(c.until_ended());
    REQUIRE(c.got.starts_with("HTTP/1.1 426 "));
    REQUIRE(c.got.find("HTTP/1.1", 1) == c.got.npos);
    REQUIRE(w.host.events.size() == 1);
    REQUIRE(w.has_event("Error ws://myapp/feed: RFC 6455 4.2.1"));
}

// granian, drogon #1684: one odd request ends one connection, never the process.
TEST_CASE("odd bytes end one connection only") {
    loopback_world w;
    client good{w};
    good.upgrade();
    for (const std::string& odd :
         {std::string{"\0\0\0\0\r\n\r\n", 8}, std::string{"\n"}, std::string{"\r\n\r\n"},
          std::string{"GET\r\n\r\n"}, std::string{"GET / HTTP/1.1\r\nHost: my\377app\r\n\r\n"},
          std::string(100000, 'A'), "GET / HTTP/1.1\r\n" + std::string(20000, 'x'),
          std::string{"CONNECT  HTTP/1.1\r\nHost: myapp\r\n\r\n"}}) {
        client c{w};
        c.send(odd);
        REQUIRE(c.until_ended());
        REQUIRE(c.got.starts_with("HTTP/1.1 4"));
    }
    REQUIRE(w.host.events.empty());
    good.send(text("still here"));
    REQUIRE(w.until_event("Receive text fin still here"));
}
