// A client's frames, slow and simple: RFC 6455 5, read over all the bytes there are.
#pragma once

#include "utf8.hpp"

#include <wsintercept/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

using wsintercept::error;

struct frame {
    unsigned opcode = 0; ///< of a continuation: its message's, 1 or 2
    bool begins = false; ///< data: the first of its message
    bool fin = false;
    std::uint64_t length = 0; ///< as announced
    std::string payload;      ///< unmasked; what came of it
    friend bool operator==(const frame&, const frame&) = default;
};

/// What a stream of bytes holds, whatever follows.
struct stream {
    std::vector<frame> frames;
    bool in_frame = false; ///< a header or payload is not whole
    bool open = false;     ///< the last frame is a data frame that is not whole
    bool closed = false;   ///< the last frame is a close frame
    error failure{};       ///< error{}: none so far
    std::size_t position;  ///< how many bytes were read, up to the one that showed the failure
};

struct frame_limits {
    std::uint64_t frame, message;
    std::size_t fragments;
};

inline std::uint64_t number(std::string_view bytes) {
    std::uint64_t n = 0;
    for (const char c : bytes)
        n = n * 256 + static_cast<unsigned char>(c);
    return n;
}

/// RFC 6455 7.4.1, 7.4.2 and IANA's registry, one by one.
inline bool close_code_may_be_sent(std::uint64_t code) {
    for (const unsigned known :
         {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 1012U, 1013U, 1014U})
        if (code == known)
            return true;
    return code / 1000 == 3 || code / 1000 == 4;
}

/// The code of the close frame that a failure deserves, RFC 6455 7.4.1.
inline unsigned failure_status(error why) {
    switch (why) {
    case error::text_not_utf8:
    case error::close_reason_not_utf8: return 1007;
    case error::frame_too_big:
    case error::message_too_big:
    case error::memory_exhausted: return 1009;
    case error::too_many_fragments:
    case error::message_timed_out: return 1008;
    case error::idle_timed_out: return 1001;
    default: return 1002;
    }
}

inline stream read_frames(std::string_view in, const frame_limits& limits) {
    stream out;
    std::size_t& at = out.position;
    at = 0;
    unsigned type = 0; // of the message that has begun, or 0
    std::string text;  // of that message, all frames
    std::uint64_t announced = 0;
    std::size_t fragments = 0;
    const auto fail = [&](error why, std::size_t position) {
        out.failure = why;
        at = position;
        return out;
    };

    while (at < in.size()) {
        const std::string_view f = in.substr(at);
        const auto byte = [f](std::size_t i) -> unsigned {
            return static_cast<unsigned char>(f[i]);
        };
        const auto up_to = [f](std::size_t n) { return n < f.size() ? n : f.size(); };

        // The first byte.
        if (out.closed)
            return fail(error::data_after_close, at + 1);
        const bool fin = byte(0) >= 128;
        const unsigned opcode = byte(0) % 16;
        const bool control = opcode >= 8;
        if (byte(0) / 16 % 8 != 0)
            return fail(error::reserved_bit, at + 1);
        if (opcode != 0 && opcode != 1 && opcode != 2 && opcode != 8 && opcode != 9 && opcode != 10)
            return fail(error::reserved_opcode, at + 1);
        if (control && !fin)
            return fail(error::control_fragmented, at + 1);
        if (opcode == 0 && type == 0)
            return fail(error::unexpected_continuation, at + 1);
        if (!control && opcode != 0 && type != 0)
            return fail(error::expected_continuation, at + 1);
        if (!control && (type == 0 ? 0 : fragments) >= limits.fragments)
            return fail(error::too_many_fragments, at + 1);
        out.in_frame = true;
        if (f.size() < 2) {
            at += f.size();
            return out;
        }

        // The second.
        const unsigned short_length = byte(1) % 128;
        if (byte(1) < 128)
            return fail(error::not_masked, at + 2);
        if (control && short_length > 125)
            return fail(error::control_too_long, at + 2);
        if (opcode == 8 && short_length == 1)
            return fail(error::close_body_one_byte, at + 2);

        // The length.
        const std::size_t more = short_length < 126 ? 0 : short_length == 126 ? 2 : 8;
        if (f.size() < 2 + more) {
            at += f.size();
            return out;
        }
        const std::uint64_t length = more == 0 ? short_length : number(f.substr(2, more));
        if (length >= std::uint64_t{1} << 63)
            return fail(error::length_top_bit, at + 2 + more);
        if ((more == 2 && length < 126) || (more == 8 && length < 65536))
            return fail(error::length_not_minimal, at + 2 + more);
        if (!control && length > limits.frame)
            return fail(error::frame_too_big, at + 2 + more);
        if (!control && (type == 0 ? 0 : announced) + length > limits.message)
            return fail(error::message_too_big, at + 2 + more);

        // The masking key.
        const std::size_t start = 2 + more + 4;
        if (f.size() < start) {
            at += f.size();
            return out;
        }

        // The payload.
        frame now{opcode, !control && opcode != 0, fin, length, {}};
        const std::size_t end = up_to(start + static_cast<std::size_t>(length));
        for (std::size_t i = start; i < end; ++i)
            now.payload += static_cast<char>(byte(i) ^ byte(start - 4 + (i - start) % 4));
        const bool whole = now.payload.size() == length;
        if (control) {
            if (!whole) {
                at += end;
                return out;
            }
            if (opcode == 8 && length != 0) {
                const std::string_view body = now.payload;
                if (!close_code_may_be_sent(number(body.substr(0, 2))))
                    return fail(error::close_code_invalid, at + end);
                if (!is_utf8(body.substr(2)))
                    return fail(error::close_reason_not_utf8, at + end);
            }
            out.in_frame = false;
            out.closed = opcode == 8;
            out.frames.push_back(now);
            at += end;
            continue;
        }
        if (opcode != 0) {
            type = opcode;
            text.clear();
            announced = 0;
            fragments = 0;
        }
        now.opcode = type;
        announced += length;
        ++fragments;
        const std::size_t before = text.size();
        text += now.payload;
        if (type == 1) {
            const utf8_result checked = utf8(text);
            if (checked.bad) {
                now.payload.resize(checked.good - before);
                out.frames.push_back(now);
                out.open = true;
                return fail(error::text_not_utf8, at + start + now.payload.size() + 1);
            }
            if (fin && whole && checked.whole != text.size()) {
                out.frames.push_back(now);
                out.open = true;
                return fail(error::text_not_utf8, at + end);
            }
        }
        out.frames.push_back(now);
        out.open = out.in_frame = !whole;
        at += end;
        if (fin && whole)
            type = 0;
    }
    return out;
}

} // namespace reference
