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
    SECTION("the peer spoke meanwhile") { b.feed(text("x")); }
    SECTION("the socket opened meanwhile") { b.session.start(b.at.now); }
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
