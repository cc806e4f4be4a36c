// WebSockets that an engine redirected to the endpoint's own address.
#include <wsintercept/loopback/redirected.hpp>

#include "loopback_destination.hpp"
#include "loopback_support.hpp"

using namespace test;
using wsintercept::error;
using wsintercept::loopback::credentials;
using wsintercept::loopback::launch_secret;
using wsintercept::loopback::options;

namespace {

constexpr std::string_view sentinel = "sentinel-7f3a90c1e5";
constexpr std::string_view secret_name = "X-Wsintercept-Secret";
constexpr std::string_view url_name = "X-Wsintercept-Url";
const launch_secret secret{std::string{sentinel}};

std::string field(std::string_view name, std::string_view value) {
    return std::string{name} + ": " + std::string{value} + "\r\n";
}
std::string for_url(std::string_view url) {
    return field(url_name, url);
}
const std::string good_secret = field(secret_name, sentinel);

options redirecting() {
    options o;
    o.credentials = credentials::redirect(std::string{secret_name}, std::string{url_name}, secret);
    return o;
}

std::string own_address(const host_loop& w) {
    return "127.0.0.1:" + std::to_string(w.port);
}
/// As QtWebEngine asks: to the endpoint's address, the rest as the page's.
std::string redirected(std::string_view host, std::string_view fields,
                       std::string_view target = "/", std::string_view method = "GET") {
    return std::string{method} + ' ' + std::string{target} +
           " HTTP/1.1\r\nHost: " + std::string{host} +
           "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
           "Origin: http://myapp\r\n" +
           std::string{fields} + "\r\n";
}

/// Opens, and shows the URL and a head that begins like this.
void opens(loopback_world& w, std::string_view given, std::string_view url,
           std::string_view head_start) {
    w.host.events.clear();
    client c{w};
    c.send(redirected(own_address(w), good_secret + for_url(given)));
    REQUIRE(c.until_has("\r\n\r\n"));
    REQUIRE(c.take() == accepted());
    REQUIRE(w.until_event("Upgrade auto " + std::string{url}));
    const std::string& head = w.host.last_head;
    CHECK(head.substr(0, head_start.size()) == head_start);
    CHECK(head.find("127.0.0.1") == head.npos);
    CHECK(head.find(sentinel) == head.npos);
    CHECK(head.find(url_name) == head.npos);
    CHECK(head.find("Origin: http://myapp\r\n") != head.npos);
    CHECK(head.ends_with("\r\n\r\n"));
}

/// Refused so, and the host sees a line in its log and nothing else.
void refuse(loopback_world& w, std::string_view request, error why, std::string_view status) {
    const auto before = w.served->refusals().of(why);
    const auto logged = w.host.logs.size();
    client c{w};
    c.send(request);
    REQUIRE(c.until_ended());
    INFO(request << c.got);
    CHECK(c.got.substr(0, 9 + status.size()) == "HTTP/1.1 " + std::string{status});
    CHECK(w.served->refusals().of(why) == before + 1);
    REQUIRE(w.host.logs.size() == logged + 1);
    CHECK(w.host.logs.back().find(wsintercept::describe(why)) != std::string::npos);
    CHECK(w.host.logs.back().find(sentinel) == std::string::npos);
    CHECK(c.got.find(sentinel) == std::string::npos);
    CHECK(w.host.events.empty());
    CHECK(w.core().idle());
}

} // namespace

TEST_CASE("a redirected WebSocket is the one that its page asked for") {
    loopback_world w{redirecting(),
                     table_of({{"ws://myapp/*", wsintercept::action::automatic},
                               {"wss://myapp:8443/*", wsintercept::action::automatic},
                               {"wss://myapp/*", wsintercept::action::automatic}})};
    opens(w, "ws://myapp/feed?a=b%20c", "ws://myapp/feed?a=b%20c",
          "GET /feed?a=b%20c HTTP/1.1\r\nHost: myapp\r\nUpgrade: websocket\r\n");
    // No TLS is there, and none is needed: the event shows what the page wanted.
    opens(w, "wss://myapp/both", "wss://myapp/both", "GET /both HTTP/1.1\r\nHost: myapp\r\n");
    opens(w, "WSS://MYAPP:443", "wss://myapp/", "GET / HTTP/1.1\r\nHost: myapp\r\n");
    opens(w, "wss://u:p@myapp:8443/x#y", "wss://myapp:8443/x",
          "GET /x HTTP/1.1\r\nHost: myapp:8443\r\n");
    CHECK(w.served->refusals().all() == 0);
}

TEST_CASE("messages go both ways on a redirected WebSocket") {
    loopback_world w{redirecting()};
    client c{w};
    c.send(redirected(own_address(w), good_secret + for_url("ws://myapp/feed")) + text("hi"));
    REQUIRE(w.until_event("Receive"));
    REQUIRE_FALSE(w.send(w.host.last, "you"));
    REQUIRE(c.until_has(served(1, "you")));
}

TEST_CASE("a redirected WebSocket that asks for a manual answer gets it") {
    loopback_world w{redirecting()};
    client c{w};
    c.send(redirected(own_address(w), good_secret + for_url("ws://myapp/manual")));
    REQUIRE(w.until_event("Upgrade manual ws://myapp/manual"));
    REQUIRE_FALSE(w.answer(w.host.last, accepted()));
    REQUIRE(c.until_has("\r\n\r\n"));
    REQUIRE(c.take() == accepted());
}

TEST_CASE("CVE-2026-27148: the Origin of a redirected WebSocket is checked as ever") {
    loopback_world w{redirecting()};
    const auto from = [&](std::string_view origin) {
        std::string request = redirected(own_address(w), good_secret + for_url("ws://myapp/feed"));
        const std::string usual = "Origin: http://myapp\r\n";
        return request.replace(request.find(usual), usual.size(), origin);
    };
    refuse(w, from("Origin: http://evil.test\r\n"), error::foreign_origin, "403");
    refuse(w, from("Origin: null\r\n"), error::foreign_origin, "403");
    // The address to which it was redirected is no page's.
    refuse(w, from("Origin: http://" + own_address(w) + "\r\n"), error::foreign_origin, "403");
    refuse(w, from(""), error::no_origin, "403");
}

TEST_CASE("CVE-2025-52882: a URL without the secret says nothing") {
    loopback_world w{redirecting()};
    const std::string url = for_url("ws://myapp/feed");
    const std::string own = own_address(w);
    refuse(w, redirected(own, url), error::no_secret, "403");
    refuse(w, redirected(own, url + field(secret_name, "sentinel-of-another")), error::wrong_secret,
           "403");
    refuse(w, redirected(own, url + good_secret + good_secret), error::wrong_secret, "403");
    refuse(w, redirected(own, url + field("Proxy-Authorization", sentinel)), error::no_secret,
           "403");
    // Nor is anything told of what else would be wrong.
    refuse(w, redirected("evil.test", url + url, "*", "POST"), error::no_secret, "403");
}

TEST_CASE("no URL is smuggled into a redirected WebSocket") {
    loopback_world w{redirecting()};
    const std::string own = own_address(w);
    const auto with = [&](std::string_view fields, std::string_view target = "/") {
        return redirected(own, good_secret + std::string{fields}, target);
    };
    const std::string url = for_url("ws://myapp/feed");
    refuse(w, with(url + url), error::duplicate_redirected_url, "400");
    refuse(w, with(url + field("x-wsintercept-url", "ws://myapp/other")),
           error::duplicate_redirected_url, "400");
    for (const std::string_view bad :
         {"", "/feed", "myapp", "//myapp/feed", "ws:", "ws://", "http://myapp/api/x",
          "https://myapp/api/x", "file:///etc/passwd", "app://myapp/", "ws://myapp/a b",
          "ws://myapp/feed, ws://myapp/feed", "ws://my\tapp/", "ws://m\xc3\xbc.test/",
          "ws://myapp:99999/", "ws://my app/"})
        refuse(w, with(for_url(bad)), error::bad_redirected_url, "400");
    // What no row takes is not relayed: its engine had no reason to redirect it.
    refuse(w, with(for_url("ws://bank.test/feed")), error::not_intercepted, "403");
    refuse(w, with(for_url("ws://" + own + "/")), error::not_intercepted, "403");
    refuse(w, with(for_url("wss://myapp/feed")), error::not_intercepted, "403");
    refuse(w, with(url, "http://myapp/feed"), error::bad_target, "400");
    refuse(w, with(url, "ws://" + own + "/"), error::bad_target, "400");
    std::string old = with(url);
    old.replace(old.find("HTTP/1.1"), 8, "HTTP/1.0");
    refuse(w, old, error::bad_http_version, "505");
}

TEST_CASE("only a WebSocket is redirected: plain HTTP may carry fields of a page's own") {
    loopback_world w{redirecting()};
    const std::string fields = good_secret + for_url("ws://myapp/feed");
    const std::string own = own_address(w);
    const auto plain = [&](std::string_view method, std::string_view target,
                           std::string_view host) {
        return std::string{method} + ' ' + std::string{target} +
               " HTTP/1.1\r\nHost: " + std::string{host} + "\r\n" + fields + "\r\n";
    };
    refuse(w, plain("GET", "/", own), error::redirected_no_handshake, "400");
    refuse(w, plain("POST", "/", own), error::redirected_no_handshake, "400");
    refuse(w, plain("GET", "/api/x", "myapp"), error::wrong_host, "421");
    refuse(w, plain("GET", "http://myapp/api/x", "myapp"), error::wrong_host, "421");
}

// GHSA-vg6x-rcgg-rjx6 and the DNS rebinding write-ups.
TEST_CASE("DNS rebinding: a redirected WebSocket names the endpoint's address and no other") {
    loopback_world w{redirecting()};
    const std::string fields = good_secret + for_url("ws://myapp/feed");
    const std::string own = own_address(w);
    const std::string port = std::to_string(w.port);
    for (const std::string& host :
         {std::string{"myapp"}, std::string{"127.0.0.1"}, "localhost:" + port, "[::1]:" + port,
          "127.1:" + port, "127.0.0.2:" + port, "127.0.0.1:0" + port, "evil.test:" + port,
          "127.0.0.1:" + std::to_string(w.port - 1)})
        refuse(w, redirected(host, fields), error::wrong_host, "421");
    // CVE-2025-14523 (libsoup).
    refuse(w, redirected(own, fields + "Host: " + own + "\r\n"), error::duplicate_host, "400");
    std::string none = redirected(own, fields);
    const std::string host = "Host: " + own + "\r\n";
    none.erase(none.find(host), host.size());
    refuse(w, none, error::no_host, "400");
}

TEST_CASE("a tunnel leads to no redirected WebSocket") {
    loopback_world w{redirecting()};
    const std::string fields = good_secret + for_url("ws://myapp/feed");
    const std::string own = own_address(w);
    for (const std::string& host : {own, std::string{"myapp"}}) {
        client c{w};
        c.tunnel("myapp:80").send(redirected(host, fields));
        REQUIRE(c.until_ended());
        CHECK(c.got.starts_with("HTTP/1.1 421 "));
        CHECK(w.host.events.empty());
    }
    CHECK(w.served->refusals().of(error::wrong_host) == 2);
    // CONNECT shows no secret: whatever else it says, it stays a CONNECT.
    client c{w};
    c.send("CONNECT myapp:80 HTTP/1.1\r\nHost: myapp:80\r\n" + fields + "\r\n");
    REQUIRE(c.until_has("200 Connection Established"));
}

TEST_CASE("without a URL, or where none is asked for, a request is what it says") {
    loopback_world w{redirecting()};
    client c{w};
    c.send(handshake("Origin: http://myapp\r\n" + good_secret));
    REQUIRE(c.until_has("\r\n\r\n"));
    REQUIRE(c.take() == accepted());
    CHECK(w.until_event("Upgrade auto"));
    CHECK(w.host.last_head == handshake());

    options o;
    o.credentials = credentials::field(std::string{secret_name}, secret);
    loopback_world other{std::move(o)};
    const std::string url = for_url("ws://myapp/other");
    refuse(other, redirected(own_address(other), good_secret + url), error::wrong_host, "421");
    client d{other};
    d.send(handshake("Origin: http://myapp\r\n" + good_secret + url));
    REQUIRE(other.until_event("Upgrade auto"));
    CHECK_FALSE(other.has_event("Upgrade auto ws://myapp/other"));
    CHECK(other.host.last_head.find(url) != std::string::npos);
}

TEST_CASE("the URL of a redirected WebSocket is never forwarded") {
    destination d;
    loopback_world w{redirecting()};
    d.live_in(w);
    client c{w};
    const std::string there =
        "GET http://" + d.name() + "/x HTTP/1.1\r\nHost: " + d.name() + "\r\n";
    c.send(there + good_secret + "\r\n");
    REQUIRE(d.until_called());
    REQUIRE(d.until_got("GET /x HTTP/1.1\r\nHost: " + d.name() + "\r\n\r\n"));
    refuse(w, there + good_secret + for_url("ws://myapp/feed") + "\r\n", error::wrong_host, "421");
}

TEST_CASE("what cannot carry a URL is no credentials, and nothing listens") {
    for (const auto& [name, url, s] :
         {std::tuple{"X-Secret", "", secret}, std::tuple{"X-Secret", "X Url", secret},
          std::tuple{"X-Secret", "x-secret", secret}, std::tuple{"X Secret", "X-Url", secret},
          std::tuple{"X-Secret", "X-Url", launch_secret{}}}) {
        options o;
        o.credentials = credentials::redirect(name, url, s);
        REQUIRE(listen_with(std::move(o)) == std::errc::invalid_argument);
    }
}
