#include <wsintercept/rfc6455/frame_header.hpp>

#include "catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace wsintercept::rfc6455;
using namespace std::string_view_literals;

namespace {

std::string encoded(const frame_header& h) {
    std::array<char, max_header_size> out{};
    const std::size_t n = encode(h, out.data());
    return {out.data(), n};
}

frame_header data_frame(opcode op, std::uint64_t length) {
    frame_header h;
    h.op = op;
    h.payload_length = length;
    return h;
}

void both_ways(const frame_header& h, std::string_view bytes) {
    REQUIRE(encoded(h) == bytes);
    REQUIRE(header_size(bytes[1]) == bytes.size());
    REQUIRE(is_shortest_form(bytes.data()));
    const frame_header back = parse(bytes.data());
    REQUIRE(back.fin == h.fin);
    REQUIRE(back.rsv1 == h.rsv1);
    REQUIRE(back.rsv2 == h.rsv2);
    REQUIRE(back.rsv3 == h.rsv3);
    REQUIRE(back.op == h.op);
    REQUIRE(back.masked == h.masked);
    REQUIRE(back.key == h.key);
    REQUIRE(back.payload_length == h.payload_length);
}

} // namespace

TEST_CASE("the headers of RFC 6455 5.7") {
    frame_header h = data_frame(opcode::text, 5);
    both_ways(h, "\x81\x05"sv);
    h.masked = true;
    h.key = {0x37, 0xFA, 0x21, 0x3D};
    both_ways(h, "\x81\x85\x37\xFA\x21\x3D"sv);
    h = data_frame(opcode::text, 3);
    h.fin = false;
    both_ways(h, "\x01\x03"sv);
    both_ways(data_frame(opcode::continuation, 2), "\x80\x02"sv);
    both_ways(data_frame(opcode::ping, 5), "\x89\x05"sv);
    both_ways(data_frame(opcode::binary, 256), "\x82\x7E\x01\x00"sv);
    both_ways(data_frame(opcode::binary, 65536), "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"sv);
}

TEST_CASE("a length takes its shortest form") {
    both_ways(data_frame(opcode::binary, 0), "\x82\x00"sv);
    both_ways(data_frame(opcode::binary, 125), "\x82\x7D"sv);
    both_ways(data_frame(opcode::binary, 126), "\x82\x7E\x00\x7E"sv);
    both_ways(data_frame(opcode::binary, 65535), "\x82\x7E\xFF\xFF"sv);
    both_ways(data_frame(opcode::binary, 0x7FFFFFFFFFFFFFFF),
              "\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv);
    REQUIRE_FALSE(is_shortest_form("\x82\x7E\x00\x7D"));
    REQUIRE_FALSE(is_shortest_form("\x82\x7F\x00\x00\x00\x00\x00\x00\xFF\xFF"));
    REQUIRE(payload_length("\x82\x7E\x00\x7D") == 125);
}

TEST_CASE("every bit has its place") {
    frame_header h = data_frame(opcode::pong, 0);
    h.rsv1 = true;
    both_ways(h, "\xCA\x00"sv);
    h.rsv2 = true;
    both_ways(h, "\xEA\x00"sv);
    h.rsv3 = true;
    h.fin = false;
    both_ways(h, "\x7A\x00"sv);
    h = data_frame(opcode::binary, 65536);
    h.masked = true;
    h.key = {1, 2, 3, 4};
    both_ways(h, "\x82\xFF\x00\x00\x00\x00\x00\x01\x00\x00\x01\x02\x03\x04"sv);
    REQUIRE(encoded(h).size() == max_header_size);
}

TEST_CASE("opcodes: control ones, reserved ones") {
    for (unsigned n = 0; n < 16; ++n) {
        REQUIRE(is_control(static_cast<opcode>(n)) == (n >= 8));
        REQUIRE(is_reserved(static_cast<opcode>(n)) == ((n >= 3 && n <= 7) || n >= 11));
    }
}

TEST_CASE("headers are made and read in constants") {
    constexpr auto bytes = [] {
        std::array<char, max_header_size> out{};
        encode(frame_header{}, out.data());
        return out;
    }();
    STATIC_REQUIRE(parse(bytes.data()).op == opcode::text);
    STATIC_REQUIRE(parse(bytes.data()).fin);
}
