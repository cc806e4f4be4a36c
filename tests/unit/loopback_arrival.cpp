#include <wsintercept/loopback/arrival.hpp>
#include <wsintercept/loopback/forwarded.hpp>

#include <wsintercept/url/intercepted_urls.hpp>

#include "catch.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace loopback = wsintercept::loopback;
using loopback::arrival;
using loopback::site;
using wsintercept::action;
using wsintercept::error;

namespace {

arrival read(std::string_view bytes, const site* tunnel = nullptr, bool secure = false,
             bool relays = false) {
    static const auto table =
        wsintercept::intercepted_urls::build(
            std::vector<wsintercept::row>{{"ws://myapp/*", action::automatic},
                                          {"wss://secure.test/*", action::automatic},
                                          {"*://other.test:8080/*", action::automatic}})
            .table;
    wsintercept::rfc9112::request_head head;
    REQUIRE(wsintercept::rfc9112::parse_request(bytes, {}, head).state ==
            wsintercept::rfc9112::parse_state::done);
    return loopback::read_arrival(head, {tunnel, secure}, *table, "myapp", relays);
}

std::string head(std::string_view line, std::string_view host) {
    return std::string{line} + " HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n";
}

void tunnel(std::string_view target, std::string_view host, const site& expected) {
    const arrival a = read(head("CONNECT " + std::string{target}, host));
    REQUIRE(a.kind == arrival::kind::tunnel);
    REQUIRE(a.where == expected);
}

void request(std::string_view target, std::string_view host, std::string_view url,
             const site* in = nullptr) {
    const arrival a = read(head("GET " + std::string{target}, host), in);
    REQUIRE(a.reason == error{});
    REQUIRE(a.kind == arrival::kind::request);
    REQUIRE(a.url == url);
}

void bad(error expected, std::string_view bytes, const site* in = nullptr) {
    const arrival a = read(bytes, in);
    REQUIRE(a.kind == arrival::kind::refused);
    REQUIRE(a.reason == expected);
}

const site myapp{"myapp", 80};
const site other{"other.test", 8080};

} // namespace

TEST_CASE("CONNECT, as Chromium, Qt and WebKit send it") {
    tunnel("myapp:80", "myapp:80", myapp);
    tunnel("MYAPP:80", "myapp", myapp);
    tunnel("other.test:8080", "other.test:8080", other);
    tunnel("secure.test:443", "secure.test", {"secure.test", 443});
    tunnel("myapp:8443", "myapp:8443", {"myapp", 8443}); // ROOT, whatever its port
}

TEST_CASE("CONNECT to what no row may match is refused: nothing is relayed") {
    bad(error::not_intercepted, head("CONNECT bank.test:443", "bank.test:443"));
    bad(error::not_intercepted, head("CONNECT 127.0.0.1:22", "127.0.0.1:22"));
    bad(error::not_intercepted, head("CONNECT other.test:80", "other.test:80"));
}

TEST_CASE("CONNECT: its target is host and port, and the Host agrees") {
    bad(error::bad_target, head("CONNECT myapp", "myapp"));
    bad(error::bad_target, head("CONNECT /x", "myapp"));
    bad(error::bad_target, head("CONNECT http://myapp:80/", "myapp"));
    bad(error::bad_target, head("CONNECT u@myapp:80", "myapp"));
    bad(error::wrong_host, head("CONNECT myapp:80", "other.test"));
    bad(error::wrong_host, head("CONNECT myapp:80", "myapp:81"));
    bad(error::method_not_supported, head("CONNECT myapp:80", "myapp:80"), &myapp);
}

TEST_CASE("origin form behind a CONNECT: the Host is the tunnel's") {
    request("/feed?a=b", "myapp", "http://myapp/feed?a=b", &myapp);
    request("/", "MyApp:80", "http://myapp/", &myapp);
    request("/x", "other.test:8080", "http://other.test:8080/x", &other);
    bad(error::wrong_host, head("GET /", "other.test:8080"), &myapp);
    bad(error::wrong_host, head("GET /", "other.test"), &other);
    bad(error::wrong_host, head("GET /", "myapp:8080"), &myapp);
}

TEST_CASE("origin form with a Host that a row may match") {
    request("/feed", "myapp", "http://myapp/feed");
    request("/x", "other.test:8080", "http://other.test:8080/x");
}

// GHSA-vg6x-rcgg-rjx6 and the DNS rebinding write-ups.
TEST_CASE("DNS rebinding: a Host that no row may match is refused") {
    bad(error::wrong_host, head("GET /", "127.0.0.1:41234"));
    bad(error::wrong_host, head("GET /", "localhost:41234"));
    bad(error::wrong_host, head("GET /", "evil.test"));
    bad(error::wrong_host, head("GET /", "myapp:41234"));
    bad(error::wrong_host, head("GET /", "myapp.evil.test"));
    bad(error::wrong_host, head("GET /", "[::1]:41234"));
}

TEST_CASE("absolute form: http and ws, and the Host agrees") {
    request("http://myapp/a?q", "myapp", "http://myapp/a?q");
    request("HTTP://MYAPP:80", "myapp", "http://myapp/");
    request("ws://myapp/a", "myapp", "ws://myapp/a");
    request("http://bank.test/", "bank.test", "http://bank.test/"); // the table says whose it is
    request("http://myapp/", "myapp", "http://myapp/", &myapp);
    bad(error::wrong_host, head("GET http://myapp/", "other.test"));
    bad(error::wrong_host, head("GET http://myapp/", "myapp:8080"));
    bad(error::wrong_host, head("GET http://other.test:8080/", "other.test:8080"), &myapp);
    bad(error::bad_target, head("GET https://myapp/", "myapp"));
    bad(error::bad_target, head("GET ftp://myapp/", "myapp"));
    bad(error::bad_target, head("GET http://u:p@myapp/", "myapp"));
    bad(error::bad_target, head("GET http:///x", "myapp"));
    bad(error::bad_target, head("OPTIONS *", "myapp"));
    bad(error::bad_target, head("GET myapp:80", "myapp"));
}

TEST_CASE("a path cannot become a host") {
    request("//evil.test/x", "myapp", "http://myapp//evil.test/x");
    request("/\\evil.test/x", "myapp", "http://myapp//evil.test/x");
    request("/a/../../b", "myapp", "http://myapp/b");
    request("/@evil.test", "myapp", "http://myapp/@evil.test");
    bad(error::wrong_host, head("GET http://myapp\\@evil.test/", "evil.test"));
    request("http://myapp\\@evil.test/", "myapp", "http://myapp/@evil.test/");
}

// CVE-2025-14523 (libsoup).
TEST_CASE("Host is there, single and exact") {
    bad(error::no_host, "GET / HTTP/1.1\r\n\r\n");
    bad(error::no_host, "CONNECT myapp:80 HTTP/1.1\r\n\r\n");
    bad(error::duplicate_host, "GET / HTTP/1.1\r\nHost: myapp\r\nhost: myapp\r\n\r\n");
    bad(error::bad_host, head("GET /", ""));
    bad(error::bad_host, head("GET /", "myapp, myapp"));
    bad(error::bad_host, head("GET /", "my%61pp"));
    bad(error::bad_host, head("GET /", "u@myapp"));
    bad(error::bad_host, head("GET /", "myapp/"));
    bad(error::bad_host, head("GET /", "myapp:80:80"));
    bad(error::bad_host, head("GET /", "myapp:99999"));
}

TEST_CASE("methods and versions") {
    bad(error::method_not_supported, head("TRACE /", "myapp"));
    bad(error::bad_http_version, "GET / HTTP/1.0\r\nHost: myapp\r\n\r\n");
    REQUIRE(read(head("DELETE /x", "myapp")).kind == arrival::kind::request);
    // A handshake of HTTP/1.0 gets its WebSocketError.
    REQUIRE(read("GET / HTTP/1.0\r\nHost: myapp\r\nUpgrade: websocket\r\n\r\n").handshake);
}

TEST_CASE("what is a handshake, and what is ROOT's") {
    const auto upgrade = "GET / HTTP/1.1\r\nHost: myapp\r\nUpgrade: WebSocket\r\n\r\n";
    REQUIRE(read(upgrade).handshake);
    REQUIRE(read(head("GET ws://myapp/", "myapp")).handshake);
    REQUIRE_FALSE(read(head("GET /", "myapp")).handshake);
    REQUIRE(read(head("GET /", "myapp")).at_root);
    REQUIRE(read(head("GET /", "myapp:80")).at_root);
    REQUIRE_FALSE(read(head("GET /", "other.test:8080")).at_root);
    REQUIRE_FALSE(read(head("GET /", "myapp:8080"), nullptr).at_root);
}

TEST_CASE("events show the head as it came, without fields of the proxy") {
    const auto shown = [](std::string_view bytes) {
        wsintercept::rfc9112::request_head parsed;
        REQUIRE(wsintercept::rfc9112::parse_request(bytes, {}, parsed).state ==
                wsintercept::rfc9112::parse_state::done);
        return loopback::shown_head(parsed);
    };
    REQUIRE(shown(head("GET http://myapp/x", "myapp")) == head("GET http://myapp/x", "myapp"));
    REQUIRE(shown("GET / HTTP/1.1\r\nproxy-authorization: Basic c2VjcmV0\r\nHost: myapp\r\n"
                  "Proxy-Connection: keep-alive\r\nProxy-Authorization:x\r\n\r\n") ==
            "GET / HTTP/1.1\r\nHost: myapp\r\n\r\n");
}
