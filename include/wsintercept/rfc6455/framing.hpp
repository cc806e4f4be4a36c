// Default frame policy: RFC 6455 5, server role.
#pragma once

#include <wsintercept/rfc6455/decoder.hpp>
#include <wsintercept/rfc6455/encoder.hpp>

#include <cstdint>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc6455 {

/// The default frame policy.
struct framing {
    using decoder = rfc6455::decoder; ///< the peer's bytes to messages' parts
    using decoded = rfc6455::decoded; ///< one thing that the bytes held
    using decoded_kind = rfc6455::decoded_kind;
    using decoder_limits = rfc6455::decoder_limits;
    using outgoing = rfc6455::outgoing_message; ///< the host's message of several fragments

    /// What goes ahead of a fragment's payload.
    static header_bytes header(const outgoing_fragment& fragment, bool fin) noexcept {
        return encode_header(fragment.op, fin, fragment.payload.size(), fragment.rsv1);
    }
    /// See `ping_frame`.
    static control_frame ping(std::string_view payload) noexcept { return ping_frame(payload); }
    /// See `pong_frame`.
    static control_frame pong(std::string_view payload) noexcept { return pong_frame(payload); }
    /// See `close_frame`.
    static control_frame close(std::uint16_t code, std::string_view reason) noexcept {
        return close_frame(code, reason);
    }
};

} // namespace wsintercept::inline v0_1_0::rfc6455
