// The WebKitGTK adapters in a real WebKit: script messages that are none, pages that leave, and
// certificates that are renewed.
#include "page.hpp"

#include <wsintercept/loopback/tls.hpp>
#include <wsintercept/renderer/webkitgtk.hpp>
#include <wsintercept/renderer/webkitgtk_scheme.hpp>

#include "../../unit/recorder.hpp"

#define CATCH_CONFIG_RUNNER
#include "../../unit/catch.hpp"

#include <malloc.h> // mallinfo2
#include <time.h>
#include <unistd.h> // sysconf

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace wsintercept;
using webkitgtk_tests::page;
using webkitgtk_tests::until;

namespace {

time_t ahead = 0; ///< how many seconds this process is before the system's clock

} // namespace

/// In place of the C library's.
extern "C" time_t time(time_t* out) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    const time_t t = now.tv_sec + ahead;
    if (out != nullptr)
        *out = t;
    return t;
}

namespace {

std::shared_ptr<const intercepted_urls> table() {
    static const auto built = intercepted_urls::build(std::vector<row>{
        {"*://myapp/manual*", action::manual}, {"*://myapp/*", action::automatic}});
    return built.table;
}

struct app : test::recorder {
    bool has(std::string_view start) const {
        for (const std::string& e : events)
            if (e.starts_with(start))
                return true;
        return false;
    }
    bool until_event(std::string_view start) const {
        return until([&] { return has(start); });
    }
};

/// What a page of app://myapp/ has: `say(message)` gives the reply, or why it was refused; `heard`
/// and `closed` are promises of a socket's first message and of its end.
constexpr const char* text = R"(<!doctype html><meta charset=utf-8><script>
const say = (message) =>
  webkit.messageHandlers.wsintercept.postMessage(message).then(String, (e) => e.message);
const heard = (ws) => new Promise((go) => (ws.onmessage = (e) => go(e.data)));
const opened = (ws) => new Promise((go) => (ws.onopen = ws.onclose = (e) => go(e.type)));
const closed = (ws) => new Promise((go) => (ws.onclose = (e) => go(`${e.code} ${e.reason}`)));
</script>)";

/// A view whose sockets and pages come by the URI schemes.
struct world {
    explicit world(limits l = {}) : scheme{handler, table(), {l, origins()}} {
        scheme.attach(window.context());
        scheme.serve(window.context(), "app");
        show();
        handler.on_request = [this](const http_request& e) {
            if (e.url.starts_with("https://myapp/late"))
                return;
            http_response r;
            r.media_type = "text/html";
            r.body = text;
            CHECK_FALSE(scheme.sockets().respond(e.id, r));
        };
    }
    static allowed_origins origins() {
        allowed_origins out{*table()};
        out.allow("app://myapp");
        return out;
    }
    void show() {
        window.show();
        scheme.attach(webkit_web_view_get_user_content_manager(window.view()), *table());
    }
    bool until_idle() {
        return until([this] { return scheme.sockets().idle(); });
    }

    app handler;
    webkitgtk::scheme<app> scheme;
    gtk_demo::window window;
};

std::size_t resident() {
    std::size_t all = 0, held = 0;
    std::ifstream{"/proc/self/statm"} >> all >> held;
    return held * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// Bytes that are in use, but WebKit's own, which has an allocator of its own.
std::size_t allocated() {
    return mallinfo2().uordblks;
}

/// How a page leaves what it has under way.
struct way {
    const char* script;
    bool loads; ///< another document comes
};

/// Waits for a frame of the page's own, `frame`.
constexpr const char* in_frame =
    "globalThis.frame = document.createElement('iframe'); frame.src = 'app://myapp/frame';"
    "document.body.append(frame); await new Promise((go) => (frame.onload = go));";

/// An open that the program takes.
constexpr const char* good_open =
    R"(['open', 'ws://myapp/feed\r\nGET /feed HTTP/1.1\r\nHost: myapp\r\nUpgrade: websocket\r\n' +
       'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
       'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'])";

} // namespace

TEST_CASE("a script message that is none is refused with what is wrong with it") {
    world w;
    page p{w.window};
    REQUIRE(p.visit("app://myapp/"));
    const std::string zeros = "'0'.repeat(32)";
    const std::string count = "element 3: a whole number from 1 to 1048576 is expected";
    const std::vector<std::pair<std::string, std::string>> messages{
        {"null", "an array is expected"},
        {"undefined", "an array is expected"},
        {"5", "an array is expected"},
        {"'open'", "an array is expected"},
        {"{0: 'open', 1: 'x', length: 2}", "an array is expected"},
        {"new Uint8Array(64)", "an array is expected"},
        {"[]", "element 1: a string is expected"},
        {"[5, 'x']", "element 1: a string is expected"},
        {"[['open'], 'x']", "element 1: a string is expected"},
        {"[, 'x']", "element 1: a string is expected"},
        {"JSON.parse('['.repeat(500) + ']'.repeat(500))", "element 1: a string is expected"},
        {"['shut', 'x']", "element 1: open, up or read is expected"},
        {"['OPEN', 'x']", "element 1: open, up or read is expected"},
        {"['open\\0', 'x']", "element 1: open, up or read is expected"},
        {"['x'.repeat(5 << 20), 'x']", "element 1: it is longer than 4194304 characters"},
        {"['open']", "2 elements are expected"},
        {"['open', 'x', 'y']", "2 elements are expected"},
        {"Object.assign(Array(1000000), ['up', 'x'])", "2 elements are expected"},
        {"['read', " + zeros + "]", "3 elements are expected"},
        {"['open', 5]", "element 2: a string is expected"},
        {"['open', new String('x')]", "element 2: a string is expected"},
        {"['up', new Uint8Array(40)]", "element 2: a string is expected"},
        {"['read', null, 1]", "element 2: a string is expected"},
        {"['open', 'x'.repeat(5 << 20)]", "element 2: it is longer than 4194304 characters"},
        {"['up', 'A'.repeat(5 << 20)]", "element 2: it is longer than 4194304 characters"},
        {"['open', 'x'.repeat(32769)]", "the request is too large"},
        {"['up', '%%%%']", "element 2: base64 is expected"},
        {"['up', 'QUI']", "element 2: base64 is expected"},
        {"['up', 'Q===']", "element 2: base64 is expected"},
        {"['up', 'Q=UI']", "element 2: base64 is expected"},
        {"['up', 'QU\\0I']", "element 2: base64 is expected"},
        {"['up', '']", "element 2: it is shorter than a token and a number"},
        {"['up', '====']", "element 2: base64 is expected"},
        {"['up', btoa('0'.repeat(35))]", "element 2: it is shorter than a token and a number"},
        {"['up', btoa('x'.repeat(36))]", "element 2: a token is expected"},
        {"['read', 'x', 1]", "element 2: a token is expected"},
        {"['read', 'x'.repeat(32), 1]", "element 2: a token is expected"},
        {"['read', " + zeros + ", 0]", count},
        {"['read', " + zeros + ", -1]", count},
        {"['read', " + zeros + ", 0.5]", count},
        {"['read', " + zeros + ", NaN]", count},
        {"['read', " + zeros + ", Infinity]", count},
        {"['read', " + zeros + ", 1048577]", count},
        {"['read', " + zeros + ", '1']", count},
        {"['read', " + zeros + ", null]", count},
        // Well said, of a socket that is not there.
        {"['read', " + zeros + ", 1]", "false"},
        {"['up', btoa('0'.repeat(36))]", "false"},
    };
    for (const auto& [message, reply] : messages) {
        INFO(message);
        CHECK(p.run("return say(" + message + ")") == reply);
    }
    CHECK(w.scheme.sockets().idle());
    CHECK(w.handler.events == std::vector<std::string>{"Request GET https://myapp/"});

    // All this has left the socket of a page as it was.
    w.handler.on_receive = [&](const websocket_receive& e) {
        CHECK_FALSE(w.scheme.sockets().send(e.id, e.data));
    };
    CHECK(p.run("const ws = new WebSocket('ws://myapp/feed');"
                "ws.onopen = () => ws.send('hello'); return heard(ws)") == "hello");
}

TEST_CASE("a request for a socket that is none is refused, and logged") {
    world w;
    page p{w.window};
    REQUIRE(p.visit("app://myapp/"));
    const std::string fetched = "const status = (token) => fetch('wsintercept://bridge/down/' + "
                                "token).then((r) => r.status);";
    CHECK(p.run(fetched + "return status('0'.repeat(32))") == "404");
    CHECK(p.run(fetched + "return status('')") == "404");
    CHECK(p.run(fetched + "return status('x'.repeat(100000))") == "404");
    CHECK(w.handler.logs.empty());
    CHECK(p.run(fetched + "const t = await say(['open', 'ws://myapp/feed\\r\\nGET /other HTTP/1.1"
                          "\\r\\nHost: myapp\\r\\n\\r\\n']); return [await status(t), await "
                          "status(t)]") == "400,404");
    REQUIRE(w.handler.logs.size() == 1);
    CHECK(w.handler.logs[0].starts_with("ws://myapp/feed: "));
    CHECK(p.run(fetched + "return status(await say(['open', 'nonsense']))") == "400");
    CHECK(w.handler.logs.size() == 2);
    CHECK(w.scheme.sockets().idle());
}

TEST_CASE("sockets that are announced and never asked for are bounded, and forgotten") {
    limits l;
    l.connections = 8;
    l.handshake = std::chrono::seconds{2};
    world w{l};
    page p{w.window};
    REQUIRE(p.visit("app://myapp/"));
    const auto announce = [&](const std::string& counted) {
        return std::stoi(
            p.run("const all = Array.from({length: 12}, () => say(" + std::string{good_open} +
                  ")); return (await Promise.all(all)).filter((r) => " + counted + ").length"));
    };
    CHECK(announce("r === 'too many sockets'") == 4);
    int tokens = 0;
    CHECK(until([&] { return (tokens += announce("/^[0-9a-f]{32}$/.test(r)")) >= 16; }));
    CHECK(w.handler.events == std::vector<std::string>{"Request GET https://myapp/"});
}

TEST_CASE("what comes out of turn, or is no frame, ends its own socket") {
    world w;
    page p{w.window};
    REQUIRE(p.visit("app://myapp/"));
    const std::string open = std::string{"const token = await say("} + good_open +
                             "); const r = await fetch('wsintercept://bridge/down/' + token);";
    const auto posted = [&](const std::string& number, const std::string& bytes) {
        w.handler.events.clear();
        return p.run(
            open + "if (!r.ok) return r.status; const reply = await say(['up', btoa(token + " +
            number + " + " + bytes + ")]); await r.arrayBuffer().catch(() => {}); return reply");
    };
    CHECK(posted("'\\0\\0\\0\\x10'", "'x'") == "false");
    CHECK(w.handler.until_event("Error "));
    CHECK(w.handler.events.back().find(describe(error::post_out_of_turn)) != std::string::npos);
    CHECK(posted("'\\0\\0\\0\\0'", "'\\xff\\0\\0\\0\\0\\0\\0\\0'") == "true");
    CHECK(w.handler.until_event("Error RFC 6455 5.2"));
    CHECK(w.until_idle());
}

TEST_CASE("messages that are huge or many leave nothing behind") {
    world w;
    page p{w.window};
    REQUIRE(p.visit("app://myapp/"));
    const auto huge = [&] {
        return p.run("let n = 0; for (let i = 0; i < 16; i++) n += (await say(['up', "
                     "'A'.repeat(16 << 20)])).startsWith('element 2: it is longer'); return n");
    };
    CHECK(huge() == "16");
    const std::size_t before = resident();
    for (int i = 0; i < 4; ++i)
        CHECK(huge() == "16"); // 1 GiB in all
    CHECK(resident() < before + (std::size_t{64} << 20));
    const auto many = [&] {
        return p.run("let n = 0; for (let i = 0; i < 2000; i++) n += (await say(['up', 'QUI='])) "
                     "=== 'element 2: it is shorter than a token and a number'; return n");
    };
    CHECK(many() == "2000");
    const std::size_t used = allocated();
    CHECK(many() == "2000");
    CHECK(allocated() < used + 2000 * 8);
}

TEST_CASE("a page that leaves a request of its own scheme ends it for the program") {
    world w;
    page p{w.window};
    const auto leaves = [&](const way& how, bool answered) {
        INFO(how.script << (answered ? ", while it is answered" : ""));
        REQUIRE(p.visit("app://myapp/"));
        w.handler.events.clear();
        p.start("globalThis.leave = new AbortController(); globalThis.frame = "
                "document.createElement('iframe'); frame.src = 'late/frame';"
                "document.body.append(frame);"
                "fetch('late/fetch', {signal: leave.signal}).catch(() => {})");
        REQUIRE(w.handler.until_event("Request GET https://myapp/late/fetch"));
        REQUIRE(w.handler.until_event("Request GET https://myapp/late/frame"));
        const socket_id id = w.handler.last;
        // A comment: to lay out as long a line takes WebKit minutes, and it does nothing else.
        const std::string body = "<!--" + std::string(4 << 20, 'x') + "-->";
        http_response r;
        r.media_type = "text/html";
        r.body = body;
        p.start(how.script);
        if (answered)
            CHECK_FALSE(w.scheme.sockets().respond(id, r));
        CHECK((!how.loads || p.until_loaded()));
        CHECK(w.until_idle());
        CHECK(w.scheme.sockets().respond(id, r) == error::no_open_request);
    };
    for (const bool answered : {false, true}) {
        leaves({"leave.abort(); frame.remove()", false}, answered);
        leaves({"location = 'app://myapp/other'", true}, answered);
    }
}

TEST_CASE("a page that leaves its sockets ends them for the program") {
    world w;
    page p{w.window};
    w.handler.on_upgrade = [&](const websocket_upgrade& e) {
        if (e.url == "ws://myapp/flood") // more than a page is sent without having read it
            CHECK_FALSE(w.scheme.sockets().send(e.id, std::string(8 << 20, 'x')));
    };
    const auto open = [&](const std::string& path) {
        REQUIRE(p.visit("app://myapp/"));
        w.handler.events.clear();
        p.start(in_frame +
                ("globalThis.ws = new frame.contentWindow.WebSocket('ws://myapp/" + path + "')"));
        REQUIRE(w.handler.until_event("Upgrade "));
    };
    for (const char* path : {"feed", "flood", "manual"}) {
        for (const way& how :
             {way{"frame.remove()", false}, {"location = 'app://myapp/other'", true}}) {
            INFO(path << ", " << how.script);
            open(path);
            p.start(how.script);
            CHECK((!how.loads || p.until_loaded()));
            CHECK(w.handler.until_event("Error "));
            CHECK(w.until_idle());
        }
    }
    open("feed");
    w.window.close();
    CHECK(w.handler.until_event("Error "));
    CHECK(w.until_idle());
}

TEST_CASE("what pages have left leaves nothing behind") {
    world w;
    page p{w.window};
    REQUIRE(p.visit("app://myapp/"));
    constexpr std::size_t count = 100;
    // In one call of JavaScript: WebKit keeps something of each. What is fetched second is answered
    // when the program has the first.
    const auto requests = [&] {
        return p.run("for (let i = 0; i < 100; i++) { const leave = new AbortController();"
                     "  const left = fetch('late', {signal: leave.signal}).catch((e) => e.name);"
                     "  await (await fetch('soon')).text(); leave.abort();"
                     "  if ((await left) !== 'AbortError') return 'answered'; } return 'left'");
    };
    const auto sockets = [&] {
        return p.run("for (let i = 0; i < 100; i++) {" + std::string{in_frame} +
                     "  const ws = new frame.contentWindow.WebSocket('ws://myapp/feed');"
                     "  if ((await opened(ws)) !== 'open') return 'failed';"
                     "  frame.remove(); } return 'left'");
    };
    const auto growth = [&](const std::function<std::string()>& leave) {
        std::size_t before = 0;
        for (int round = 0; round < 3; ++round) { // the first ones make what is kept
            before = allocated();
            CHECK(leave() == "left");
            CHECK(w.until_idle());
            w.handler.events = {};
        }
        return allocated() - std::min(before, allocated());
    };
    // An exchange is larger than that.
    CHECK(growth(requests) < count * 256);
    CHECK(growth(sockets) < count * 256);
}

TEST_CASE("a certificate that is renewed is trusted before a minute is over") {
    app handler;
    gtk_demo::window window;
    loopback::options options;
    options.pages = [](std::string_view, std::string_view) {
        return loopback::page{200, "text/html", "", text};
    };
    webkitgtk::endpoint<app, default_policies, loopback::tls> endpoint{handler, table(),
                                                                       std::move(options)};
    handler.on_receive = [&](const websocket_receive& e) { endpoint.sockets().send(e.id, e.data); };
    REQUIRE_FALSE(endpoint.listen(window.session()));
    REQUIRE(endpoint.trust("myapp"));
    window.show();
    page p{window};
    REQUIRE(p.visit("https://myapp/"));
    const auto echo = [&] {
        return p.run("const ws = new WebSocket('wss://myapp/feed');"
                     "ws.onopen = () => ws.send('hello');"
                     "return Promise.race([heard(ws), closed(ws)])");
    };
    CHECK(echo() == "hello");
    ahead = 13 * 24 * 60 * 60;
    CHECK(echo() == "1006 "); // another certificate than the one that WebKit was told
    CHECK(until([&] {
        p.run("return new Promise((go) => setTimeout(go, 500))");
        return echo() == "hello";
    }));
    CHECK(p.visit("https://myapp/other"));
    CHECK(echo() == "hello");
    ahead = 0;
}

int main(int argc, char** argv) {
    if (!gtk_demo::window::start()) {
        std::cerr << "no display\n";
        return 1;
    }
    std::cout << webkitgtk_tests::engine_name() << ' ' << webkitgtk_tests::engine_version()
              << std::endl;
    const int status = Catch::Session().run(argc, argv);
    std::cout.flush();
    std::_Exit(status); // WebKit's processes end with this one
}
