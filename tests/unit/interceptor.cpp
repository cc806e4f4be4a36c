#include <wsintercept/interceptor.hpp>

#include "catch.hpp"
#include "recorder.hpp"

#include <array>

using namespace test;
using std::chrono::seconds;
using wsintercept::action;
using wsintercept::ending;
using wsintercept::error;

namespace {

wsintercept::limits small_limits() {
    wsintercept::limits l;
    l.output = 1000;
    l.message = l.frame = 1000;
    return l;
}

} // namespace

// The life of an ID.

TEST_CASE("auto: Upgrade comes when the renderer has taken the 101, messages after it") {
    world w;
    auto& s = w.renderer.open({"GET", "ws://myapp/feed", handshake(), {}});
    s.reads = false;
    w.renderer.write(s, text("early"));
    REQUIRE(w.events().empty());
    REQUIRE(s.id);
    s.reads = true;
    w.renderer.run();
    REQUIRE(w.events() == lines{"Upgrade auto ws://myapp/feed", "Receive text fin early"});
    REQUIRE(s.output == accepted());
    REQUIRE(w.host.last_head == handshake());
}

TEST_CASE("auto: a bad handshake is one Error, no Upgrade, and the 4xx that it deserves") {
    world w;
    auto& s = w.open("GET /feed HTTP/1.1\r\nHost: myapp\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Key: short\r\n"
                     "Sec-WebSocket-Version: 13\r\nOrigin: http://myapp\r\n\r\n");
    const lines events = w.events();
    REQUIRE(events.size() == 1);
    REQUIRE(events[0] == "Error ws://myapp/feed: RFC 6455 4.2.1: Sec-WebSocket-Key is not the "
                         "base64 of 16 bytes");
    REQUIRE(s.output.starts_with("HTTP/1.1 400 "));
    REQUIRE(s.ended == ending::finish);
    REQUIRE(w.core().send(s.id, "x") == error::unknown_id);
    REQUIRE(w.core().idle());
}

TEST_CASE("an unsupported version is answered with 426") {
    world w{action::manual};
    auto& s = w.open("GET /feed HTTP/1.1\r\nHost: myapp\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Sec-WebSocket-Version: 8\r\nOrigin: http://myapp\r\n\r\n");
    REQUIRE(w.events().size() == 1);
    REQUIRE(s.output.starts_with("HTTP/1.1 426 "));
    REQUIRE(s.output.find("Sec-WebSocket-Version: 13\r\n") != std::string::npos);
}

TEST_CASE("manual: Upgrade first, then the host's answer") {
    world w{action::manual};
    auto& s = w.open();
    REQUIRE(w.events() == lines{"Upgrade manual ws://myapp/feed"});
    REQUIRE(s.output.empty());
    REQUIRE(w.core().send(s.id, "x") == error::not_open);
    w.renderer.write(s, text("early"));
    REQUIRE(w.events().empty());
    REQUIRE_FALSE(w.core().answer(s.id, accepted()));
    REQUIRE(w.core().answer(s.id, accepted()) == error::already_answered);
    w.renderer.run();
    REQUIRE(s.output == accepted());
    REQUIRE(w.events() == lines{"Receive text fin early"});
    REQUIRE(w.core().answer(s.id, accepted()) == error::already_answered);
}

TEST_CASE("manual: answered inside the event itself, and closed in the same turn") {
    world w{action::manual};
    w.host.on_upgrade = [&](const auto& e) {
        REQUIRE_FALSE(w.core().answer(e.id, accepted()));
        REQUIRE_FALSE(w.core().close(e.id, 3000, "enough"));
    };
    auto& s = w.open();
    REQUIRE(s.output == accepted() + served_close(3000, "enough"));
    REQUIRE_FALSE(s.ended);
    w.renderer.write(s, close_frame(3000, "enough"));
    REQUIRE(w.events() == lines{"Upgrade manual ws://myapp/feed", "Close 3000 enough"});
    REQUIRE(s.ended == ending::finish);
}

TEST_CASE("auto: closed in the turn in which it opened: the 101, then the close frame, whole") {
    world w;
    w.host.on_upgrade = [&](const auto& e) { REQUIRE_FALSE(w.core().close(e.id, 1001, "")); };
    auto& s = w.open();
    REQUIRE(s.output == accepted() + served_close(1001));
    w.renderer.write(s, close_frame(1001));
    REQUIRE(w.events() == lines{"Upgrade auto ws://myapp/feed", "Close 1001 "});
    REQUIRE(s.ended == ending::finish);
}

TEST_CASE("manual: denied by the host, and nothing more") {
    world w{action::manual};
    auto& s = w.open();
    w.events();
    REQUIRE_FALSE(w.core().answer(s.id, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
    REQUIRE(w.core().answer(s.id, accepted()) == error::already_answered);
    REQUIRE(w.core().send(s.id, "x") == error::not_open);
    w.renderer.run();
    REQUIRE(s.output.starts_with("HTTP/1.1 403 Forbidden\r\n"));
    REQUIRE(s.ended == ending::finish);
    REQUIRE(w.events().empty());
    REQUIRE(w.core().answer(s.id, accepted()) == error::unknown_id);
}

TEST_CASE("manual: never answered is one Error after the time-out, and nothing is sent") {
    world w{action::manual};
    auto& s = w.open();
    w.events();
    w.renderer.advance(seconds{9});
    REQUIRE(w.events().empty());
    w.renderer.advance(seconds{1});
    REQUIRE(w.events() == lines{"Error ws://myapp/feed: the opening handshake timed out: "
                                "the host gave no answer"});
    REQUIRE(s.output.empty());
    REQUIRE(s.ended == ending::finish);
    REQUIRE(w.core().answer(s.id, accepted()) == error::unknown_id);
}

TEST_CASE("manual: a bad answer is named at once, may be mended, and is what the Error says") {
    world w{action::manual};
    auto& s = w.open();
    w.events();
    std::string wrong = accepted();
    wrong[wrong.find("s3pP")] = 'x';
    REQUIRE(w.core().check_answer(s.id, wrong) == error::answer_bad_accept);
    REQUIRE(w.core().answer(s.id, wrong) == error::answer_bad_accept);
    REQUIRE(w.core().answer(s.id, wrong).message().starts_with("bad answer: RFC 6455 4.2.2"));
    REQUIRE(w.core().answer(s.id, accepted("Sec-WebSocket-Protocol: a\r\n")) ==
            error::answer_bad_subprotocol);
    REQUIRE(w.core().answer(s.id, accepted("Sec-WebSocket-Extensions: permessage-deflate\r\n")) ==
            error::answer_bad_extension);
    REQUIRE(w.core().answer(s.id, wrong) == error::answer_bad_accept);
    SECTION("mended") {
        REQUIRE_FALSE(w.core().answer(s.id, accepted()));
        w.renderer.run();
        REQUIRE(s.output == accepted());
    }
    SECTION("left") {
        w.renderer.advance(seconds{10});
        const lines events = w.events();
        REQUIRE(events.size() == 1);
        REQUIRE(events[0].find("Sec-WebSocket-Accept does not fit") != std::string::npos);
        REQUIRE(s.output.empty());
    }
}

TEST_CASE("manual: the page goes away before the answer") {
    world w{action::manual};
    auto& s = w.open();
    w.events();
    w.renderer.hang_up(s);
    REQUIRE(w.events() ==
            lines{"Error ws://myapp/feed: RFC 6455 7.1.5: the connection ended without a close "
                  "frame"});
    REQUIRE(w.core().answer(s.id, accepted()) == error::unknown_id);
    REQUIRE(w.core().idle());
}

TEST_CASE("manual: closed before the answer is a 403; aborted is nothing sent and one Error") {
    world w{action::manual};
    auto& s = w.open();
    w.events();
    SECTION("close") {
        REQUIRE(w.core().close(s.id, 1005, "no body") == error::bad_close_code);
        REQUIRE_FALSE(w.core().close(s.id));
        w.renderer.run();
        REQUIRE(s.output.starts_with("HTTP/1.1 403 "));
        REQUIRE(w.events().empty());
    }
    SECTION("abort") {
        REQUIRE_FALSE(w.core().abort(s.id));
        REQUIRE(w.events().empty()); // after the call has returned
        w.renderer.run();
        REQUIRE(w.events() == lines{"Error ws://myapp/feed: aborted by the host"});
        REQUIRE(s.output.empty());
        REQUIRE(s.ended == ending::abort);
    }
    REQUIRE(w.core().close(s.id) == error::unknown_id);
}

TEST_CASE("closed by the page: echoed, reported once, ended in order") {
    world w;
    auto& s = w.opened();
    w.renderer.write(s, close_frame(3001, "bye") + text("behind"));
    REQUIRE(w.events() == lines{"Close 3001 bye"});
    REQUIRE(s.output == served_close(3001, "bye"));
    REQUIRE(s.ended == ending::finish);
    REQUIRE(w.core().close(s.id) == error::unknown_id);
}

TEST_CASE("a close frame without a body is 1005, and echoed without one") {
    world w;
    auto& s = w.opened();
    w.renderer.write(s, frame(8, ""));
    REQUIRE(w.events() == lines{"Close 1005 "});
    REQUIRE(s.output == served(8, ""));
}

TEST_CASE("closed by the host: messages go on until the peer's close frame") {
    world w;
    auto& s = w.opened();
    REQUIRE_FALSE(w.core().close(s.id, 1000, "done"));
    REQUIRE(w.core().close(s.id) == error::closing);
    REQUIRE(w.core().send(s.id, "x") == error::closing);
    w.renderer.write(s, text("late"));
    w.renderer.write(s, frame(9, "ping"));
    REQUIRE(s.output == served_close(1000, "done")); // no frame behind a close frame
    REQUIRE_FALSE(s.ended);
    w.renderer.write(s, close_frame(1000, "done"));
    REQUIRE(w.events() == lines{"Receive text fin late", "Close 1000 done"});
    REQUIRE(s.ended == ending::finish);
}

TEST_CASE("a closing handshake that is not answered ends in an Error and the transport's end") {
    world w;
    auto& s = w.opened();
    REQUIRE_FALSE(w.core().close(s.id));
    w.renderer.advance(seconds{4});
    REQUIRE_FALSE(s.ended);
    w.renderer.advance(seconds{2});
    REQUIRE(w.events() == lines{"Error RFC 6455 7.1.1: the closing handshake timed out"});
    REQUIRE(s.ended == ending::abort);
}

TEST_CASE("output that moves puts the end of a closing handshake off") {
    world w;
    auto& s = w.opened();
    s.reads = false;
    REQUIRE_FALSE(w.core().send(s.id, "last words"));
    REQUIRE_FALSE(w.core().close(s.id));
    w.renderer.advance(seconds{4});
    s.reads = true;
    w.renderer.run();
    REQUIRE(s.output == served(1, "last words") + served_close(1000));
    w.renderer.advance(seconds{4});
    REQUIRE_FALSE(s.ended);
    w.renderer.advance(seconds{2});
    REQUIRE(w.events() == lines{"Error RFC 6455 7.1.1: the closing handshake timed out"});
    REQUIRE(s.ended == ending::abort);
}

TEST_CASE("messages of the host need no time") {
    struct : wsintercept::memory::traits {
        wsintercept::time_point now() noexcept {
            ++looks;
            return time;
        }
        int looks = 0;
    } traits;
    recorder host;
    wsintercept::memory::stream s;
    const auto table =
        wsintercept::intercepted_urls::build(std::vector<wsintercept::row>{{"*://myapp/*"}}).table;
    wsintercept::interceptor core{
        traits, host, table,
        wsintercept::interceptor_options{{}, wsintercept::allowed_origins{*table}}};
    const auto id = core.open(&s, {"GET", "ws://myapp/feed", handshake(), {}}).id;
    (*traits.next())();
    core.consumed(id, core.output(id).size());
    REQUIRE(host.events == lines{"Upgrade auto ws://myapp/feed"});

    traits.looks = 0;
    REQUIRE_FALSE(core.send(id, "Hello"));
    REQUIRE(s.output_waits);
    core.consumed(id, core.output(id).size());
    REQUIRE(core.buffered_amount(id) == 0);
    REQUIRE(traits.looks == 0);
    REQUIRE_FALSE(core.close(id));
    core.consumed(id, core.output(id).size());
    REQUIRE(traits.looks == 2);
}

TEST_CASE("bad arguments of close leave the socket as it was") {
    world w;
    auto& s = w.opened();
    for (const std::uint16_t code :
         std::initializer_list<std::uint16_t>{0, 999, 1004, 1006, 1015, 1016, 2999, 5000})
        REQUIRE(w.core().close(s.id, code) == error::bad_close_code);
    REQUIRE(w.core().close(s.id, 1000, std::string(124, 'x')) == error::reason_too_long);
    REQUIRE(w.core().close(s.id, 1000, "\xff") == error::invalid_utf8);
    REQUIRE(s.output.empty());
    REQUIRE_FALSE(w.core().close(s.id, 1005));
    w.renderer.run();
    REQUIRE(s.output == served(8, ""));
}

TEST_CASE("a broken transport is one Error") {
    world w;
    auto& s = w.opened();
    w.renderer.write(s, text("half", false));
    w.renderer.hang_up(s, std::make_error_code(std::errc::connection_reset));
    const lines events = w.events();
    REQUIRE(events.size() == 1);
    REQUIRE(events[0].starts_with("Error RFC 6455 7.1.5"));
    REQUIRE(w.core().send(s.id, "x") == error::unknown_id);
    REQUIRE(w.core().idle());
}

TEST_CASE("a protocol violation names the section, and the page gets the close code") {
    world w;
    auto& s = w.opened();
    w.renderer.write(s, text("good") + frame(3, "bad") + text("never"));
    REQUIRE(w.events() == lines{"Receive text fin good",
                                "Error RFC 6455 5.2: a reserved opcode, in the first 11 bytes"});
    REQUIRE(s.output.substr(2, 2) == std::string{"\x03\xEA"}); // 1002
    REQUIRE(s.ended == ending::finish);
}

// What handlers may do.

TEST_CASE("a handler may abort the very ID that is being reported") {
    world w;
    auto& s = w.opened();
    w.host.on_receive = [&](const auto& e) {
        REQUIRE_FALSE(w.core().abort(e.id));
        REQUIRE(w.core().send(e.id, "x") == error::unknown_id);
        REQUIRE(e.data == "one"); // still valid
    };
    w.renderer.write(s, text("o", false) + frame(0, "ne") + text("two"));
    REQUIRE(w.events() == lines{"Receive text fin one", "Error aborted by the host"});
    REQUIRE(s.ended == ending::abort);
}

TEST_CASE("an abort inside an event that `read` gave rise to: nothing more is read") {
    world w;
    w.host.on_upgrade = [&](const auto& e) {
        REQUIRE_FALSE(w.core().send(e.id, "never"));
        REQUIRE_FALSE(w.core().abort(e.id));
    };
    auto& s = w.renderer.open({"GET", "ws://myapp/feed", handshake(), {}});
    s.reads = false;
    w.renderer.run();
    std::array<char, 500> buffer;
    const auto got = w.core().read(s.id, buffer);
    REQUIRE(std::string_view{buffer.data(), got.size} == accepted());
    REQUIRE(got.finished);
    REQUIRE(s.ended == ending::abort);
}

TEST_CASE("an echo inside the event: one output_ready a turn, whatever the number of messages") {
    world w;
    auto& s = w.opened();
    w.host.on_receive = [&](const auto& e) {
        REQUIRE_FALSE(w.core().send(e.id, e.data, e.fin, e.type));
    };
    w.renderer.write(s, text("a") + text("b") + frame(2, "c"));
    REQUIRE(s.output == served(1, "a") + served(1, "b") + served(2, "c"));
}

TEST_CASE("methods on IDs that never were") {
    world w;
    for (const wsintercept::socket_id id :
         {wsintercept::socket_id{}, wsintercept::socket_id{~std::uint64_t{0}}}) {
        REQUIRE(w.core().send(id, "x") == error::unknown_id);
        REQUIRE(w.core().close(id) == error::unknown_id);
        REQUIRE(w.core().abort(id) == error::unknown_id);
        REQUIRE(w.core().answer(id, accepted()) == error::unknown_id);
        REQUIRE(w.core().pause(id) == error::unknown_id);
        REQUIRE(w.core().resume(id) == error::unknown_id);
        REQUIRE(w.core().respond(id, {}) == error::no_open_request);
        REQUIRE(w.core().buffered_amount(id) == 0);
    }
}

// Messages, limits, back-pressure.

TEST_CASE("whole messages: fragments are joined, control frames between them answered") {
    world w;
    auto& s = w.opened();
    w.renderer.write(s, text("Hel", false) + frame(9, "p") + frame(0, "", false) + frame(0, "lo"));
    REQUIRE(w.events() == lines{"Receive text fin Hello"});
    REQUIRE(s.output == served(10, "p"));
}

TEST_CASE("chunks: as they come, text cut at code points only") {
    wsintercept::row_options options;
    options.messages = wsintercept::delivery::chunks;
    world w{action::automatic, options};
    auto& s = w.opened();
    w.renderer.write(s, text("ab\xE2\x82", false));
    w.renderer.write(s, frame(0, "\xAC\xC3", false));
    w.renderer.write(s, frame(0, "\xA4"));
    w.renderer.write(s, text(""));
    REQUIRE(w.events() == lines{"Receive text more ab", "Receive text more \xE2\x82\xAC",
                                "Receive text fin \xC3\xA4", "Receive text fin "});
}

TEST_CASE("a message beyond the limit: 1009 (CVE-2018-21035, CVE-2016-10542)") {
    world w{action::automatic, {}, small_limits()};
    auto& s = w.opened();
    w.renderer.write(s, text(std::string(600, 'x'), false) + frame(0, std::string(401, 'x')));
    const lines events = w.events();
    REQUIRE(events.size() == 1);
    REQUIRE(events[0].find("larger than the limit") != std::string::npos);
    REQUIRE(s.output.substr(2, 2) == std::string{"\x03\xF1"}); // 1009
}

TEST_CASE("memory that all unfinished messages hold is bounded (CVE-2026-48779)") {
    wsintercept::limits l;
    l.unfinished = 100;
    world w{action::automatic, {}, l};
    auto& a = w.opened();
    auto& b = w.opened();
    w.renderer.write(a, text(std::string(60, 'x'), false));
    w.renderer.write(b, text(std::string(60, 'x'), false));
    REQUIRE(b.output.substr(2, 2) == std::string{"\x03\xF1"});
    w.renderer.hang_up(a);
    auto& c = w.opened();
    w.renderer.write(c, text(std::string(60, 'x'), false) + frame(0, ""));
    REQUIRE(w.events() == lines{"Receive text fin " + std::string(60, 'x')});
}

TEST_CASE("too many fragments: 1008") {
    wsintercept::limits l;
    l.fragments = 3;
    world w{action::automatic, {}, l};
    auto& s = w.opened();
    w.renderer.write(s, text("", false) + frame(0, "", false) + frame(0, ""));
    REQUIRE(w.events() == lines{"Receive text fin "});
    w.renderer.write(s, text("", false) + frame(0, "", false) + frame(0, "", false) +
                            frame(0, "", false));
    REQUIRE(w.events().size() == 1);
    REQUIRE(s.output.substr(2, 2) == std::string{"\x03\xF0"}); // 1008
}

TEST_CASE("a message that is not finished in time: 1008; pausing stops that clock") {
    world w;
    auto& s = w.opened();
    w.renderer.write(s, text("half", false));
    SECTION("late") {
        w.renderer.advance(seconds{60});
        REQUIRE(w.events() == lines{"Error a message was not finished in time"});
        REQUIRE(s.output.substr(2, 2) == std::string{"\x03\xF0"});
    }
    SECTION("paused") {
        w.renderer.advance(seconds{30});
        REQUIRE_FALSE(w.core().pause(s.id));
        w.renderer.advance(seconds{100});
        REQUIRE_FALSE(w.core().resume(s.id));
        w.renderer.advance(seconds{29});
        REQUIRE(w.events().empty());
        w.renderer.write(s, frame(0, ""));
        REQUIRE(w.events() == lines{"Receive text fin half"});
        w.renderer.advance(seconds{1000});
        REQUIRE(w.events().empty());
    }
}

TEST_CASE("pause keeps the page's bytes with the renderer, resume asks for them again") {
    world w;
    auto& s = w.opened();
    w.host.on_receive = [&](const auto& e) { REQUIRE_FALSE(w.core().pause(e.id)); };
    w.renderer.write(s, text("one") + text("two"));
    REQUIRE(w.events() == lines{"Receive text fin one"});
    REQUIRE(s.input == text("two"));
    w.host.on_receive = nullptr;
    REQUIRE_FALSE(w.core().resume(s.id));
    w.renderer.run();
    REQUIRE(w.events() == lines{"Receive text fin two"});
    REQUIRE(s.input.empty());
}

TEST_CASE("queue_full takes nothing; drained tells when what was refused has room") {
    world w{action::automatic, {}, small_limits()};
    auto& s = w.opened();
    s.reads = false;
    REQUIRE_FALSE(w.core().send(s.id, std::string(900, 'a')));
    REQUIRE(w.core().send(s.id, std::string(500, 'b')) == error::queue_full);
    REQUIRE(w.core().buffered_amount(s.id) == 904);
    w.renderer.run();
    REQUIRE(w.events().empty());
    s.reads = true;
    w.host.on_drained = [&](const auto& e) {
        REQUIRE_FALSE(w.core().send(e.id, std::string(500, 'b')));
    };
    w.renderer.run();
    REQUIRE(w.events() == lines{"drained"});
    REQUIRE(s.output.size() == 904 + 504);
    REQUIRE(w.core().buffered_amount(s.id) == 0);
}

TEST_CASE("a full queue takes no empty message either") {
    world w{action::automatic, {}, small_limits()};
    auto& s = w.opened();
    s.reads = false;
    REQUIRE_FALSE(w.core().send(s.id, std::string(990, 'a')));
    std::size_t sent = 0;
    while (!w.core().send(s.id, "") && sent < 1000)
        ++sent;
    REQUIRE(sent == 3); // each has a header
    REQUIRE(w.core().buffered_amount(s.id) == 1000);
    REQUIRE(w.core().send(s.id, "") == error::queue_full);
    s.reads = true;
    w.renderer.run();
    REQUIRE(w.events() == lines{"drained"});
}

TEST_CASE("a message larger than the queue goes into an empty queue only") {
    world w{action::automatic, {}, small_limits()};
    auto& s = w.opened();
    s.reads = false;
    REQUIRE_FALSE(w.core().send(s.id, "x"));
    REQUIRE(w.core().send(s.id, std::string(5000, 'b')) == error::queue_full);
    s.reads = true;
    w.renderer.run();
    REQUIRE(w.events() == lines{"drained"});
    REQUIRE_FALSE(w.core().send(s.id, std::string(5000, 'b')));
}

TEST_CASE("an owned buffer is not copied") {
    world w;
    auto& s = w.opened();
    s.reads = false;
    const auto bytes = std::make_shared<const std::string>(100'000, 'x');
    REQUIRE_FALSE(w.core().send(s.id, wsintercept::shared_buffer{bytes}, true,
                                wsintercept::data_type::binary));
    const wsintercept::output_views views = w.core().output(s.id);
    REQUIRE(views.count == 2);
    REQUIRE(views.list[1].data() == bytes->data());
    REQUIRE(bytes.use_count() == 2);
    s.reads = true;
    w.renderer.run();
    REQUIRE(bytes.use_count() == 1);
    REQUIRE(s.output.size() == 100'010);
}

TEST_CASE("the host's fragments: opcode left out or the same, text checked across them") {
    world w;
    auto& s = w.opened();
    using wsintercept::data_type;
    REQUIRE_FALSE(w.core().send(s.id, "a\xC3", false));
    REQUIRE(w.core().send(s.id, "b", true, data_type::binary) == error::opcode_differs);
    REQUIRE(w.core().send(s.id, "b", true) == error::invalid_utf8);
    REQUIRE_FALSE(w.core().send(s.id, "\xA4", true, data_type::text));
    REQUIRE(w.core().send(s.id, "\xFF") == error::invalid_utf8);
    REQUIRE_FALSE(w.core().send(s.id, "\xFF", true, data_type::binary));
    w.renderer.run();
    REQUIRE(s.output == served(1, "a\xC3", false) + served(0, "\xA4") + served(2, "\xFF"));
}

TEST_CASE("a peer that pings and reads nothing cannot make the queue grow") {
    world w;
    auto& s = w.opened();
    s.reads = false;
    const std::string ping = frame(9, std::string(125, 'p'));
    for (int i = 0; i < 5000; ++i)
        w.renderer.write(s, ping);
    w.renderer.write(s, frame(9, "last"));
    REQUIRE(w.core().buffered_amount(s.id) < 70'000);
    s.reads = true;
    w.renderer.run();
    REQUIRE(s.output.ends_with(served(10, "last")));
}

TEST_CASE("pings where chosen; no pong ends the transport") {
    wsintercept::limits l;
    l.ping = seconds{30};
    world w{action::automatic, {}, l};
    auto& s = w.opened();
    w.renderer.advance(seconds{30});
    REQUIRE(s.output == served(9, ""));
    SECTION("answered") {
        w.renderer.write(s, frame(10, ""));
        w.renderer.advance(seconds{29});
        REQUIRE(s.output == served(9, ""));
        REQUIRE_FALSE(s.ended);
    }
    SECTION("not answered") {
        w.renderer.advance(seconds{30});
        REQUIRE(w.events() == lines{"Error RFC 6455 5.5.2: a ping was not answered in time"});
        REQUIRE(s.ended == ending::abort);
    }
}

TEST_CASE("idle time-out where chosen") {
    wsintercept::limits l;
    l.idle = seconds{20};
    world w{action::automatic, {}, l};
    auto& s = w.opened();
    w.renderer.advance(seconds{19});
    w.renderer.write(s, text("x"));
    w.renderer.advance(seconds{19});
    REQUIRE(w.events() == lines{"Receive text fin x"});
    w.renderer.advance(seconds{1});
    REQUIRE(w.events() == lines{"Error nothing came for longer than the idle time-out"});
    REQUIRE(s.output.substr(2, 2) == std::string{"\x03\xE9"}); // 1001
}

TEST_CASE("a 101 that the renderer never takes: Error instead of Upgrade") {
    world w;
    auto& s = w.renderer.open({"GET", "ws://myapp/feed", handshake(), {}});
    s.reads = false;
    w.renderer.advance(seconds{10});
    REQUIRE(w.events() == lines{"Error ws://myapp/feed: the opening handshake timed out"});
    REQUIRE(s.ended == ending::abort);
}

// The table, Origins, HTTP.

TEST_CASE("what no row takes is external: nothing is kept and no event comes") {
    world w;
    auto& s = w.open({}, "ws://other.test/");
    REQUIRE_FALSE(s.id);
    REQUIRE(w.result.action == action::external);
    REQUIRE(w.result.status == 0);
    REQUIRE(w.events().empty());
    REQUIRE(w.core().idle());
    REQUIRE(w.core().decide("ws://other.test/").action == action::external);
    REQUIRE(w.core().decide("WS://MYAPP:80/x").action == action::automatic);
}

TEST_CASE("foreign, null and absent Origins are refused before the table "
          "(CVE-2026-27148, GHSA-cf66-xwfp-gvc4)") {
    world w;
    for (const std::string_view field :
         {"Origin: http://evil.test\r\n", "Origin: null\r\n", "Origin: http://myapp.evil.test\r\n",
          "Origin: http://127.0.0.1\r\n", "Origin: file://\r\n", ""}) {
        auto& s = w.open(handshake(field));
        REQUIRE_FALSE(s.id);
        REQUIRE(w.result.status == 403);
        REQUIRE(w.events().empty());
    }
    REQUIRE(w.host.logs.size() == 6);
    REQUIRE(w.host.logs[0].find("RFC 6455 10.2") != std::string::npos);
}

TEST_CASE("a handshake for http is matched and reported as ws") {
    world w;
    w.open({}, "http://myapp/feed?a=1");
    REQUIRE(w.events() == lines{"Upgrade auto ws://myapp/feed?a=1"});
}

TEST_CASE("any WebSocket field makes it a handshake, never an HTTPRequest") {
    world w;
    w.open("GET /feed HTTP/1.1\r\nHost: myapp\r\nSec-WebSocket-Protocol: a\r\n"
           "Origin: http://myapp\r\n\r\n",
           "http://myapp/feed");
    const lines events = w.events();
    REQUIRE(events.size() == 1);
    REQUIRE(events[0].starts_with("Error ws://myapp/feed: "));
}

TEST_CASE("subprotocols of auto: the first offered that the row lists") {
    wsintercept::row_options options;
    options.subprotocols = {"b", "c"};
    const std::string offer = "Origin: http://myapp\r\nSec-WebSocket-Protocol: a, c, b\r\n";
    SECTION("in common") {
        world w{action::automatic, options};
        std::string chosen;
        w.host.on_upgrade = [&](const auto& e) { chosen = e.subprotocol; };
        auto& s = w.open(handshake(offer));
        REQUIRE(chosen == "c");
        REQUIRE(s.output == accepted("Sec-WebSocket-Protocol: c\r\n"));
    }
    SECTION("no list: the first offered") {
        world w;
        REQUIRE(w.open(handshake(offer)).output == accepted("Sec-WebSocket-Protocol: a\r\n"));
    }
    options.subprotocols = {"z"};
    SECTION("none in common: 403") {
        world w{action::automatic, options};
        REQUIRE(w.open(handshake(offer)).output.starts_with("HTTP/1.1 403 "));
        REQUIRE(w.events().size() == 1);
    }
    SECTION("none in common, optional") {
        options.subprotocol_optional = true;
        world w{action::automatic, options};
        REQUIRE(w.open(handshake(offer)).output == accepted());
    }
}

TEST_CASE("HTTPRequest: the event, the answer, and its corners") {
    world w;
    const std::string head = "POST /save?x=1 HTTP/1.1\r\nHost: myapp\r\nContent-Length: 2\r\n\r\n";
    auto& s = w.renderer.open({"POST", "http://myapp/save?x=1", head, "{}"});
    w.renderer.run();
    REQUIRE(w.events() == lines{"Request POST http://myapp/save?x=1 {}"});
    REQUIRE(w.core().send(s.id, "x") == error::unknown_id);
    wsintercept::http_response r;
    SECTION("answered") {
        r.status = 201;
        r.media_type = "application/json";
        r.fields = "X-A: 1\r\nX-A: 2\r\n";
        r.body = "[]";
        REQUIRE_FALSE(w.core().respond(s.id, r));
        REQUIRE(s.status == 201U);
        REQUIRE(s.reason == "Created");
        REQUIRE(s.fields == "X-A: 1\r\nX-A: 2\r\n");
        REQUIRE(s.media_type == "application/json");
        REQUIRE(s.body == "[]");
        REQUIRE(s.ended == ending::finish);
        REQUIRE(w.core().respond(s.id, r) == error::no_open_request);
    }
    SECTION("a Content-Type among the fields beats the media type") {
        r.fields = "content-type: text/plain\r\n";
        REQUIRE_FALSE(w.core().respond(s.id, r));
        REQUIRE(s.media_type == "text/plain");
        REQUIRE(s.fields.empty());
    }
    SECTION("bad answers change nothing") {
        r.status = 199;
        REQUIRE(w.core().respond(s.id, r) == error::response_bad_status);
        r.status = 200;
        r.fields = "Content-Length: 3\r\n";
        REQUIRE(w.core().respond(s.id, r) == error::response_reserved_field);
        r.fields = "X: a\nInjected: b\r\n"; // CVE-2026-1527
        REQUIRE(w.core().respond(s.id, r) == error::response_bad_field);
        r.fields = "";
        r.reason = "OK\r\nX: y";
        REQUIRE(w.core().respond(s.id, r) == error::response_bad_reason);
        r.reason = "";
        r.media_type = "text/html\r\nX: y";
        REQUIRE(w.core().respond(s.id, r) == error::response_bad_media_type);
        REQUIRE_FALSE(s.ended);
    }
    SECTION("given back: 404") {
        r.handled = false;
        REQUIRE_FALSE(w.core().respond(s.id, r));
        REQUIRE(s.status == 404U);
        REQUIRE(w.host.logs.size() == 1);
    }
    SECTION("not answered: 504") {
        w.renderer.advance(seconds{30});
        REQUIRE(s.status == 504U);
        REQUIRE(w.host.logs.size() == 1);
        REQUIRE(w.core().respond(s.id, r) == error::no_open_request);
    }
    SECTION("the page goes away") {
        w.renderer.hang_up(s);
        REQUIRE(w.core().respond(s.id, r) == error::no_open_request);
    }
    REQUIRE(w.events().empty());
}

TEST_CASE("connections are limited, and refused ones cost no ID") {
    wsintercept::limits l;
    l.connections = 2;
    world w{action::automatic, {}, l};
    w.open();
    auto& second = w.open();
    auto& third = w.open();
    REQUIRE_FALSE(third.id);
    REQUIRE(w.result.status == 503);
    w.renderer.hang_up(second);
    REQUIRE(w.open().id);
}

TEST_CASE("shutdown: 1001 to all, 503 to what is not open, then the end") {
    world w{action::manual};
    auto& open = w.opened();
    auto& pending = w.open();
    auto& silent = w.opened();
    w.events();
    w.core().shutdown(seconds{2});
    w.renderer.run();
    REQUIRE(open.output == served_close(1001));
    REQUIRE(pending.output.starts_with("HTTP/1.1 503 "));
    w.renderer.write(open, close_frame(1001));
    REQUIRE(w.events() == lines{"Close 1001 "});
    auto& late = w.open();
    REQUIRE_FALSE(late.id);
    REQUIRE(w.result.reason == error::shut_down);
    w.renderer.advance(seconds{2});
    REQUIRE(w.events() == lines{"Error RFC 6455 7.1.1: the closing handshake timed out"});
    REQUIRE(silent.ended == ending::abort);
    REQUIRE(w.core().idle());
}

TEST_CASE("explain: why a live socket came here, by the table that decided") {
    const auto build = [](std::vector<wsintercept::row> rows) {
        return wsintercept::intercepted_urls::build(rows).table;
    };
    recorder host;
    const auto table = build({{"ws://other/*"}, {"*.myapp*", wsintercept::action::manual}});
    wsintercept::interceptor_options options;
    options.origins.allow("http://myapp");
    options.origins.allow_absent();
    wsintercept::memory::renderer<recorder> renderer{host, table, options};
    auto& s = renderer.open({"GET", "ws://a.myapp/", handshake(), {}});
    renderer.run();
    const std::string text = "row 2, `*.myapp*` = 2, manual; Origin http://myapp allowed";
    REQUIRE(host.events == lines{"Upgrade manual ws://a.myapp/"});
    REQUIRE(renderer.core().explain(s.id) == text);
    renderer.core().replace_table(build({{"*"}}), options.origins);
    REQUIRE(renderer.core().explain(s.id) == text);
    auto& page =
        renderer.open({"GET", "http://myapp/", "GET / HTTP/1.1\r\nHost: myapp\r\n\r\n", {}});
    renderer.run();
    REQUIRE(renderer.core().explain(page.id) == "row 1, `*` = 1, auto");
    REQUIRE_FALSE(renderer.core().abort(s.id));
    renderer.run();
    REQUIRE(renderer.core().explain(s.id).empty());
    REQUIRE(renderer.core().explain({}).empty());
}

TEST_CASE("replacing the table leaves what is open alone") {
    world w;
    auto& s = w.opened();
    const std::vector<wsintercept::row> rows{{"ws://myapp/new", action::manual}};
    auto table = wsintercept::intercepted_urls::build(rows).table;
    w.core().replace_table(table, wsintercept::allowed_origins{*table});
    w.renderer.write(s, text("x"));
    REQUIRE(w.events() == lines{"Receive text fin x"});
    REQUIRE_FALSE(w.open().id);
    w.open({}, "ws://myapp/new");
    REQUIRE(w.events() == lines{"Upgrade manual ws://myapp/new"});
}

TEST_CASE("IDs are never given twice, and none but the living is known") {
    world w;
    std::vector<wsintercept::socket_id> seen;
    for (int i = 0; i < 100; ++i) {
        auto& s = w.opened();
        for (const auto id : seen) {
            REQUIRE(id != s.id);
            REQUIRE(w.core().send(id, "x") == error::unknown_id);
        }
        seen.push_back(s.id);
        w.renderer.hang_up(s);
    }
}

TEST_CASE("the end of the interceptor ends what is open, without an event") {
    recorder host;
    {
        world w;
        w.opened();
        w.open();
        w.events();
        w.host.on_error = [&](const auto&) { host.events.push_back("Error"); };
    }
    REQUIRE(host.events.empty());
}
