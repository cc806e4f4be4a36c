// The Qt adapter in a real QtWebEngine: redirected sockets, threads, profiles and lifetimes.
#include "engine.hpp" // first: our headers stand behind Qt's, whose keywords are macros
#include "own_scheme.hpp"

#include <wsintercept/renderer/qt_webengine.hpp>

#include "../../unit/recorder.hpp"

#define CATCH_CONFIG_RUNNER
#include "../../unit/catch.hpp"

#include <QTcpServer>
#include <QTcpSocket>
#include <QThread>

#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

using namespace wsintercept;
using qt_tests::page;
using qt_tests::until;

namespace {

std::shared_ptr<const intercepted_urls> table() {
    static const auto built = intercepted_urls::build(std::vector<row>{
        {"*://myapp/manual*", action::manual}, {"*://myapp/*", action::automatic}});
    return built.table;
}

/// Beside what it records: on which thread it was told, and the head of each upgrade.
struct app : test::recorder {
    template <class Event>
    void on(const Event& e) noexcept {
        elsewhere = elsewhere || QThread::currentThread() != qApp->thread();
        test::recorder::on(e);
    }
    bool has(std::string_view start) const {
        for (const std::string& e : events)
            if (e.starts_with(start))
                return true;
        return false;
    }
    bool elsewhere = false;
};

/// A profile whose sockets come to a handler.
struct world {
    explicit world(loopback::options o = {}) : endpoint{handler, table(), std::move(o)} {
        REQUIRE_FALSE(endpoint.listen());
        profile.setUrlRequestInterceptor(endpoint.interceptor());
    }
    bool until_event(std::string_view start) {
        return until([&] { return handler.has(start); });
    }

    app handler;
    qt_webengine::endpoint<app> endpoint;
    QWebEngineProfile profile;
};

} // namespace

TEST_CASE("a page's sockets are events on Qt's thread, and methods reach it") {
    world w;
    page p{w.profile, "http://myapp/"};
    for (const char* url : {"ws://myapp/feed?a=b%20c", "wss://myapp/feed"}) {
        w.handler.events.clear();
        const std::string scheme = std::string{url}.substr(0, std::string{url}.find(':'));
        p.run(
            "let w = new WebSocket('" + std::string{url} +
            "', ['one', 'two']);"
            "w.onmessage = e => { say(e.data + ' ' + w.protocol + ' ' + w.url); w.send('thanks') };"
            "w.onclose = e => say('close ' + e.code + ' ' + e.reason + ' ' + e.wasClean)");
        REQUIRE(w.until_event("Upgrade auto " + std::string{url}));
        const std::string head = w.handler.last_head;
        CHECK(head.starts_with("GET /feed" + std::string{scheme == "ws" ? "?a=b%20c" : ""} +
                               " HTTP/1.1\r\nHost: myapp\r\n"));
        CHECK(head.find("Origin: http://myapp\r\n") != head.npos);
        CHECK(head.find("Sec-WebSocket-Protocol: one, two\r\n") != head.npos);
        CHECK(head.find("127.0.0.1") == head.npos);
        CHECK(head.find("X-Wsintercept") == head.npos);

        const socket_id id = w.handler.last;
        bool sent = false;
        w.endpoint.sockets().send(id, "hello", true, data_type::text, [&](std::error_code failed) {
            CHECK_FALSE(failed);
            CHECK(QThread::currentThread() == qApp->thread());
            sent = true;
        });
        REQUIRE(p.until_said("hello one " + std::string{url}));
        REQUIRE(w.until_event("Receive text fin thanks"));
        CHECK(sent);
        w.endpoint.sockets().close(id, 4001, "à bientôt");
        REQUIRE(p.until_said("close 4001 à bientôt true"));
        REQUIRE(w.until_event("Close 4001 à bientôt"));
    }
    CHECK_FALSE(w.handler.elsewhere);
    CHECK(w.handler.logs.empty());
}

TEST_CASE("the page ends a socket, or goes away") {
    world w;
    page p{w.profile, "http://myapp/"};
    p.run("let w = new WebSocket('ws://myapp/a'); w.onopen = () => w.close(3001, 'enough');"
          "w.onclose = e => say('close ' + e.code + ' ' + e.reason + ' ' + e.wasClean)");
    REQUIRE(p.until_said("close 3001 enough true"));
    REQUIRE(w.until_event("Close 3001 enough"));
    p.run("let v = new WebSocket('ws://myapp/b')");
    REQUIRE(w.until_event("Upgrade auto ws://myapp/b"));
    p.load("http://myapp/other");
    CHECK(until([&] { return w.handler.has("Close 1001") || w.handler.has("Error"); }));
}

TEST_CASE("a manual handshake is answered, and denied, on Qt's thread") {
    world w;
    w.handler.on_upgrade = [&](const websocket_upgrade& e) {
        rfc9112::request_head head;
        rfc6455::upgrade_request upgrade;
        rfc9112::parse_request(e.headers, {}, head);
        REQUIRE(default_policies::handshake::validate(head, upgrade).reason == error{});
        std::string answer;
        default_policies::handshake::response(upgrade, "", {}, answer);
        w.endpoint.sockets().answer(e.id,
                                    e.url.ends_with("denied") ? "HTTP/1.1 403 No\r\n\r\n" : answer);
    };
    page p{w.profile, "http://myapp/"};
    p.run("let a = new WebSocket('ws://myapp/manual'); a.onopen = () => say('open')");
    REQUIRE(p.until_said("open"));
    p.run("let b = new WebSocket('wss://myapp/manual/denied');"
          "b.onclose = e => say('close ' + e.code)");
    REQUIRE(p.until_said("close 1006"));
    CHECK(w.handler.has("Upgrade manual wss://myapp/manual/denied"));
}

TEST_CASE("messages of every size go both ways") {
    world w;
    w.handler.on_receive = [&](const websocket_receive& e) {
        w.endpoint.sockets().send(e.id, e.data, e.fin, e.type);
    };
    page p{w.profile, "http://myapp/"};
    p.run("let w = new WebSocket('ws://myapp/echo'); w.binaryType = 'arraybuffer';"
          "let sizes = [0, 1, 125, 126, 65535, 65536, 131001, 1 << 20, 5 << 20], sent;"
          "function next() {"
          "  if (!sizes.length) return say('all the same');"
          "  sent = new Uint8Array(sizes.shift()).map((_, i) => i * 31 >> 3);"
          "  w.send(sent);"
          "}"
          "w.onopen = next;"
          "w.onmessage = e => {"
          "  const got = new Uint8Array(e.data);"
          "  if (got.length !== sent.length || got.some((b, i) => b !== sent[i]))"
          "    return say('other bytes at ' + sent.length);"
          "  next();"
          "}");
    CHECK(p.until_said("all the same"));
}

TEST_CASE("an https page opens wss, and its ws throws before anybody is asked") {
    world w;
    page p{w.profile, "https://myapp/"};
    p.run("try { new WebSocket('ws://myapp/feed') } catch (e) { say(e.name) }"
          "let w = new WebSocket('wss://myapp/feed'); w.onopen = () => say('open ' + "
          "isSecureContext)");
    CHECK(p.until_said("SecurityError"));
    CHECK(p.until_said("open true"));
    CHECK(w.until_event("Upgrade auto wss://myapp/feed"));
    CHECK_FALSE(w.handler.has("Upgrade auto ws://"));
    CHECK(w.handler.last_head.find("Origin: https://myapp\r\n") != std::string::npos);
}

TEST_CASE("frames and workers of a page are reached") {
    world w;
    page p{w.profile, "http://myapp/"};
    p.run("let f = document.createElement('iframe');"
          "f.srcdoc = `<script>new WebSocket('ws://myapp/frame')</` + `script>`;"
          "document.body.append(f);"
          "let code = `new WebSocket('wss://myapp/worker')`;"
          "new Worker(URL.createObjectURL(new Blob([code])))");
    CHECK(w.until_event("Upgrade auto ws://myapp/frame"));
    CHECK(w.until_event("Upgrade auto wss://myapp/worker"));
}

// What renderer/qt_webengine.hpp says that QtWebEngine cannot do: should this fail, it can.
TEST_CASE("no interceptor is asked about the sockets of shared and service workers") {
    loopback::options o;
    o.origins.emplace(*table());
    o.origins->allow("app://myapp");
    world w{std::move(o)};
    qt_tests::own_scheme scheme{[](const std::string& path) {
        return path == "/worker.js"
                   ? qt_tests::own_scheme::found{{"text/javascript",
                                                  "function open(name, port) {"
                                                  "  let w = new WebSocket('ws://myapp/' + name);"
                                                  "  w.onopen = () => port.postMessage('open');"
                                                  "  w.onerror = () => port.postMessage('error');"
                                                  "}"
                                                  "onconnect = e => open('shared', e.ports[0]);"
                                                  "onmessage = e => open(e.data, e.ports[0])"}}
                   : qt_tests::own_scheme::found{{"text/html", page::text("")}};
    }};
    w.profile.installUrlSchemeHandler("app", &scheme);
    page p{w.profile, "about:blank"};
    p.visit("app://myapp/");
    p.run("let c = new MessageChannel(); c.port1.onmessage = e => say('dedicated ' + e.data);"
          "new Worker('worker.js').postMessage('dedicated', [c.port2])");
    CHECK(p.until_said("dedicated open"));
    p.run("let s = new SharedWorker('worker.js');"
          "s.port.onmessage = e => say('shared ' + e.data)");
    CHECK(p.until_said("shared error"));
    p.run("navigator.serviceWorker.register('worker.js')"
          ".then(() => navigator.serviceWorker.ready).then(r => {"
          "  let c = new MessageChannel(); c.port1.onmessage = e => say('service ' + e.data);"
          "  r.active.postMessage('service', [c.port2]) })");
    CHECK(p.until_said("service error"));
    CHECK(w.handler.events == std::vector<std::string>{"Upgrade auto ws://myapp/dedicated"});
}

TEST_CASE("a Content-Security-Policy is the page's, not the endpoint's address's") {
    world w;
    page p{w.profile, "http://myapp/",
           "<meta http-equiv='Content-Security-Policy' content='connect-src ws://myapp/allowed'>"};
    p.run("let a = new WebSocket('ws://myapp/allowed'); a.onopen = () => say('open');");
    CHECK(p.until_said("open"));
    p.run("try { let b = new WebSocket('ws://myapp/not'); b.onerror = () => say('blocked') }"
          "catch (e) { say('blocked') }");
    CHECK(p.until_said("blocked"));
    CHECK_FALSE(w.handler.has("Upgrade auto ws://myapp/not"));
}

TEST_CASE("CVE-2026-27148: pages of other sites are refused, and the host sees a line of the log") {
    world w;
    page p{w.profile, "http://evil.test/"};
    p.run("let w = new WebSocket('ws://myapp/feed'); w.onclose = e => say('close ' + e.code)");
    CHECK(p.until_said("close 1006"));
    CHECK(until([&] { return !w.handler.logs.empty(); }));
    CHECK(w.handler.events.empty());
    CHECK(w.handler.logs.front().find(describe(error::foreign_origin)) != std::string::npos);
}

TEST_CASE("each profile has its own endpoint") {
    world one;
    world two;
    page p{one.profile, "http://myapp/"};
    page q{two.profile, "http://myapp/"};
    p.run("new WebSocket('ws://myapp/one')");
    q.run("new WebSocket('ws://myapp/two')");
    CHECK(one.until_event("Upgrade auto ws://myapp/one"));
    CHECK(two.until_event("Upgrade auto ws://myapp/two"));
    CHECK_FALSE(one.handler.has("Upgrade auto ws://myapp/two"));
    CHECK_FALSE(two.handler.has("Upgrade auto ws://myapp/one"));
}

TEST_CASE("an interceptor may be one page's") {
    world w;
    QWebEngineProfile other;
    page p{other, "http://myapp/"};
    p.setUrlRequestInterceptor(w.endpoint.interceptor());
    p.run("new WebSocket('ws://myapp/page')");
    CHECK(w.until_event("Upgrade auto ws://myapp/page"));
}

TEST_CASE("a program's own interceptor hands over what is ours, and only that") {
    world w;
    struct own final : QWebEngineUrlRequestInterceptor {
        explicit own(const qt_webengine::endpoint<app>& e) : endpoint{e} {}
        void interceptRequest(QWebEngineUrlRequestInfo& info) override {
            elsewhere = elsewhere || QThread::currentThread() != qApp->thread();
            const std::string url = info.requestUrl().toString().toStdString();
            const bool ours = endpoint.redirect(info);
            if (info.resourceType() != QWebEngineUrlRequestInfo::ResourceTypeFavicon)
                seen.push_back(url + (ours ? " ours" : ""));
        }
        const qt_webengine::endpoint<app>& endpoint;
        std::vector<std::string> seen;
        bool elsewhere = false;
    } interceptor{w.endpoint};
    w.profile.setUrlRequestInterceptor(&interceptor);

    // What no row names goes to its own server, with nothing of ours.
    QTcpServer server;
    REQUIRE(server.listen(QHostAddress::LocalHost));
    const std::string there = "ws://127.0.0.1:" + std::to_string(server.serverPort()) + "/x";
    page p{w.profile, "http://myapp/"};
    interceptor.seen.clear();
    p.run("new WebSocket('ws://myapp/ours'); new WebSocket('" + there +
          "');"
          "new Image().src = 'http://nowhere.invalid/x.png'");
    CHECK(w.until_event("Upgrade auto ws://myapp/ours"));
    REQUIRE(until([&] { return server.hasPendingConnections(); }));
    QTcpSocket* socket = server.nextPendingConnection();
    QByteArray head;
    REQUIRE(until([&] {
        head += socket->readAll();
        return head.contains("\r\n\r\n");
    }));
    CHECK(head.startsWith("GET /x HTTP/1.1\r\n"));
    CHECK_FALSE(head.toLower().contains("wsintercept"));
    REQUIRE(until([&] { return interceptor.seen.size() >= 3; }));
    std::sort(interceptor.seen.begin(), interceptor.seen.end());
    CHECK(interceptor.seen ==
          std::vector<std::string>{"http://nowhere.invalid/x.png", there, "ws://myapp/ours ours"});
    CHECK_FALSE(interceptor.elsewhere);
    w.profile.setUrlRequestInterceptor(nullptr);
}

TEST_CASE("other threads call methods by a copy of the sockets") {
    world w;
    page p{w.profile, "http://myapp/"};
    p.run("let w = new WebSocket('ws://myapp/feed'); w.onmessage = e => say(e.data)");
    REQUIRE(w.until_event("Upgrade auto"));
    bool done = false;
    std::thread other{[sockets = w.endpoint.sockets(), id = w.handler.last, &done] {
        sockets.send(id, "from elsewhere", true, data_type::text, [&](std::error_code failed) {
            done = !failed && QThread::currentThread() == qApp->thread();
        });
    }};
    other.join();
    CHECK(p.until_said("from elsewhere"));
    CHECK(until([&] { return done; }));
}

TEST_CASE("profiles outlive their endpoint: sockets end, and later ones find nobody") {
    auto handler = std::make_unique<app>();
    auto endpoint = std::make_unique<qt_webengine::endpoint<app>>(*handler, table());
    REQUIRE_FALSE(endpoint->listen());
    QWebEngineProfile profile;
    profile.setUrlRequestInterceptor(endpoint->interceptor());
    page p{profile, "http://myapp/"};
    p.run("let w = new WebSocket('ws://myapp/feed'); w.onclose = e => say('close ' + e.code)");
    REQUIRE(until([&] { return handler->has("Upgrade auto"); }));
    endpoint->sockets().send(handler->last, "still on its way"); // its event, if any, is dropped
    endpoint.reset();
    handler.reset();
    CHECK(p.until_said("close 1006"));
    p.run("let v = new WebSocket('ws://myapp/feed'); v.onclose = e => say('later ' + e.code)");
    CHECK(p.until_said("later 1006"));
}

TEST_CASE("nothing is served on the endpoint's port to others of this program") {
    world w;
    page p{w.profile, "http://myapp/"};
    // Pages cannot have the secret, wherever they say that they want to go.
    const std::string here = "127.0.0.1:" + std::to_string(w.endpoint.port());
    p.run("let w = new WebSocket('ws://" + here +
          "/'); w.onclose = e => say('close ' + e.code);"
          "fetch('http://" +
          here +
          "/', { mode: 'no-cors', headers: { 'Accept': 'a/b' } })"
          ".then(() => say('answered'), () => say('failed'))");
    CHECK(p.until_said("close 1006"));
    CHECK(p.until_said("answered")); // with a 403: an opaque answer is all that the page has of it
    CHECK(w.handler.events.empty());
    std::uint64_t refused = 0;
    w.endpoint.call([&](auto& e) { refused = e.refusals().of(error::no_secret); });
    CHECK(refused == 2);
}

TEST_CASE("URLs are as QUrl has them") {
    world w;
    page p{w.profile, "http://myapp/"};
    const auto comes_as = [&](std::string_view asked, std::string_view url) {
        w.handler.events.clear();
        p.run("new WebSocket(`" + std::string{asked} + "`)");
        INFO(asked);
        const bool came = w.until_event("Upgrade auto ");
        CHECK(came);
        CHECK(w.handler.events.at(0) == "Upgrade auto " + std::string{url});
    };
    comes_as("ws://MYAPP:80", "ws://myapp/");
    comes_as("ws://u:p@myapp/user", "ws://myapp/user");
    comes_as("ws://myapp/ü?ü", "ws://myapp/%C3%BC?%C3%BC");
    comes_as("ws://myapp/a;b=c,d!$&()*+~@:[]?/?", "ws://myapp/a;b=c,d!$&()*+~@:[]?/?");
    comes_as("ws://myapp/a/../b%2fc", "ws://myapp/b%2Fc");
    comes_as("ws://myapp/?a|b{c}^`.replace('`', '')+`", "ws://myapp/?a%7Cb%7Bc%7D%5E");
    comes_as("ws://myapp/50%", "ws://myapp/50%25");
}

int main(int argc, char** argv) {
    qt_tests::prepare();
    qt_tests::own_scheme::declare();
    QApplication qt{argc, argv};
    std::cout << "QtWebEngine " << qWebEngineVersion() << ", Chromium "
              << qWebEngineChromiumVersion() << std::endl;
    return Catch::Session().run(argc, argv);
}
