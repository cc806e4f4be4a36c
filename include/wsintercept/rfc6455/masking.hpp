// Masking and unmasking, which are the same: RFC 6455 5.3.
#pragma once

#include <wsintercept/rfc6455/detail/mask_word.hpp>
#include <wsintercept/rfc6455/detail/unmask.hpp>
#include <wsintercept/rfc6455/frame_header.hpp>

#include <cstddef>
#include <span>

namespace wsintercept::inline v0_1_0::rfc6455 {

/// XORs bytes in place. `offset` is where the first of them lies in its frame's payload, so that a
/// payload may be split anywhere.
inline void mask(std::span<char> bytes, const masking_key& key, std::size_t offset) noexcept {
    detail::unmask(bytes.data(), bytes.size(), detail::make_mask_word(key, offset));
}

} // namespace wsintercept::inline v0_1_0::rfc6455
