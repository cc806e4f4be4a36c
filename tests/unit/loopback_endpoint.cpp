#include <wsintercept/loopback/endpoint.hpp>

#include "loopback_support.hpp"

#include <cstdlib>
#include <memory>
#include <numeric>

template struct test::endpoint_world<test::endpoint>;

std::error_code test::listen_with(wsintercept::loopback::options o) {
    boost::asio::io_context io;
    recorder host;
    endpoint e{io, host, usual_table(), std::move(o)};
    const std::error_code failed = e.listen();
    REQUIRE((e.port() == 0) == !!failed);
    return failed;
}

using namespace test;
using wsintercept::error;
using wsintercept::loopback::options;

namespace {

void echo(loopback_world& w) {
    w.host.on_receive = [&w](const wsintercept::websocket_receive& e) {
        REQUIRE_FALSE(w.core().send(e.id, e.data, e.fin, e.type));
    };
}

} // namespace

// The forms in which engines were seen to arrive.

TEST_CASE("CONNECT and then an upgrade: Chromium, Qt") {
    loopback_world w;
    client c{w};
    c.tunnel("myapp:80").upgrade();
    c.send(text("hello"));
    REQUIRE(w.until_event("Receive text fin hello"));
    REQUIRE(w.host.last_head == handshake());
}

TEST_CASE("an upgrade in absolute form: WebKit") {
    for (const std::string target : {"ws://myapp/feed", "http://myapp/feed"}) {
        loopback_world w;
        client c{w};
        std::string head = handshake();
        head.replace(head.find("/feed"), 5, target);
        c.send(head);
        REQUIRE(c.until_size(accepted().size()));
        REQUIRE(c.got == accepted());
        REQUIRE(w.until_event("Upgrade auto ws://myapp/feed"));
        REQUIRE(w.host.last_head == head);
    }
}

TEST_CASE("an upgrade in origin form: host mapping") {
    loopback_world w;
    client{w}.upgrade();
}

TEST_CASE("the secret of a proxy is not shown to the host") {
    loopback_world w;
    client c{w};
    c.send(handshake("Origin: http://myapp\r\nProxy-Authorization: Basic c2VjcmV0\r\n"));
    REQUIRE(w.until_event("Upgrade"));
    REQUIRE(w.host.last_head == handshake());
}

TEST_CASE("a head in single bytes") {
    loopback_world w;
    client c{w};
    for (const char byte : handshake()) {
        c.send({&byte, 1});
        w.poll();
    }
    REQUIRE(w.until_event("Upgrade"));
}

// Crow PR #524, goproxy #801.
TEST_CASE("bytes that came behind the head are not lost") {
    loopback_world w;
    client c{w};
    c.send("CONNECT myapp:80 HTTP/1.1\r\nHost: myapp:80\r\n\r\n" + handshake() + text("one") +
           text("two") + close_frame(1000));
    REQUIRE(w.until_event("Close 1000"));
    REQUIRE(w.host.events == lines{"Upgrade auto ws://myapp/feed", "Receive text fin one",
                                   "Receive text fin two", "Close 1000 "});
    REQUIRE(c.until_ended());
    REQUIRE_FALSE(c.reset);
    REQUIRE(c.got ==
            "HTTP/1.1 200 Connection Established\r\n\r\n" + accepted() + served_close(1000));
}

TEST_CASE("manual: bytes behind the head wait for the answer") {
    loopback_world w;
    client c{w};
    std::string head = handshake();
    head.replace(head.find("/feed"), 5, "/manual");
    c.send(head + text("early"));
    REQUIRE(w.until_event("Upgrade manual ws://myapp/manual"));
    w.run_for(std::chrono::milliseconds{20});
    REQUIRE(w.host.events.size() == 1);
    REQUIRE(c.read().empty());
    REQUIRE_FALSE(w.core().answer(w.host.last, accepted()));
    REQUIRE(w.until_event("Receive text fin early"));
    REQUIRE(c.until_size(1));
    REQUIRE(c.got == accepted());
}

TEST_CASE("manual: denied by the host; the page gets the answer, then the end") {
    loopback_world w;
    client c{w};
    std::string head = handshake();
    head.replace(head.find("/feed"), 5, "/manual");
    c.send(head);
    REQUIRE(w.until_event("Upgrade manual"));
    const std::string denial = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    REQUIRE_FALSE(w.core().answer(w.host.last, denial));
    REQUIRE(c.until_ended());
    REQUIRE(c.got.starts_with("HTTP/1.1 403 Forbidden\r\n"));
    REQUIRE(w.host.events.size() == 1);
}

TEST_CASE("the page goes away before a manual answer: one Error") {
    loopback_world w;
    client c{w};
    std::string head = handshake();
    head.replace(head.find("/feed"), 5, "/manual");
    c.send(head);
    REQUIRE(w.until_event("Upgrade manual"));
    c.hang_up();
    REQUIRE(w.until_event("Error ws://myapp/manual: RFC 6455 7.1.5"));
    REQUIRE(w.core().answer(w.host.last, accepted()) == error::unknown_id);
}

// Data.

TEST_CASE("1 MiB and 15 MiB both ways") {
    for (const std::size_t size : {std::size_t{1} << 20, std::size_t{15} << 20}) {
        loopback_world w;
        echo(w);
        client c{w};
        c.upgrade();
        std::string data(size, '\0');
        std::iota(data.begin(), data.end(), '\0');
        c.send(frame(2, data));
        REQUIRE(c.until_size(size + 10));
        REQUIRE(c.got.substr(0, 2) == "\x82\x7f");
        REQUIRE(std::string_view{c.got}.substr(10) == data);
    }
}

TEST_CASE("fragments of 131,000 bytes, as Chromium sends them") {
    loopback_world w;
    client c{w};
    c.upgrade();
    const std::string part(131000, 'x');
    c.send(frame(1, part, false)).send(frame(0, part, false)).send(frame(0, "end"));
    REQUIRE(w.until_event("Receive text fin " + part + part + "end"));
}

TEST_CASE("a host that pauses stops the page, and loses nothing") {
    loopback_world w;
    client c{w};
    c.upgrade();
    w.host.on_receive = [&](const auto& e) { REQUIRE_FALSE(w.core().pause(e.id)); };
    std::string all;
    for (int i = 0; i < 100; ++i)
        all += text("message " + std::to_string(i) + std::string(1000, '.'));
    c.send(all);
    for (int i = 0; i < 100; ++i) {
        REQUIRE(w.until_event("Receive text fin message " + std::to_string(i) + "."));
        w.run_for(std::chrono::milliseconds{1});
        REQUIRE(w.host.events.size() == static_cast<std::size_t>(i) + 1);
        REQUIRE_FALSE(w.core().resume(w.host.last));
    }
}

TEST_CASE("a page that does not read fills the queue, then drains it") {
    options o;
    o.limits.output = 1 << 20;
    loopback_world w{std::move(o)};
    client c{w};
    c.upgrade();
    const auto id = [&] {
        c.send(text("who"));
        REQUIRE(w.until_event("Receive"));
        return w.host.last;
    }();
    const std::string data(100 * 1000, 'x');
    std::size_t sent = 0;
    while (w.core().send(id, data) != error::queue_full) {
        ++sent;
        w.poll();
    }
    REQUIRE(sent > 10);
    REQUIRE(c.until_size(sent * (data.size() + 10)));
    REQUIRE(w.until_event("drained"));
    REQUIRE(c.got.size() == sent * (data.size() + 10));
}

// Ends.

TEST_CASE("the page closes: close frame, then FIN at once") {
    loopback_world w;
    client c{w};
    c.upgrade();
    c.send(close_frame(3001, "bye"));
    REQUIRE(c.until_ended()); // this end is still open: the FIN did not wait for it
    REQUIRE_FALSE(c.reset);
    REQUIRE(c.got == served_close(3001, "bye"));
    REQUIRE(w.host.events == lines{"Close 3001 bye"});
    REQUIRE(w.core().idle());
}

TEST_CASE("the host closes: its frame, the page's, then FIN at once") {
    loopback_world w;
    w.host.on_receive = [&](const auto& e) { REQUIRE_FALSE(w.core().close(e.id, 1000, "enough")); };
    client c{w};
    c.upgrade();
    c.send(text("x"));
    REQUIRE(c.until_size(served_close(1000, "enough").size()));
    w.run_for(std::chrono::milliseconds{20});
    REQUIRE_FALSE((c.read(), c.ended)); // not before the page's close frame
    c.send(close_frame(1000, "enough"));
    REQUIRE(c.until_ended());
    REQUIRE_FALSE(c.reset);
    REQUIRE(c.got == served_close(1000, "enough"));
    REQUIRE(w.host.events.back() == "Close 1000 enough");
}

TEST_CASE("closed in the turn in which it opened: the 101, the close frame, whole") {
    loopback_world w;
    w.host.on_upgrade = [&](const auto& e) { REQUIRE_FALSE(w.core().close(e.id, 1000)); };
    client c{w};
    c.send(handshake());
    const std::string expected = accepted() + served_close(1000);
    REQUIRE(c.until_size(expected.size()));
    REQUIRE(c.got == expected);
    c.send(close_frame(1000));
    REQUIRE(c.until_ended());
    REQUIRE_FALSE(c.reset);
    REQUIRE(w.host.events == lines{"Upgrade auto ws://myapp/feed", "Close 1000 "});
}

TEST_CASE("what still comes behind the end is dropped and resets nothing") {
    loopback_world w;
    client c{w};
    c.upgrade();
    c.send(close_frame(1000) + std::string(200 * 1000, 'x'));
    REQUIRE(c.until_ended());
    REQUIRE_FALSE(c.reset);
    c.hang_up();
    REQUIRE(w.until([&] { return w.served->connections() == 0; }));
}

TEST_CASE("a page that never ends after the close is cut off") {
    loopback_world w;
    client c{w};
    c.upgrade();
    c.send(close_frame(1000));
    REQUIRE(c.until_ended());
    REQUIRE(w.until([&] { return w.served->connections() == 0; }));
}

TEST_CASE("a page that sends on and on after the close is cut off") {
    loopback_world w;
    client c{w};
    c.upgrade();
    c.send(close_frame(1000));
    c.send(std::string(8 << 20, 'x')); // ends early, with a reset
    REQUIRE(w.until([&] { return w.served->connections() == 0; }));
}

TEST_CASE("a protocol violation: close frame 1002, one Error, FIN") {
    loopback_world w;
    client c{w};
    c.upgrade();
    c.send("\x81\x01x"); // RFC 6455 5.1: not masked
    REQUIRE(c.until_ended());
    REQUIRE(c.got.substr(2, 2) == "\x03\xEA");
    REQUIRE(w.host.events.size() == 1);
    REQUIRE(w.has_event("Error RFC 6455 5.1"));
}

TEST_CASE("the host aborts: RST") {
    loopback_world w;
    client c{w};
    c.upgrade();
    w.host.on_receive = [&](const auto& e) { REQUIRE_FALSE(w.core().abort(e.id)); };
    c.send(text("x"));
    REQUIRE(c.until_ended());
    REQUIRE(c.reset);
    REQUIRE(w.until_event("Error aborted by the host"));
}

TEST_CASE("much came, and before it is looked for more the host ends the socket") {
    for (const bool whole_endpoint : {false, true}) {
        CAPTURE(whole_endpoint);
        loopback_world w;
        client c{w};
        c.upgrade();
        w.host.on_receive = [&](const auto& e) {
            boost::asio::post(w.io, [&w, id = e.id, whole_endpoint] {
                if (whole_endpoint)
                    w.served.reset();
                else
                    REQUIRE_FALSE(w.core().abort(id));
            });
        };
        c.send(text(std::string(1000, 'x')));
        REQUIRE(c.until_ended());
        w.poll();
        REQUIRE(w.has_event("Receive"));
        REQUIRE(w.has_event("Error") != whole_endpoint);
    }
}

TEST_CASE("the peer is killed in mid-message: one Error") {
    for (const bool with_reset : {false, true}) {
        loopback_world w;
        client c{w};
        c.upgrade();
        const std::string whole = text(std::string(10000, 'x'));
        c.send(std::string_view{whole}.substr(0, 5000));
        w.run_for(std::chrono::milliseconds{5});
        c.hang_up(with_reset);
        REQUIRE(w.until_event("Error RFC 6455 7.1.5"));
        REQUIRE(w.host.events.size() == 1);
        REQUIRE(w.core().idle());
        REQUIRE(w.served->connections() == 0);
    }
}

TEST_CASE("a half-closed page counts as gone, but its close frame is answered") {
    loopback_world w;
    client c{w};
    c.upgrade();
    c.send(close_frame(1000)).half_close();
    REQUIRE(c.until_ended());
    REQUIRE(c.got == served_close(1000));
    REQUIRE(w.host.events == lines{"Close 1000 "});
}

// Many, limits and time.

TEST_CASE("200 connections at once") {
    loopback_world w;
    echo(w);
    std::vector<std::unique_ptr<client>> all;
    for (int i = 0; i < 200; ++i)
        all.push_back(std::make_unique<client>(w));
    for (const auto& c : all)
        c->send("CONNECT myapp:80 HTTP/1.1\r\nHost: myapp:80\r\n\r\n");
    for (const auto& c : all) {
        REQUIRE(c->until_has("\r\n\r\n"));
        c->take();
        c->send(handshake());
    }
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i]->send(text("message " + std::to_string(i)));
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::string expected = accepted() + served(1, "message " + std::to_string(i));
        REQUIRE(all[i]->until_size(expected.size()));
        REQUIRE(all[i]->got == expected);
    }
    REQUIRE(w.served->connections() == 200);
    all.clear();
    REQUIRE(w.until([&] { return w.core().idle(); }));
}

TEST_CASE("400 sockets that the host closes as they open, all clean") {
    loopback_world w;
    w.host.on_upgrade = [&](const auto& e) { REQUIRE_FALSE(w.core().close(e.id, 1000)); };
    for (int i = 0; i < 400; ++i) {
        client c{w};
        c.send(handshake());
        REQUIRE(c.until_size(accepted().size() + 4));
        c.send(close_frame(1000));
        REQUIRE(c.until_ended());
        REQUIRE_FALSE(c.reset);
    }
    REQUIRE(w.host.events.size() == 800);
}

TEST_CASE("spare connections are tolerated, count, and make room for those in use") {
    options o;
    o.limits.connections = 3;
    loopback_world w{std::move(o)};
    client spare1{w}, spare2{w};
    REQUIRE(w.until([&] { return w.served->connections() == 2; }));
    client a{w}, b{w}, c{w};
    a.upgrade();
    b.upgrade();
    c.upgrade();
    REQUIRE(w.served->connections() == 3);
    REQUIRE(spare1.until_ended());
    REQUIRE(spare2.until_ended());
    client d{w}; // now all are in use
    REQUIRE(d.until_ended());
    REQUIRE(d.got.empty());
    REQUIRE(w.served->refusals().of(error::too_many_connections) == 1);
    a.send(text("still here"));
    REQUIRE(w.until_event("Receive text fin still here"));
}

TEST_CASE("a spare connection is closed quietly when its time is over") {
    options o;
    o.preconnect = std::chrono::milliseconds{30};
    loopback_world w{std::move(o)};
    client c{w};
    client t{w};
    t.tunnel("myapp:80");
    for (client* one : {&c, &t}) {
        REQUIRE(one->until_ended());
        REQUIRE_FALSE(one->reset);
        REQUIRE(one->got.empty());
    }
    REQUIRE(w.host.logs.empty());
    REQUIRE(w.served->refusals().all() == 0);
}

// CVE-2024-37890 and the like: a handshake has its time.
TEST_CASE("a head that comes too slowly is refused with 408") {
    options o;
    o.limits.handshake = std::chrono::milliseconds{50};
    loopback_world w{std::move(o)};
    client c{w};
    c.send("GET / HTTP/1.1\r\nHo");
    REQUIRE(c.until_ended());
    REQUIRE(c.got.starts_with("HTTP/1.1 408 "));
    REQUIRE(w.served->refusals().of(error::handshake_timed_out) == 1);
    REQUIRE(w.host.events.empty());
}

TEST_CASE("manual, never answered: nothing is sent, one Error, FIN") {
    options o;
    o.limits.answer = std::chrono::milliseconds{50};
    loopback_world w{std::move(o)};
    client c{w};
    std::string head = handshake();
    head.replace(head.find("/feed"), 5, "/manual");
    c.send(head);
    REQUIRE(c.until_ended());
    REQUIRE(c.got.empty());
    REQUIRE(w.host.events.size() == 2);
    REQUIRE(w.has_event("Error ws://myapp/manual: the opening handshake timed out"));
}

TEST_CASE("shutdown: 1001 to all, then nothing is open") {
    loopback_world w;
    client a{w}, b{w};
    a.upgrade();
    b.upgrade();
    w.core().shutdown(std::chrono::seconds{5});
    for (client* c : {&a, &b}) {
        REQUIRE(c->until_size(4));
        REQUIRE(c->got == served_close(1001));
        c->send(close_frame(1001));
        REQUIRE(c->until_ended());
    }
    REQUIRE(w.core().idle());
    REQUIRE(w.host.events == lines{"Close 1001 ", "Close 1001 "});
}

// neutralinojs #351: the listener does not outlive what it serves.
TEST_CASE("stop: the port is closed, what is open ends at once, each in one Error") {
    loopback_world w;
    client open{w}, spare{w}, request{w};
    open.upgrade();
    request.send(get("/api/x"));
    REQUIRE(w.until_event("Request"));
    w.host.events.clear();
    w.served->stop();
    REQUIRE(w.host.events.empty()); // they come later
    for (client* c : {&open, &spare, &request}) {
        REQUIRE(c->until_ended());
    }
    REQUIRE(w.until_event("Error"));
    REQUIRE(w.host.events.size() == 1);
    REQUIRE(w.core().idle());
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in at = address_of(w.served->port());
    REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == -1);
    ::close(fd);
}

TEST_CASE("stop from inside each event") {
    for (int which = 0; which < 4; ++which) {
        loopback_world w;
        const auto stop = [&](const auto&) { w.served->stop(); };
        if (which == 0)
            w.host.on_upgrade = stop;
        if (which == 1)
            w.host.on_receive = stop;
        if (which == 2)
            w.host.on_close = stop;
        if (which == 3)
            w.host.on_request = stop;
        client c{w}, other{w};
        c.send(which == 3 ? get("/api/x") : handshake() + text("x") + close_frame(1000));
        REQUIRE(c.until_ended());
        REQUIRE(other.until_ended());
        REQUIRE(w.until([&] { return w.core().idle(); }));
    }
}

TEST_CASE("the endpoint is destroyed while connections are open; the loop runs on") {
    loopback_world w;
    client open{w}, spare{w}, head{w}, request{w}, tunnel{w}, waiting{w};
    open.upgrade();
    head.send("GET / HT");
    request.send(get("/api/x"));
    tunnel.tunnel("myapp:80");
    std::string bytes = handshake() + text("early");
    bytes.replace(bytes.find("/feed"), 5, "/manual");
    waiting.send(bytes);
    REQUIRE(w.until([&] { return w.host.events.size() == 2; }));
    const auto remote = w.core().remote();
    w.host.events.clear();
    w.served.reset();
    std::error_code result;
    remote.send(w.host.last, "x", true, {}, [&](std::error_code e) { result = e; });
    w.run_for(std::chrono::milliseconds{50});
    REQUIRE(result == error::shut_down);
    REQUIRE(w.host.events.empty());
    for (client* c : {&open, &spare, &head, &request, &tunnel, &waiting})
        REQUIRE(c->until_ended());
}

TEST_CASE("the endpoint is destroyed with a call of a remote under way") {
    loopback_world w;
    client c{w};
    c.upgrade();
    c.send(text("x"));
    REQUIRE(w.until_event("Receive"));
    w.core().remote().close(w.host.last);
    w.served.reset();
    w.run_for(std::chrono::milliseconds{20});
    REQUIRE(c.until_ended());
}

TEST_CASE("a port of the program's choice, and one that is taken") {
    loopback_world w;
    options o;
    o.port = w.served->port();
    endpoint second{w.io, w.host, usual_table(), std::move(o)};
    REQUIRE(second.listen() == std::errc::address_in_use);
    REQUIRE(second.port() == 0);
}
