// Counts what is allocated where nothing may be: once an interceptor has served one socket, the
// next one's handshake, the messages that arrive whole and what is sent cost no allocation. And
// takes the memory away from what can go without.
#include <wsintercept/rfc7692/inflater.hpp>
#include <wsintercept/wsintercept.hpp>

#include "catch.hpp"
#include "recorder.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::size_t allocations = 0;
bool exhausted = false; ///< what asks with std::nothrow gets no memory

void* counted(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size))
        return memory;
    std::abort();
}

} // namespace

void* operator new(std::size_t size) {
    return counted(size);
}
void* operator new[](std::size_t size) {
    return counted(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return exhausted ? nullptr : counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return exhausted ? nullptr : counted(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace {

using namespace wsintercept;

/// A renderer that keeps nothing: one connection, its work done when the test says so.
struct traits {
    using connection = int;
    time_point now() noexcept { return {}; }
    void post(const task& work) noexcept { posted.emplace(work); }
    void output_ready(int) noexcept {}
    void input_ready(int) noexcept {}
    void respond(int, const response&) noexcept {}
    void wake_at(int, time_point) noexcept {}
    void end(int, ending) noexcept { ++ended; }

    std::optional<task> posted;
    int ended = 0;
};

struct host {
    void on(const websocket_upgrade& e) noexcept { opened = e.id; }
    void on(const websocket_receive& e) noexcept { received += e.data.size(); }
    void on(const websocket_close&) noexcept { ++closed; }
    void on(const auto&) noexcept {}

    socket_id opened;
    std::size_t received = 0;
    int closed = 0;
};

struct world {
    traits renderer;
    host handler;
    std::string request = test::handshake(
        "Origin: http://myapp\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n"
        "Sec-WebSocket-Protocol: chat, superchat\r\nCache-Control: no-cache\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
    std::shared_ptr<const intercepted_urls> table =
        intercepted_urls::build(std::vector<row>{{"*://myapp/*"}}).table;
    interceptor<traits, default_policies, host> core{
        renderer, handler, table, {{}, allowed_origins{*table}}};
    shared_buffer owned{std::string(5000, 'o')};
    std::string message = test::text(std::string(1000, 'm'));
    std::string close = test::close_frame(1000);
    std::string bytes = std::string(2000, ' ');

    void take_all() {
        for (output_views out = core.output(handler.opened); out.count != 0;
             out = core.output(handler.opened))
            core.consumed(handler.opened, out.size());
    }
    void write(std::string_view what) {
        const std::span<char> piece{bytes.data(), what.size()};
        std::copy(what.begin(), what.end(), piece.begin());
        REQUIRE(core.write(handler.opened, piece) == what.size());
    }
    void handshake() {
        const opened o =
            core.open(1, {"GET",
                          "ws://myapp/a/path/that/is/longer/than/a/short/string?and=a&query",
                          request,
                          {}});
        REQUIRE(o.id);
        (*std::exchange(renderer.posted, std::nullopt))();
        core.consumed(o.id, core.output(o.id).size());
        REQUIRE(handler.opened == o.id);
    }
    void messages() {
        for (int i = 0; i < 10; ++i) {
            write(message);
            REQUIRE_FALSE(core.send(handler.opened, owned));
            REQUIRE_FALSE(core.send(handler.opened, "a copy", true));
            take_all();
        }
    }
    void end() {
        write(close);
        take_all();
    }
};

/// How much `work` allocates.
template <class Work>
std::size_t count(Work&& work) {
    const std::size_t before = allocations;
    work();
    return allocations - before;
}

} // namespace

TEST_CASE("allocations are counted") {
    REQUIRE(count([] { delete new int; }) == 1);
    REQUIRE(count([] { std::string(100, 'x'); }) == 1);
}

TEST_CASE("a handshake by the policies alone allocates nothing") {
    using policy = default_policies::handshake;
    const world w;
    const std::vector<std::string> supported{"superchat"};
    std::string out;
    out.reserve(512);
    REQUIRE(count([&] {
                rfc9112::request_head head;
                rfc6455::upgrade_request upgrade;
                std::string_view chosen;
                const auto parsed = rfc9112::parse_request(w.request, {}, head);
                const bool good =
                    parsed.state == rfc9112::parse_state::done &&
                    policy::validate(head, upgrade).reason == error{} &&
                    policy::choose_subprotocol(upgrade, supported, false, chosen).reason == error{};
                if (good)
                    policy::response(upgrade, chosen, policy::negotiate(upgrade, nullptr), out);
            }) == 0);
    REQUIRE(out.starts_with("HTTP/1.1 101 "));
    REQUIRE(out.find("superchat") != std::string::npos);
}

TEST_CASE("a socket behind the first allocates nothing: handshake, whole messages, sends, close") {
    world w;
    w.handshake();
    w.messages();
    w.end();
    REQUIRE(w.renderer.ended == 1);
    REQUIRE(count([&] { w.handshake(); }) == 0);
    REQUIRE(count([&] { w.messages(); }) == 0);
    REQUIRE(count([&] { w.end(); }) == 0);
    REQUIRE(w.handler.received == 20'000);
    REQUIRE(w.handler.closed == 2);
    REQUIRE(w.renderer.ended == 2);
    REQUIRE(w.core.idle());
}

TEST_CASE("an owned buffer is not copied") {
    world w;
    w.handshake();
    REQUIRE_FALSE(w.core.send(w.handler.opened, w.owned));
    const output_views out = w.core.output(w.handler.opened);
    REQUIRE(out.count == 2);
    REQUIRE(out.list[1].data() == w.owned.view().data());
}

TEST_CASE("without memory a control frame in pieces ends the connection") {
    std::string bytes = test::frame(9, "ping").substr(0, 8);
    std::span<char> in{bytes};
    rfc6455::decoder decoder;
    exhausted = true;
    const rfc6455::decoded got = decoder.next(in, {100, 100, 1});
    exhausted = false;
    REQUIRE(got.kind == rfc6455::decoded_kind::failed);
    REQUIRE(got.reason == error::memory_exhausted);
    REQUIRE(got.failure_code == rfc6455::message_too_big);
}

TEST_CASE("without memory a block with BFINAL 1 ends the connection") {
    using namespace std::string_view_literals;
    rfc7692::inflater inflater{15, true};
    std::string out;
    exhausted = true;
    const error reason =
        inflater.inflate("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv, true, {100, 1032, 1}, out);
    exhausted = false;
    REQUIRE(reason == error::memory_exhausted);
}
