// From bytes to messages' parts and control frames: RFC 6455 5, server role. Strict.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/rfc6455/close_code.hpp>
#include <wsintercept/rfc6455/decoded.hpp>
#include <wsintercept/rfc6455/frame_header.hpp>
#include <wsintercept/rfc6455/masking.hpp>
#include <wsintercept/rfc6455/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc6455 {

/// Incremental. Fails as early as a fault can be seen: bad UTF-8 at its first bad byte (RFC 6455
/// 8.1), a length before any of its payload. Nothing is allocated for a length that was announced.
/// The outcome does not depend on how the bytes are split.
class decoder {
  public:
    /// An extension gives RSV1 a meaning, RFC 6455 5.2: the first frame of a message may have it.
    /// Such a message comes in parts of at most max_marked_part bytes, marked, and its text is not
    /// checked.
    void allow_rsv1() noexcept { allowed_ = rsv1_bit; }
    static constexpr std::size_t max_marked_part = 1024;

    /// Takes bytes from the front of `in`, unmasking in place; `in` becomes what is left. At most
    /// one thing a call. A data part is as large as the input allows; an empty frame is a part too.
    decoded next(std::span<char>& in, const decoder_limits& limits) noexcept {
        if (is_short_message(in, limits))
            return read_short_message(in);
        if (state_ >= state::closed)
            return drop(in);
        if (state_ == state::header) {
            control_.reset();
            if (const error bad = read_header(in, limits); bad != error{})
                return fail(bad);
            if (state_ == state::header)
                return {};
        }
        return is_control(op()) ? read_control(in) : read_data(in);
    }

    /// A message has begun and is not finished.
    bool in_message() const noexcept { return message_ != no_message; }
    /// A header or payload is incomplete.
    bool in_frame() const noexcept { return state_ == state::payload || header_have_ != 0; }
    /// Bytes taken so far; after a failure up to the byte that showed it.
    std::uint64_t position() const noexcept { return position_; }

    /// The end, for what an extension found in the last part: position() is that frame's end, since
    /// how the bytes are split must not show.
    decoded fail_frame(error reason) noexcept {
        position_ += remaining_;
        return fail(reason);
    }

  private:
    enum class state : std::uint8_t { header, payload, closed, failed };
    using control_payload = std::array<char, max_control_payload>;
    static constexpr std::uint8_t no_message = 0;
    static constexpr std::uint8_t rsv1_bit = 0x40;

    // A whole message in one frame of at most 125 bytes, all of it here. Most are such, so that
    // they have a way of their own, which keeps nothing; it takes only what the long way would.

    static constexpr std::size_t short_header_size = 6;

    bool is_short_message(std::span<const char> in, const decoder_limits& limits) const noexcept {
        if (state_ != state::header || header_have_ != 0 || in_message() ||
            in.size() < short_header_size)
            return false;
        const unsigned first = detail::octet(in[0]), length = detail::octet(in[1]) - 0x80U;
        return (first == 0x81 || first == 0x82) && length <= max_control_payload &&
               length <= in.size() - short_header_size && length <= limits.frame &&
               length <= limits.message && limits.fragments != 0;
    }

    decoded read_short_message(std::span<char>& in) noexcept {
        control_.reset();
        const bool text = (in[0] & 1) != 0;
        const std::span<char> payload = in.subspan(short_header_size, detail::octet(in[1]) - 0x80U);
        masking_key key;
        std::memcpy(key.data(), in.data() + 2, key.size());
        if (!text) {
            mask(payload, key, 0);
        } else if (!detail::unmask_short(payload.data(), payload.size(),
                                         detail::make_mask_word(key, 0))) {
            const std::size_t good = utf8_.accept_masked(payload, {}, 0); // unmasked already
            if (good != payload.size() || !utf8_.complete()) {
                take(in, short_header_size + (std::min)(good + 1, payload.size()));
                message_ = static_cast<std::uint8_t>(opcode::text); // which never ends
                return fail(error::text_not_utf8);
            }
        }
        take(in, short_header_size + payload.size());

        decoded d;
        d.kind = decoded_kind::data;
        d.payload = {payload.data(), payload.size()};
        d.frame_finished = d.fin = d.begins = true;
        d.type = text ? data_type::text : data_type::binary;
        d.payload_length = payload.size();
        return d;
    }

    // The header.

    error read_header(std::span<char>& in, const decoder_limits& limits) noexcept {
        if (header_have_ == 0 && in.size() >= 2 && in.size() >= header_size(in[1])) {
            const char* const header = in.data();
            const std::size_t unmasked = 2 + detail::extended_length_size(header[1]);
            std::size_t seen = 1; // as many bytes are taken as show a fault
            error bad = check(header, seen, limits);
            if (bad == error{})
                bad = check(header, seen = 2, limits);
            if (bad == error{} && unmasked > 2)
                bad = check(header, seen = unmasked, limits);
            if (bad == error{})
                begin_frame(header, seen = unmasked + 4);
            take(in, seen);
            return bad;
        }
        while (!in.empty()) {
            header_[header_have_++] = in.front();
            take(in, 1);
            if (const error bad = check(header_.data(), header_have_, limits); bad != error{})
                return bad;
            if (header_have_ >= 2 && header_have_ == header_size(header_[1])) {
                begin_frame(header_.data(), header_have_);
                break;
            }
        }
        return {};
    }

    /// What the latest of a header's first `have` bytes shows to be wrong.
    error check(const char* header, std::size_t have, const decoder_limits& limits) const noexcept {
        if (have == 1)
            return check_first(detail::octet(header[0]), limits);
        if (have == 2)
            if (const error bad = check_second(header); bad != error{})
                return bad;
        return have == 2 + detail::extended_length_size(header[1]) ? check_length(header, limits)
                                                                   : error{};
    }

    error check_first(unsigned first, const decoder_limits& limits) const noexcept {
        const auto op = static_cast<opcode>(first & 0x0FU);
        // RFC 6455 5.2: reserved bits are 0 where no extension gives them a meaning. RFC 7692 6:
        // it gives one to RSV1 on the first frame of a message alone.
        const bool begins = !is_control(op) && op != opcode::continuation;
        if ((first & 0x70U & ~(begins ? unsigned{allowed_} : 0U)) != 0)
            return error::reserved_bit;
        // RFC 6455 5.2: an unknown opcode fails the connection.
        if (is_reserved(op))
            return error::reserved_opcode;
        // RFC 6455 5.5: control frames are never fragmented.
        if (is_control(op))
            return (first & 0x80U) != 0 ? error{} : error::control_fragmented;
        // RFC 6455 5.4: a continuation needs a message, and a message is not interrupted by
        // another.
        if (op == opcode::continuation && !in_message())
            return error::unexpected_continuation;
        if (op != opcode::continuation && in_message())
            return error::expected_continuation;
        // RFC 6455 10.4: tiny fragments, too, must come to an end.
        const std::uint32_t before = in_message() ? fragments_ : 0;
        return before < limits.fragments ? error{} : error::too_many_fragments;
    }

    static error check_second(const char* header) noexcept {
        const auto op = static_cast<opcode>(detail::octet(header[0]) & 0x0FU);
        const unsigned length = detail::octet(header[1]) & 0x7FU;
        // RFC 6455 5.1: a server ends a connection whose client does not mask.
        if ((detail::octet(header[1]) & 0x80U) == 0)
            return error::not_masked;
        // RFC 6455 5.5: at most 125 bytes.
        if (is_control(op) && length > max_control_payload)
            return error::control_too_long;
        // RFC 6455 5.5.1: a body begins with a code of two bytes.
        if (op == opcode::close && length == 1)
            return error::close_body_one_byte;
        return {};
    }

    error check_length(const char* header, const decoder_limits& limits) const noexcept {
        const auto op = static_cast<opcode>(detail::octet(header[0]) & 0x0FU);
        const std::uint64_t length = rfc6455::payload_length(header);
        // RFC 6455 5.2: the most significant bit is 0.
        if (length >> 63 != 0)
            return error::length_top_bit;
        // RFC 6455 5.2: the shortest form.
        if (!is_shortest_form(header))
            return error::length_not_minimal;
        if (is_control(op))
            return {};
        // RFC 6455 10.4: limits, before any sum and before any payload.
        if (length > (std::min)(limits.frame, absolute_cap))
            return error::frame_too_big;
        const std::uint64_t most = (std::min)(limits.message, absolute_cap);
        const std::uint64_t before = in_message() ? message_size_ : 0;
        if (before > most || length > most - before)
            return error::message_too_big;
        return {};
    }

    void begin_frame(const char* header, std::size_t size) noexcept {
        first_ = static_cast<std::uint8_t>(header[0]);
        payload_length_ = remaining_ = rfc6455::payload_length(header);
        std::array<unsigned char, 4> key{};
        std::memcpy(key.data(), header + size - 4, 4);
        std::memcpy(header_.data(), key.data(), 4);
        header_have_ = 0;
        state_ = state::payload;
        if (is_control(op()))
            return;
        if (op() != opcode::continuation) {
            message_ = first_ & (rsv1_bit | 0x0F);
            message_size_ = 0;
            fragments_ = 0;
        }
        message_size_ += payload_length_;
        ++fragments_;
    }

    // The payload.

    decoded read_data(std::span<char>& in) noexcept {
        if (in.empty() && remaining_ != 0)
            return {};
        const std::uint64_t offset = payload_length_ - remaining_;
        const bool marked = (message_ & rsv1_bit) != 0;
        const std::span<char> part =
            next_part(marked ? in.first((std::min)(in.size(), max_marked_part)) : in);
        const bool text = message_ == static_cast<std::uint8_t>(opcode::text);
        std::size_t good = part.size();
        if (text)
            good = utf8_.accept_masked(part, key(), static_cast<std::size_t>(offset % 4));
        else
            mask(part, key(), static_cast<std::size_t>(offset % 4));
        take(in, (std::min)(good + 1, part.size()));
        // RFC 6455 8.1: fail as soon as text is seen not to be UTF-8.
        if (good != part.size())
            return fail(error::text_not_utf8);

        decoded d;
        d.kind = decoded_kind::data;
        d.payload = {part.data(), part.size()};
        d.frame_finished = remaining_ == 0;
        d.fin = d.frame_finished && (first_ & 0x80U) != 0;
        d.begins = offset == 0 && op() != opcode::continuation;
        d.rsv1 = marked;
        d.type = static_cast<data_type>(message_ & 0x0FU);
        d.payload_length = payload_length_;
        if (d.frame_finished)
            state_ = state::header;
        if (d.fin) {
            // RFC 6455 8.1: a code point that the message's end cuts off.
            if (text && !utf8_.complete())
                return fail(error::text_not_utf8);
            message_ = no_message;
        }
        return d;
    }

    decoded read_control(std::span<char>& in) noexcept {
        const std::uint64_t offset = payload_length_ - remaining_;
        const std::span<char> part = next_part(in);
        take(in, part.size());
        mask(part, key(), static_cast<std::size_t>(offset % 4));
        const char* payload = part.data();
        if (part.size() != payload_length_) {
            if (!control_)
                control_.reset(new (std::nothrow) control_payload);
            if (!control_)
                return fail(error::memory_exhausted);
            std::copy(part.begin(), part.end(), control_->data() + offset);
            payload = control_->data();
        }
        if (remaining_ != 0)
            return {};
        state_ = state::header;
        return control({payload, static_cast<std::size_t>(payload_length_)});
    }

    decoded control(std::string_view payload) noexcept {
        decoded d;
        d.payload = payload;
        if (op() != opcode::close) {
            d.kind = op() == opcode::ping ? decoded_kind::ping : decoded_kind::pong;
            return d;
        }
        d.close_code = no_status;
        if (!payload.empty()) {
            d.close_code = static_cast<std::uint16_t>(detail::octet(payload[0]) << 8 |
                                                      detail::octet(payload[1]));
            d.payload.remove_prefix(2);
            // RFC 6455 7.4: codes that a close frame may carry.
            if (!may_be_sent(d.close_code))
                return fail(error::close_code_invalid);
            // RFC 6455 5.5.1: the reason is UTF-8.
            if (!is_utf8(d.payload))
                return fail(error::close_reason_not_utf8);
        }
        d.kind = decoded_kind::close;
        state_ = state::closed;
        return d;
    }

    /// What of the frame's payload has come.
    std::span<char> next_part(std::span<char> in) noexcept {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), remaining_));
        remaining_ -= n;
        return in.first(n);
    }

    masking_key key() const noexcept {
        masking_key k;
        std::memcpy(k.data(), header_.data(), k.size());
        return k;
    }

    // The end.

    decoded fail(error reason) noexcept {
        state_ = state::failed;
        header_have_ = 0;
        decoded d;
        d.kind = decoded_kind::failed;
        d.reason = reason;
        d.failure_code = rfc6455::failure_code(reason);
        return d;
    }

    /// RFC 6455 5.5.1: nothing follows a close frame. After a failure nothing is read.
    decoded drop(std::span<char>& in) noexcept {
        if (state_ == state::closed && !in.empty()) {
            take(in, 1);
            return fail(error::data_after_close);
        }
        in = in.last(0);
        return {};
    }

    opcode op() const noexcept { return static_cast<opcode>(first_ & 0x0FU); }
    void take(std::span<char>& in, std::size_t n) noexcept {
        position_ += n;
        in = in.subspan(n);
    }

    std::uint64_t position_ = 0;
    std::uint64_t payload_length_ = 0; ///< of the frame
    std::uint64_t remaining_ = 0;      ///< of the frame's payload
    std::uint64_t message_size_ = 0;   ///< payloads of the message's frames so far, as announced
    /// Of a control frame that arrives in pieces, from its first to the next frame's header.
    std::unique_ptr<control_payload> control_;
    std::uint32_t fragments_ = 0; ///< frames of the message so far
    utf8_validator utf8_;         ///< of text; between messages it stands on a boundary
    state state_ = state::header;
    std::uint8_t allowed_ = 0;                   ///< rsv1_bit, or none
    std::uint8_t first_ = 0;                     ///< the frame's first byte
    std::uint8_t message_ = no_message;          ///< its opcode and RSV1
    std::uint8_t header_have_ = 0;               ///< bytes of a header that arrived split
    std::array<char, max_header_size> header_{}; ///< they; in a payload first its masking key
};
static_assert(sizeof(void*) != 8 || sizeof(decoder) <= 64);

} // namespace wsintercept::inline v0_1_0::rfc6455
