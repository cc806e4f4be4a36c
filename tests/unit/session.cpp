#include <wsintercept/session.hpp>

#include "catch.hpp"
#include "recorder.hpp"

using namespace test;
using std::chrono::seconds;
using wsintercept::error;

namespace {

/// A session by itself, and what it told.
struct bench {
    wsintercept::limits limits;
    wsintercept::block_pool pool;
    std::size_t unfinished = 0;
    wsintercept::session_context at{limits, wsintercept::delivery::whole, {}, pool, unfinished};
    wsintercept::session<wsintercept::rfc6455::framing> session;
    lines told;

    bench() { session.start(at.now); }
    ~bench() { session.drop(at); }

    struct sink {
        bench& b;
        void on_message(std::string_view data, bool fin, wsintercept::data_type) {
            b.told.push_back(std::string{data} + (fin ? "." : "+"));
        }
        void on_close(std::uint16_t code, std::string_view) {
            b.told.push_back("close " + std::to_string(code));
        }
        void on_failed(error why) { b.told.push_back(describe(why)); }
    };
    std::size_t feed(std::string bytes) { return session.receive(bytes, at, sink{*this}); }
    void pass(wsintercept::duration d) {
        at.now += d;
        session.check_time(at, sink{*this});
    }
    std::string output() {
        std::string out;
        for (auto views = session.output(); views.count != 0; views = session.output()) {
            for (const std::string_view v : views)
                out += v;
            session.consumed(views.size(), at);
        }
        return out;
    }
};

/// The default frame policy, which notes the limits that it is given.
struct watched_framing : wsintercept::rfc6455::framing {
    struct decoder : wsintercept::rfc6455::decoder {
        static inline decoder_limits given{};
        decoded next(std::span<char>& in, const decoder_limits& limits) noexcept {
            given = limits;
            return wsintercept::rfc6455::decoder::next(in, limits);
        }
    };
};

} // namespace

TEST_CASE("session: the same outcome whole, byte by byte and at every split point") {
    const std::string bytes = text("Hel", false) + frame(9, "p") + frame(0, "lo") +
                              frame(2, std::string(200, 'b')) + close_frame(1000, "bye");
    const auto run = [&](std::size_t first, std::size_t piece) {
        bench b;
        b.feed(bytes.substr(0, first));
        for (std::size_t i = first; i < bytes.size(); i += piece)
            b.feed(bytes.substr(i, piece));
        REQUIRE(b.unfinished == 0);
        return std::pair{b.told, b.output()};
    };
    const auto whole = run(0, bytes.size());
    REQUIRE(whole.first == lines{"Hello.", std::string(200, 'b') + ".", "close 1000"});
    REQUIRE(whole.second == served(10, "p") + served_close(1000, "bye"));
    REQUIRE(run(0, 1) == whole);
    for (std::size_t split = 1; split < bytes.size(); ++split)
        REQUIRE(run(split, bytes.size()) == whole);
}

TEST_CASE("session: after the end bytes are taken and dropped") {
    bench b;
    b.feed(frame(8, ""));
    REQUIRE(b.session.ended());
    REQUIRE(b.feed("anything") == 8);
    REQUIRE(b.told == lines{"close 1005"});
    REQUIRE(b.session.send("x", true, {}, b.at) == error::closing);
    REQUIRE(b.session.close(1000, "", b.at) == error::closing);
}

TEST_CASE("session: deadlines are named before they come, and only then do something") {
    bench b;
    REQUIRE(b.session.deadline(b.limits) == wsintercept::never);
    b.feed(text("x", false));
    REQUIRE(b.session.deadline(b.limits) == b.at.now + b.limits.message_time);
    b.pass(b.limits.message_time - seconds{1});
    REQUIRE(b.told.empty());
    b.pass(seconds{1});
    REQUIRE(b.told == lines{"a message was not finished in time"});
}

TEST_CASE("session: silence behind a pause counts from its end at the latest") {
    bench b;
    b.limits.idle = seconds{20};
    b.session.pause(b.at.now);
    b.pass(seconds{100});
    SECTION("the peer spoke meanwhile") {
        b.feed(text("x"));
    }
    SECTION("the socket opened meanwhile") {
        b.session.start(b.at.now);
    }
    b.session.resume(b.at.now);
    REQUIRE(b.session.deadline(b.limits) == b.at.now + b.limits.idle);
}

TEST_CASE("session: a page that takes output slowly has the time to take it all") {
    bench b;
    REQUIRE_FALSE(b.session.send(std::string(100, 'x'), true, {}, b.at));
    REQUIRE_FALSE(b.session.close(1000, "", b.at));
    for (int i = 0; i < 10; ++i) {
        b.pass(b.limits.closing - seconds{1});
        b.session.consumed(10, b.at);
    }
    REQUIRE(b.told.empty());
    b.pass(b.limits.closing);
    REQUIRE(b.told == lines{"RFC 6455 7.1.1: the closing handshake timed out"});
    REQUIRE(b.session.broken());
}

TEST_CASE("session: a header that trickles in is a message that is not finished") {
    bench b;
    const std::string bytes = text("x");
    b.feed(bytes.substr(0, 3));
    b.pass(b.limits.message_time);
    REQUIRE(b.told == lines{"a message was not finished in time"});
}

TEST_CASE("session: bytes that trickle in do not put off the time for a message") {
    bench b;
    const std::string bytes = text("x");
    b.feed(bytes.substr(0, 2));
    b.pass(b.limits.message_time / 2);
    b.feed(bytes.substr(2, 2));
    b.pass(b.limits.message_time - b.limits.message_time / 2);
    REQUIRE(b.told == lines{"a message was not finished in time"});
}

TEST_CASE("session: while the host pauses nothing is due, and resuming is no more than that") {
    bench b;
    b.limits.idle = seconds{20};
    b.feed(text("x", false));
    const auto due = b.session.deadline(b.limits);
    b.pass(seconds{5});
    b.session.resume(b.at.now); // was not paused
    REQUIRE(b.session.deadline(b.limits) == due);
    b.session.pause(b.at.now);
    REQUIRE(b.session.deadline(b.limits) == wsintercept::never);
    b.pass(seconds{1000});
    REQUIRE(b.told.empty());
    b.session.resume(b.at.now);
    REQUIRE(b.session.deadline(b.limits) == due + seconds{1000});
}

TEST_CASE("session: each time-out comes at its time, and not a tick before") {
    const wsintercept::duration tick{1};
    bench b;
    b.limits.ping = seconds{30};
    b.limits.idle = seconds{100};
    const auto started = b.at.now;
    const auto pass_to = [&](wsintercept::duration d) { b.pass(started + d - b.at.now); };
    REQUIRE(b.session.deadline(b.limits) == started + seconds{30});
    pass_to(seconds{30} - tick);
    REQUIRE(b.output().empty());
    pass_to(seconds{30});
    REQUIRE(b.output() == served(9, ""));
    REQUIRE(b.session.deadline(b.limits) == started + seconds{60});
    pass_to(seconds{60} - tick);
    REQUIRE(b.told.empty());
    SECTION("pong") {
        pass_to(seconds{60});
        REQUIRE(b.told == lines{"RFC 6455 5.5.2: a ping was not answered in time"});
    }
    SECTION("idle") {
        b.limits.ping = wsintercept::duration::zero();
        REQUIRE(b.session.deadline(b.limits) == started + seconds{100});
        pass_to(seconds{100} - tick);
        REQUIRE(b.told.empty());
        pass_to(seconds{100});
        REQUIRE(b.told == lines{"nothing came for longer than the idle time-out"});
    }
}

TEST_CASE("session: a reason of 123 bytes is sent, a longer one is not") {
    bench b;
    REQUIRE(b.session.close(1000, std::string(124, 'r'), b.at) == error::reason_too_long);
    REQUIRE_FALSE(b.session.close(1000, std::string(123, 'r'), b.at));
    REQUIRE(b.output() == served_close(1000, std::string(123, 'r')));
}

TEST_CASE("session: the limits of a frame, of a message and of its frames hold to the byte") {
    using wsintercept::describe;
    bench frames, messages, fragments;
    frames.limits.frame = 10;
    frames.feed(text(std::string(10, 'x')));
    frames.feed(text(std::string(11, 'x')));
    REQUIRE(frames.told == lines{std::string(10, 'x') + ".", describe(error::frame_too_big)});
    messages.limits.message = 10;
    messages.feed(text(std::string(5, 'x'), false) + frame(0, std::string(5, 'x')));
    messages.feed(text(std::string(5, 'x'), false) + frame(0, std::string(6, 'x')));
    REQUIRE(messages.told == lines{std::string(10, 'x') + ".", describe(error::message_too_big)});
    fragments.limits.fragments = 2;
    fragments.feed(text("a", false) + frame(0, "b"));
    fragments.feed(text("a", false) + frame(0, "b", false) + frame(0, "c"));
    REQUIRE(fragments.told == lines{"ab.", describe(error::too_many_fragments)});
}

// security.md: CVE-2026-0716.
TEST_CASE("session: the cap holds for any frame policy, even where limits are raised beyond it") {
    bench b;
    b.limits.frame = b.limits.message = ~std::uint64_t{0};
    wsintercept::session<watched_framing> session;
    std::string bytes = text("x");
    session.receive(bytes, b.at, bench::sink{b});
    session.drop(b.at);
    REQUIRE(b.told == lines{"x."});
    REQUIRE(watched_framing::decoder::given.frame == wsintercept::absolute_cap);
    REQUIRE(watched_framing::decoder::given.message == wsintercept::absolute_cap);
}

TEST_CASE("session: unfinished messages hold as much as the limit, to the byte") {
    bench b;
    b.limits.unfinished = 100;
    b.feed(text(std::string(60, 'x'), false) + frame(0, std::string(40, 'x'), false));
    REQUIRE(b.unfinished == 100);
    b.feed(frame(0, "x", false));
    REQUIRE(b.told == lines{describe(error::memory_exhausted)});

    bench chunks;
    chunks.limits.unfinished = 1;
    chunks.at.messages = wsintercept::delivery::chunks;
    chunks.feed(text("\xE2", false));
    REQUIRE(chunks.told.empty());
    chunks.feed(frame(0, "\x82\xAC"));
    REQUIRE(chunks.told == lines{describe(error::memory_exhausted)});
}

TEST_CASE("session: chunks of one byte; binary ones hold nothing back") {
    bench b;
    b.at.messages = wsintercept::delivery::chunks;
    b.feed(text("a", false) + frame(0, "", false) + frame(0, "b", false) + frame(0, ""));
    REQUIRE(b.told == lines{"a+", "b+", "."});
    b.told.clear();
    b.feed(frame(2, "\xE2\x82", false) + frame(0, "\xC3"));
    REQUIRE(b.told == lines{"\xE2\x82+", "\xC3."});
}

TEST_CASE("session: the queue has room to the byte; what is above it took an empty queue") {
    bench b;
    b.limits.output = 1000;
    REQUIRE_FALSE(b.session.send(std::string(900, 'a'), true, {}, b.at));
    REQUIRE(b.session.buffered_amount() == 904);
    REQUIRE(b.session.send(std::string(97, 'b'), true, {}, b.at) == error::queue_full);
    REQUIRE_FALSE(b.session.send(std::string(96, 'b'), true, {}, b.at));
    REQUIRE(b.session.buffered_amount() == 1002); // headers are above it
    REQUIRE(b.session.send("c", true, {}, b.at) == error::queue_full);
    REQUIRE(b.session.send("", true, {}, b.at) == error::queue_full);
    REQUIRE_FALSE(b.session.consumed(2, b.at)); // exactly full
    REQUIRE(b.session.consumed(1, b.at));
    REQUIRE_FALSE(b.session.send("", true, {}, b.at));
}

TEST_CASE("session: room for what was refused is told once, and as soon as it is there") {
    bench b;
    b.limits.output = 1000;
    REQUIRE_FALSE(b.session.send(std::string(900, 'a'), true, {}, b.at));
    REQUIRE_FALSE(b.session.consumed(0, b.at)); // nothing was refused
    REQUIRE(b.session.send(std::string(500, 'b'), true, {}, b.at) == error::queue_full);
    REQUIRE_FALSE(b.session.consumed(403, b.at));
    REQUIRE(b.session.consumed(1, b.at));
    REQUIRE_FALSE(b.session.consumed(1, b.at));
}

TEST_CASE("session: pongs wait from 64 KiB of output on, and the latest comes below that") {
    constexpr std::size_t backlog = 64 * 1024;
    bench b;
    REQUIRE_FALSE(b.session.send(std::string(backlog - 5, 'x'), true, {}, b.at));
    REQUIRE(b.session.buffered_amount() == backlog - 1); // with a header of 4 bytes
    b.feed(frame(9, "early"));
    REQUIRE(b.session.buffered_amount() == backlog - 1 + 7);
    b.feed(frame(9, "late") + frame(9, "last"));
    REQUIRE(b.session.buffered_amount() == backlog - 1 + 7);
    b.session.consumed(6, b.at);
    REQUIRE(b.session.buffered_amount() == backlog);
    b.feed(frame(9, "last"));
    REQUIRE(b.session.buffered_amount() == backlog);
    b.session.consumed(1, b.at);
    REQUIRE(b.session.buffered_amount() == backlog - 1 + 6);
    REQUIRE(b.output().ends_with(served(10, "early") + served(10, "last")));
}
