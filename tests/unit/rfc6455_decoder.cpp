#include <wsintercept/rfc6455/decoder.hpp>

#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace wsintercept;
using namespace wsintercept::rfc6455;
using namespace std::string_view_literals;

namespace {

constexpr decoder_limits wide{1 << 20, 1 << 20, 100};
constexpr auto none = static_cast<std::uint64_t>(-1);

/// What a decoder made of some bytes, in a form that does not show how they were split.
struct outcome {
    std::vector<std::string> frames; ///< data: "text+ payload": begins `<`, ends `>`
    error reason{};
    std::uint16_t failure_code = 0;
    std::uint64_t position = 0;
    bool in_message = false, in_frame = false;
    bool operator==(const outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const outcome& o) {
    for (const std::string& f : o.frames)
        out << '[' << f << "] ";
    return out << describe(o.reason) << ' ' << o.failure_code << " at " << o.position
               << (o.in_message ? " in message" : "") << (o.in_frame ? " in frame" : "");
}

std::string data_frame(data_type type, bool begins, bool fin, std::string_view payload) {
    return (type == data_type::text ? "text " : "binary ") + std::string(begins ? "<" : "") +
           std::string(payload) + (fin ? ">" : "");
}

class runner {
  public:
    explicit runner(const decoder_limits& limits = wide) : limits_(limits) {}

    /// Each piece lies in memory of its own, so that a byte read beyond it is seen.
    void feed(std::string_view piece) {
        std::vector<char> bytes(piece.begin(), piece.end());
        std::span<char> in(bytes);
        do {
            const decoded d = decoder_.next(in, limits_);
            if (!note(d, bytes))
                return;
        } while (!in.empty());
        // what is left over is seen without more input
        REQUIRE(decoder_.next(in, limits_).kind == decoded_kind::need_more);
    }

    outcome result() {
        out_.position = decoder_.position();
        out_.in_message = decoder_.in_message();
        out_.in_frame = decoder_.in_frame();
        return out_;
    }

    decoder& get() { return decoder_; }

  private:
    bool note(const decoded& d, const std::vector<char>& bytes) {
        const std::string payload(d.payload);
        switch (d.kind) {
        case decoded_kind::need_more: return true;
        case decoded_kind::ping: out_.frames.push_back("ping " + payload); return true;
        case decoded_kind::pong: out_.frames.push_back("pong " + payload); return true;
        case decoded_kind::close:
            out_.frames.push_back("close " + std::to_string(d.close_code) + " " + payload);
            return false;
        case decoded_kind::failed:
            out_.reason = d.reason;
            out_.failure_code = d.failure_code;
            return false;
        case decoded_kind::data: break;
        }
        // nothing was copied
        REQUIRE(d.payload.data() >= bytes.data());
        REQUIRE(d.payload.data() + d.payload.size() <= bytes.data() + bytes.size());
        begins_ |= d.begins;
        frame_ += payload;
        REQUIRE(frame_.size() <= d.payload_length);
        if (d.frame_finished) {
            REQUIRE(frame_.size() == d.payload_length);
            out_.frames.push_back(data_frame(d.type, begins_, d.fin, frame_));
            frame_.clear();
            begins_ = false;
        } else {
            REQUIRE_FALSE(d.fin);
            REQUIRE_FALSE(d.payload.empty());
        }
        return true;
    }

    decoder decoder_;
    decoder_limits limits_;
    outcome out_;
    std::string frame_;
    bool begins_ = false;
};

outcome whole(std::string_view bytes, const decoder_limits& limits = wide) {
    runner r(limits);
    if (!bytes.empty())
        r.feed(bytes);
    return r.result();
}

bool ended(const outcome& o) {
    return o.reason != error{} || (!o.frames.empty() && o.frames.back().starts_with("close"));
}

outcome in_pieces(std::string_view bytes, const std::vector<std::size_t>& cuts,
                  const decoder_limits& limits) {
    runner r(limits);
    std::size_t from = 0;
    for (const std::size_t to : cuts) {
        if (to > from && !ended(r.result()))
            r.feed(bytes.substr(from, to - from));
        from = to;
    }
    return r.result();
}

/// Whole, byte by byte and split at every place.
outcome decode(std::string_view bytes, const decoder_limits& limits = wide) {
    const outcome expected = whole(bytes, limits);
    std::vector<std::size_t> all;
    for (std::size_t cut = 1; cut <= bytes.size(); ++cut) {
        all.push_back(cut);
        REQUIRE(in_pieces(bytes, {cut, bytes.size()}, limits) == expected);
    }
    REQUIRE(in_pieces(bytes, all, limits) == expected);
    return expected;
}

/// A client's frame, from its first byte; `announced` instead of the payload's length.
std::string frame(unsigned first, std::string_view payload, std::uint64_t announced = none) {
    frame_header h;
    h.masked = true;
    h.key = {0x37, 0xFA, 0x21, 0x3D};
    h.payload_length = announced == none ? payload.size() : announced;
    std::string out(max_header_size, '\0');
    out.resize(encode(h, out.data()));
    out[0] = static_cast<char>(first);
    for (std::size_t i = 0; i < payload.size(); ++i)
        out += static_cast<char>(payload[i] ^ static_cast<char>(h.key[i % 4]));
    return out;
}

void ok(std::string_view bytes, const std::vector<std::string>& frames,
        const decoder_limits& limits = wide) {
    const outcome o = decode(bytes, limits);
    INFO(o);
    REQUIRE(o.reason == error{});
    REQUIRE(o.frames == frames);
    REQUIRE(o.position == bytes.size());
    REQUIRE_FALSE(o.in_frame);
}

void bad(std::string_view bytes, error reason, std::uint16_t code, std::uint64_t position,
         const decoder_limits& limits = wide) {
    const outcome o = decode(bytes, limits);
    INFO(o);
    REQUIRE(o.reason == reason);
    REQUIRE(o.failure_code == code);
    REQUIRE(o.position == position);
}

std::string hex(std::string_view digits) {
    std::string out;
    unsigned value = 1;
    for (const char c : digits) {
        if (c == ' ')
            continue;
        value = value << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
        if (value >= 0x100) {
            out += static_cast<char>(value);
            value = 1;
        }
    }
    return out;
}

} // namespace

TEST_CASE("decoder: golden vectors") {
    // RFC 6455 5.7, masked
    ok(hex("81 85 37fa213d 7f9f4d5158"), {"text <Hello>"});
    // "Hel" and "lo" in two fragments, with a ping between them
    ok(hex("01 83 37fa213d 7f9f4d  89 81 00000000 21  80 82 37fa213d 5b95"),
       {"text <Hel", "ping !", "text lo>"});
    // empty: a message, a fragment, a ping, a pong, a close
    ok(hex("81 80 37fa213d"), {"text <>"});
    ok(hex("02 80 37fa213d 00 80 37fa213d 80 80 37fa213d"), {"binary <", "binary ", "binary >"});
    ok(hex("89 80 37fa213d 8a 80 37fa213d 88 80 37fa213d"), {"ping ", "pong ", "close 1005 "});
    // close 1000 "bye" and close 3000
    ok(hex("88 85 00000000 03e8 627965"), {"close 1000 bye"});
    ok(hex("88 82 00000000 0bb8"), {"close 3000 "});
}

TEST_CASE("decoder: lengths of each form") {
    for (const std::size_t n : {125U, 126U, 127U, 300U}) {
        const std::string payload(n, 'x');
        ok(frame(0x82, payload), {"binary <" + payload + ">"});
    }
    for (const std::size_t n : {65535U, 65536U, 100000U}) {
        const std::string bytes = frame(0x81, std::string(n, 'x'));
        const outcome o = whole(bytes);
        REQUIRE(o.frames.at(0).size() == n + 7);
        REQUIRE(in_pieces(bytes, {5, 9, 13, 20, 9000, 65000, bytes.size()}, wide) == o);
    }
}

TEST_CASE("decoder: control frames of every length, split, inside a message") {
    const std::string longest(125, 'p');
    ok(frame(0x01, "\xE2\x82") + frame(0x89, longest) + frame(0x8A, "x") + frame(0x80, "\xAC"),
       {"text <\xE2\x82", "ping " + longest, "pong x", "text \xAC>"});
    ok(frame(0x88, "\x03\xE8" + std::string(121, 'r') + "\xC3\xA9"),
       {"close 1000 " + std::string(121, 'r') + "\xC3\xA9"});
}

TEST_CASE("decoder: RFC 6455 5.2, reserved bits and opcodes") {
    bad(frame(0xC1, "x"), error::reserved_bit, protocol_error, 1);
    bad(frame(0xA1, "x"), error::reserved_bit, protocol_error, 1);
    bad(frame(0x91, "x"), error::reserved_bit, protocol_error, 1);
    bad(frame(0xC9, "x"), error::reserved_bit, protocol_error, 1);
    for (const unsigned op : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U})
        bad(frame(0x80 | op, "x"), error::reserved_opcode, protocol_error, 1);
}

TEST_CASE("decoder: RFC 6455 5.1, what is not masked") {
    bad("\x81\x05Hello", error::not_masked, protocol_error, 2);
    bad("\x89\x00"sv, error::not_masked, protocol_error, 2);
}

TEST_CASE("decoder: RFC 6455 5.5, control frames") {
    bad(frame(0x09, "x"), error::control_fragmented, protocol_error, 1);
    bad(frame(0x0A, "x"), error::control_fragmented, protocol_error, 1);
    bad(frame(0x08, ""), error::control_fragmented, protocol_error, 1);
    bad(frame(0x89, std::string(126, 'x')), error::control_too_long, protocol_error, 2);
    bad(frame(0x88, "", 65536), error::control_too_long, protocol_error, 2);
}

TEST_CASE("decoder: CVE-2020-27813: lengths are judged before any payload, and before any sum") {
    bad(hex("82 fe 007d 00000000"), error::length_not_minimal, protocol_error, 4);
    bad(hex("82 fe 0000 00000000"), error::length_not_minimal, protocol_error, 4);
    bad(hex("82 ff 000000000000ffff 00000000"), error::length_not_minimal, protocol_error, 10);
    bad(hex("82 ff 8000000000000000 00000000"), error::length_top_bit, protocol_error, 10);
    bad(hex("82 ff ffffffffffffffff 00000000"), error::length_top_bit, protocol_error, 10);
    bad(hex("82 ff 7fffffffffffffff 00000000"), error::frame_too_big, 1009, 10);
    // the sum would not fit in 64 bits
    const decoder_limits none_at_all{none, none, none & 0xFFFFFFFF};
    bad(frame(0x02, "12345") + frame(0x80, "", 0x7FFFFFFFFFFFFFFF), error::frame_too_big, 1009, 21,
        none_at_all);
}

TEST_CASE("decoder: CVE-2018-21035: limits of a frame and of a message") {
    const decoder_limits small{5, 8, 100};
    ok(frame(0x82, "12345"), {"binary <12345>"}, small);
    bad(frame(0x82, "123456"), error::frame_too_big, 1009, 2, small);
    ok(frame(0x02, "12345") + frame(0x80, "678"), {"binary <12345", "binary 678>"}, small);
    bad(frame(0x02, "12345") + frame(0x80, "6789"), error::message_too_big, 1009, 13, small);
    // each message begins anew; control frames count for nothing
    ok(frame(0x82, "12345") + frame(0x89, "123456789") + frame(0x82, "12345"),
       {"binary <12345>", "ping 123456789", "binary <12345>"}, small);
    // the lower of the two holds
    bad(frame(0x82, "12345"), error::message_too_big, 1009, 2, {5, 4, 100});
}

TEST_CASE("decoder: a limit that is lowered within a message holds for the rest of it") {
    decoder d;
    std::string bytes = frame(0x02, "123456") + frame(0x80, "");
    std::span<char> in(bytes);
    REQUIRE(d.next(in, {8, 8, 100}).payload == "123456");
    REQUIRE(d.next(in, {8, 5, 100}).reason == error::message_too_big);
}

TEST_CASE("decoder: CVE-2018-21035: zero does not mean unlimited") {
    bad(frame(0x82, "x"), error::frame_too_big, 1009, 2, {0, 100, 100});
    bad(frame(0x82, "x"), error::message_too_big, 1009, 2, {100, 0, 100});
    bad(frame(0x82, ""), error::too_many_fragments, 1008, 1, {100, 100, 0});
    ok(frame(0x82, "") + frame(0x89, "x"), {"binary <>", "ping x"}, {0, 0, 1});
}

TEST_CASE("decoder: CVE-2026-0716: a cap holds even where limits are raised beyond it") {
    const decoder_limits off{none, none, none & 0xFFFFFFFF};
    ok(frame(0x82, "x"), {"binary <x>"}, off);
    bad(frame(0x82, "", absolute_cap + 1), error::frame_too_big, 1009, 10, off);
    bad(frame(0x02, "12345") + frame(0x80, "", absolute_cap - 4), error::message_too_big, 1009, 21,
        off);
    const outcome o = decode(frame(0x82, "x", absolute_cap), off);
    REQUIRE(o.reason == error{});
    REQUIRE(o.in_frame);
}

TEST_CASE("decoder: CVE-2026-48779: the fragments of a message are counted, empty ones too") {
    const decoder_limits three{100, 100, 3};
    const std::string empty = frame(0x00, "");
    ok(frame(0x01, "") + empty + frame(0x80, ""), {"text <", "text ", "text >"}, three);
    bad(frame(0x01, "") + empty + empty + empty, error::too_many_fragments, policy_violation, 19,
        three);
    // pings do not count, and the next message begins anew
    ok(frame(0x01, "") + frame(0x89, "") + empty + frame(0x89, "") + frame(0x80, "") +
           frame(0x81, ""),
       {"text <", "ping ", "text ", "ping ", "text >", "text <>"}, three);
}

TEST_CASE("decoder: RFC 6455 5.4, the order of fragments") {
    bad(frame(0x80, "x"), error::unexpected_continuation, protocol_error, 1);
    bad(frame(0x00, "x"), error::unexpected_continuation, protocol_error, 1);
    bad(frame(0x81, "a") + frame(0x80, "x"), error::unexpected_continuation, protocol_error, 8);
    bad(frame(0x01, "a") + frame(0x81, "x"), error::expected_continuation, protocol_error, 8);
    bad(frame(0x02, "a") + frame(0x02, "x"), error::expected_continuation, protocol_error, 8);
}

TEST_CASE("decoder: RFC 6455 5.5.1 and 7.4, close frames") {
    bad(frame(0x88, "\x03"), error::close_body_one_byte, protocol_error, 2);
    const auto with_code = [](unsigned code) {
        return frame(0x88, std::string{static_cast<char>(code >> 8), static_cast<char>(code)});
    };
    for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U})
        bad(with_code(code), error::close_code_invalid, protocol_error, 8);
    for (const unsigned code : {1000U, 1003U, 1007U, 1014U, 3000U, 4999U})
        ok(with_code(code), {"close " + std::to_string(code) + " "});
    bad(frame(0x88, "\x03\xE8\xFF"), error::close_reason_not_utf8, invalid_payload, 9);
    bad(frame(0x88, "\x03\xE8 \xE2\x82"), error::close_reason_not_utf8, invalid_payload, 11);
}

TEST_CASE("decoder: RFC 6455 8.1, text fails at its first bad byte") {
    bad(frame(0x81, "ab\xFF"), error::text_not_utf8, invalid_payload, 9);
    bad(frame(0x81, "ab\xFFthe rest need not have come", 100000), error::text_not_utf8,
        invalid_payload, 17);
    bad(frame(0x01, "ab\xED\xA0\x80"), error::text_not_utf8, invalid_payload, 10);
    // across fragments
    bad(frame(0x01, "\xF4") + frame(0x00, "\x90"), error::text_not_utf8, invalid_payload, 14);
    bad(frame(0x01, "\xE2\x82") + frame(0x89, "") + frame(0x80, "x"), error::text_not_utf8,
        invalid_payload, 21);
    // unfinished at the end of the message
    bad(frame(0x81, "\xE2\x82"), error::text_not_utf8, invalid_payload, 8);
    bad(frame(0x01, "\xC3") + frame(0x80, ""), error::text_not_utf8, invalid_payload, 13);
    // binary data and pings are free
    ok(frame(0x82, "\xFF") + frame(0x89, "\xFF"), {"binary <\xFF>", "ping \xFF"});
}

TEST_CASE("decoder: a bad byte beyond the first block of a long text") {
    std::string text(30000, 'x');
    for (const std::size_t at : {0U, 8191U, 8192U, 16384U, 29999U}) {
        std::string broken = text;
        broken[at] = '\xFF';
        const outcome o = whole(frame(0x81, broken));
        REQUIRE(o.reason == error::text_not_utf8);
        REQUIRE(o.position == 8 + at + 1);
    }
}

TEST_CASE("decoder: after the end") {
    runner closed;
    closed.feed(frame(0x88, "\x03\xE8"));
    std::string more = frame(0x81, "x");
    std::span<char> in(more);
    const decoded late = closed.get().next(in, wide);
    REQUIRE(late.reason == error::data_after_close);
    REQUIRE(late.failure_code == protocol_error);
    REQUIRE(in.size() == more.size() - 1);
    REQUIRE(closed.get().position() == 9); // its first byte shows it, however many there are
    REQUIRE(closed.get().next(in, wide).kind == decoded_kind::need_more);
    REQUIRE(in.empty());
    REQUIRE(closed.get().position() == 9);

    runner failed;
    failed.feed(frame(0x83, "x"));
    in = more;
    REQUIRE(failed.get().next(in, wide).kind == decoded_kind::need_more);
    REQUIRE(in.empty());
    REQUIRE(failed.get().position() == 1);
}

TEST_CASE("decoder: one thing a call, views into the input, unmasked in place") {
    std::string bytes = frame(0x81, "Hello") + frame(0x89, "p");
    std::span<char> in(bytes);
    decoder d;
    const decoded message = d.next(in, wide);
    REQUIRE(message.payload.data() == bytes.data() + 6);
    REQUIRE(bytes.substr(6, 5) == "Hello");
    REQUIRE(in.size() == 7);
    REQUIRE(d.position() == 11);
    const decoded ping = d.next(in, wide);
    REQUIRE(ping.payload.data() == bytes.data() + 17);
    REQUIRE(in.empty());
    REQUIRE(d.next(in, wide).kind == decoded_kind::need_more);
}

TEST_CASE("decoder: what it says of itself") {
    runner r;
    REQUIRE_FALSE(r.get().in_frame());
    r.feed("\x01");
    REQUIRE(r.get().in_frame());
    REQUIRE_FALSE(r.get().in_message());
    r.feed("\x82"
           "abcd");
    REQUIRE(r.get().in_frame());
    REQUIRE(r.get().in_message());
    r.feed("\x00\x00"sv); // masks 'a' and 'b'
    REQUIRE_FALSE(r.get().in_frame());
    REQUIRE(r.get().in_message());
    r.feed(frame(0x80, ""));
    REQUIRE_FALSE(r.get().in_message());
}

namespace {

// A decoder that sees all bytes at once and asks of each what it is; it knows no pieces.
outcome naive(std::string_view s, const decoder_limits& limits) {
    outcome o;
    bool open = false;
    data_type type = data_type::text;
    std::string message;
    std::uint32_t frames = 0;
    std::uint64_t size = 0;
    std::size_t i = 0;
    const auto failed = [&](std::size_t at, error why, std::uint16_t code) {
        o.reason = why;
        o.failure_code = code;
        o.position = at;
        return o;
    };
    const auto at = [&](std::size_t n) { return static_cast<unsigned char>(s[n]); };
    const auto unfinished = [&] {
        o.position = s.size();
        o.in_message = open;
        o.in_frame = true;
        return o;
    };
    while (i < s.size()) {
        const unsigned op = at(i) % 16;
        const bool fin = at(i) >= 128, is_close = op == 8;
        const bool control_frame = op == 8 || op == 9 || op == 10;
        if (at(i) / 16 % 8 != 0)
            return failed(i + 1, error::reserved_bit, 1002);
        if (op > 2 && !control_frame)
            return failed(i + 1, error::reserved_opcode, 1002);
        if (control_frame && !fin)
            return failed(i + 1, error::control_fragmented, 1002);
        if (op == 0 && !open)
            return failed(i + 1, error::unexpected_continuation, 1002);
        if ((op == 1 || op == 2) && open)
            return failed(i + 1, error::expected_continuation, 1002);
        if (!control_frame && (op == 0 ? frames : 0) + 1 > limits.fragments)
            return failed(i + 1, error::too_many_fragments, 1008);
        if (i + 1 == s.size())
            return unfinished();
        if (at(i + 1) < 128)
            return failed(i + 2, error::not_masked, 1002);
        std::uint64_t length = at(i + 1) - 128U;
        if (control_frame && length > 125)
            return failed(i + 2, error::control_too_long, 1002);
        if (is_close && length == 1)
            return failed(i + 2, error::close_body_one_byte, 1002);
        const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
        if (i + 2 + extra > s.size())
            return unfinished();
        if (extra != 0)
            length = 0;
        for (std::size_t n = 0; n < extra; ++n)
            length = length * 256 + at(i + 2 + n);
        const std::size_t after_length = i + 2 + extra;
        if (length > 0x7FFFFFFFFFFFFFFF)
            return failed(after_length, error::length_top_bit, 1002);
        if ((extra == 2 && length < 126) || (extra == 8 && length < 65536))
            return failed(after_length, error::length_not_minimal, 1002);
        if (!control_frame && length > limits.frame)
            return failed(after_length, error::frame_too_big, 1009);
        if (!control_frame && (op == 0 ? size : 0) + length > limits.message)
            return failed(after_length, error::message_too_big, 1009);
        if (after_length + 4 > s.size())
            return unfinished();
        const std::size_t from = after_length + 4;
        const std::size_t have =
            static_cast<std::size_t>(std::min<std::uint64_t>(length, s.size() - from));
        std::string payload;
        for (std::size_t n = 0; n < have; ++n)
            payload += static_cast<char>(at(from + n) ^ at(after_length + n % 4));
        if (control_frame) {
            if (have < length)
                return unfinished();
            i = from + have;
            if (!is_close) {
                o.frames.push_back((op == 9 ? "ping " : "pong ") + payload);
                continue;
            }
            unsigned code = 1005;
            if (!payload.empty()) {
                code = static_cast<unsigned char>(payload[0]) * 256U +
                       static_cast<unsigned char>(payload[1]);
                payload.erase(0, 2);
                if (!may_be_sent(static_cast<std::uint16_t>(code)))
                    return failed(i, error::close_code_invalid, 1002);
                if (!is_utf8(payload))
                    return failed(i, error::close_reason_not_utf8, 1007);
            }
            o.frames.push_back("close " + std::to_string(code) + " " + payload);
            o.position = i;
            o.in_message = open;
            return o;
        }
        if (op != 0) {
            type = static_cast<data_type>(op);
            message.clear();
            frames = 0;
            size = 0;
        }
        open = true;
        ++frames;
        size += length;
        if (type == data_type::text) {
            const std::size_t before = message.size();
            const std::size_t good = utf8_validator{}.accept(message + payload);
            if (good < before + have)
                return failed(from + good - before + 1, error::text_not_utf8, 1007);
        }
        message += payload;
        if (have < length)
            return unfinished();
        i = from + have;
        if (fin && type == data_type::text && !is_utf8(message))
            return failed(i, error::text_not_utf8, 1007);
        o.frames.push_back(data_frame(type, op != 0, fin, payload));
        if (fin)
            open = false;
    }
    o.position = i;
    o.in_message = open;
    return o;
}

struct random_numbers {
    std::uint64_t state;
    std::uint32_t operator()(std::uint32_t below) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::uint32_t>((state >> 33) % below);
    }
};

/// Mostly frames that are good, some of whose bytes are then changed.
std::string some_frames(random_numbers& random) {
    static constexpr std::string_view texts[] = {"",
                                                 "a",
                                                 "\xC3\xA9",
                                                 "\xE2\x82",
                                                 "\xAC",
                                                 "\xF0",
                                                 "\x9F\x98\x80",
                                                 "hello",
                                                 "\x03\xE8",
                                                 "\xFF",
                                                 "\x03\xE9"
                                                 "going"};
    std::string out;
    bool open = false;
    for (std::uint32_t n = random(8); n-- != 0;) {
        const bool fin = random(2) == 0;
        const bool control_frame = random(4) == 0;
        const unsigned op = control_frame ? (random(6) == 0 ? 8U : 9 + random(2))
                            : open        ? 0U
                                          : 1 + random(2);
        std::string payload;
        for (std::uint32_t parts = random(4); parts-- != 0;)
            payload += texts[random(11)];
        if (random(8) == 0)
            payload += std::string(random(300), 'x');
        if (op >= 8)
            payload.resize(std::min<std::size_t>(payload.size(), 125));
        out += frame((fin || control_frame ? 0x80U : 0U) | op, payload);
        if (!control_frame)
            open = !fin;
    }
    for (std::uint32_t n = random(3); n-- != 0 && !out.empty();)
        out[random(static_cast<std::uint32_t>(out.size()))] ^= static_cast<char>(1U << random(8));
    if (random(4) == 0)
        out.resize(random(static_cast<std::uint32_t>(out.size() + 1)));
    return out;
}

} // namespace

TEST_CASE("decoder: CVE-2020-36406: random frames in random pieces, against a naive decoder") {
    random_numbers random{20261123};
    std::set<error> met;
    for (int round = 0; round < 20000; ++round) {
        const decoder_limits limits{random(4) == 0 ? 20U : 1000U, random(4) == 0 ? 30U : 2000U,
                                    random(4) == 0 ? 2U : 100U};
        const std::string bytes = some_frames(random);
        outcome expected = naive(bytes, limits);
        std::vector<std::size_t> cuts;
        for (std::size_t cut = 0; cut < bytes.size();)
            cuts.push_back(cut = std::min(bytes.size(), cut + 1 + random(40)));
        outcome got = in_pieces(bytes, cuts, limits);
        if (expected.reason != error{})
            got.in_message = got.in_frame = false; // means nothing any more
        if (!(got == expected)) {
            INFO("round " << round << ": expected " << expected);
            REQUIRE(got == expected);
        }
        met.insert(expected.reason);
    }
    REQUIRE(met.size() >= 14);
}

TEST_CASE("decoder: every fault of a frame has bytes that show it") {
    const std::string samples[] = {
        frame(0xC1, ""),
        frame(0x83, ""),
        frame(0x09, ""),
        frame(0x89, "", 126),
        std::string("\x81\x00", 2),
        hex("82 fe 0001"),
        hex("82 ff 8000000000000000"),
        frame(0x80, ""),
        frame(0x01, "") + frame(0x01, ""),
        frame(0x88, "x"),
        frame(0x88, "xx"),
        frame(0x88, "\x03\xE8\xFF"),
        frame(0x81, "\xFF"),
        frame(0x88, "") + frame(0x88, ""),
    };
    int expected = static_cast<int>(error::reserved_bit);
    for (std::string bytes : samples) {
        decoder d;
        std::span<char> in(bytes);
        error met{};
        for (int calls = 0; calls < 4 && met == error{}; ++calls)
            met = d.next(in, wide).reason;
        REQUIRE(static_cast<int>(met) == expected++);
    }
    REQUIRE(expected == static_cast<int>(error::data_after_close) + 1);
}

TEST_CASE("decoder: small, and movable") {
    STATIC_REQUIRE(sizeof(void*) != 8 || sizeof(decoder) <= 64);
    STATIC_REQUIRE(std::is_nothrow_move_constructible_v<decoder>);
}
