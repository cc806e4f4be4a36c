// The scheme-handler route over the stand-in, which calls on several threads and in every order
// that CEF was seen to.
#include <wsintercept/renderer/cef.hpp>

#include "../kit/cef_stand_in/engine.hpp"
#include "../kit/host.hpp"

#include "catch.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace wsintercept;
namespace stand_in = wsintercept::kit::cef_stand_in;
using adapter = cef::scheme_handlers<stand_in::api, kit::host>;
using stand_in::ref;
using kind = kit::host::kind;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

const auto table = intercepted_urls::build(std::vector<row>{
                                               {"*://myapp/manual", action::manual},
                                               {"*://myapp/*", action::automatic},
                                           })
                       .table;

std::string frame(rfc6455::opcode op, std::string_view payload) {
    std::string out{bridge::detail::header(op, true, payload.size()).view()};
    return out.append(payload);
}
std::string text(std::string_view payload) {
    return frame(rfc6455::opcode::text, payload);
}

std::string post_body(std::string_view token, std::uint32_t number, std::string_view bytes) {
    std::string out{token};
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(number >> shift & 0xFFU);
    return out.append(bytes);
}

stand_in::asked open_request(std::string_view path, std::string_view origin = "http://myapp",
                             std::string_view written = "http://myapp") {
    const std::string url = "ws://myapp" + std::string{path};
    return {"POST",
            "wsintercept://bridge/open",
            {{"Origin", std::string{origin}}},
            url + "\r\nGET " + std::string{path} +
                " HTTP/1.1\r\nHost: myapp\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                "Origin: " +
                std::string{written} + "\r\n\r\n"};
}

/// A program: an adapter, its host, and the engine.
struct program {
    stand_in::engine engine;
    kit::host host;
    cef::executor<stand_in::api> executor;
    std::unique_ptr<adapter> handlers;

    explicit program(const limits& l = {})
        : handlers{std::make_unique<adapter>(executor, host, table,
                                             interceptor_options{l, allowed_origins{*table}})} {
        executor.start();
    }
    ~program() {
        engine.run();
        if (handlers)
            CHECK(faultless());
    }

    auto& sockets() { return handlers->sockets(); }
    bool faultless() {
        const adapter_faults& f = sockets().faults();
        return f.calls_from_traits == 0 && f.calls_after_end == 0 && f.early_wakes == 0;
    }

    stand_in::transfer& ask(
        const stand_in::asked& a, std::function<void()> progress = [] {}) {
        return engine.start(handlers->factory(), a.make(), std::move(progress));
    }
    stand_in::transfer& post(std::string_view token, std::uint32_t number, std::string_view bytes) {
        return ask({"POST", "wsintercept://bridge/up", {}, post_body(token, number, bytes)});
    }
    /// An open socket: the stream that answers it, its token, its ID.
    struct socket {
        stand_in::transfer& down;
        std::string token;
        socket_id id;
    };
    socket connect(std::string_view path = "/socket") {
        stand_in::transfer& down = ask(open_request(path));
        engine.run();
        REQUIRE(down.status() == 200);
        REQUIRE(down.body.size() > bridge::token_size);
        return {down, down.body.substr(0, bridge::token_size),
                host.find(kind::upgrade, "ws://myapp" + std::string{path})};
    }
};

/// What the page was sent behind the token and the response head.
std::string frames_of(const stand_in::transfer& down) {
    return down.body.substr(down.body.find("\r\n\r\n") + 4);
}

ref<stand_in::post_data>
data_of(std::initializer_list<std::pair<stand_in::element_type, std::string>> elements) {
    const ref<stand_in::post_data> data = new stand_in::post_data;
    for (const auto& [type, bytes] : elements)
        data->elements.emplace_back(new stand_in::post_data_element{type, bytes});
    return data;
}

} // namespace

TEST_CASE("CEF: a request's body is exact to 16 MiB, and more is refused") {
    program p;
    std::string body;
    std::mt19937 random{1};
    p.host.on_request = [&](const http_request& e) {
        body = e.body;
        CHECK(p.sockets().respond(e.id, {true, 201, "Made", "text/plain; charset=utf-8",
                                         "X-A: 1\r\nX-A: 2\r\n", "taken"}) == std::error_code{});
    };
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, 16 * mebibyte}) {
        std::string sent(size, '\0');
        for (char& c : sent)
            c = static_cast<char>(random());
        stand_in::transfer& t = p.ask({"POST", "http://myapp/save", {}, sent});
        p.engine.run();
        CHECK((body == sent));
        CHECK(t.status() == 201);
        CHECK(t.head->GetStatusText().ToString() == "Made");
        CHECK(t.head->GetMimeType().ToString() == "text/plain");
        CHECK(t.head->GetCharset().ToString() == "utf-8");
        stand_in::header_map fields;
        t.head->GetHeaderMap(fields);
        CHECK(fields.count(stand_in::string{"X-A"}) == 2);
        CHECK(t.length == 5);
        CHECK(t.body == "taken");
        CHECK(t.told == ending::finish);
    }
    const std::size_t events = p.host.events.size();
    stand_in::transfer& t =
        p.ask({"POST", "http://myapp/save", {}, std::string(16 * mebibyte + 1, 'x')});
    p.engine.run();
    CHECK(t.status() == 413);
    CHECK(p.host.events.size() == events);
}

TEST_CASE("CEF: a body in several parts is joined, and one with a part lost is refused") {
    using namespace kit::cef_stand_in;
    program p;
    const auto send = [&](const ref<post_data>& data) -> transfer& {
        const ref<kit::cef_stand_in::request> r =
            stand_in::asked{"POST", "http://myapp/save", {}, {}}.make();
        r->SetPostData(data);
        transfer& t = p.engine.start(p.handlers->factory(), r);
        p.engine.run();
        return t;
    };
    std::string body;
    p.host.on_request = [&](const http_request& e) {
        body = e.body;
        CHECK(p.sockets().respond(e.id, {}) == std::error_code{});
    };
    CHECK(send(data_of({{PDE_TYPE_BYTES, "a"}, {PDE_TYPE_BYTES, "bc"}})).status() == 200);
    CHECK(body == "abc");
    body = "none came";
    const auto lost = data_of({{PDE_TYPE_BYTES, "a"}});
    lost->excluded = true;
    for (const auto& data :
         {data_of({{PDE_TYPE_EMPTY, ""}}), // a Blob alone, or a stream
          data_of({{PDE_TYPE_BYTES, "a"}, {PDE_TYPE_EMPTY, ""}}), data_of({{PDE_TYPE_BYTES, ""}}),
          data_of({{PDE_TYPE_FILE, "/etc/hostname"}}), lost}) {
        const transfer& t = send(data);
        CHECK(t.status() == 400);
        CHECK(t.body == describe(error::body_lost));
    }
    CHECK(body == "none came");
}

TEST_CASE("CEF: posts that arrive out of order are taken in order") {
    program p;
    const auto s = p.connect();
    std::mt19937 random{7};
    std::vector<std::string> sent;
    std::vector<stand_in::transfer*> posts;
    for (std::uint32_t first = 0; first < 400; first += 10) {
        std::array<std::uint32_t, 10> order{};
        for (std::uint32_t i = 0; i < 10; ++i) {
            order[i] = first + i;
            sent.push_back("message " + std::to_string(first + i));
        }
        std::shuffle(order.begin(), order.end(), random);
        for (const std::uint32_t number : order)
            posts.push_back(&p.post(s.token, number, text(sent[number])));
        p.engine.run();
    }
    CHECK(p.host.messages(s.id) == sent);
    CHECK(std::all_of(posts.begin(), posts.end(), [](auto* t) { return t->status() == 204; }));
}

TEST_CASE("CEF: a post that is no page-side class's ends its socket alone") {
    program p;
    const auto s = p.connect("/one");
    const auto other = p.connect("/two");
    stand_in::transfer& far = p.post(s.token, 99, text("a"));
    p.engine.run();
    CHECK(far.status() == 410);
    CHECK(p.host.count(kind::error, s.id) == 1);
    CHECK(s.down.told == ending::abort);
    stand_in::transfer& late = p.post(s.token, 0, text("a"));
    stand_in::transfer& guessed = p.post(std::string(bridge::token_size, '0'), 0, text("a"));
    stand_in::transfer& short_one = p.ask({"POST", "wsintercept://bridge/up", {}, "short"});
    stand_in::transfer& elsewhere = p.ask({"POST", "wsintercept://bridge/else", {}, "a"});
    stand_in::transfer& got = p.ask({"GET", "wsintercept://bridge/open", {}, {}});
    stand_in::transfer& good = p.post(other.token, 0, text("b"));
    p.engine.run();
    CHECK(late.status() == 410);
    CHECK(guessed.status() == 410);
    CHECK(short_one.status() == 400);
    CHECK(elsewhere.status() == 404);
    CHECK(got.status() == 404);
    CHECK(good.status() == 204);
    CHECK(p.host.messages(other.id) == std::vector<std::string>{"b"});
}

TEST_CASE("CEF: the Origin is what the engine says, not what the page writes") {
    program p;
    stand_in::transfer& good = p.ask(open_request("/a", "http://myapp", "http://evil.test"));
    stand_in::transfer& bad = p.ask(open_request("/b", "http://evil.test", "http://myapp"));
    stand_in::transfer& null = p.ask(open_request("/c", "null", "http://myapp"));
    p.engine.run();
    CHECK(good.status() == 200);
    CHECK(good.field("Access-Control-Allow-Origin") == "http://myapp");
    CHECK(good.length == -1);
    CHECK(bad.status() == 403);
    CHECK(null.status() == 403);
    CHECK(p.host.events.size() == 1);
    stand_in::asked garbled = open_request("/d");
    garbled.body.resize(40);
    stand_in::transfer& cut = p.ask(garbled);
    p.engine.run();
    CHECK(cut.status() == 400);
}

TEST_CASE("CEF: a manual handshake is the program's, over the stream") {
    program p;
    stand_in::transfer& down = p.ask(open_request("/manual"));
    p.engine.run();
    const socket_id id = p.host.find(kind::upgrade, "ws://myapp/manual");
    REQUIRE(id);
    CHECK(down.body.size() == bridge::token_size);
    const std::string denial = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    CHECK_FALSE(p.sockets().answer(id, denial));
    p.engine.run();
    CHECK(down.body.substr(bridge::token_size).starts_with("HTTP/1.1 403 Forbidden\r\n"));
    CHECK(down.told == ending::finish);
}

TEST_CASE("CEF: a stream stops while the page does not read, and loses nothing") {
    limits l;
    l.output = 64 * 1024;
    program p{l};
    const auto s = p.connect();
    p.engine.reads(s.down, false);
    p.engine.run();
    const std::string message(10'000, 'm');
    std::size_t taken = 0;
    while (!p.sockets().send(s.id, message))
        ++taken;
    CHECK(taken < 10);
    p.engine.run();
    const std::size_t before = frames_of(s.down).size();
    CHECK(before <= 4096); // a Read that was under way
    CHECK(p.host.count(kind::drained, s.id) == 0);
    p.engine.reads(s.down, true);
    p.engine.run();
    CHECK(p.host.count(kind::drained, s.id) == 1);
    std::string expected;
    for (std::size_t i = 0; i < taken; ++i)
        expected += text(message);
    CHECK((frames_of(s.down) == expected));
}

TEST_CASE("CEF: what the host does not take holds up the posts") {
    program p;
    const auto s = p.connect();
    CHECK_FALSE(p.sockets().pause(s.id));
    stand_in::transfer& up = p.post(s.token, 0, text("a"));
    stand_in::transfer& next = p.post(s.token, 1, text("b"));
    p.engine.run();
    CHECK(up.status() == 0);
    CHECK_FALSE(p.sockets().resume(s.id));
    p.engine.run();
    CHECK(up.status() == 204);
    CHECK(next.status() == 204);
    CHECK(p.host.messages(s.id) == std::vector<std::string>{"a", "b"});
    p.engine.cancel(s.down);
    p.engine.run();
    CHECK(p.host.count(kind::error, s.id) == 1);
}

TEST_CASE("CEF: posts that wait when their socket ends are told so") {
    program p;
    const auto s = p.connect();
    CHECK_FALSE(p.sockets().pause(s.id));
    stand_in::transfer& up = p.post(s.token, 0, text("a"));
    p.engine.run();
    p.engine.cancel(s.down);
    p.engine.run();
    CHECK(up.status() == 410);
}

namespace {

/// A handler's calls by hand, in any order: what CEF may do.
struct calls {
    struct open_callback final : cef::counted<stand_in::callback> {
        int& continued;
        explicit open_callback(int& n) : continued{n} {}
        void Continue() override { ++continued; }
        void Cancel() override { ++continued; }
    };
    struct read_callback final : cef::counted<stand_in::read_callback> {
        std::vector<int>& sizes;
        explicit read_callback(std::vector<int>& to) : sizes{to} {}
        void Continue(int size) override { sizes.push_back(size); }
    };

    ref<stand_in::resource_handler> handler;
    ref<stand_in::request> request;
    int opened = 0;
    std::vector<int> sizes{};
    std::array<char, 64> buffer{};

    void open() {
        bool now = true;
        CHECK(handler->Open(request, now, new open_callback{opened}));
        CHECK_FALSE(now);
    }
    void read() {
        int n = -1;
        CHECK(handler->Read(buffer.data(), static_cast<int>(buffer.size()), n,
                            new read_callback{sizes}));
        CHECK(n == 0);
    }
};

} // namespace

TEST_CASE("CEF: Cancel in every state") {
    for (const bool is_socket : {false, true})
        for (int cancel_at = 0; cancel_at < 9; ++cancel_at) {
            INFO("socket: " << is_socket << ", cancelled before step " << cancel_at);
            program p;
            std::optional<socket_id> asked;
            p.host.on_request = [&](const http_request& e) { asked = e.id; };
            const stand_in::asked a = is_socket
                                          ? open_request("/socket")
                                          : stand_in::asked{"GET", "http://myapp/page", {}, {}};
            calls c{nullptr, a.make()};
            c.handler = p.handlers->factory()->Create(
                nullptr, nullptr, stand_in::string{a.url.substr(0, a.url.find(':'))}, c.request);
            REQUIRE(c.handler);
            const auto turn = [&] { p.engine.ui().run(); };
            const std::function<void()> steps[] = {
                [&] { c.open(); },
                turn,
                [&] {
                    if (asked)
                        CHECK((p.sockets().respond(*asked, {}) == std::error_code{} ||
                               cancel_at <= 2));
                },
                turn,
                [&] { c.read(); },
                turn,
                [&] { c.read(); },
                turn,
            };
            std::string seen;
            for (int i = 0; i < 8; ++i) {
                if (i == cancel_at) {
                    c.handler->Cancel();
                    c.buffer.fill('!');
                }
                steps[i]();
            }
            if (cancel_at == 8) { // a finished one, or one that waits
                c.handler->Cancel();
                c.buffer.fill('!');
            }
            turn();
            if (cancel_at <= 8)
                CHECK(std::all_of(c.buffer.begin(), c.buffer.end(),
                                  [](char byte) { return byte == '!'; }));
            CHECK(p.sockets().idle());
            CHECK(c.handler->HasOneRef());
        }
}

TEST_CASE("CEF: Cancel while Open and Read run on other threads") {
    program p;
    for (int round = 0; round < 200; ++round) {
        stand_in::transfer& t = p.ask(open_request("/socket"));
        if (round % 3 == 0)
            p.engine.threads().wait();
        if (round % 2 == 0)
            p.engine.ui().run();
        p.engine.cancel(t);
    }
    p.engine.run();
    CHECK(p.sockets().idle());
}

TEST_CASE("CEF: requests that are open when the adapter goes are answered") {
    program p;
    const auto s = p.connect();
    stand_in::transfer& page = p.ask({"GET", "http://myapp/page", {}, {}});
    CHECK_FALSE(p.sockets().pause(s.id));
    stand_in::transfer& up = p.post(s.token, 0, text("a"));
    p.engine.run();
    const auto factory = p.handlers->factory();
    const auto remote = p.sockets().remote();
    const auto early = factory->Create(nullptr, nullptr, stand_in::string{"http"},
                                       stand_in::asked{"GET", "http://myapp/early", {}, {}}.make());
    CHECK(p.faultless());
    p.handlers.reset();
    p.engine.run();
    CHECK(s.down.told == ending::abort);
    CHECK(page.told == ending::abort);
    CHECK(up.status() == 410);
    std::error_code result;
    remote.send(s.id, "late", true, std::nullopt, [&](std::error_code e) { result = e; });
    CHECK(result == error::shut_down);

    calls c{early, stand_in::asked{"GET", "http://myapp/early", {}, {}}.make()};
    c.open();
    p.engine.run();
    CHECK(c.opened == 1);
    const ref<stand_in::response> head = new stand_in::response;
    std::int64_t length = -1;
    stand_in::string redirect;
    early->GetResponseHeaders(head, length, redirect);
    CHECK(head->GetStatus() == 503);
    early->Cancel();
    CHECK_FALSE(factory->Create(nullptr, nullptr, stand_in::string{"http"},
                                stand_in::asked{"GET", "http://myapp/late", {}, {}}.make()));
    p.engine.run();
}

TEST_CASE("CEF: the scheme of the page-side class is secure and open to fetch") {
    stand_in::scheme_registrar registrar;
    CHECK(adapter::add_bridge_scheme(&registrar));
    CHECK(registrar.schemes.at("wsintercept") == (1 | 8 | 16 | 64));
    CHECK_FALSE(adapter::add_bridge_scheme(&registrar));
}
