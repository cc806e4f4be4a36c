// The endpoint with TLS: wss and https, for what a row takes and for what is relayed.
#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/loopback/tls.hpp>

#include "loopback_destination.hpp"
#include "loopback_support.hpp"
#include "tls_support.hpp"

using namespace test;
using namespace std::chrono_literals;
using wsintercept::action;
using wsintercept::error;
using wsintercept::loopback::options;

namespace {

using secure_endpoint =
    wsintercept::loopback::endpoint<recorder, wsintercept::default_policies, tls>;
using secure_world = endpoint_world<secure_endpoint>;

auto secure_table() {
    return table_of({{"wss://myapp/*", action::automatic},
                     {"https://myapp/api/*", action::automatic},
                     {"ws://plain.test/*", action::automatic},
                     {"wss://127.0.0.1:*/ours", action::automatic}});
}

/// A client over TLS, behind a CONNECT or at once.
class secure_client {
  public:
    secure_client(host_loop& w, const std::string& authority, const std::string& sni = "myapp",
                  std::string_view protocols = "\x08http/1.1")
        : world_{w}, raw{w}, peer{sni, protocols} {
        if (!authority.empty())
            raw.tunnel(authority);
    }
    bool until_established() {
        return until([&] { return peer.established(); });
    }
    void send(std::string_view plain) {
        while (!plain.empty()) {
            plain.remove_prefix(peer.write(plain));
            push();
        }
    }
    bool until_has(std::string_view text) {
        return until([&] { return got.find(text) != got.npos; });
    }
    bool until_size(std::size_t n) {
        return until([&] { return got.size() >= n; });
    }
    /// In order: what came, then a close_notify.
    bool until_closed() {
        return until([&] { return peer.ended(); });
    }
    bool until(const std::function<bool()>& so) {
        (void)world_.until([&] {
            push();
            std::string wire = (raw.read(), raw.take());
            if (!wire.empty())
                peer.put(wire);
            static char room[1 << 15];
            while (const std::size_t n = peer.read(room))
                got.append(room, n);
            return so() || (raw.ended && wire.empty());
        });
        return so();
    }
    std::string take() { return std::exchange(got, {}); }
    void push() {
        const std::string out{peer.output()};
        if (out.empty())
            return;
        peer.consumed(out.size());
        raw.send(out);
    }

  private:
    host_loop& world_;

  public:
    client raw;
    plain_client peer;
    std::string got;
};

/// A destination over TLS.
class secure_destination {
  public:
    secure_destination(destination& d, const identity& who) : raw{d}, peer{who} { peer.listen(); }

    void step() {
        std::string wire = (raw.read(), std::exchange(raw.got, {}));
        if (!wire.empty())
            peer.put(wire);
        static char room[1 << 15];
        while (const std::size_t n = peer.read(room))
            got.append(room, n);
        push();
    }
    void say(std::string_view plain) {
        while (!plain.empty()) {
            plain.remove_prefix(peer.write(plain));
            push();
        }
    }
    void push() {
        const std::string out{peer.output()};
        if (out.empty())
            return;
        peer.consumed(out.size());
        raw.say(out);
    }

    destination& raw;
    plain_server peer;
    std::string got;
};

std::string secure_handshake(std::string_view host = "myapp", std::string_view path = "/feed",
                             std::string_view origin = "https://myapp") {
    std::string head = handshake("Origin: " + std::string{origin} + "\r\n");
    head.replace(head.find("Host: myapp") + 6, 5, host);
    return head.replace(head.find("/feed"), 5, path);
}

} // namespace

TEST_CASE("wss: behind CONNECT, as Chromium comes, and at once, as with host mapping") {
    secure_world w{{}, secure_table()};
    for (const std::string authority : {"myapp:443", ""}) {
        secure_client c{w, authority};
        REQUIRE(c.until_established());
        REQUIRE(c.peer.protocol() == "http/1.1");
        REQUIRE(c.peer.names("myapp"));
        c.send(secure_handshake());
        REQUIRE(c.until_has("\r\n\r\n"));
        REQUIRE(c.take() == accepted());
        REQUIRE(w.until_event("Upgrade auto wss://myapp/feed"));
        c.send(text("over TLS"));
        REQUIRE(w.until_event("Receive text fin over TLS"));
        REQUIRE_FALSE(w.core().send(w.host.last, "and back", true));
        REQUIRE(c.until_has("\x81\x08"
                            "and back"));
        REQUIRE_FALSE(w.core().close(w.host.last, 1000, "bye"));
        c.send(frame(8, "\x03\xe8"
                        "bye"));
        REQUIRE(c.until_closed());
        REQUIRE(w.until_event("Close 1000 bye"));
        REQUIRE(c.raw.until_ended());
        REQUIRE_FALSE(c.raw.reset);
        w.host.events.clear();
    }
}

TEST_CASE("wss: many bytes both ways, to a page that is slow") {
    secure_world w{{}, secure_table()};
    secure_client c{w, "myapp:443"};
    REQUIRE(c.until_established());
    c.send(secure_handshake());
    REQUIRE(c.until_has("\r\n\r\n"));
    c.take();
    std::string all(6 << 20, '\0');
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<char>('a' + i * 7 % 23);
    c.send(text(all));
    REQUIRE(w.until_event("Receive text fin " + all));
    REQUIRE_FALSE(w.core().send(w.host.last, all, true));
    w.run_for(50ms); // nobody reads
    REQUIRE(c.until_size(10 + all.size()));
    REQUIRE(c.got.substr(10) == all);
}

TEST_CASE("wss: a host that pauses stops a page over TLS, and loses nothing") {
    secure_world w{{}, secure_table()};
    secure_client c{w, "myapp:443"};
    REQUIRE(c.until_established());
    c.send(secure_handshake());
    REQUIRE(w.until_event("Upgrade"));
    const auto id = w.host.last;
    REQUIRE_FALSE(w.core().pause(id));
    w.host.events.clear();
    std::string frames;
    for (int i = 0; i < 2000; ++i)
        frames += text("message " + std::to_string(i));
    c.send(frames);
    w.run_for(50ms);
    REQUIRE(w.host.events.empty());
    REQUIRE_FALSE(w.core().resume(id));
    REQUIRE(w.until([&] { return w.host.events.size() == 2000; }));
    REQUIRE(w.host.events.back() == "Receive text fin message 1999");
}

TEST_CASE("https: HTTPRequest and the program's own pages") {
    options o;
    o.pages = [](std::string_view,
                 std::string_view url) -> std::optional<wsintercept::loopback::page> {
        if (url != "https://myapp/")
            return std::nullopt;
        return wsintercept::loopback::page{200, "text/html", {}, "<p>own"};
    };
    secure_world w{std::move(o), secure_table()};
    secure_client c{w, "myapp:443", "myapp", "\x02h2\x08http/1.1"};
    REQUIRE(c.until_established());
    REQUIRE(c.peer.protocol() == "http/1.1");
    c.send("GET / HTTP/1.1\r\nHost: myapp\r\n\r\n");
    REQUIRE(c.until_has("<p>own"));
    c.send("POST /api/x HTTP/1.1\r\nHost: myapp\r\nContent-Length: 2\r\n\r\nhi");
    REQUIRE(w.until_event("Request POST https://myapp/api/x hi"));
    REQUIRE_FALSE(w.core().respond(w.host.last, {true, 200, {}, "text/plain", {}, "served"}));
    REQUIRE(c.until_has("served"));
    c.send("GET /other HTTP/1.1\r\nHost: myapp\r\nConnection: close\r\n\r\n");
    REQUIRE(c.until_has("HTTP/1.1 404 "));
    REQUIRE(c.until_closed());
}

TEST_CASE("wss: what is refused is refused over TLS as well") {
    secure_world w{{}, secure_table()};
    const auto status = [&](const std::string& head, std::string_view expected, error why,
                            const std::string& authority = "myapp:443") {
        secure_client c{w, authority};
        REQUIRE(c.until_established());
        const auto before = w.served->refusals().of(why);
        c.send(head);
        REQUIRE(c.until_closed());
        REQUIRE(c.got.starts_with("HTTP/1.1 " + std::string{expected} + " "));
        REQUIRE(w.served->refusals().of(why) == before + 1);
        REQUIRE(w.host.events.empty());
    };
    status(secure_handshake("myapp", "/feed", "https://evil.test"), "403", error::foreign_origin);
    status(secure_handshake("myapp", "/feed", "null"), "403", error::foreign_origin);
    status(secure_handshake("myapp:80"), "421", error::wrong_host);
    status(secure_handshake("myapp:80"), "421", error::wrong_host, "");
    status(secure_handshake("evil.test"), "421", error::wrong_host);
    status(secure_handshake("plain.test"), "421", error::wrong_host, ""); // ws alone
    status(secure_handshake("127.0.0.1:" + std::to_string(w.port), "/x"), "421", error::wrong_host,
           "myapp:443");
    status("GET http://myapp/api/x HTTP/1.1\r\nHost: myapp\r\n\r\n", "400", error::bad_target);
    status("CONNECT myapp:80 HTTP/1.1\r\nHost: myapp:80\r\n\r\n", "405",
           error::method_not_supported);
    status("\x16\x03\x01 TLS in TLS\r\n\r\n", "400", error::bad_method);
    {
        secure_client c{w, "myapp:443", "other.test"};
        REQUIRE(c.until_has("HTTP/1.1 421 "));
    }
}

TEST_CASE("Origin and Host are judged alike on every way in") {
    struct way {
        const char* name;
        const char* tunnel; ///< "": none
        bool secure;
        bool absolute;
    };
    const auto table = table_of({{"*://myapp/*", action::automatic},
                                 {"ws://port.test:*/*", action::automatic},
                                 {"*://*.wild.test/*", action::automatic},
                                 {"ws://off.test/*", action::external}});
    for (const way& in :
         {way{"CONNECT", "myapp:80", false, false}, way{"origin form", "", false, false},
          way{"absolute form", "", false, true}, way{"CONNECT and TLS", "myapp:443", true, false},
          way{"TLS at once", "", true, false}}) {
        INFO(in.name);
        const std::string ours = in.secure ? "https://myapp" : "http://myapp";
        const auto head = [&](const std::string& fields) {
            std::string text = handshake(fields);
            if (in.absolute)
                text.replace(text.find("/feed"), 5, "ws://myapp/feed");
            return text;
        };
        const auto status = [&](const std::string& bytes) {
            secure_world w{{}, table};
            std::string got;
            if (in.secure) {
                secure_client c{w, in.tunnel};
                REQUIRE(c.until_established());
                c.send(bytes);
                REQUIRE(c.until_has("\r\n\r\n"));
                got = c.got;
            } else {
                client c{w};
                if (*in.tunnel != 0)
                    c.tunnel(in.tunnel);
                c.send(bytes);
                REQUIRE(c.until_has("\r\n\r\n"));
                got = c.got;
            }
            const bool good = got.starts_with("HTTP/1.1 101");
            REQUIRE(w.has_event("Upgrade") == good);
            return got.substr(9, 3);
        };
        const auto origin = [&](const std::string& o) {
            return status(head("Origin: " + o + "\r\n"));
        };
        CHECK(origin(ours) == "101");
        CHECK(origin("http://port.test:1234") == "101");
        for (const char* foreign :
             {"http://evil.test", "null", "http://myapp:81", "http://myapp.evil.test",
              "app://myapp", "file://", "http://a.wild.test", "http://wild.test", "http://off.test",
              "http://127.0.0.1", "http://myapp http://evil.test"})
            CHECK(origin(foreign) == "403");
        CHECK(origin("http://*.wild.test") != "101");
        CHECK(status(head("")) == "403");
        CHECK(status(head("Origin: " + ours + "\r\nOrigin: http://evil.test\r\n")) == "400");
        const auto host = [&](const std::string& h) {
            std::string text = head("Origin: " + ours + "\r\n");
            return status(text.replace(text.find("Host: myapp") + 6, 5, h));
        };
        CHECK(host("myapp\r\nHost: myapp") == "400");
        CHECK(host("myapp, evil.test") == "400");
        CHECK(host("MyApp") == "101");
        CHECK(host("evil.test") == "421");
        CHECK(host("127.0.0.1") == "421");
        CHECK(host("myapp:8080") == "421"); // another port is another site
        CHECK(host(in.secure ? "myapp:443" : "myapp:80") == "101");
    }
}

TEST_CASE("wss: a handshake of TLS that fails ends one connection, and says why") {
    secure_world w{{}, secure_table()};
    secure_client good{w, "myapp:443"};
    REQUIRE(good.until_established());
    const auto fails = [&](secure_client& c, std::string_view why) {
        w.host.logs.clear();
        (void)c.until([&] { return c.raw.ended; });
        REQUIRE(c.raw.ended);
        CAPTURE(w.host.logs);
        REQUIRE(w.host.logs.size() == 1);
        REQUIRE(w.host.logs[0].find("TLS with the peer failed") != std::string::npos);
        REQUIRE(w.host.logs[0].find(why) != std::string::npos);
    };
    secure_client h2{w, "myapp:443", "myapp", "\x02h2"};
    fails(h2, "no application protocol in common");
    secure_client nameless{w, "", ""};
    fails(nameless, "no SNI");
    secure_client garbage{w, "myapp:443"};
    garbage.peer.consumed(garbage.peer.output().size());
    garbage.raw.send({"\x16\x03\x01\x00\x05hello", 10});
    fails(garbage, "");
    REQUIRE(w.served->refusals().of(error::tls_failed) == 3);
    good.send(secure_handshake());
    REQUIRE(w.until_event("Upgrade auto wss://myapp/feed"));
}

TEST_CASE("limits: a handshake of TLS that takes too long") {
    options o;
    o.limits.handshake = 60ms;
    secure_world w{std::move(o), secure_table()};
    client c{w};
    c.tunnel("myapp:443").send("\x16\x03\x01");
    REQUIRE(c.until_ended());
    REQUIRE(c.got.empty());
    REQUIRE(w.served->refusals().of(error::handshake_timed_out) == 1);
}

TEST_CASE("wss: TLS to what no row takes stays between the page and its server") {
    secure_world w{{}, table_of({{"ws://127.0.0.1:*/*", action::automatic}})};
    destination d{w};
    client c{w};
    c.tunnel(d.name()); // plain ws to it would be ours
    const std::string hello{"\x16\x03\x01\x00\x05hello", 10};
    c.send(hello);
    REQUIRE(d.until_called());
    REQUIRE(d.until_got(hello));
    d.say("and so on");
    REQUIRE(c.until_has("and so on"));
    REQUIRE(c.got == "and so on");
}

TEST_CASE(
    "wss: what a row might have taken is encrypted again, for a destination that is who it says") {
    const identity ca{""}, server{"IP:127.0.0.1", &ca}, stranger{"IP:127.0.0.1"},
        other{"DNS:other.test", &ca};
    const system_store store{pem_of(ca.certificate.get())};
    secure_world w{{}, secure_table()};
    destination d{w};
    const auto begin = [&](secure_client& c) {
        REQUIRE(c.until_established());
        c.send(secure_handshake(d.name(), "/theirs", "http://" + d.name()));
    };
    {
        secure_client c{w, d.name(), ""};
        begin(c);
        REQUIRE(d.until_called());
        secure_destination s{d, server};
        REQUIRE(c.until([&] { return s.step(), s.got.find("\r\n\r\n") != s.got.npos; }));
        REQUIRE(s.peer.protocol() == "");
        REQUIRE(s.got == secure_handshake(d.name(), "/theirs", "http://" + d.name()));
        s.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02hi");
        REQUIRE(c.until_has("\x81\x02hi"));
        c.send(text("there"));
        REQUIRE(c.until([&] { return s.step(), s.got.ends_with(text("there")); }));
    }
    for (const identity* who : {&stranger, &other}) {
        secure_client c{w, d.name(), ""};
        begin(c);
        REQUIRE(d.until_called());
        secure_destination s{d, *who};
        REQUIRE(c.until([&] { return s.step(), c.got.find("\r\n\r\n") != c.got.npos; }));
        REQUIRE(c.got.starts_with("HTTP/1.1 502 "));
        REQUIRE(s.got.empty()); // not a byte of the request
    }
    REQUIRE(w.served->refusals().of(error::relay_not_trusted) == 2);
    REQUIRE(w.host.logs.back().find("certificate verify failed") != std::string::npos);
    REQUIRE(w.host.events.empty());
    // And what the row takes never leaves.
    secure_client ours{w, d.name(), ""};
    REQUIRE(ours.until_established());
    ours.send(secure_handshake(d.name(), "/ours", "https://127.0.0.1:" + std::to_string(d.port)));
    REQUIRE(ours.until_has("101 Switching"));
    REQUIRE_FALSE(d.is_called());
}
