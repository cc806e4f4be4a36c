#include <wsintercept/loopback/endpoint.hpp>

#include "loopback_support.hpp"

using namespace test;
using wsintercept::error;
using wsintercept::loopback::options;
using wsintercept::loopback::page;

namespace {

/// Answers each request with its method and body.
void serve(loopback_world& w) {
    w.host.on_request = [&w](const wsintercept::http_request& e) {
        const std::string body =
            std::string{e.method} + " " + std::string{e.url} + " " + std::string{e.body};
        wsintercept::http_response r;
        r.media_type = "text/plain";
        r.fields = "X-Test: 1\r\n";
        r.body = body;
        REQUIRE_FALSE(w.respond(e.id, r));
    };
}

std::string served_text(std::string_view body, bool keep_alive = true) {
    return "HTTP/1.1 200 OK\r\nX-Test: 1\r\nContent-Type: text/plain\r\nContent-Length: " +
           std::to_string(body.size()) +
           "\r\nConnection: " + (keep_alive ? "keep-alive" : "close") + "\r\n\r\n" +
           std::string{body};
}

void exchange(client& c, std::string_view request, std::string_view expected) {
    c.send(request);
    REQUIRE(c.until_size(expected.size()));
    REQUIRE(c.take() == expected);
}

} // namespace

TEST_CASE("HTTPRequest: an event, and its answer; several on one connection") {
    loopback_world w;
    serve(w);
    client c{w};
    exchange(c, get("/api/a"), served_text("GET http://myapp/api/a "));
    exchange(c, get("http://myapp/api/b?q"), served_text("GET http://myapp/api/b?q "));
    exchange(c, get("/api/c", "Content-Length: 5\r\n", "POST") + "hello",
             served_text("POST http://myapp/api/c hello"));
    exchange(c,
             get("/api/d", "Transfer-Encoding: chunked\r\n", "PUT") +
                 "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
             served_text("PUT http://myapp/api/d hello"));
    exchange(c, get("/api/e", {}, "DELETE"), served_text("DELETE http://myapp/api/e "));
    REQUIRE(w.core().idle());
    REQUIRE_FALSE(c.ended);
}

TEST_CASE("HTTPRequest inside a CONNECT tunnel, several of them, then an upgrade") {
    loopback_world w;
    serve(w);
    client c{w};
    c.tunnel("myapp:80");
    exchange(c, get("/api/a"), served_text("GET http://myapp/api/a "));
    exchange(c, get("/api/b"), served_text("GET http://myapp/api/b "));
    c.upgrade();
}

TEST_CASE("pipelined requests are answered in order, however many") {
    loopback_world w;
    serve(w);
    client c{w};
    std::string requests, answers;
    for (int i = 0; i < 2000; ++i) {
        requests += get("/api/" + std::to_string(i));
        answers += served_text("GET http://myapp/api/" + std::to_string(i) + " ");
    }
    exchange(c, requests, answers);
}

TEST_CASE("an upgrade right behind a request that is answered later") {
    loopback_world w;
    client c{w};
    c.send(get("/api/a") + handshake() + text("hello"));
    REQUIRE(w.until_event("Request"));
    w.run_for(std::chrono::milliseconds{10});
    REQUIRE(w.host.events.size() == 1);
    REQUIRE_FALSE(w.respond(w.host.last, {}));
    REQUIRE(w.until_event("Receive text fin hello"));
}

TEST_CASE("Connection: close is heeded") {
    loopback_world w;
    serve(w);
    client c{w};
    c.send(get("/api/a", "Connection: Close\r\n"));
    REQUIRE(c.until_ended());
    REQUIRE_FALSE(c.reset);
    REQUIRE(c.got == served_text("GET http://myapp/api/a ", false));
}

TEST_CASE("HEAD, 204 and 304 send no body") {
    loopback_world w;
    unsigned status = 200;
    w.host.on_request = [&](const auto& e) {
        wsintercept::http_response r;
        r.status = status;
        r.body = "body";
        REQUIRE_FALSE(w.respond(e.id, r));
    };
    client c{w};
    exchange(c, get("/api/a", {}, "HEAD"),
             "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n"
             "Connection: keep-alive\r\n\r\n");
    status = 204;
    exchange(c, get("/api/a"), "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
    status = 304;
    exchange(c, get("/api/a"), "HTTP/1.1 304 Not Modified\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("a body in pieces, and a large one") {
    loopback_world w;
    serve(w);
    client c{w};
    const std::string body(3 << 20, 'x');
    c.send(get("/api/a", "Content-Length: " + std::to_string(body.size()) + "\r\n", "POST"));
    REQUIRE(w.host.events.empty());
    exchange(c, body, served_text("POST http://myapp/api/a " + body));
}

TEST_CASE("Expect: 100-continue gets its 100") {
    loopback_world w;
    serve(w);
    client c{w};
    exchange(c, get("/api/a", "Expect: 100-continue\r\nContent-Length: 2\r\n", "POST"),
             "HTTP/1.1 100 Continue\r\n\r\n");
    exchange(c, "ok", served_text("POST http://myapp/api/a ok"));
}

TEST_CASE("requests that are refused: status, then the end") {
    options o;
    o.limits.body = 10;
    loopback_world w{std::move(o)};
    serve(w);
    const auto refused = [&](std::string_view status, error why, std::string_view request) {
        client c{w};
        const auto before = w.served->refusals().of(why);
        c.send(request);
        REQUIRE(c.until_ended());
        REQUIRE_FALSE(c.reset);
        REQUIRE(c.got.starts_with("HTTP/1.1 " + std::string{status} + " "));
        REQUIRE(c.got.find("Connection: close\r\n") != c.got.npos);
        REQUIRE(w.served->refusals().of(why) == before + 1);
    };
    refused("413", error::body_too_large, get("/api/a", "Content-Length: 11\r\n", "POST"));
    refused("400", error::bad_content_length,
            get("/api/a", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "POST"));
    refused("400", error::bad_chunk,
            get("/api/a", "Transfer-Encoding: chunked\r\n", "POST") + "zz\r\n");
    refused("413", error::body_too_large,
            get("/api/a", "Transfer-Encoding: chunked\r\n", "POST") + "b\r\n");
    refused("405", error::method_not_supported, get("/api/a", {}, "TRACE"));
    refused("505", error::bad_http_version, "GET / HTTP/1.0\r\nHost: myapp\r\n\r\n");
    refused("505", error::bad_http_version, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    refused("400", error::bad_request_line, "hello\r\n");
    refused("400", error::no_host, "GET / HTTP/1.1\r\n\r\n");
    refused("431", error::head_too_large, get("/" + std::string(20000, 'x')));
    REQUIRE(w.host.events.empty());
}

TEST_CASE("a body that does not come in time is refused with 408") {
    options o;
    o.limits.message_time = std::chrono::milliseconds{50};
    loopback_world w{std::move(o)};
    client c{w};
    c.send(get("/api/a", "Content-Length: 5\r\n", "POST") + "hel");
    REQUIRE(c.until_ended());
    REQUIRE(c.got.starts_with("HTTP/1.1 408 "));
    REQUIRE(w.host.events.empty());
}

TEST_CASE("the page goes away while it waits; the answer finds nobody") {
    loopback_world w;
    client c{w};
    c.send(get("/api/a"));
    REQUIRE(w.until_event("Request"));
    c.hang_up();
    REQUIRE(w.until([&] { return w.served->connections() == 0; }));
    REQUIRE(w.respond(w.host.last, {}) == error::no_open_request);
    REQUIRE(w.host.events.size() == 1);
}

TEST_CASE("not handled is 404, not answered is 504") {
    options o;
    o.limits.response = std::chrono::milliseconds{50};
    loopback_world w{std::move(o)};
    client c{w};
    c.send(get("/api/a"));
    REQUIRE(c.until_has("\r\n\r\n"));
    REQUIRE(c.take().starts_with("HTTP/1.1 504 "));
    w.host.on_request = [&](const auto& e) {
        wsintercept::http_response r;
        r.handled = false;
        REQUIRE_FALSE(w.respond(e.id, r));
    };
    c.send(get("/api/a"));
    REQUIRE(c.until_has("HTTP/1.1 404 "));
}

// Pages.

TEST_CASE("pages are served before the table is asked, without an event") {
    options o;
    std::vector<std::string> asked;
    o.pages = [&](std::string_view method, std::string_view url) -> std::optional<page> {
        asked.push_back(std::string{method} + " " + std::string{url});
        if (url == "http://myapp/")
            return page{200, "text/html; charset=utf-8", "Cache-Control: no-store\r\n", "<p>hi"};
        return std::nullopt;
    };
    loopback_world w{std::move(o)};
    client c{w};
    const std::string head = "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Type: "
                             "text/html; charset=utf-8\r\nContent-Length: 5\r\nConnection: "
                             "keep-alive\r\n\r\n";
    exchange(c, get("http://myapp/"), head + "<p>hi");
    exchange(c, get("/", {}, "HEAD"), head);
    c.send(get("/nothing"));
    REQUIRE(c.until_has("\r\n\r\n"));
    REQUIRE(c.take().starts_with("HTTP/1.1 404 Not Found\r\n"));
    REQUIRE_FALSE(c.ended);
    REQUIRE(w.host.events.empty());
    REQUIRE(asked == lines{"GET http://myapp/", "HEAD http://myapp/", "GET http://myapp/nothing"});
    c.take();
    // Not asked: another host, and a handshake.
    c.upgrade();
    client d{w};
    d.send("GET / HTTP/1.1\r\nHost: other.test:8080\r\n\r\n");
    REQUIRE(w.until_event("Request GET http://other.test:8080/"));
    REQUIRE(asked.size() == 3);
}

TEST_CASE("a page that is no answer is a 500, and a line in the log") {
    options o;
    o.pages = [](std::string_view, std::string_view) {
        return page{200, "text/html", "X: a\r\nContent-Length: 3\r\n", "body"};
    };
    loopback_world w{std::move(o)};
    client c{w};
    c.send(get("/"));
    REQUIRE(c.until_has("\r\n\r\n"));
    REQUIRE(c.got.starts_with("HTTP/1.1 500 "));
    REQUIRE(w.host.logs.size() == 1);
}

TEST_CASE("a large page, to a reader that is slow") {
    options o;
    const std::string body(20 << 20, 'x');
    o.pages = [&](std::string_view, std::string_view) { return page{200, "text/plain", {}, body}; };
    loopback_world w{std::move(o)};
    client c{w};
    c.send(get("/"));
    w.run_for(std::chrono::milliseconds{20});
    REQUIRE(c.until_size(body.size()));
    REQUIRE(c.until_has(body));
}
