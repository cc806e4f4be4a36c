// What a row asks of permessage-deflate, RFC 7692 7.1. No zlib here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wsintercept::inline v0_1_0::rfc7692 {

/// Needs policies that know the extension (rfc7692/permessage_deflate.hpp); others decline its
/// offers.
struct options {
    bool server_no_context_takeover = false; ///< each of our messages is compressed by itself
    bool client_no_context_takeover = false; ///< and each of the peer's
    int server_max_window_bits = 15;         ///< 9 to 15; zlib has no raw window of 8 bits
    int client_max_window_bits = 15;         ///< 8 to 15; below 15 where the offer allows it
    int level = 6;                           ///< zlib's: 1 (fast) to 9 (small)
    std::size_t compress_from = 64;          ///< smaller messages go out as they are
    /// Bytes that one byte of a message may inflate to, looked at after each 64 KiB of them.
    /// 1,032 is what DEFLATE can reach; less refuses bombs sooner, and very uniform data with them.
    std::uint32_t max_ratio = 1032;

    constexpr bool in_range() const noexcept {
        return server_max_window_bits >= 9 && server_max_window_bits <= 15 &&
               client_max_window_bits >= 8 && client_max_window_bits <= 15 && level >= 1 &&
               level <= 9 && max_ratio >= 1;
    }
    friend bool operator==(const options&, const options&) = default;
};

} // namespace wsintercept::inline v0_1_0::rfc7692
