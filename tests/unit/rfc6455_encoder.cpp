#include <wsintercept/rfc6455/encoder.hpp>

#include "catch.hpp"

#include <optional>
#include <string>
#include <string_view>

using namespace wsintercept;
using namespace wsintercept::rfc6455;
using namespace std::string_view_literals;

namespace {

struct host_message {
    outgoing_message message;

    void ok(std::string_view data, bool fin, std::optional<data_type> type, opcode expected) {
        const outgoing_fragment f = message.add(data, fin, type);
        REQUIRE(f.reason == error{});
        REQUIRE(f.op == expected);
        REQUIRE(message.open() == !fin);
    }
    void bad(std::string_view data, bool fin, std::optional<data_type> type, error expected) {
        const bool before = message.open();
        REQUIRE(message.add(data, fin, type).reason == expected);
        REQUIRE(message.open() == before);
    }
};

constexpr auto text = data_type::text;
constexpr auto binary = data_type::binary;

} // namespace

TEST_CASE("headers of the host's frames are never masked") {
    REQUIRE(encode_header(opcode::text, true, 5).view() == "\x81\x05"sv);
    REQUIRE(encode_header(opcode::binary, false, 125).view() == "\x02\x7D"sv);
    REQUIRE(encode_header(opcode::continuation, true, 126).view() == "\x80\x7E\x00\x7E"sv);
    REQUIRE(encode_header(opcode::binary, true, 65536).view() ==
            "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"sv);
}

TEST_CASE("pings and pongs, whole") {
    REQUIRE(ping_frame("").view() == "\x89\x00"sv);
    REQUIRE(ping_frame("Hello").view() == "\x89\x05Hello"sv);
    REQUIRE(pong_frame("Hello").view() == "\x8A\x05Hello"sv);
    const std::string longest(125, 'x');
    REQUIRE(pong_frame(longest).view() == "\x8A\x7D" + longest);
    REQUIRE(pong_frame(longest + "y").view() == "\x8A\x7D" + longest);
}

TEST_CASE("close frames, whole") {
    REQUIRE(close_frame(normal, "").view() == "\x88\x02\x03\xE8"sv);
    REQUIRE(close_frame(going_away, "bye").view() == "\x88\x05\x03\xE9"
                                                     "bye"sv);
    REQUIRE(close_frame(no_status, "").view() == "\x88\x00"sv);
    REQUIRE(close_frame(no_status, "ignored").view() == "\x88\x00"sv);
    const std::string longest(123, 'r');
    REQUIRE(close_frame(4999, longest).view() == "\x88\x7D\x13\x87" + longest);
    // longer ones lose whole code points
    const std::string cut = std::string(122, 'r') + "\xC3\xA9";
    REQUIRE(close_frame(normal, cut).view() == "\x88\x7C\x03\xE8" + std::string(122, 'r'));
}

TEST_CASE("a whole message keeps its opcode; text where none is given") {
    host_message m;
    m.ok("hello", true, text, opcode::text);
    m.ok("hello", true, {}, opcode::text);
    m.ok("\xFF", true, binary, opcode::binary);
    m.ok("", true, {}, opcode::text);
}

TEST_CASE("later fragments continue the message") {
    host_message m;
    m.ok("a", false, binary, opcode::binary);
    m.ok("\xFF", false, {}, opcode::continuation);
    m.ok("", false, binary, opcode::continuation);
    m.ok("b", true, {}, opcode::continuation);
    m.ok("c", true, {}, opcode::text);
}

TEST_CASE("a fragment of another opcode changes nothing") {
    host_message m;
    m.ok("a", false, text, opcode::text);
    m.bad("b", true, binary, error::opcode_differs);
    m.bad("\xFF", true, binary, error::opcode_differs);
    m.ok("b", true, text, opcode::continuation);
    m.ok("a", false, binary, opcode::binary);
    m.bad("b", true, text, error::opcode_differs);
    m.ok("\xFF", true, {}, opcode::continuation);
}

TEST_CASE("a code point may be split between fragments, but not left unfinished") {
    host_message m;
    m.ok("\xE2", false, text, opcode::text);
    m.ok("\x82", false, {}, opcode::continuation);
    m.bad("", true, {}, error::invalid_utf8);
    m.bad("\xC3", false, {}, error::invalid_utf8);
    m.bad("x", true, {}, error::invalid_utf8);
    m.ok("\xAC", true, {}, opcode::continuation);
    m.ok("x", true, {}, opcode::text);
}

TEST_CASE("text that is no UTF-8 is refused, and the next message is not") {
    host_message m;
    m.bad("\xFF", true, {}, error::invalid_utf8);
    m.bad("\xFF", false, text, error::invalid_utf8);
    m.bad("\xE2\x82", true, {}, error::invalid_utf8);
    m.ok("\xE2\x82", true, binary, opcode::binary);
    m.ok("x", true, {}, opcode::text);
}

TEST_CASE("frames are made in constants") {
    STATIC_REQUIRE(close_frame(normal, "bye").view() == "\x88\x05\x03\xE8"
                                                        "bye"sv);
    STATIC_REQUIRE(encode_header(opcode::text, true, 3).view() == "\x81\x03"sv);
    STATIC_REQUIRE(outgoing_message{}.add("\xFF", true, data_type::binary).reason == error{});
    STATIC_REQUIRE(sizeof(outgoing_message) <= 8);
}
