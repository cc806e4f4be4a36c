// A client's frames, slow and simple: RFC 6455 5, read over all the bytes there are.
#pragma once

#include "utf8.hpp"

#include <wsintercept/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
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
    bool in_frame = false;    ///< a header or payload is not whole
    bool open = false;        ///< the last frame is a data frame that is not whole
    bool closed = false;      ///< the last frame is a close frame
    error failure{};          ///< error{}: none so far
    std::size_t position = 0; ///< how many bytes were read, up to the one that showed the failure
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

/// Reads frame after frame, each from its first byte.
class frame_reader {
  public:
    frame_reader(std::string_view in, const frame_limits& limits) : rest_{in}, limits_{limits} {}

    stream read() {
        while (!rest_.empty() && next()) {
        }
        return std::move(out_);
    }

  private:
    /// False: this is the end, or as far as the bytes go.
    bool next() {
        const unsigned first = octet(0);
        const bool fin = first >= 128;
        const unsigned opcode = first % 16;
        out_.in_frame = true;
        if (const error bad = check_first(first / 16 % 8, opcode, fin); bad != error{})
            return fail(bad, 1);
        if (rest_.size() < 2)
            return stop();

        const unsigned short_length = octet(1) % 128;
        if (octet(1) < 128)
            return fail(error::not_masked, 2);
        if (is_control(opcode) && short_length > 125)
            return fail(error::control_too_long, 2);
        if (opcode == 8 && short_length == 1)
            return fail(error::close_body_one_byte, 2);

        const std::size_t more = short_length < 126 ? 0 : short_length == 126 ? 2 : 8;
        if (rest_.size() < 2 + more)
            return stop();
        const std::uint64_t length = more == 0 ? short_length : number(rest_.substr(2, more));
        if (const error bad = check_length(opcode, more, length); bad != error{})
            return fail(bad, 2 + more);

        const std::size_t start = 2 + more + 4; // behind the masking key
        if (rest_.size() < start)
            return stop();
        frame now{opcode, opcode == 1 || opcode == 2, fin, length, {}};
        for (std::size_t i = 0; i < length && start + i < rest_.size(); ++i)
            now.payload += static_cast<char>(octet(start + i) ^ octet(start - 4 + i % 4));
        return is_control(opcode) ? control(std::move(now), start) : data(std::move(now), start);
    }

    error check_first(unsigned reserved_bits, unsigned opcode, bool fin) const {
        if (out_.closed)
            return error::data_after_close;
        if (reserved_bits != 0)
            return error::reserved_bit;
        if (opcode != 0 && opcode != 1 && opcode != 2 && opcode != 8 && opcode != 9 && opcode != 10)
            return error::reserved_opcode;
        if (is_control(opcode))
            return fin ? error{} : error::control_fragmented;
        if (opcode == 0 && type_ == 0)
            return error::unexpected_continuation;
        if (opcode != 0 && type_ != 0)
            return error::expected_continuation;
        return (type_ == 0 ? 0 : fragments_) < limits_.fragments ? error{}
                                                                 : error::too_many_fragments;
    }

    error check_length(unsigned opcode, std::size_t more, std::uint64_t length) const {
        if (length >= std::uint64_t{1} << 63)
            return error::length_top_bit;
        if ((more == 2 && length < 126) || (more == 8 && length < 65536))
            return error::length_not_minimal;
        if (is_control(opcode))
            return {};
        if (length > limits_.frame)
            return error::frame_too_big;
        return (type_ == 0 ? 0 : announced_) + length > limits_.message ? error::message_too_big
                                                                        : error{};
    }

    bool control(frame now, std::size_t start) {
        if (now.payload.size() < now.length)
            return stop();
        const std::size_t size = start + now.payload.size();
        if (now.opcode == 8 && now.length != 0) {
            if (!close_code_may_be_sent(number(now.payload.substr(0, 2))))
                return fail(error::close_code_invalid, size);
            if (!is_utf8(now.payload.substr(2)))
                return fail(error::close_reason_not_utf8, size);
        }
        out_.closed = now.opcode == 8;
        out_.in_frame = false;
        out_.frames.push_back(std::move(now));
        take(size);
        return true;
    }

    bool data(frame now, std::size_t start) {
        if (now.begins) {
            type_ = now.opcode;
            text_.clear();
            announced_ = 0;
            fragments_ = 0;
        }
        now.opcode = type_;
        announced_ += now.length;
        ++fragments_;
        const bool whole = now.payload.size() == now.length;
        const std::size_t before = text_.size(), size = start + now.payload.size();
        text_ += now.payload;
        const utf8_result checked = type_ == 1 ? utf8(text_) : utf8_result{};
        const bool cut_off = type_ == 1 && now.fin && whole && checked.whole != text_.size();
        if (checked.bad)
            now.payload.resize(checked.good - before);
        out_.frames.push_back(now);
        out_.open = !whole || checked.bad || cut_off;
        if (checked.bad)
            return fail(error::text_not_utf8, start + now.payload.size() + 1);
        if (cut_off)
            return fail(error::text_not_utf8, size);
        out_.in_frame = !whole;
        take(size);
        if (now.fin && whole)
            type_ = 0;
        return true;
    }

    static bool is_control(unsigned opcode) { return opcode >= 8; }
    unsigned octet(std::size_t i) const { return static_cast<unsigned char>(rest_[i]); }
    void take(std::size_t n) {
        out_.position += n;
        rest_.remove_prefix(n);
    }
    bool stop() {
        take(rest_.size());
        return false;
    }
    /// Its first n bytes show it.
    bool fail(error why, std::size_t n) {
        out_.failure = why;
        take(n);
        return false;
    }

    std::string_view rest_;
    frame_limits limits_;
    stream out_;
    unsigned type_ = 0; ///< of the message that has begun, or 0
    std::string text_;  ///< of that message, all frames
    std::uint64_t announced_ = 0;
    std::size_t fragments_ = 0;
};

inline stream read_frames(std::string_view in, const frame_limits& limits) {
    return frame_reader{in, limits}.read();
}

} // namespace reference
