// A masking key as XOR takes it, and the XOR of a few bytes: RFC 6455 5.3.
#pragma once

#include <wsintercept/rfc6455/frame_header.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace wsintercept::inline v0_1_0::rfc6455::detail {

/// The key as it lies in memory.
using mask_word = std::uint32_t;

/// Of bytes that begin `offset` behind those of `word`; the same in either byte order.
constexpr mask_word turned(mask_word word, std::size_t offset) noexcept {
    const int turn = static_cast<int>(offset % 4 * 8);
    return std::endian::native == std::endian::big ? std::rotl(word, turn) : std::rotr(word, turn);
}
inline mask_word make_mask_word(const masking_key& key, std::size_t offset) noexcept {
    mask_word word = 0;
    std::memcpy(&word, key.data(), sizeof word);
    return turned(word, offset);
}

/// What walks over a payload is a template over its bytes: char is unmasked, const char only read.
template <class Byte>
inline constexpr bool unmasks = !std::is_const_v<Byte>;

/// For whoever only reads.
inline constexpr mask_word no_mask = 0;

/// The next bytes of a payload as a T, unmasked there where Byte is not const.
template <class T, class Byte>
inline T load_unmasked(Byte* at, T mask) noexcept {
    T word = 0;
    std::memcpy(&word, at, sizeof word);
    if constexpr (unmasks<Byte>) {
        word = static_cast<T>(word ^ mask);
        std::memcpy(at, &word, sizeof word);
    }
    return word;
}

/// In words of eight bytes, for what is short and for processors without vectors. True: it is all
/// ASCII.
template <class Byte>
inline bool unmask_words(Byte* at, std::size_t size, mask_word mask) noexcept {
    constexpr std::uint64_t beyond_ascii = 0x8080808080808080U;
    std::uint64_t seen = 0;
    const std::uint64_t mask8 = std::uint64_t{mask} << 32 | mask;
    for (; size >= 8; at += 8, size -= 8)
        seen |= load_unmasked(at, mask8);
    if ((size & 4U) != 0) {
        seen |= load_unmasked(at, mask);
        at += 4;
    }
    if ((size & 2U) != 0) {
        std::uint16_t mask2 = 0;
        std::memcpy(&mask2, &mask, sizeof mask2);
        seen |= load_unmasked(at, mask2);
        at += 2;
        mask = turned(mask, 2);
    }
    if ((size & 1U) != 0) {
        std::uint8_t mask1 = 0;
        std::memcpy(&mask1, &mask, sizeof mask1);
        seen |= load_unmasked(at, mask1);
    }
    return (seen & beyond_ascii) == 0;
}

} // namespace wsintercept::inline v0_1_0::rfc6455::detail
