// What is not intercepted reaches its destination byte for byte, and what goes wrong there.
#include <wsintercept/loopback/endpoint.hpp>

#include "loopback_destination.hpp"
#include "loopback_support.hpp"

#include <algorithm>
#include <memory>

using namespace test;
using wsintercept::action;
using wsintercept::error;
using wsintercept::loopback::options;
using wsintercept::loopback::peer_policy;

namespace {

constexpr std::string_view established = "HTTP/1.1 200 Connection Established\r\n\r\n";
constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

std::string ask(const destination& d, std::string_view path = "/", std::string_view fields = {},
                std::string_view method = "GET") {
    return std::string{method} + " http://" + d.name() + std::string{path} +
           " HTTP/1.1\r\nHost: " + d.name() + "\r\n" + std::string{fields} + "\r\n";
}

/// A handshake for the network, in absolute form as WebKit asks.
std::string ask_socket(const destination& d, std::string_view form = "absolute") {
    std::string head = handshake();
    head.replace(head.find("Host: myapp"), 11, "Host: " + d.name());
    if (form == "absolute")
        head.replace(head.find("/feed"), 5, "ws://" + d.name() + "/feed");
    return head;
}
constexpr std::string_view switched =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// An open socket through the relay.
void open_socket(client& c, destination& d) {
    c.send(ask_socket(d));
    REQUIRE(d.until_called());
    REQUIRE(d.until_got(ask_socket(d, "origin")));
    d.say(switched);
    REQUIRE(c.until_has("\r\n\r\n"));
    REQUIRE(c.take() == switched);
    d.got.clear();
}

/// What the log said last, and the HTTP status of the answer.
void fails(loopback_world& w, client& c, error why, std::string_view status) {
    REQUIRE(c.until_ended());
    REQUIRE_FALSE(c.reset);
    REQUIRE(c.got.starts_with("HTTP/1.1 " + std::string{status} + " "));
    REQUIRE(w.served->refusals().of(why) == 1);
    REQUIRE(w.host.logs.size() == 1);
    REQUIRE(w.host.logs[0].find(wsintercept::describe(why)) != std::string::npos);
    REQUIRE(w.host.events.empty());
}

} // namespace

TEST_CASE("relay: a tunnel carries bytes of any kind, both ways, until both ends have ended") {
    loopback_world w;
    destination d{w};
    client c{w};
    c.tunnel(d.name());
    REQUIRE(d.until_called());
    std::string all;
    for (int i = 0; i < 300000; ++i)
        all += static_cast<char>(i * 31 >> 3);
    d.say("220 I speak first\r\n");
    REQUIRE(c.until_has("first\r\n"));
    c.take();
    c.send(all);
    REQUIRE(d.until_got(all));
    d.say(all);
    REQUIRE(c.until_size(all.size()));
    REQUIRE(c.take() == all);
    c.half_close();
    REQUIRE(d.until_ended());
    d.say("and still I answer");
    REQUIRE(c.until_has("answer"));
    d.hang_up();
    REQUIRE(c.until_ended());
    REQUIRE_FALSE(c.reset);
    REQUIRE(w.until([&] { return w.served->connections() == 0; }));
    REQUIRE(w.host.events.empty());
    REQUIRE(w.host.logs.empty());
}

TEST_CASE("relay: the far end of a tunnel ends first") {
    loopback_world w;
    destination d{w};
    client c{w};
    c.send("CONNECT " + d.name() + " HTTP/1.1\r\nHost: " + d.name() + "\r\n\r\n");
    REQUIRE(d.until_called());
    d.say("bye").half_close();
    REQUIRE(c.until_ended());
    REQUIRE(c.got == std::string{established} + "bye");
    c.send("but I go on");
    REQUIRE(d.until_got("but I go on"));
    c.half_close();
    REQUIRE(d.until_ended());
    REQUIRE(w.until([&] { return w.served->connections() == 0; }));
}

TEST_CASE("relay: a reset goes on to the other side") {
    loopback_world w;
    destination d{w};
    for (const bool far : {false, true}) {
        client c{w};
        c.tunnel(d.name());
        REQUIRE(d.until_called());
        if (far)
            d.hang_up(true);
        else
            c.hang_up(true);
        REQUIRE((far ? c.until_ended() : d.until_ended()));
        REQUIRE(w.until([&] { return w.served->connections() == 0; }));
    }
}

TEST_CASE("relay: a request goes out in origin form, without what is between the engine and us") {
    loopback_world w;
    destination d{w};
    client c{w};
    c.send(ask(d, "/a/../b?q=%41&x=\"",
               "X-Order: 2\r\nproxy-authorization: Basic c2VjcmV0\r\nx-order:1\r\n"
               "Proxy-Connection: keep-alive\r\nUpgrade: h2c\r\nAccept:  */* \r\n"));
    REQUIRE(d.until_called());
    REQUIRE(d.until_got("GET /a/../b?q=%41&x=\" HTTP/1.1\r\nHost: " + d.name() +
                        "\r\nX-Order: 2\r\nx-order:1\r\nAccept:  */* \r\n\r\n"));
    const std::string answer = "HTTP/1.1 299 Odd Indeed\r\nx-b: 2\r\nX-A:1\r\nContent-Length: 3\r\n"
                               "\r\nabc";
    d.say(answer);
    REQUIRE(c.until_size(answer.size()));
    REQUIRE(c.take() == answer);
    d.got.clear();
    c.send("OPTIONS http://" + d.name() + " HTTP/1.1\r\nHost: " + d.name() + "\r\n\r\n");
    REQUIRE(d.until_got("OPTIONS * HTTP/1.1\r\nHost: " + d.name() + "\r\n\r\n"));
    d.say(hello);
    REQUIRE(c.until_has("hello"));
    REQUIRE(d.calls == 1);
}

TEST_CASE("relay: requests on one connection, to two destinations and to ourselves") {
    loopback_world w;
    destination d{w}, e{w};
    client c{w};
    for (int round = 0; round < 3; ++round) {
        c.send(ask(d, "/d"));
        if (round == 0)
            REQUIRE(d.until_called());
        REQUIRE(d.until_has("GET /d HTTP/1.1\r\n"));
        d.got.clear();
        d.say(hello);
        REQUIRE(c.until_has("hello"));
        c.take();
    }
    c.send(ask(e, "/e"));
    REQUIRE(e.until_called());
    REQUIRE(d.until_ended());
    e.say(hello);
    REQUIRE(c.until_has("hello"));
    c.take();
    c.send(get("/api/x"));
    REQUIRE(w.until_event("Request GET http://myapp/api/x"));
}

TEST_CASE("relay: pipelined requests are asked one after another") {
    loopback_world w;
    destination d{w};
    client c{w};
    c.send(ask(d, "/1") + ask(d, "/2"));
    REQUIRE(d.until_called());
    REQUIRE(d.until_has("GET /1 "));
    REQUIRE(d.got.find("GET /2 ") == d.got.npos);
    d.say("HTTP/1.1 204 None\r\n\r\n");
    REQUIRE(d.until_has("GET /2 "));
    d.say(hello);
    REQUIRE(c.until_has("204 None\r\n\r\n" + std::string{hello}));
}

TEST_CASE("relay: bodies of requests, by length and in chunks, as they came") {
    loopback_world w;
    destination d{w};
    client c{w};
    const std::string chunks = "5;x=\"y\"\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
    c.send(ask(d, "/c", "Transfer-Encoding: chunked\r\n", "POST") + chunks + ask(d, "/next"));
    REQUIRE(d.until_called());
    REQUIRE(d.until_has(chunks));
    REQUIRE(d.got.ends_with(chunks)); // and nothing behind it yet
    d.say(hello);
    REQUIRE(d.until_has("GET /next "));
    d.say(hello);
    REQUIRE(c.until_size(2 * hello.size()));
    c.take();
    d.got.clear();
    const std::string large(5 * 1024 * 1024, 'b');
    c.send(ask(d, "/l", "Content-Length: " + std::to_string(large.size()) + "\r\n", "PUT"));
    REQUIRE(d.until_has("\r\n\r\n"));
    d.got.clear();
    c.send(large);
    REQUIRE(d.until_got(large));
    d.say(hello);
    REQUIRE(c.until_has("hello"));
    REQUIRE(d.calls == 1);
}

TEST_CASE("relay: answers by length, in chunks, to the connection's end, and without a body") {
    loopback_world w;
    destination d{w};
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n0\r\nX: y\r\n\r\n";
    client c{w};
    const auto exchange = [&](std::string_view method, std::string_view answer) {
        c.send(ask(d, "/", {}, method));
        if (d.calls == 0)
            REQUIRE(d.until_called());
        REQUIRE(d.until_has("\r\n\r\n"));
        d.got.clear();
        for (const char byte : answer)
            d.say({&byte, 1});
        REQUIRE(c.until_size(answer.size()));
        REQUIRE(c.take() == answer);
    };
    exchange("GET", chunked);
    exchange("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    exchange("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n");
    exchange("DELETE", "HTTP/1.1 204 \r\n\r\n");
    exchange("GET", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + std::string{hello});
    exchange("GET", hello);
    REQUIRE(d.calls == 1);
    c.send(ask(d));
    REQUIRE(d.until_has("\r\n\r\n"));
    d.say("HTTP/1.1 200 OK\r\n\r\nto the");
    REQUIRE(c.until_has("to the"));
    d.say(" end").hang_up();
    REQUIRE(c.until_ended());
    REQUIRE_FALSE(c.reset);
    REQUIRE(c.got.ends_with("\r\n\r\nto the end"));
}

TEST_CASE("relay: 100-continue is between the engine and the destination") {
    loopback_world w;
    destination d{w};
    client c{w};
    c.send(ask(d, "/", "Content-Length: 4\r\nExpect: 100-continue\r\n", "POST"));
    REQUIRE(d.until_called());
    REQUIRE(d.until_has("Expect: 100-continue\r\n\r\n"));
    REQUIRE(c.read().empty());
    d.say("HTTP/1.1 100 Continue\r\n\r\n");
    REQUIRE(c.until_has("100 Continue\r\n\r\n"));
    c.take();
    c.send("body");
    REQUIRE(d.until_has("body"));
    d.say(hello);
    REQUIRE(c.until_has("hello"));
    c.take();
    // Or it does not want the body: then no second request can follow.
    c.send(ask(d, "/", "Content-Length: 4\r\nExpect: 100-continue\r\n", "POST"));
    REQUIRE(d.until_has("Expect: 100-continue\r\n\r\n"));
    d.say("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(c.until_ended());
    REQUIRE_FALSE(c.reset);
    REQUIRE(c.got == "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE(
    "relay: a kept connection that has ended is replaced, but only for what changes nothing") {
    loopback_world w;
    destination d{w};
    client c{w};
    c.send(ask(d));
    REQUIRE(d.until_called());
    REQUIRE(d.until_has("\r\n\r\n"));
    d.say(hello);
    REQUIRE(c.until_has("hello"));
    c.take();
    d.hang_up();
    c.send(ask(d, "/again"));
    REQUIRE(d.until_called());
    REQUIRE(d.until_has("GET /again "));
    d.say(hello);
    REQUIRE(c.until_has("hello"));
    c.take();
    // It hears of this one, and ends without an answer.
    c.send(ask(d, "/thrice"));
    REQUIRE(d.until_has("GET /thrice "));
    REQUIRE(d.until_called());
    REQUIRE(d.until_has("GET /thrice "));
    d.say(hello);
    REQUIRE(c.until_has("hello"));
    c.take();
    d.got.clear();
    c.send(ask(d, "/once", "Content-Length: 0\r\n", "POST"));
    REQUIRE(d.until_has("POST /once "));
    d.hang_up();
    fails(w, c, error::relay_failed, "502");
    REQUIRE_FALSE(d.is_called());
}

TEST_CASE("relay: back-pressure both ways, in bounded memory") {
    options o;
    o.memory = 1; // whoever held more than a little would be cut off
    loopback_world w{std::move(o)};
    destination d{w};
    client c{w};
    c.tunnel(d.name());
    REQUIRE(d.until_called());
    const std::size_t most = std::size_t{64} << 20;
    const std::size_t sent = d.flood(most);
    REQUIRE(sent < most); // the rest waits at the destination
    REQUIRE(c.until_size(sent));
    REQUIRE(c.got == std::string(sent, 'x'));
    REQUIRE(w.host.logs.empty());
    d.say("and on");
    REQUIRE(c.until_has("and on"));
}

TEST_CASE("relay: a socket opens, in absolute form and in a tunnel whose host may match") {
    loopback_world w{{},
                     table_of({{"ws://127.0.0.1:*/ours", action::automatic},
                               {"ws://myapp/*", action::automatic}})};
    destination d{w};
    {
        client c{w};
        open_socket(c, d);
        c.send(text("to the network"));
        REQUIRE(d.until_got(text("to the network")));
        d.say("\x81\x02hi");
        REQUIRE(c.until_has("\x81\x02hi"));
        d.hang_up();
        REQUIRE(c.until_ended());
    }
    client c{w};
    c.tunnel(d.name()).send(ask_socket(d, "origin"));
    REQUIRE(d.until_called());
    REQUIRE(d.until_got(ask_socket(d, "origin")));
    d.say(std::string{switched} + "\x81\x02hi");
    REQUIRE(c.until_has("\x81\x02hi"));
    REQUIRE(w.host.events.empty());
    std::string ours = ask_socket(d, "origin");
    ours.replace(ours.find("/feed"), 5, "/ours");
    ours.replace(ours.find("http://myapp"), 12, "http://127.0.0.1");
    client in{w};
    in.tunnel(d.name()).send(ours);
    REQUIRE(in.until_has("101 Switching"));
    REQUIRE_FALSE(d.is_called());
}

// websocket-smuggle, "Talking to Yourself": a tunnel only behind a whole and valid 101.
TEST_CASE("relay: nothing goes on behind an upgrade that is not valid, whoever is wrong") {
    loopback_world w;
    destination d{w};
    SECTION("nothing of the page's before the answer") {
        client c{w};
        c.send(ask_socket(d) + text("early"));
        REQUIRE(d.until_called());
        REQUIRE(d.until_has("\r\n\r\n"));
        w.run_for(std::chrono::milliseconds{20});
        REQUIRE(d.read() == ask_socket(d, "origin"));
        d.say(switched);
        REQUIRE(d.until_has(text("early")));
    }
    SECTION("a handshake of another version does not leave") {
        client c{w};
        std::string head = ask_socket(d);
        head.replace(head.find("Version: 13"), 11, "Version: 12");
        c.send(head);
        fails(w, c, error::bad_version, "426");
        REQUIRE_FALSE(d.is_called());
    }
    SECTION("a refusal ends with its connection") {
        client c{w};
        c.send(ask_socket(d) + ask(d, "/smuggled"));
        REQUIRE(d.until_called());
        REQUIRE(d.until_has("\r\n\r\n"));
        d.say("HTTP/1.1 426 No\r\nContent-Length: 2\r\n\r\nno");
        REQUIRE(c.until_ended());
        REQUIRE(c.got == "HTTP/1.1 426 No\r\nContent-Length: 2\r\n\r\nno");
        REQUIRE(d.until_ended());
        REQUIRE(d.got == ask_socket(d, "origin"));
    }
    const auto bad_answer = [&](std::string_view answer) {
        client c{w};
        c.send(ask_socket(d) + text("smuggled"));
        REQUIRE(d.until_called());
        REQUIRE(d.until_has("\r\n\r\n"));
        d.say(answer);
        fails(w, c, error::relay_bad_answer, "502");
        REQUIRE(d.until_ended());
        REQUIRE(d.got == ask_socket(d, "origin"));
    };
    SECTION("another Accept") {
        std::string other{switched};
        other.replace(other.find("s3pP"), 4, "S3pP");
        bad_answer(other);
    }
    SECTION("no Upgrade") {
        bad_answer("HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\n\r\n");
    }
    SECTION("a subprotocol that nobody offered") {
        std::string other{switched};
        bad_answer(other.insert(other.size() - 2, "Sec-WebSocket-Protocol: x\r\n"));
    }
    SECTION("no HTTP") {
        bad_answer("220 smtp.test ready\r\n");
    }
    SECTION("a 101 that nobody asked for") {
        client c{w};
        c.send(ask(d) + "smuggled");
        REQUIRE(d.until_called());
        d.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n");
        fails(w, c, error::relay_bad_answer, "502");
        REQUIRE(d.until_ended());
        REQUIRE(d.got.find("smuggled") == d.got.npos);
    }
    SECTION("frames that are not masked") {
        client c{w};
        open_socket(c, d);
        c.send(text("good"));
        REQUIRE(d.until_got(text("good")));
        c.send("GET / HTTP/1.1\r\n\r\n");
        REQUIRE(c.until_ended());
        REQUIRE(d.until_ended());
        REQUIRE(d.got == text("good"));
        REQUIRE(w.served->refusals().of(error::not_masked) == 1);
    }
}

TEST_CASE("relay: requests that two parsers could read differently do not leave") {
    loopback_world w;
    destination d{w};
    for (const std::string_view fields :
         {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 4, 4\r\n",
          "Content-Length: 4\r\nContent-Length: 4\r\n", "Transfer-Encoding: gzip, chunked\r\n",
          "Transfer-Encoding: xchunked\r\n", "Content-Length: +4\r\n"}) {
        client c{w};
        c.send(ask(d, "/", fields, "POST") + "0\r\n\r\n");
        REQUIRE(c.until_ended());
        REQUIRE(c.got.starts_with("HTTP/1.1 400 "));
    }
    REQUIRE_FALSE(d.is_called());
    client c{w};
    c.send(ask(d, "/", "Transfer-Encoding: chunked\r\n", "POST") + "5\r\nhe");
    REQUIRE(d.until_called());
    c.send("lloXX");
    REQUIRE(c.until_ended());
    REQUIRE(c.got.starts_with("HTTP/1.1 400 "));
    REQUIRE(d.until_ended());
}

TEST_CASE("relay: answers that are not valid are not passed on") {
    for (const std::string_view answer :
         {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
          "HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "HTTP/1.1 200 OK\nX: y\n\n", "ICY 200 OK\r\n\r\n",
          // It would have the engine hand out what is for us.
          "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: "
          "0\r\n\r\n"}) {
        loopback_world w;
        destination d{w};
        client c{w};
        c.send(ask(d));
        REQUIRE(d.until_called());
        d.say(answer);
        fails(w, c, error::relay_bad_answer, "502");
    }
}

TEST_CASE("relay: an answer ahead of its request's end arrives, though the server resets then") {
    loopback_world w;
    destination d{w};
    client c{w};
    c.send(ask(d, "/", "Content-Length: 9000000\r\n", "POST") + "the first of many bytes");
    REQUIRE(d.until_called());
    REQUIRE(d.until_has("first of many"));
    // All three are there before the endpoint sees the first: it then writes in vain, ahead of
    // reading.
    c.send(std::string(1000, 'y'));
    d.say("HTTP/1.1 413 No\r\nContent-Length: 3\r\n\r\nno!").hang_up(true);
    REQUIRE(c.until_ended());
    REQUIRE(c.got == "HTTP/1.1 413 No\r\nContent-Length: 3\r\n\r\nno!");
    REQUIRE(w.served->refusals().all() == 0);
}

TEST_CASE("relay: an answer that breaks off is not whole") {
    for (const std::string_view answer :
         {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
        loopback_world w;
        destination d{w};
        client c{w};
        c.send(ask(d));
        REQUIRE(d.until_called());
        d.say(answer).hang_up();
        REQUIRE(c.until_ended());
        REQUIRE(c.reset);
        REQUIRE(w.served->refusals().of(error::relay_failed) == 1);
    }
}

TEST_CASE("relay: nobody there, no such name, no answer in time") {
    SECTION("nobody listens") {
        loopback_world w;
        destination d{w, false};
        client c{w};
        c.send(ask(d));
        fails(w, c, error::relay_failed, "502");
    }
    SECTION("nobody listens behind CONNECT") {
        loopback_world w;
        destination d{w, false};
        client c{w};
        c.send("CONNECT " + d.name() + " HTTP/1.1\r\nHost: " + d.name() + "\r\n\r\n");
        fails(w, c, error::relay_failed, "502");
    }
    SECTION("no such name") {
        loopback_world w;
        client c{w};
        c.send("GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n");
        fails(w, c, error::relay_failed, "502");
    }
    SECTION("it ends without an answer") {
        loopback_world w;
        destination d{w};
        client c{w};
        c.send(ask(d));
        REQUIRE(d.until_called());
        REQUIRE(d.until_has("\r\n\r\n"));
        d.hang_up();
        fails(w, c, error::relay_failed, "502");
    }
    SECTION("an idle exchange, and an idle tunnel") {
        options o;
        o.relay->idle = std::chrono::milliseconds{60};
        loopback_world w{std::move(o)};
        destination d{w};
        client c{w};
        c.send(ask(d));
        REQUIRE(d.until_called());
        fails(w, c, error::relay_timed_out, "504");
        client t{w};
        t.send("CONNECT " + d.name() + " HTTP/1.1\r\nHost: " + d.name() + "\r\n\r\n");
        REQUIRE(t.until_ended());
        REQUIRE(t.got == established);
        REQUIRE(w.served->refusals().of(error::relay_timed_out) == 2);
    }
}

// GHSA-vg6x-rcgg-rjx6, obs-browser #538: the endpoint is no way around what keeps pages of the
// network from this machine's services.
TEST_CASE("relay: DNS rebinding, and loops to ourselves") {
    const auto answer = [](options o, const std::string& name, error why, std::string_view status) {
        loopback_world w{std::move(o)};
        const std::string host = name + (name.find(':') == name.npos || name.ends_with(']')
                                             ? ":" + std::to_string(w.served->port())
                                             : "");
        client c{w};
        c.send("GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        fails(w, c, why, status);
    };
    answer({}, "127.0.0.1", error::relay_to_itself, "421");
    answer({}, "localhost", error::relay_to_itself, "421");
    answer({}, "0.0.0.0", error::relay_to_itself, "421");
    answer({}, "127.1", error::relay_to_itself, "421");
    answer({}, "[::ffff:127.0.0.1]", error::relay_to_itself, "421");
}

// RFC 6761 6.3: glibc's resolver does not know the second.
TEST_CASE("relay: localhost and its names are this machine, whatever a resolver says") {
    for (const std::string name : {"localhost", "dev.localhost"}) {
        loopback_world w;
        destination d{w};
        const std::string host = name + d.name().substr(d.name().rfind(':'));
        client c{w};
        c.send("CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        REQUIRE(d.until_called());
        REQUIRE(c.until_has(established));
    }
}

TEST_CASE("relay: no open proxy where anyone may connect") {
    options o;
    o.peers = peer_policy::anyone();
    loopback_world w{std::move(o)};
    destination d{w};
    client c{w};
    c.send(ask(d));
    fails(w, c, error::not_intercepted, "403");
    REQUIRE_FALSE(d.is_called());
}

TEST_CASE("relay: ROOT is nowhere but here") {
    loopback_world w;
    client c{w};
    c.send(get("/nothing"));
    REQUIRE(c.until_has("HTTP/1.1 404 "));
    client t{w};
    t.tunnel("myapp:8443").send("GET / HTTP/1.1\r\nHost: myapp:8443\r\n\r\n");
    REQUIRE(t.until_has("HTTP/1.1 403 "));
}

TEST_CASE("relay: which addresses are not for a page's words") {
    using wsintercept::loopback::detail::check_destination;
    const auto check = [](const char* host, const char* address, unsigned port,
                          bool names = false) {
        return check_destination(host, boost::asio::ip::make_address(address), port, 7, names);
    };
    REQUIRE(check("bank.test", "192.0.2.1", 7) == error{});
    REQUIRE(check("bank.test", "10.0.0.1", 80) == error{}); // a network of the user's
    for (const char* here :
         {"127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0"}) {
        REQUIRE(check("evil.test", here, 80) == error::relay_to_loopback);
        REQUIRE(check("evillocalhost", here, 80) == error::relay_to_loopback);
        REQUIRE(check("evil.test", here, 80, true) == error{});
        REQUIRE(check("localhost", here, 80) == error{});
        REQUIRE(check("dev.localhost", here, 80) == error{});
        REQUIRE(check("127.0.0.1", here, 80) == error{});
        REQUIRE(check("[::1]", here, 80) == error{});
        for (const char* name : {"evil.test", "localhost", "127.0.0.1", "[::1]"})
            REQUIRE(check(name, here, 7, true) == error::relay_to_itself);
    }
}

TEST_CASE("relay: by way of a proxy") {
    destination proxy;
    options o;
    o.relay->proxy = proxy.name();
    loopback_world w{std::move(o)};
    proxy.live_in(w);
    client c{w};
    const std::string connect = "CONNECT far.test:99 HTTP/1.1\r\nHost: far.test:99\r\n\r\n";
    SECTION("a plain request, in absolute form") {
        c.send("GET http://far.test/x?y HTTP/1.1\r\nHost: far.test\r\n\r\n");
        REQUIRE(proxy.until_called());
        REQUIRE(proxy.until_got("GET http://far.test:80/x?y HTTP/1.1\r\nHost: far.test\r\n\r\n"));
        proxy.say(hello);
        REQUIRE(c.until_has("hello"));
    }
    SECTION("a tunnel, and a socket in a tunnel of ours") {
        c.send(connect);
        REQUIRE(proxy.until_called());
        REQUIRE(proxy.until_got(connect));
        REQUIRE(c.read().empty());
        proxy.say("HTTP/1.1 200 Go\r\nX: y\r\n\r\n");
        REQUIRE(c.until_has("\r\n\r\n"));
        REQUIRE(c.take() == established);
        c.send("through both");
        REQUIRE(proxy.until_has("through both"));
        std::string head = handshake();
        head.replace(head.find("Host: myapp"), 11, "Host: far.test:99");
        std::string out = head;
        head.replace(head.find("/feed"), 5, "ws://far.test:99/feed");
        client s{w};
        s.send(head);
        REQUIRE(proxy.until_called());
        REQUIRE(proxy.until_got(connect));
        proxy.say("HTTP/1.1 200 Go\r\n\r\n");
        REQUIRE(proxy.until_got(connect + out));
        proxy.say(switched);
        REQUIRE(s.until_has(switched));
    }
    SECTION("it says no") {
        c.send(connect);
        REQUIRE(proxy.until_called());
        proxy.say("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n");
        fails(w, c, error::relay_failed, "502");
        REQUIRE(w.host.logs[0].find("the proxy answered HTTP/1.1 407 Who?") != std::string::npos);
    }
    SECTION("it says more than yes") {
        c.send(connect);
        REQUIRE(proxy.until_called());
        proxy.say("HTTP/1.1 200 Go\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
        fails(w, c, error::relay_failed, "502");
    }
}
