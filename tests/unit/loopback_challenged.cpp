// WebKitGTK's second request after a 407, which names the proxy in place of what it wants. The
// bytes are those of WebKitGTK 2.50 with libsoup 3.2, some fields left out.
#include <wsintercept/loopback/challenged.hpp>

#include "loopback_destination.hpp"
#include "loopback_support.hpp"

using namespace test;
using wsintercept::error;
using wsintercept::loopback::credentials;
using wsintercept::loopback::launch_secret;
using wsintercept::loopback::options;

namespace {

options with_proxy() {
    options o;
    o.credentials = credentials::proxy(launch_secret{"sentinel-7f3a90c1e5"});
    return o;
}
const std::string good =
    "Proxy-Authorization: Basic d3NpbnRlcmNlcHQ6c2VudGluZWwtN2YzYTkwYzFlNQ==\r\n";

/// What the engine's request line and some of its fields say.
struct asked {
    std::string method = "GET";
    std::string target = "ws://myapp/first/path?q=1";
    std::string host = "myapp";
    std::string key = std::string{test::key};
    std::string origin = "http://myapp";
    std::string more;

    std::string bytes() const {
        std::string out = method + " " + target + " HTTP/1.1\r\nUser-Agent: WebKit\r\n";
        if (!origin.empty())
            out += "Origin: " + origin + "\r\n";
        if (!key.empty())
            out += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key +
                   "\r\nSec-WebSocket-Version: 13\r\n";
        return out + "Host: " + host + "\r\n" + more + "\r\n";
    }
    /// The same once more, as libsoup writes it.
    asked again(std::uint16_t port) const {
        asked a = *this;
        a.target = "127.0.0.1:" + std::to_string(port);
        if (method != "CONNECT")
            a.target = "http://" + a.target + "/";
        a.more = good + more;
        return a;
    }
};

void challenge(client& c, const asked& a, std::string_view body = {}) {
    c.send(a.bytes() + std::string{body});
    REQUIRE(c.until_has("of this launch"));
    REQUIRE(c.take().starts_with("HTTP/1.1 407 "));
}

/// What the endpoint says to `second` on a connection where `first` got a 407.
std::string answer_after(const asked& first, const std::function<asked(asked)>& change) {
    loopback_world w{with_proxy()};
    client c{w};
    challenge(c, first);
    c.send(change(first.again(w.port)).bytes());
    REQUIRE(c.until_has("\r\n\r\n"));
    return c.got.substr(0, 12);
}

} // namespace

TEST_CASE("WebKit's second upgrade after a 407 is the first, with credentials") {
    loopback_world w{with_proxy()};
    client c{w};
    const asked first;
    challenge(c, first);
    c.send(first.again(w.port).bytes());
    REQUIRE(c.until_has("\r\n\r\n"));
    REQUIRE(c.take() == accepted());
    REQUIRE(w.until_event("Upgrade auto ws://myapp/first/path?q=1"));
    REQUIRE(w.host.last_head == first.bytes()); // the credentials are not shown
    REQUIRE(w.host.events.size() == 1);
    REQUIRE(w.served->refusals().all() == 1);
}

TEST_CASE("WebKit's second request after a 407 keeps its body, and so may several in turn") {
    loopback_world w{with_proxy()};
    w.host.on_request = [&](const wsintercept::http_request& e) {
        (void)w.respond(e.id, {true, 200, {}, "text/plain", {}, e.url});
    };
    client c{w};
    for (const std::string path : {"/api/a", "/api/b?c=d"}) {
        const asked post{"POST", "http://myapp" + path, "myapp",
                         "",     "http://myapp",        "Content-Length: 10\r\n"};
        challenge(c, post, "hello body");
        c.send(post.again(w.port).bytes() + "hello body");
        REQUIRE(c.until_has("\r\n\r\nhttp://myapp" + path));
        REQUIRE(w.host.events.back() == "Request POST http://myapp" + path + " hello body");
        REQUIRE(w.host.last_head == post.bytes());
        c.take();
    }
    // Preemptive from then on: nothing is remembered that could stand for this.
    c.send(asked{"GET", "http://myapp/api/e", "myapp", "", "", good}.bytes());
    REQUIRE(c.until_has("\r\n\r\nhttp://myapp/api/e"));
}

TEST_CASE("WebKit's second CONNECT after a 407 opens the tunnel that the first named") {
    loopback_world w{with_proxy()};
    client c{w};
    const asked first{"CONNECT", "myapp:80", "myapp", "", "", ""};
    challenge(c, first);
    c.send(first.again(w.port).bytes());
    REQUIRE(c.until_has("\r\n\r\n"));
    REQUIRE(c.take() == "HTTP/1.1 200 Connection Established\r\n\r\n");
    c.upgrade();
}

TEST_CASE("what goes to the network goes where WebKit's first request named") {
    destination site;
    loopback_world w{with_proxy()};
    site.live_in(w);
    client c{w};
    const asked first{"GET", "http://" + site.name() + "/f?a=3", site.name(), "", "", ""};
    challenge(c, first);
    c.send(first.again(w.port).bytes());
    REQUIRE(site.until_called());
    REQUIRE(site.until_has("\r\n\r\n"));
    REQUIRE(site.got ==
            "GET /f?a=3 HTTP/1.1\r\nUser-Agent: WebKit\r\nHost: " + site.name() + "\r\n\r\n");
}

TEST_CASE("only the very request that got the 407 is taken for its own repetition") {
    const asked socket;
    const asked plain{"GET", "http://myapp/api/x", "myapp", "", "", ""};
    const asked tunnel{"CONNECT", "myapp:80", "myapp", "", "", ""};
    const auto as_it_is = [](const asked& a) { return a; };
    REQUIRE(answer_after(socket, as_it_is) == "HTTP/1.1 101");
    REQUIRE(answer_after(tunnel, as_it_is) == "HTTP/1.1 200");

    const auto refused = [&](const asked& first, std::string_view status, auto change) {
        REQUIRE(answer_after(first, [&](asked a) {
                    change(a);
                    return a;
                }) == "HTTP/1.1 " + std::string{status});
    };
    for (const asked& first : {socket, plain}) {
        refused(first, "421", [](asked& a) { a.key = "AAAAAAAAAAAAAAAAAAAAAA=="; });
        refused(first, "421", [](asked& a) { a.host = "other.test:8080"; });
        refused(first, "421", [](asked& a) { a.origin = "http://evil.test"; });
        refused(first, "421", [](asked& a) { a.method = "POST"; });
        refused(first, "421", [](asked& a) { a.target += "x"; });
        refused(first, "421", [](asked& a) { a.target.replace(a.target.find(".1:"), 2, ".2"); });
        refused(first, "421", [](asked& a) { a.target = "http://localhost/"; });
        refused(first, "400", [](asked& a) { a.more += "Host: myapp\r\n"; });
    }
    refused(tunnel, "421", [](asked& a) { a.target.replace(a.target.find(".1:"), 2, ".2"); });
    refused(tunnel, "421", [](asked& a) { a.host = "other.test"; });
    refused(socket, "407", [](asked& a) { a.more.clear(); });
    refused(socket, "407", [](asked& a) { a.more = "Proxy-Authorization: Basic x\r\n"; });
}

TEST_CASE("a 407 is remembered for the next request of its connection alone") {
    loopback_world w{with_proxy()};
    w.host.on_request = [&](const wsintercept::http_request& e) {
        (void)w.respond(e.id, {true, 200, {}, "text/plain", {}, e.url});
    };
    const asked first{"GET", "http://myapp/api/x", "myapp", "", "", ""};
    const std::string again = first.again(w.port).bytes();
    const auto ends_in_421 = [&](client& c, std::string_view bytes) {
        c.send(bytes);
        REQUIRE(c.until_ended());
        REQUIRE(c.got.starts_with("HTTP/1.1 421 "));
    };
    client other{w}, never{w}, twice{w}, between{w};
    challenge(other, first);
    ends_in_421(never, again); // no 407 came before
    challenge(twice, first);
    twice.send(again);
    REQUIRE(twice.until_has("\r\n\r\nhttp://myapp/api/x"));
    twice.take();
    ends_in_421(twice, again);
    challenge(between, first);
    between.send(asked{"GET", "http://myapp/api/y", "myapp", "", "", good}.bytes());
    REQUIRE(between.until_has("\r\n\r\nhttp://myapp/api/y"));
    between.take();
    ends_in_421(between, again);
    // A second 407 takes the place of the first.
    challenge(other, asked{"GET", "http://myapp/api/z", "myapp", "", "", ""});
    other.send(again);
    REQUIRE(other.until_has("\r\n\r\nhttp://myapp/api/z"));
}

TEST_CASE("the target that a 407 was for is judged as any other") {
    const auto as_it_is = [](const asked& a) { return a; };
    REQUIRE(answer_after(asked{"GET", "http://elsewhere.test/", "myapp", "", "", ""}, as_it_is) ==
            "HTTP/1.1 421");
    // The limit of a head holds for the two together: neither is too large alone.
    asked large{"GET", "http://myapp/api/" + std::string(8000, 'x'), "myapp", "", "", "X: \r\n"};
    large.more.insert(3, 16350 - large.bytes().size(), 'y');
    REQUIRE(answer_after(large, as_it_is) == "HTTP/1.1 431");
}
