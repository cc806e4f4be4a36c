// Frame policy of the page-side class: messages with their length ahead. No masks and no short
// lengths, since no network lies between; the rest is as in RFC 6455 5.
#pragma once

#include <wsintercept/data_type.hpp>
#include <wsintercept/error.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/policies.hpp>
#include <wsintercept/rfc6455/close_code.hpp>
#include <wsintercept/rfc6455/decoded.hpp>
#include <wsintercept/rfc6455/encoder.hpp>
#include <wsintercept/rfc6455/frame_header.hpp>
#include <wsintercept/rfc6455/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::bridge {

/// A header is 8 bytes: RFC 6455's opcode, with 0x80 for FIN, and the payload's length in 56 bits,
/// big endian.
inline constexpr std::size_t header_size = 8;

namespace detail {

inline rfc6455::short_bytes<header_size> header(rfc6455::opcode op, bool fin,
                                                std::uint64_t length) noexcept {
    rfc6455::short_bytes<header_size> out;
    out.size = header_size;
    out.bytes[0] = static_cast<char>((fin ? 0x80U : 0U) | static_cast<unsigned>(op));
    for (std::size_t i = 1; i < header_size; ++i)
        out.bytes[i] = static_cast<char>(length >> (8 * (header_size - 1 - i)) & 0xFFU);
    return out;
}

/// A whole frame. `body` is one of RFC 6455's control frames: its payload is taken over.
inline rfc6455::short_bytes<header_size + 125>
control(rfc6455::opcode op, const rfc6455::control_frame& body) noexcept {
    const std::string_view payload = body.view().substr(2);
    const auto head = header(op, true, payload.size());
    rfc6455::short_bytes<header_size + 125> out;
    std::copy(head.bytes.begin(), head.bytes.end(), out.bytes.begin());
    std::copy(payload.begin(), payload.end(), out.bytes.begin() + header_size);
    out.size = header_size + payload.size();
    return out;
}

} // namespace detail

/// From the page's bytes to messages' parts and control frames; its members are those of
/// `rfc6455::decoder`, as strict.
class decoder {
  public:
    rfc6455::decoded next(std::span<char>& in, const rfc6455::decoder_limits& limits) noexcept {
        if (state_ >= state::closed)
            return drop(in);
        if (state_ == state::header) {
            while (have_ < header_size) {
                if (in.empty())
                    return {};
                buffer_[have_++] = in.front();
                take(in, 1);
            }
            if (const error bad = begin(limits); bad != error{})
                return fail(bad);
        }
        return is_control(op()) ? read_control(in) : read_data(in);
    }

    bool in_message() const noexcept { return message_ != rfc6455::opcode::continuation; }
    bool in_frame() const noexcept { return state_ == state::payload || have_ != 0; }
    std::uint64_t position() const noexcept { return position_; }

  private:
    using opcode = rfc6455::opcode;
    using kind = rfc6455::decoded_kind;
    enum class state : std::uint8_t { header, payload, closed, failed };

    error begin(const rfc6455::decoder_limits& limits) noexcept {
        first_ = rfc6455::detail::octet(buffer_[0]);
        length_ = 0;
        for (std::size_t i = 1; i < header_size; ++i)
            length_ = length_ << 8 | rfc6455::detail::octet(buffer_[i]);
        left_ = length_;
        if ((first_ & 0x70U) != 0)
            return error::reserved_bit;
        if (is_reserved(op()))
            return error::reserved_opcode;
        have_ = 0;
        state_ = state::payload;
        if (is_control(op()))
            return !fin()                                   ? error::control_fragmented
                   : length_ > rfc6455::max_control_payload ? error::control_too_long
                   : op() == opcode::close && length_ == 1  ? error::close_body_one_byte
                                                            : error{};
        if (op() == opcode::continuation && !in_message())
            return error::unexpected_continuation;
        if (op() != opcode::continuation) {
            if (in_message())
                return error::expected_continuation;
            message_ = op();
            message_size_ = 0;
            fragments_ = 0;
        }
        if (fragments_++ >= limits.fragments)
            return error::too_many_fragments;
        if (length_ > (std::min)(limits.frame, absolute_cap))
            return error::frame_too_big;
        const std::uint64_t most = (std::min)(limits.message, absolute_cap);
        if (message_size_ > most || length_ > most - message_size_)
            return error::message_too_big;
        message_size_ += length_;
        return {};
    }

    rfc6455::decoded read_data(std::span<char>& in) noexcept {
        if (in.empty() && left_ != 0)
            return {};
        rfc6455::decoded d;
        d.begins = left_ == length_ && op() != opcode::continuation;
        const std::span<char> part = next_part(in);
        const bool text = message_ == opcode::text;
        d.payload = {part.data(), part.size()};
        d.frame_finished = left_ == 0;
        d.fin = d.frame_finished && fin();
        if (text && !(utf8_.feed(d.payload) && (!d.fin || utf8_.complete())))
            return fail(error::text_not_utf8);
        d.kind = kind::data;
        d.type = text ? data_type::text : data_type::binary;
        d.payload_length = length_;
        if (d.frame_finished)
            state_ = state::header;
        if (d.fin)
            message_ = opcode::continuation;
        return d;
    }

    rfc6455::decoded read_control(std::span<char>& in) noexcept {
        const std::size_t before = static_cast<std::size_t>(length_ - left_);
        const std::span<char> part = next_part(in);
        std::copy(part.begin(), part.end(), buffer_.begin() + before);
        if (left_ != 0)
            return {};
        state_ = state::header;
        rfc6455::decoded d;
        d.payload = {buffer_.data(), static_cast<std::size_t>(length_)};
        d.kind = op() == opcode::ping   ? kind::ping
                 : op() == opcode::pong ? kind::pong
                                        : kind::close;
        if (d.kind != kind::close)
            return d;
        state_ = state::closed;
        d.close_code = rfc6455::no_status;
        if (d.payload.empty())
            return d;
        d.close_code = static_cast<std::uint16_t>(rfc6455::detail::octet(d.payload[0]) << 8 |
                                                  rfc6455::detail::octet(d.payload[1]));
        d.payload.remove_prefix(2);
        if (!rfc6455::may_be_sent(d.close_code))
            return fail(error::close_code_invalid);
        if (!rfc6455::is_utf8(d.payload))
            return fail(error::close_reason_not_utf8);
        return d;
    }

    std::span<char> next_part(std::span<char>& in) noexcept {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), left_));
        const std::span<char> part = in.first(n);
        left_ -= n;
        take(in, n);
        return part;
    }
    void take(std::span<char>& in, std::size_t n) noexcept {
        position_ += n;
        in = in.subspan(n);
    }

    /// RFC 6455 5.5.1: nothing follows a close frame.
    rfc6455::decoded drop(std::span<char>& in) noexcept {
        if (state_ == state::closed && !in.empty())
            return fail(error::data_after_close);
        in = in.last(0);
        return {};
    }
    rfc6455::decoded fail(error reason) noexcept {
        state_ = state::failed;
        have_ = 0;
        rfc6455::decoded d;
        d.kind = kind::failed;
        d.reason = reason;
        d.failure_code = rfc6455::failure_code(reason);
        return d;
    }

    opcode op() const noexcept { return static_cast<opcode>(first_ & 0x0FU); }
    bool fin() const noexcept { return (first_ & 0x80U) != 0; }

    std::uint64_t position_ = 0;
    std::uint64_t length_ = 0; ///< of the frame's payload
    std::uint64_t left_ = 0;   ///< of it
    std::uint64_t message_size_ = 0;
    std::uint32_t fragments_ = 0;
    rfc6455::utf8_validator utf8_;
    state state_ = state::header;
    opcode message_ = opcode::continuation; ///< of the message; continuation: none is open
    unsigned first_ = 0;                    ///< the frame's first byte
    std::size_t have_ = 0;                  ///< bytes of a header
    std::array<char, rfc6455::max_control_payload> buffer_{}; ///< a header, or a control frame's
};

/// The frame policy of the page-side class; its members are those of `rfc6455::framing`.
struct framing {
    using decoder = bridge::decoder;
    using decoded = rfc6455::decoded;
    using decoded_kind = rfc6455::decoded_kind;
    using decoder_limits = rfc6455::decoder_limits;
    using outgoing = rfc6455::outgoing_message;

    static auto header(const rfc6455::outgoing_fragment& f, bool fin) noexcept {
        return detail::header(f.op, fin, f.payload.size());
    }
    static auto ping(std::string_view payload) noexcept {
        return detail::control(rfc6455::opcode::ping, rfc6455::ping_frame(payload));
    }
    static auto pong(std::string_view payload) noexcept {
        return detail::control(rfc6455::opcode::pong, rfc6455::pong_frame(payload));
    }
    static auto close(std::uint16_t code, std::string_view reason) noexcept {
        return detail::control(rfc6455::opcode::close, rfc6455::close_frame(code, reason));
    }
};

/// For an interceptor whose pages speak through the page-side class.
struct policies : default_policies {
    using frame = framing;
};

} // namespace wsintercept::inline v0_1_0::bridge
