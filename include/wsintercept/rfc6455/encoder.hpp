// From the host's messages to frames: RFC 6455 5, server role, so without masks.
#pragma once

#include <wsintercept/data_type.hpp>
#include <wsintercept/error.hpp>
#include <wsintercept/rfc6455/close_code.hpp>
#include <wsintercept/rfc6455/frame_header.hpp>
#include <wsintercept/rfc6455/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc6455 {

/// A few bytes ready to be sent.
template <std::size_t Capacity>
struct short_bytes {
    std::array<char, Capacity> bytes{};
    std::size_t size = 0;

    constexpr std::string_view view() const noexcept { return {bytes.data(), size}; }
};

using header_bytes = short_bytes<max_header_size>; ///< the header of a frame
using control_frame = short_bytes<2 + 125>;        ///< a whole one

/// An unmasked header, as a server sends it.
constexpr header_bytes encode_header(opcode op, bool fin, std::uint64_t payload_length,
                                     bool rsv1 = false) noexcept {
    frame_header h;
    h.fin = fin;
    h.rsv1 = rsv1;
    h.op = op;
    h.payload_length = payload_length;
    header_bytes out;
    out.size = encode(h, out.bytes.data());
    return out;
}

namespace detail {

/// Of what is longer than a control frame may be, RFC 6455 5.5, the front.
constexpr control_frame encode_control(opcode op, std::string_view payload) noexcept {
    payload = payload.substr(0, max_control_payload);
    control_frame out;
    out.bytes[0] = static_cast<char>(0x80U | static_cast<unsigned>(op));
    out.bytes[1] = static_cast<char>(payload.size());
    std::copy(payload.begin(), payload.end(), out.bytes.begin() + 2);
    out.size = 2 + payload.size();
    return out;
}

} // namespace detail

/// RFC 6455 5.5.2. The payload has at most 125 bytes.
constexpr control_frame ping_frame(std::string_view payload) noexcept {
    return detail::encode_control(opcode::ping, payload);
}

/// RFC 6455 5.5.3. The payload is that of the ping.
constexpr control_frame pong_frame(std::string_view payload) noexcept {
    return detail::encode_control(opcode::pong, payload);
}

/// RFC 6455 5.5.1. A code that `may_be_sent`, or no_status for a frame without a body. The reason
/// is UTF-8; of one longer than 123 bytes it carries the whole code points that fit.
constexpr control_frame close_frame(std::uint16_t code, std::string_view reason) noexcept {
    if (code == no_status)
        return detail::encode_control(opcode::close, {});
    std::array<char, max_control_payload> body{static_cast<char>(code >> 8),
                                               static_cast<char>(code & 0xFFU)};
    if (reason.size() > body.size() - 2)
        reason = reason.substr(0, complete_prefix(reason.substr(0, body.size() - 2)));
    std::copy(reason.begin(), reason.end(), body.begin() + 2);
    return detail::encode_control(opcode::close, {body.data(), 2 + reason.size()});
}

/// How a fragment of the host goes out, or why it does not.
struct outgoing_fragment {
    error reason{};             ///< opcode_differs or invalid_utf8; error{}: none
    opcode op = opcode::text;   ///< for its frame
    bool rsv1 = false;          ///< for its frame
    std::string_view payload{}; ///< of its frame: the data itself, or what an extension made of it,
                                ///< valid until the next call
};

/// The host's message, which may come in several fragments, RFC 6455 5.4. Text is checked across
/// them: a code point may be split between two, but not left unfinished by the last.
class outgoing_message {
  public:
    /// `type` of a first fragment: text where omitted; of later ones: omitted, or the same. On an
    /// error nothing has changed, and the host may go on with the message.
    constexpr outgoing_fragment add(std::string_view data, bool fin,
                                    std::optional<data_type> type) noexcept {
        if (open_ && type && *type != type_)
            return {.reason = error::opcode_differs};
        const data_type now = open_ ? type_ : type.value_or(data_type::text);
        utf8_validator checked = utf8_; // between messages it stands on a boundary
        if (now == data_type::text && !(checked.feed(data) && (!fin || checked.complete())))
            return {.reason = error::invalid_utf8};

        const opcode op = open_                      ? opcode::continuation
                          : now == data_type::binary ? opcode::binary
                                                     : opcode::text;
        utf8_ = checked;
        type_ = now;
        open_ = !fin;
        return {.op = op, .payload = data};
    }

    constexpr bool open() const noexcept { return open_; } ///< a message waits for its end

  private:
    utf8_validator utf8_;
    data_type type_ = data_type::text;
    bool open_ = false;
};
static_assert(sizeof(outgoing_message) <= 8);

} // namespace wsintercept::inline v0_1_0::rfc6455
