// The launch secret: who does not have it gets nothing, learns nothing, and nobody is shown it.
#include <wsintercept/loopback/secret.hpp>

#include "loopback_destination.hpp"
#include "loopback_support.hpp"

#include <set>

using namespace test;
using wsintercept::error;
using wsintercept::loopback::credentials;
using wsintercept::loopback::launch_secret;
using wsintercept::loopback::options;

namespace {

constexpr std::string_view sentinel = "sentinel-7f3a90c1e5";
constexpr std::string_view sentinel_base64 = "d3NpbnRlcmNlcHQ6c2VudGluZWwtN2YzYTkwYzFlNQ==";
constexpr std::string_view field_name = "X-Wsintercept-Secret";

std::string proxy_field(std::string_view value) {
    return "Proxy-Authorization: " + std::string{value} + "\r\n";
}
const std::string good_proxy = proxy_field("Basic " + std::string{sentinel_base64});
std::string secret_field(std::string_view value) {
    return std::string{field_name} + ": " + std::string{value} + "\r\n";
}

options with(credentials c) {
    options o;
    o.credentials = std::move(c);
    o.pages = [](std::string_view, std::string_view url) {
        return url == "http://myapp/page"
                   ? std::optional{wsintercept::loopback::page{200, "text/plain", {}, "the page"}}
                   : std::nullopt;
    };
    return o;
}
options with_proxy() {
    return with(credentials::proxy(launch_secret{std::string{sentinel}}));
}
options with_field() {
    return with(credentials::field(std::string{field_name}, launch_secret{std::string{sentinel}}));
}

std::string connect(std::string_view fields = {}, std::string_view host = "myapp") {
    const std::string h{host};
    return "CONNECT " + h + ":80 HTTP/1.1\r\nHost: " + h + ":80\r\n" + std::string{fields} + "\r\n";
}

constexpr std::string_view challenge =
    "HTTP/1.1 407 Proxy Authentication Required\r\n"
    "Proxy-Authenticate: Basic realm=\"wsintercept\"\r\n"
    "Content-Type: text/plain\r\nContent-Length: 51\r\nConnection: keep-alive\r\n\r\n"
    "the request does not have the secret of this launch";
constexpr std::string_view forbidden =
    "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 51\r\n"
    "Connection: close\r\n\r\nthe request does not have the secret of this launch";

std::uint64_t refusals(loopback_world& w) {
    return w.served->refusals().of(error::no_secret) + w.served->refusals().of(error::wrong_secret);
}

/// One refusal more, of this kind, with one line in the log; nothing else of the host is touched.
void refuse(loopback_world& w, client& c, std::string_view bytes, std::string_view answer,
            error why) {
    const auto before = w.served->refusals().of(why);
    const auto all = w.served->refusals().all();
    const auto logged = w.host.logs.size();
    c.send(bytes);
    REQUIRE(c.until_size(answer.size()));
    REQUIRE(c.take() == answer);
    REQUIRE(w.served->refusals().of(why) == before + 1);
    REQUIRE(w.served->refusals().all() == all + 1);
    REQUIRE(w.host.logs.size() == logged + 1);
    REQUIRE(w.host.logs.back().find(wsintercept::describe(why)) != std::string::npos);
    REQUIRE(w.host.events.empty());
    REQUIRE(w.core().idle());
}

/// The same on a connection of its own that ends with it.
void forbid(loopback_world& w, std::string_view bytes, error why, std::string_view tunnel = {}) {
    client c{w};
    if (!tunnel.empty())
        c.tunnel(tunnel);
    refuse(w, c, bytes, forbidden, why);
    REQUIRE(c.until_ended());
    REQUIRE_FALSE(c.reset);
    REQUIRE(c.got.empty());
}

} // namespace

// CVE-2025-52882: a loopback socket without authentication.
TEST_CASE("CVE-2025-52882: the secret is 128 bits of the system's generator, another each time") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const launch_secret s = launch_secret::make();
        REQUIRE_FALSE(s.empty());
        REQUIRE(s.text().size() == 32);
        REQUIRE(s.text().find_first_not_of("0123456789abcdef") == std::string::npos);
        seen.insert(s.text());
    }
    REQUIRE(seen.size() == 100);
    // Each digit takes each value: of 3,200 digits one is missing less than once in 10^85 runs.
    std::string all;
    for (const std::string& s : seen)
        all += s;
    for (const char digit : std::string_view{"0123456789abcdef"})
        REQUIRE(all.find(digit) != std::string::npos);
}

TEST_CASE("CVE-2025-52882: a secret that anybody could guess is none, and nothing listens") {
    REQUIRE(launch_secret{}.empty());
    REQUIRE(launch_secret{"15 bytes, short"}.empty());
    REQUIRE(launch_secret{"123456789012345"}.empty());
    REQUIRE_FALSE(launch_secret{"1234567890123456"}.empty());
    REQUIRE(launch_secret{"1234567890123456 "}.empty());
    REQUIRE(launch_secret{"1234567890123456\r\nX: y"}.empty());
    for (const credentials& c :
         {credentials::proxy({}), credentials::field("X-Secret", {}),
          credentials::field("", launch_secret{std::string{sentinel}}),
          credentials::field("X Secret", launch_secret{std::string{sentinel}})})
        REQUIRE(listen_with(with(c)) == std::errc::invalid_argument);
}

// CVE-2021-33880: a timing attack on basic authentication.
TEST_CASE("CVE-2021-33880: the comparison takes every byte of what was given") {
    using wsintercept::detail::equal_in_constant_time;
    const std::string secret{sentinel};
    REQUIRE(equal_in_constant_time(secret, secret));
    for (std::size_t i = 0; i < secret.size(); ++i)
        for (const int bit : {0, 3, 7}) {
            std::string other = secret;
            other[i] = static_cast<char>(other[i] ^ (1 << bit));
            REQUIRE_FALSE(equal_in_constant_time(secret, other));
        }
    for (std::size_t n = 0; n < secret.size(); ++n)
        REQUIRE_FALSE(equal_in_constant_time(secret, secret.substr(0, n)));
    REQUIRE_FALSE(equal_in_constant_time(secret, secret + '\0'));
    REQUIRE_FALSE(equal_in_constant_time(secret, secret + secret));
    REQUIRE_FALSE(equal_in_constant_time(secret, secret + secret[0]));
}

TEST_CASE("CVE-2025-52882: without proxy credentials there is a 407 and nothing else") {
    loopback_world w{with_proxy()};
    client c{w};
    for (const std::string& request :
         {connect(), connect({}, "elsewhere.test"), get("http://myapp/page"),
          get("http://myapp/api/x"), get("http://elsewhere.test/", {}),
          "GET ws://myapp/x HTTP/1.1\r\nHost: myapp\r\n\r\n" + std::string{},
          std::string{"OPTIONS * HTTP/1.1\r\nHost: myapp\r\n\r\n"},
          std::string{"TRACE http://myapp/ HTTP/1.1\r\n\r\n"}})
        refuse(w, c, request, challenge, error::no_secret); // all on one connection
    REQUIRE_FALSE(c.ended);
}

TEST_CASE("wrong proxy credentials get the very answer that missing ones get") {
    loopback_world w{with_proxy()};
    client c{w};
    const std::string good{sentinel_base64};
    for (const std::string& value :
         {std::string{}, std::string{"Basic"}, std::string{"Basic "}, good, "Bearer " + good,
          "Basic" + good, "Basic\t" + good, "Basic =" + good, "Basic " + good + "=",
          "Basic " + good.substr(0, good.size() - 1), "Basic " + good.substr(0, good.size() - 2),
          "Basic " + good.substr(0, 20), "Basic " + good + good,
          "Basic " + good + ", Basic " + good, "Basic " + good.substr(1),
          std::string{"Basic !!!not base64!!!"}, std::string{"Basic d3NpbnRlcmNlcHQ6"},
          "Basic " + std::string{sentinel},
          // another user; the secret's case; wsintercept:SECRET with more behind
          std::string{"Basic cm9vdDpzZW50aW5lbC03ZjNhOTBjMWU1"},
          std::string{"Basic d3NpbnRlcmNlcHQ6U2VudGluZWwtN2YzYTkwYzFlNQ=="},
          std::string{"Basic d3NpbnRlcmNlcHQ6c2VudGluZWwtN2YzYTkwYzFlNWY="}}) {
        CAPTURE(value);
        refuse(w, c, connect(proxy_field(value)), challenge, error::wrong_secret);
        refuse(w, c, get("http://myapp/page", proxy_field(value)), challenge, error::wrong_secret);
    }
    // The right one twice: two readers could take different ones for the one that counts.
    refuse(w, c, connect(good_proxy + good_proxy), challenge, error::wrong_secret);
    refuse(w, c, connect(good_proxy + proxy_field("Basic x")), challenge, error::wrong_secret);
    REQUIRE_FALSE(c.ended);
}

TEST_CASE("after a 407 the engine asks again on the same connection, and is served") {
    loopback_world w{with_proxy()};
    client c{w};
    refuse(w, c, connect(), challenge, error::no_secret);
    c.send(connect(good_proxy));
    REQUIRE(c.until_size(1));
    REQUIRE(c.take() == "HTTP/1.1 200 Connection Established\r\n\r\n");
    c.upgrade(); // the tunnel is trusted
    REQUIRE(refusals(w) == 1);

    client plain{w};
    plain.send(get("http://myapp/page"));
    REQUIRE(plain.until_size(challenge.size()));
    REQUIRE(plain.take() == challenge);
    for (int i = 0; i < 2; ++i) {
        plain.send(get("http://myapp/page", good_proxy));
        REQUIRE(plain.until_has("the page"));
        REQUIRE(plain.take().starts_with("HTTP/1.1 200 "));
    }
    // What let one request through lets no other through.
    plain.send(get("http://myapp/page"));
    REQUIRE(plain.until_size(challenge.size()));
    REQUIRE(plain.take() == challenge);
    REQUIRE(refusals(w) == 3);
}

TEST_CASE("names of fields and of the scheme in any case, blanks before the credentials") {
    loopback_world w{with_proxy()};
    for (const char* start : {"Proxy-Authorization: Basic ", "proxy-authorization:basic ",
                              "PROXY-AUTHORIZATION:  BASIC   "}) {
        client c{w};
        c.send(connect(start + std::string{sentinel_base64} + " \r\n"));
        REQUIRE(c.until_size(1));
        REQUIRE(c.take().starts_with("HTTP/1.1 200 "));
    }
    loopback_world f{with_field()};
    for (const char* start : {"X-Wsintercept-Secret: ", "x-wsintercept-secret:"}) {
        client c{f};
        c.send(get("/page", start + std::string{sentinel} + "\r\n"));
        REQUIRE(c.until_has("the page"));
    }
}

TEST_CASE("a tunnel that was let through is trusted, for its own host alone") {
    loopback_world w{with_proxy()};
    client c{w};
    c.send(connect(good_proxy));
    REQUIRE(c.until_size(1));
    c.take();
    c.send(get("/page"));
    REQUIRE(c.until_has("the page"));
    c.take();
    std::string elsewhere = get("/page");
    elsewhere.replace(elsewhere.find("myapp"), 5, "other.test:8080");
    c.send(elsewhere);
    REQUIRE(c.until_ended());
    REQUIRE(c.got.starts_with("HTTP/1.1 421 "));
    REQUIRE(refusals(w) == 0);
}

TEST_CASE("proxy credentials cannot be in origin-form requests outside of a tunnel") {
    loopback_world w{with_proxy()};
    forbid(w, get("/page"), error::no_secret);
    forbid(w, get("/page", good_proxy), error::no_secret);
    forbid(w, handshake(), error::no_secret);
    forbid(w, handshake("Origin: http://myapp\r\n" + good_proxy), error::no_secret);
    // Nor behind a CONNECT that was not let through.
    client c{w};
    c.send(connect() + handshake());
    REQUIRE(c.until_ended());
    REQUIRE(c.got == std::string{challenge} + std::string{forbidden});
    REQUIRE(w.host.events.empty());
}

TEST_CASE(
    "a 407 ends the connection where a body cannot be read over, or the engine wants it ended") {
    loopback_world w{with_proxy()};
    std::string answer{challenge};
    answer.replace(answer.find("keep-alive"), 10, "close");
    const auto ends = [&](std::string_view bytes, std::string_view expected) {
        client c{w};
        c.send(bytes);
        REQUIRE(c.until_ended());
        REQUIRE(c.got == expected);
        REQUIRE(w.host.events.empty());
    };
    ends(get("http://myapp/api/x", "Content-Length: 16777217\r\n", "POST"), answer);
    ends(get("http://myapp/api/x", "Content-Length: 3\r\nExpect: 100-continue\r\n", "POST"),
         answer);
    ends(get("http://myapp/api/x", "Content-Length: 0\r\nContent-Length: 3\r\n"), answer);
    ends(get("http://myapp/page", "Connection: close\r\n"), answer);
    ends("GET http://myapp/page HTTP/1.0\r\nHost: myapp\r\n\r\n", answer);
    // RFC 9110 9.3.2: the answer to HEAD has no body.
    ends(get("http://myapp/page", "Connection: close\r\n", "HEAD"),
         std::string_view{answer}.substr(0, answer.find("\r\n\r\n") + 4));
    client c{w};
    for (const std::string& request :
         {get("http://myapp/api/x", "Content-Length: 0\r\n", "POST"),
          get("http://myapp/api/x", "Content-Length: 3\r\n", "POST") + "abc",
          get("http://myapp/api/x", "Transfer-Encoding: chunked\r\n", "POST") +
              "3\r\nGET\r\n0\r\n\r\n"})
        refuse(w, c, request, challenge, error::no_secret);
    REQUIRE_FALSE(c.ended);
    // A body that is none, or does not come, ends it.
    for (const std::string_view fields : {"Transfer-Encoding: chunked\r\n"}) {
        client bad{w};
        bad.send(get("http://myapp/api/x", fields, "POST") + "no size\r\n");
        REQUIRE(bad.until_ended());
        REQUIRE(bad.got.starts_with("HTTP/1.1 400 "));
    }
}

TEST_CASE("CVE-2025-52882: a field is asked of every request but CONNECT, inside tunnels too") {
    loopback_world w{with_field()};
    const std::string good = secret_field(sentinel);
    for (const std::string& request :
         {get("/page"), get("http://myapp/page"), get("/api/x"), handshake(),
          get("/page", secret_field("")), get("/page", proxy_field("Basic x"))}) {
        const bool missing = request.find(field_name) == std::string::npos;
        forbid(w, request, missing ? error::no_secret : error::wrong_secret);
        forbid(w, request, missing ? error::no_secret : error::wrong_secret, "myapp:80");
    }
    // A request after one that had it.
    client again{w};
    again.send(get("/page", good));
    REQUIRE(again.until_has("the page"));
    again.take();
    refuse(w, again, get("/page"), forbidden, error::no_secret);

    client c{w};
    c.tunnel("myapp:80").send(handshake("Origin: http://myapp\r\n" + good));
    REQUIRE(c.until_has("\r\n\r\n"));
    REQUIRE(c.take() == accepted());
    REQUIRE(w.until_event("Upgrade auto"));
    REQUIRE(w.host.last_head == handshake());
}

TEST_CASE("a field that is longer, shorter, a prefix, or there twice is refused") {
    loopback_world w{with_field()};
    const std::string good{sentinel};
    for (const std::string& value :
         {good.substr(0, 1), good.substr(0, good.size() - 1), good.substr(1), good + 'x',
          good + good, good + ", " + good, '"' + good + '"', std::string{"Sentinel-7f3a90c1e5"}})
        forbid(w, get("/page", secret_field(value)), error::wrong_secret);
    forbid(w, get("/page", secret_field(good) + secret_field(good)), error::wrong_secret);
    forbid(w, get("/page", secret_field(good) + "x-wsintercept-secret: no\r\n"),
           error::wrong_secret);
}

TEST_CASE("the secret is asked for before anything else is looked at") {
    loopback_world w{with_field()};
    // Each would be refused for something else, which would tell what there is.
    forbid(w, "GET /page HTTP/1.1\r\n\r\n", error::no_secret);
    forbid(w, get("/page", "Host: myapp\r\n"), error::no_secret);
    forbid(w, "GET / HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n", error::no_secret);
    forbid(w, get("/", {}, "TRACE"), error::no_secret);
    forbid(w, handshake("Origin: http://evil.test\r\n"), error::no_secret);
    forbid(w, get("/api/x", "Content-Length: x\r\n"), error::no_secret);
}

// neutralinojs #351: the token could be read on the very port that it guards.
TEST_CASE("neutralinojs #351: the secret is in no answer, event or line of the log") {
    for (const bool proxy : {true, false}) {
        loopback_world w{proxy ? with_proxy() : with_field()};
        const std::string good = proxy ? good_proxy : secret_field(sentinel);
        const std::string bad =
            proxy ? proxy_field("Basic bm90LXRoZS1zZWNyZXQ=") : secret_field("not-the-secret-0123");
        std::string out; // all that anybody is shown
        w.host.on_request = [&](const wsintercept::http_request& e) {
            out.append(e.url).append(e.head).append(e.body).append(e.method);
            REQUIRE_FALSE(w.respond(e.id, {true, 200, "OK", "text/plain", {}, "an answer"}));
        };
        w.host.on_upgrade = [&](const wsintercept::websocket_upgrade& e) {
            out.append(e.url).append(e.headers);
        };
        for (const std::string& fields : {std::string{}, bad, good, good + good, good + bad})
            for (std::string request :
                 {get("http://myapp/page", fields), get("/page", fields),
                  get("http://myapp/api/" + std::string{proxy ? "p" : "f"}, fields),
                  get("http://myapp/", fields, "TRACE"), get("http://myapp/nothing", fields),
                  get("http://elsewhere.test/", fields), get("http://myapp/b\x01", fields),
                  connect(fields), connect(fields, "elsewhere.test"),
                  "GET ws://myapp/x" + handshake("Origin: http://myapp\r\n" + fields).substr(5),
                  connect(fields) + handshake("Origin: http://myapp\r\n" + fields),
                  connect(fields) + handshake("Origin: http://evil.test\r\n" + fields)}) {
                client c{w};
                c.send(request);
                REQUIRE(c.until_size(1));
                c.half_close();
                c.until_ended();
                out += c.got;
            }
        REQUIRE(w.has_event("Request GET http://myapp/api/"));
        REQUIRE(w.has_event("Upgrade auto ws://myapp/x"));
        REQUIRE(w.host.logs.size() > 10);
        for (const std::string& line : w.host.logs)
            out += line;
        for (const std::string& line : w.host.events)
            out += line;
        REQUIRE(out.find("HTTP/1.1 200 ") != std::string::npos);
        for (const std::string_view told :
             {sentinel, sentinel_base64, std::string_view{"bm90LXRoZS1zZWNyZXQ"},
              std::string_view{"not-the-secret"}, field_name,
              std::string_view{"Proxy-Authorization"}})
            REQUIRE(out.find(told) == std::string::npos);
    }
}

TEST_CASE("events lose the fields of the proxy and the secret, and nothing else") {
    loopback_world w{with_proxy()};
    client c{w};
    c.send("GET http://myapp/api/x HTTP/1.1\r\nHost: myapp\r\nproxy-connection: keep-alive\r\n" +
           good_proxy + "X-Kept:  as it was \r\nProxy-Other: x\r\nProxyX: kept\r\n\r\n");
    REQUIRE(w.until_event("Request"));
    REQUIRE(w.host.last_head == "GET http://myapp/api/x HTTP/1.1\r\nHost: myapp\r\n"
                                "X-Kept:  as it was \r\nProxyX: kept\r\n\r\n");
}

TEST_CASE("nothing is relayed without the secret, and it is never forwarded") {
    destination d;
    const std::string plain =
        "GET http://" + d.name() + "/x HTTP/1.1\r\nHost: " + d.name() + "\r\nX-Kept: yes\r\n";
    const std::string arrives = "GET /x HTTP/1.1\r\nHost: " + d.name() + "\r\nX-Kept: yes\r\n\r\n";
    const std::string open_tunnel =
        "CONNECT " + d.name() + " HTTP/1.1\r\nHost: " + d.name() + "\r\n";
    SECTION("proxy credentials, whoever may connect") {
        options o = with_proxy();
        o.peers = wsintercept::loopback::peer_policy::anyone();
        loopback_world w{std::move(o)};
        d.live_in(w);
        client c{w};
        refuse(w, c, plain + "\r\n", challenge, error::no_secret);
        refuse(w, c, open_tunnel + "\r\n", challenge, error::no_secret);
        REQUIRE_FALSE(d.is_called());
        c.send(plain + good_proxy + "\r\n");
        REQUIRE(d.until_called());
        REQUIRE(d.until_got(arrives));
        client t{w};
        t.send(open_tunnel + good_proxy + "\r\n");
        REQUIRE(d.until_called());
        REQUIRE(t.until_has("200 Connection Established"));
        t.send("bytes");
        REQUIRE(d.until_got("bytes"));
    }
    SECTION("a field, which a tunnel to the network cannot have") {
        loopback_world w{with_field()};
        d.live_in(w);
        client c{w};
        c.send(plain + secret_field(sentinel) + "\r\n");
        REQUIRE(d.until_called());
        REQUIRE(d.until_got(arrives));
        client t{w};
        refuse(w, t, open_tunnel + secret_field(sentinel) + "\r\n", forbidden, error::no_secret);
        REQUIRE_FALSE(d.is_called());
    }
}
