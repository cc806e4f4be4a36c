// What a decoder gives, and what it may take.
#pragma once

#include <wsintercept/data_type.hpp>
#include <wsintercept/error.hpp>
#include <wsintercept/rfc6455/close_code.hpp>

#include <cstdint>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc6455 {

/// What a decoder may take; checked before anything is stored or added.
struct decoder_limits {
    std::uint64_t frame;     ///< payload of a data frame; never more than absolute_cap
    std::uint64_t message;   ///< payload of a message; never more than absolute_cap; of a
                             ///< compressed one as it came and when it is inflated
    std::uint32_t fragments; ///< frames of a message, empty ones too
};

/// What a call of a decoder's `next` found.
enum class decoded_kind : std::uint8_t {
    need_more, ///< the input is used up
    data,      ///< a part of a message
    ping,      ///< payload to send back
    pong,
    close,  ///< close_code, and the reason in payload; feed nothing more
    failed, ///< reason; feed nothing more
};

/// One thing that the bytes held. payload is valid until the next call, or as long as the input's
/// bytes where it lies in them.
struct decoded {
    decoded_kind kind = decoded_kind::need_more;
    std::string_view payload{};  ///< unmasked; text is checked as UTF-8 so far
    bool frame_finished = false; ///< data: the last part of its frame
    bool fin = false;            ///< data: the last part of its message
    bool begins = false;         ///< data: the first part of its message
    bool rsv1 = false;           ///< data: an extension's, which is to make the message of it
    data_type type = data_type::text;
    std::uint16_t close_code = 0; ///< close: 1005 if it carried none
    error reason{};
    std::uint16_t failure_code = 0;   ///< failed: the close code to send, RFC 6455 7.4.1
    std::uint64_t payload_length = 0; ///< data: of the whole frame
};

/// The close code for what a decoder found wrong, RFC 6455 7.4.1.
constexpr std::uint16_t failure_code(error reason) noexcept {
    switch (reason) {
    case error::close_reason_not_utf8:
    case error::text_not_utf8:
    case error::bad_deflate_data: return invalid_payload;
    case error::frame_too_big:
    case error::message_too_big:
    case error::inflates_too_much:
    case error::memory_exhausted: return rfc6455::message_too_big;
    case error::too_many_fragments: return policy_violation;
    default: return protocol_error;
    }
}

} // namespace wsintercept::inline v0_1_0::rfc6455
