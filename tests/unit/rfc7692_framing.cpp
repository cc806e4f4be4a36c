// The frame policy with permessage-deflate, without a session.
#include <wsintercept/rfc7692/framing.hpp>

#include "catch.hpp"
#include "recorder.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::string_literals;
using namespace wsintercept;
using test::lines;

constexpr std::uint64_t most = std::uint64_t{1} << 20;

rfc7692::agreement agreement(bool server_takeover = true, bool client_takeover = true,
                             int server_bits = 15, int client_bits = 15) {
    rfc7692::agreement out;
    out.on = true;
    out.answer = {!server_takeover, !client_takeover, server_bits, client_bits};
    out.wanted.compress_from = 0;
    return out;
}

/// A client's frame, RSV1 of a message's first if it is compressed.
std::string frame(unsigned opcode, std::string_view payload, bool fin, bool rsv1) {
    std::string out = test::frame(opcode, payload, fin);
    out[0] = static_cast<char>(static_cast<unsigned char>(out[0]) | (rsv1 ? 0x40U : 0U));
    return out;
}
/// A compressed text message in one frame.
std::string text(std::string_view deflated, bool fin = true) {
    return frame(1, deflated, fin, true);
}

/// What a decoder makes of a peer's bytes: messages, and at the end the error.
struct peer {
    rfc7692::decoder decoder;
    rfc6455::decoder_limits limits{most, most, 100};
    lines messages;
    std::string unfinished;
    error failed{};
    std::uint16_t failure_code = 0;

    explicit peer(const rfc7692::agreement& agreed = agreement()) { decoder.agree(agreed); }

    peer& feed(std::string bytes) {
        std::span<char> in{bytes};
        while (failed == error{}) {
            const rfc6455::decoded d = decoder.next(in, limits);
            if (d.kind == rfc6455::decoded_kind::need_more)
                break;
            if (d.kind == rfc6455::decoded_kind::failed) {
                failed = d.reason;
                failure_code = d.failure_code;
            } else if (d.kind == rfc6455::decoded_kind::data) {
                unfinished.append(d.payload);
                if (d.fin)
                    messages.push_back(std::exchange(unfinished, {}));
            } else {
                messages.push_back("control " + std::string{d.payload});
            }
        }
        return *this;
    }
};

/// What a client without limits makes of our frames: sizes below 126 and 65536.
struct our_frame {
    unsigned first = 0;
    std::string payload;
};

/// Sends through the policy and gives what a client would read.
struct sender {
    rfc7692::outgoing_message outgoing;

    explicit sender(const rfc7692::agreement& agreed) { outgoing.agree(agreed); }

    our_frame send(std::string_view data, bool fin = true) {
        const auto made = outgoing.add(data, fin, data_type::binary);
        REQUIRE(made.reason == error{});
        const auto header = rfc7692::framing::header(made, fin);
        return {static_cast<unsigned char>(header.view()[0]), std::string{made.payload}};
    }
};

/// A client's own inflating.
std::string inflated(rfc7692::inflater& by, std::string_view deflated, bool fin = true) {
    std::string out;
    REQUIRE(by.inflate(deflated, fin, {std::uint64_t{1} << 30, 1032, 1000}, out) == error{});
    return out;
}

std::string noise(std::size_t n) {
    std::string out;
    std::uint64_t state = 1;
    while (out.size() < n) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        out += static_cast<char>(state >> 56);
    }
    return out;
}

// RFC 7692 7.2.3, byte for byte.
const std::string hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
const std::string hello_again = "\xf2\x00\x11\x00\x00"s;
const std::string hello_stored = "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s;
const std::string hello_last = "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s;
const std::string hello_two_blocks = "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s;

} // namespace

TEST_CASE("RFC 7692 7.2.3: the examples", "[rfc7692]") {
    REQUIRE(peer{}.feed(text(hello)).messages == lines{"Hello"});
    REQUIRE(peer{}.feed(text(hello) + text(hello_again)).messages == lines{"Hello", "Hello"});
    REQUIRE(peer{}.feed(text(hello_stored)).messages == lines{"Hello"});
    REQUIRE(peer{}.feed(text(hello_last)).messages == lines{"Hello"});
    REQUIRE(peer{}.feed(text(hello_last) + text(hello_last)).messages == lines{"Hello", "Hello"});
    REQUIRE(peer{}.feed(text(hello_two_blocks)).messages == lines{"Hello"});
    REQUIRE(peer{}.feed(text("\0"s)).messages == lines{""});
    // A window goes on behind BFINAL 1.
    REQUIRE(peer{}.feed(text(hello_last) + text(hello_again)).messages == lines{"Hello", "Hello"});
}

TEST_CASE("a compressed message: whole, byte by byte and at every split point", "[rfc7692]") {
    const std::string bytes = text(hello.substr(0, 3), false) + test::frame(9, "p") +
                              frame(0, hello.substr(3), true, false) + test::text("plain") +
                              text(hello_again);
    const lines expected{"control p", "Hello", "plain", "Hello"};
    REQUIRE(peer{}.feed(bytes).messages == expected);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut)
        REQUIRE(peer{}.feed(bytes.substr(0, cut)).feed(bytes.substr(cut)).messages == expected);
    peer single;
    for (const char c : bytes)
        single.feed({c});
    REQUIRE(single.messages == expected);
}

TEST_CASE("RSV1 stands on the first frame of a data message alone", "[rfc7692]") {
    for (const std::string& bytes :
         {frame(8, "", true, true), frame(9, "", true, true), frame(10, "", true, true),
          text(hello, false) + frame(0, "", true, true),
          test::text("x", false) + frame(0, "", true, true)}) {
        const peer p = std::move(peer{}.feed(bytes));
        REQUIRE(p.failed == error::reserved_bit);
        REQUIRE(p.failure_code == 1002);
    }
    for (const unsigned other : {0x20U, 0x10U, 0x60U, 0x50U}) {
        std::string bytes = test::text("x");
        bytes[0] = static_cast<char>(static_cast<unsigned char>(bytes[0]) | other);
        REQUIRE(peer{}.feed(bytes).failed == error::reserved_bit);
    }
    // Nothing was agreed on.
    REQUIRE(peer{rfc7692::agreement{}}.feed(text(hello)).failed == error::reserved_bit);
    REQUIRE(peer{rfc7692::agreement{}}.feed(test::text("x")).messages == lines{"x"});
}

TEST_CASE("what does not inflate ends the connection with 1007", "[rfc7692]") {
    for (const std::string& deflated :
         {"\x06"s, "\x07\xff"s, "\x00\x05\x00\x00\x00Hello\x00"s, "\xff\xff\xff\xff"s,
          hello_again,                                         // before the first byte
          hello.substr(0, 3),                                  // cut off inside of a block
          "\x00\xff\x00\x00\xffHe"s,                           // a stored block that promises more
          "\xf3\x48\xcd\xc9\xc9\x07\x00\xde\xad\xbe\xef\x00"s, // behind a last block
          ""s}) {                                              // not even an empty block
        INFO(deflated.size());
        const peer p = std::move(peer{}.feed(frame(2, deflated, true, true)));
        REQUIRE(p.messages.empty());
        REQUIRE(p.failed == error::bad_deflate_data);
        REQUIRE(p.failure_code == 1007);
    }
    // The window is dropped where that was agreed on.
    const peer p = std::move(peer{agreement(true, false)}.feed(text(hello) + text(hello_again)));
    REQUIRE(p.messages == lines{"Hello"});
    REQUIRE(p.failed == error::bad_deflate_data);
    REQUIRE(peer{agreement(true, false)}.feed(text(hello) + text(hello)).messages ==
            lines{"Hello", "Hello"});
}

TEST_CASE("a message refers no further back into earlier ones than was agreed on", "[rfc7692]") {
    const std::string random = noise(600); // more than a window of 9 bits
    for (const int used : {9, 15}) {
        rfc7692::deflater by{used, true, 9};
        std::string first, second;
        by.deflate(random, true, first);
        by.deflate(random, true, second);
        peer p{agreement(true, true, 15, 9)};
        p.feed(frame(2, first, true, true) + frame(2, second, true, true));
        REQUIRE(p.messages == (used == 9 ? lines{random, random} : lines{random}));
        REQUIRE(p.failed == (used == 9 ? error{} : error::bad_deflate_data));
    }
}

TEST_CASE("text is checked as UTF-8 when it is inflated, across parts", "[rfc7692]") {
    rfc7692::deflater by{15, false, 6};
    const auto deflated = [&](std::string_view plain) {
        std::string out;
        by.deflate(plain, true, out);
        return out;
    };
    const std::string euro = deflated("a\xE2\x82\xACz");
    REQUIRE(peer{}.feed(text(euro)).messages == lines{"a\xE2\x82\xACz"});
    peer pieces;
    for (const char c : text(euro))
        pieces.feed({c});
    REQUIRE(pieces.messages == lines{"a\xE2\x82\xACz"});
    for (const std::string_view bad : {"\xFF", "abc\xC0\x80", "\xE2\x82", "\xED\xA0\x80"}) {
        const peer p = std::move(peer{}.feed(text(deflated(bad))));
        REQUIRE(p.failed == error::text_not_utf8);
        REQUIRE(p.failure_code == 1007);
        REQUIRE(peer{}.feed(frame(2, deflated(bad), true, true)).messages ==
                lines{std::string{bad}});
    }
}

// security.md, CVE-2026-1526: a bomb is ended while it inflates, not behind it.
TEST_CASE("the limit of a message holds while it inflates", "[rfc7692]") {
    rfc7692::deflater by{15, false, 9};
    std::string at_limit, above;
    by.deflate(std::string(most, 'x'), true, at_limit);
    by.deflate(std::string(most + 1, 'x'), true, above);
    REQUIRE(peer{}.feed(frame(2, at_limit, true, true)).messages.at(0).size() == most);
    for (const std::size_t piece : {std::size_t{1}, above.size()}) {
        peer p;
        const std::string bytes = frame(2, above, true, true);
        for (std::size_t i = 0; i < bytes.size(); i += piece)
            p.feed(bytes.substr(i, piece));
        REQUIRE(p.failed == error::message_too_big);
        REQUIRE(p.failure_code == 1009);
    }
    // 64 MiB out of 64 KiB: what was made of it before the end is little more than the limit.
    std::string bomb;
    by.deflate(std::string(64 * most, 'x'), true, bomb);
    peer p;
    p.feed(frame(2, bomb, true, true));
    REQUIRE(p.failed == error::message_too_big);
    REQUIRE(p.unfinished.size() <= most);
}

TEST_CASE("a limit that is lowered within a compressed message holds from there on", "[rfc7692]") {
    rfc7692::inflater by{15, true};
    std::string out;
    const std::string stored = "\x00\x05\x00\xfa\xffHel"s;
    REQUIRE(by.inflate(stored, false, {100, 1032, 1}, out) == error{});
    REQUIRE(out == "Hel");
    out.clear();
    REQUIRE(by.inflate("l", false, {2, 1032, 1}, out) == error::message_too_big);
    REQUIRE(out.empty());
}

TEST_CASE("a ratio ends uniform data sooner, where the row asks for it", "[rfc7692]") {
    rfc7692::agreement agreed = agreement();
    agreed.wanted.max_ratio = 20;
    rfc7692::deflater by{15, false, 9};
    std::string small, large, mixed;
    by.deflate(std::string(64 * 1024 - 1, 'x'), true, small); // not looked at yet
    by.deflate(std::string(64 * 1024, 'x'), true, large);
    by.deflate(noise(100'000) + std::string(200'000, 'x'), true, mixed);
    REQUIRE(peer{agreed}.feed(frame(2, small, true, true)).messages.size() == 1);
    REQUIRE(peer{agreed}.feed(frame(2, mixed, true, true)).messages.size() == 1);
    const peer p = std::move(peer{agreed}.feed(frame(2, large, true, true)));
    REQUIRE(p.failed == error::inflates_too_much);
    REQUIRE(p.failure_code == 1009);
}

TEST_CASE("a ratio holds to the byte", "[rfc7692]") {
    rfc7692::deflater by{15, false, 9};
    const std::size_t made = 64 * 1024; // where it is looked at
    std::string bytes;
    by.deflate(std::string(made, 'x'), true, bytes);
    const auto ends = [&](std::size_t ratio) {
        rfc7692::agreement agreed = agreement();
        agreed.wanted.max_ratio = static_cast<std::uint32_t>(ratio);
        return peer{agreed}.feed(frame(2, bytes, true, true)).failed;
    };
    // made / ratio may be as much as the bytes that came, which were all used by then.
    const std::size_t refused = made / (bytes.size() + 1);
    REQUIRE(made / (refused + 1) == bytes.size());
    REQUIRE(ends(refused) == error::inflates_too_much);
    REQUIRE(ends(refused + 1) == error{});
    bytes.clear();
    by.deflate(std::string(3 * made + 1, 'x'), true, bytes); // at once, and not at the end alone
    REQUIRE(ends(20) == error::inflates_too_much);
}

TEST_CASE("compressed text fails at its first bad part, ahead of other faults", "[rfc7692]") {
    rfc7692::deflater by{15, false, 6};
    std::string bad;
    by.deflate("\xFF and more", false, bad);
    REQUIRE(peer{}.feed(text(bad, false)).failed == error::text_not_utf8);
    REQUIRE(peer{}.feed(text(bad + "\xFF\xFF")).failed == error::text_not_utf8);
}

TEST_CASE("what inflates ends at the limit, to the byte", "[rfc7692]") {
    rfc7692::deflater by{15, false, 6};
    rfc7692::inflater inflater{15, false};
    std::string bytes, out;
    by.deflate("0123456789", true, bytes);
    REQUIRE(inflater.inflate(bytes, true, {3, 1032, 1}, out) == error::message_too_big);
    REQUIRE(out == "012");
}

TEST_CASE("an inflater and a deflater that could not be made say so", "[rfc7692]") {
    rfc7692::inflater inflater{7, true}; // zlib knows no such window
    std::string out;
    REQUIRE(inflater.inflate(hello, true, {most, 1032, 1}, out) == error::memory_exhausted);
    REQUIRE_FALSE(rfc7692::deflater{16, true, 6}.ready());
    REQUIRE(rfc7692::deflater{9, true, 6}.ready());
}

TEST_CASE("last blocks, which cost a window each, are as few as fragments", "[rfc7692]") {
    const std::string last_block = "\x03\x00"s; // an empty one with BFINAL 1
    std::string deflated;
    for (int i = 0; i < 100; ++i)
        deflated += last_block;
    REQUIRE(peer{}.feed(text(deflated + '\0')).messages == lines{""});
    const peer p = std::move(peer{}.feed(text(deflated + last_block + '\0')));
    REQUIRE(p.failed == error::too_many_fragments);
    REQUIRE(p.failure_code == 1008);
}

TEST_CASE("what we send inflates, with and without takeover and in any window", "[rfc7692]") {
    const std::string prose = [] {
        std::string out;
        for (int i = 0; i < 5000; ++i)
            out += "line " + std::to_string(i * i % 1000) + " of the same text\n";
        return out;
    }();
    for (const bool takeover : {true, false})
        for (const int window : {9, 10, 12, 15}) {
            INFO("takeover " << takeover << ", bits " << window);
            sender s{agreement(takeover, true, window)};
            rfc7692::inflater client{window, takeover};
            for (const std::string& message :
                 {"Hello"s, "Hello"s, ""s, noise(3000), prose, prose, noise(100'000), "x"s}) {
                const our_frame f = s.send(message);
                REQUIRE(f.first == 0xC2);
                REQUIRE(inflated(client, f.payload) == message);
            }
        }
}

TEST_CASE("a second message is smaller where the context is taken over", "[rfc7692]") {
    const std::string message = noise(1000);
    sender over{agreement(true)}, alone{agreement(false)};
    const std::size_t first = over.send(message).payload.size();
    REQUIRE(over.send(message).payload.size() < first / 10);
    alone.send(message);
    REQUIRE(alone.send(message).payload.size() == first);
}

TEST_CASE("fragments of the host can be inflated as they come", "[rfc7692]") {
    sender s{agreement()};
    rfc7692::inflater client{15, true};
    const our_frame one = s.send("Hel", false), two = s.send("", false), three = s.send("lo"),
                    next = s.send("a", false), last = s.send("");
    REQUIRE(one.first == 0x42); // RSV1 on the first frame alone
    REQUIRE(two.first == 0x00);
    REQUIRE(three.first == 0x80);
    REQUIRE(inflated(client, one.payload, false) == "Hel");
    REQUIRE(two.payload.empty());
    REQUIRE(inflated(client, three.payload) == "lo");
    REQUIRE(inflated(client, next.payload, false) == "a");
    REQUIRE(last.payload == "\0"s);
    REQUIRE(inflated(client, last.payload).empty());
}

TEST_CASE("small messages go out as they are where the row asks for it", "[rfc7692]") {
    rfc7692::agreement agreed = agreement();
    agreed.wanted.compress_from = 10;
    sender s{agreed};
    REQUIRE(s.send("123456789").first == 0x82);
    REQUIRE(s.send("123456789").payload == "123456789");
    REQUIRE(s.send("1234567890").first == 0xC2);
    REQUIRE(s.send("1", false).first == 0x42); // how long it becomes is not known
    REQUIRE(s.send("2").first == 0x80);

    sender off{rfc7692::agreement{}};
    REQUIRE(off.send(std::string(1000, 'x')).first == 0x82);
}

TEST_CASE("what the host may not send is not compressed", "[rfc7692]") {
    rfc7692::outgoing_message m;
    m.agree(agreement());
    REQUIRE(m.add("\xFF", true, data_type::text).reason == error::invalid_utf8);
    REQUIRE(m.add("a", false, data_type::text).reason == error{});
    REQUIRE(m.open());
    REQUIRE(m.add("b", true, data_type::binary).reason == error::opcode_differs);
    REQUIRE(m.add("b", true, std::nullopt).reason == error{});
    REQUIRE_FALSE(m.open());
}
