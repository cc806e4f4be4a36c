// The kit for frame policies. It needs the policy's other end: a peer that writes what the decoder
// reads, and reads what the encoder writes.
#pragma once

#include "../page.hpp"
#include "../report.hpp"

#include <wsintercept/policies.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wsintercept::inline v0_1_0::kit {

/// What a peer reads: a part of a message, or a control frame.
struct peer_frame {
    std::string kind; ///< "text", "binary", "more" (of the same message), "ping", "pong", "close"
    bool fin = true;
    std::string payload;
    friend bool operator==(const peer_frame&, const peer_frame&) = default;
};

/// `data`: a frame of a message; `first`: its first.
template <class T>
concept frame_peer = requires(std::string_view text, std::string_view& bytes, peer_frame& out) {
    { T::data(data_type::text, true, true, text) } -> std::same_as<std::string>;
    { T::ping(text) } -> std::same_as<std::string>;
    { T::pong(text) } -> std::same_as<std::string>;
    { T::close(std::uint16_t{}, text) } -> std::same_as<std::string>;
    { T::read(bytes, out) } -> std::same_as<bool>; // one from the front; false: not whole
};

/// RFC 6455's client.
struct rfc6455_peer {
    using opcode = rfc6455::opcode;

    static std::string data(data_type type, bool first, bool fin, std::string_view payload) {
        const opcode op = !first                      ? opcode::continuation
                          : type == data_type::binary ? opcode::binary
                                                      : opcode::text;
        return page_frame(op, payload, fin);
    }
    static std::string ping(std::string_view payload) { return page_frame(opcode::ping, payload); }
    static std::string pong(std::string_view payload) { return page_frame(opcode::pong, payload); }
    static std::string close(std::uint16_t code, std::string_view reason) {
        if (code == rfc6455::no_status)
            return page_frame(opcode::close, {});
        const char bytes[] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
        return page_frame(opcode::close, std::string{bytes, 2}.append(reason));
    }
    static bool read(std::string_view& bytes, peer_frame& out) {
        served_frame f;
        if (!read_frame(bytes, f))
            return false;
        switch (f.op) {
        case opcode::continuation: out.kind = "more"; break;
        case opcode::text: out.kind = "text"; break;
        case opcode::binary: out.kind = "binary"; break;
        case opcode::close: out.kind = "close"; break;
        case opcode::ping: out.kind = "ping"; break;
        case opcode::pong: out.kind = "pong"; break;
        }
        out.fin = f.fin;
        out.payload = f.payload;
        return true;
    }
};

template <frame_policy P, frame_peer Peer>
class frame_kit {
  public:
    explicit frame_kit(const reporter& report) : report_{report} {}

    void run() {
        decodes();
        limits();
        keeps_apart();
        survives();
        encodes();
        sends_controls();
    }

  private:
    using decoder = typename P::decoder;
    using kind = typename P::decoded_kind;
    using limit = typename P::decoder_limits;
    static constexpr std::uint64_t wide = std::uint64_t{1} << 20;
    static limit wide_limits() { return limit{wide, wide, 1000}; }

    /// What a decoder tells, in a form that does not show how the bytes were split.
    struct transcript {
        std::string text;
        bool failed = false, closed = false;
        std::uint16_t failure_code = 0;

        void add(const typename P::decoded& d) {
            switch (d.kind) {
            case kind::need_more: return;
            case kind::data:
                if (d.begins && !in_message)
                    text += d.type == data_type::text ? "text<" : "binary<";
                in_message = !d.fin;
                text.append(d.payload).append(d.fin ? ">" : "");
                return;
            case kind::ping: text.append("ping(").append(d.payload).append(")"); return;
            case kind::pong: text.append("pong(").append(d.payload).append(")"); return;
            case kind::close:
                closed = true;
                text += "close " + std::to_string(d.close_code) + " " + std::string{d.payload};
                return;
            case kind::failed:
                failed = true;
                failure_code = d.failure_code;
                text += "failed " + std::to_string(static_cast<int>(d.reason));
            }
        }
        bool in_message = false;
    };

    /// Feeds pieces, each in memory of its own.
    static void feed(decoder& d, transcript& t, std::string_view piece, const limit& l) {
        std::string copy{piece};
        std::span<char> in{copy};
        for (std::size_t calls = 0; !t.failed && !t.closed; ++calls) {
            const typename P::decoded got = d.next(in, l);
            t.add(got);
            if (got.kind == kind::need_more && in.empty())
                return;
            if (calls > 2 * piece.size() + 4) {
                t.text += "[never done]";
                return;
            }
        }
    }
    static transcript read(std::string_view bytes, const limit& l = wide_limits()) {
        decoder d;
        transcript t;
        feed(d, t, bytes, l);
        return t;
    }
    void expect(std::string_view check, std::string_view what, bool good) {
        report_("frame: " + std::string{check}, what, good);
    }

    /// A stream with all that may stand in one, and what it says.
    static std::string sample() {
        return Peer::data(data_type::text, true, true, "Hello") +
               Peer::data(data_type::binary, true, true, std::string("\0\xff\x80", 3)) +
               Peer::data(data_type::text, true, true, "") + Peer::ping("p") +
               Peer::data(data_type::text, true, false, "\xce\xba\xe1") + Peer::pong("") +
               Peer::data(data_type::text, false, false, "\xbd\xb9") +
               Peer::data(data_type::text, false, true, "") +
               Peer::data(data_type::binary, true, true, std::string(300, 'b')) +
               Peer::close(3001, "bye");
    }
    static std::string sample_text() {
        return "text<Hello>binary<" + std::string("\0\xff\x80", 3) +
               ">text<>ping(p)text<\xce\xba\xe1pong()\xbd\xb9>binary<" + std::string(300, 'b') +
               ">close 3001 bye";
    }

    void decodes() {
        const std::string bytes = sample(), expected = sample_text();
        expect("decodes", "a stream at once", read(bytes).text == expected);
        std::size_t wrong = 0;
        for (std::size_t at = 0; at <= bytes.size(); ++at) {
            decoder d;
            transcript t;
            feed(d, t, std::string_view{bytes}.substr(0, at), wide_limits());
            feed(d, t, std::string_view{bytes}.substr(at), wide_limits());
            wrong += t.text == expected ? 0U : 1U;
        }
        expect("decodes", "split anywhere", wrong == 0);
        decoder d;
        transcript t;
        for (const char& c : bytes)
            feed(d, t, {&c, 1}, wide_limits());
        expect("decodes", "byte by byte", t.text == expected);
        expect("decodes", "a close without a code is 1005",
               read(Peer::close(rfc6455::no_status, {})).text == "close 1005 ");

        decoder half;
        transcript ignored;
        expect("state", "nothing has begun", !half.in_message() && !half.in_frame());
        const std::string first = Peer::data(data_type::text, true, false, "a");
        feed(half, ignored, first, wide_limits());
        expect("state", "between fragments", half.in_message() && !half.in_frame());
        const std::string second = Peer::data(data_type::text, false, true, "bcd");
        feed(half, ignored, std::string_view{second}.substr(0, second.size() - 1), wide_limits());
        expect("state", "inside a fragment", half.in_message() && half.in_frame());
        feed(half, ignored, std::string_view{second}.substr(second.size() - 1), wide_limits());
        expect("state", "behind a message", !half.in_message() && !half.in_frame());
    }

    void limits() {
        const auto fails = [&](std::string_view what, const std::string& bytes, const limit& l) {
            const transcript t = read(bytes, l);
            expect("limits", what, t.failed);
            expect("limits", std::string{what} + ": a code for the peer",
                   rfc6455::may_be_sent(t.failure_code));
        };
        const auto passes = [&](std::string_view what, const std::string& bytes, const limit& l) {
            expect("limits", what, !read(bytes, l).failed);
        };
        const auto data = [](bool first, bool fin, std::size_t size) {
            return Peer::data(data_type::binary, first, fin, std::string(size, 'x'));
        };
        passes("a frame of the limit", data(true, true, 100), limit{100, wide, 10});
        fails("a frame above it", data(true, true, 101), limit{100, wide, 10});
        fails("a message above its limit", data(true, true, 101), limit{wide, 100, 10});
        const std::string two = data(true, false, 60) + data(false, true, 40);
        passes("fragments of a message of the limit", two, limit{wide, 100, 10});
        fails("fragments above it", two, limit{wide, 99, 10});
        std::string many = data(true, false, 0);
        for (int i = 0; i < 8; ++i)
            many += data(false, false, 0);
        passes("as many fragments as the limit", many + data(false, true, 0),
               limit{wide, wide, 10});
        fails("one more", many + data(false, false, 0) + data(false, true, 0),
              limit{wide, wide, 10});
    }

    /// What one decoder reads, another one knows nothing of.
    void keeps_apart() {
        const std::string bytes = sample(), expected = sample_text();
        const std::string_view all{bytes};
        decoder one, two;
        transcript first, second;
        for (std::size_t at = 0; at < bytes.size() + 5; ++at) { // the second lags five bytes behind
            if (at < bytes.size())
                feed(one, first, all.substr(at, 1), wide_limits());
            if (at >= 5)
                feed(two, second, all.substr(at - 5, 1), wide_limits());
        }
        expect("keeps apart", "two at a time", first.text == expected && second.text == expected);
    }

    /// Whatever the bytes: one outcome, however they are split.
    void survives() {
        std::mt19937 random{5};
        std::size_t differ = 0;
        for (int round = 0; round < 2000; ++round) {
            std::string bytes = round % 2 != 0 ? sample() : std::string(1 + random() % 40, '\0');
            for (int i = 0; i < (round % 2 != 0 ? 3 : 40); ++i)
                bytes[random() % bytes.size()] = static_cast<char>(random());
            const limit l{200, 250, 3};
            const transcript whole = read(bytes, l);
            decoder d;
            transcript pieces;
            for (std::size_t at = 0; at < bytes.size() && !pieces.failed && !pieces.closed;) {
                const std::size_t n = 1 + random() % 5;
                feed(d, pieces, std::string_view{bytes}.substr(at, n), l);
                at += n;
            }
            differ += whole.failed == pieces.failed && whole.closed == pieces.closed &&
                              whole.failure_code == pieces.failure_code &&
                              whole.text.find("[never") == std::string::npos
                          ? 0U
                          : 1U;
        }
        expect("any bytes", "one outcome, however they are split", differ == 0);
    }

    void encodes() {
        for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 100000U}) {
            typename P::outgoing out;
            const std::string payload(size, 'y');
            const auto fragment = out.add(payload, true, data_type::binary);
            std::string bytes{P::header(fragment, true).view()};
            bytes += fragment.payload;
            std::string_view rest{bytes};
            peer_frame got;
            expect("encodes", std::to_string(size) + " bytes",
                   fragment.reason == error{} && Peer::read(rest, got) && rest.empty() &&
                       got == peer_frame{"binary", true, payload});
        }

        typename P::outgoing out;
        std::string bytes;
        std::vector<peer_frame> read;
        const auto add = [&](std::string_view data, bool fin, std::optional<data_type> type) {
            const auto fragment = out.add(data, fin, type);
            if (fragment.reason == error{})
                bytes.append(P::header(fragment, fin).view()).append(fragment.payload);
            return error{fragment.reason};
        };
        expect("encodes", "text by default", add("\xce", false, std::nullopt) == error{});
        expect("encodes", "another type in the same message is an error",
               add("x", true, data_type::binary) == error::opcode_differs);
        expect("encodes", "text that is no UTF-8 is an error",
               add("\xff", true, std::nullopt) == error::invalid_utf8);
        expect("encodes", "a code point that does not end is an error",
               add("", true, std::nullopt) == error::invalid_utf8);
        expect("encodes", "an error changes nothing",
               add("\xba", true, data_type::text) == error{});
        expect("encodes", "the next message has a type of its own",
               add("\xff", true, data_type::binary) == error{});
        std::string_view rest{bytes};
        for (peer_frame f; Peer::read(rest, f);)
            read.push_back(f);
        expect("encodes", "fragments of a message",
               read == std::vector<peer_frame>{{"text", false, "\xce"},
                                               {"more", true, "\xba"},
                                               {"binary", true, "\xff"}});
    }

    void sends_controls() {
        const auto is = [&](std::string_view what, std::string_view bytes, const peer_frame& f) {
            peer_frame got;
            expect("controls", what, Peer::read(bytes, got) && bytes.empty() && got == f);
        };
        const std::string full(125, 'z'), reason(123, 'r');
        is("a ping", P::ping("p").view(), {"ping", true, "p"});
        is("a pong of 125 bytes", P::pong(full).view(), {"pong", true, full});
        is("a close", P::close(3001, reason).view(), {"close", true, "\x0b\xb9" + reason});
        is("a close without a code", P::close(rfc6455::no_status, {}).view(), {"close", true, ""});
    }

    const reporter& report_;
};

template <frame_policy P, frame_peer Peer>
void check_frame_policy(const reporter& report) {
    frame_kit<P, Peer>{report}.run();
}

} // namespace wsintercept::inline v0_1_0::kit
