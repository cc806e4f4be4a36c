// Masking and unmasking, which are the same: RFC 6455 5.3.
#pragma once

#include <wsintercept/rfc6455/frame_header.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace wsintercept::inline v0_1_0::rfc6455 {

/// XORs bytes in place. `offset` is where the first of them lies in its frame's payload, so that a
/// payload may be split anywhere.
inline void mask(std::span<char> bytes, const masking_key& key, std::size_t offset) noexcept {
    // The key as it lies in memory from the first byte on; the same in either byte order.
    std::uint32_t key32 = 0;
    std::memcpy(&key32, key.data(), sizeof key32);
    const int turn = static_cast<int>(offset % 4 * 8);
    key32 =
        std::endian::native == std::endian::big ? std::rotl(key32, turn) : std::rotr(key32, turn);
    const std::uint64_t key64 = std::uint64_t{key32} << 32 | key32;

    const auto mask_word = [key64](char* p) {
        std::uint64_t word = 0;
        std::memcpy(&word, p, 8);
        word ^= key64;
        std::memcpy(p, &word, 8);
    };
    char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 32; at += 32, left -= 32) { // four words, which compilers turn into vectors
        mask_word(at);
        mask_word(at + 8);
        mask_word(at + 16);
        mask_word(at + 24);
    }
    for (; left >= 8; at += 8, left -= 8)
        mask_word(at);
    std::array<char, 8> tail{};
    std::memcpy(tail.data(), &key64, 8);
    for (std::size_t i = 0; i < left; ++i)
        at[i] = static_cast<char>(at[i] ^ tail[i]);
}

} // namespace wsintercept::inline v0_1_0::rfc6455
