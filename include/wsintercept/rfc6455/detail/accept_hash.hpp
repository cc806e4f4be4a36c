// SHA-1 (RFC 3174) of a key and the GUID of RFC 6455 1.3. These are always 60 bytes, so that all
// but the key's six words is known in advance: the rest of the first block, and all of the second.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace wsintercept::inline v0_1_0::rfc6455::detail {

using hash_words = std::array<std::uint32_t, 5>;
using hash_schedule = std::array<std::uint32_t, 80>; // RFC 3174 6.1: W(0) to W(79)

inline constexpr hash_words hash_start{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
inline constexpr std::array<std::uint32_t, 4> round_constants{0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC,
                                                              0xCA62C1D6};

constexpr std::uint32_t big_endian_word(const char* p) noexcept {
    const auto byte = [p](std::size_t i) {
        return std::uint32_t{static_cast<unsigned char>(p[i])};
    };
    return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

/// Words 6 to 15 of the first block: the GUID, and the bit that ends a message.
inline constexpr std::array<std::uint32_t, 10> guid_words = [] {
    constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<std::uint32_t, 10> words{};
    for (std::size_t i = 0; i < 9; ++i)
        words[i] = big_endian_word(guid.data() + 4 * i);
    words[9] = 0x80000000;
    return words;
}();

// A round adds W(t) + K(t). These sums are made for twenty rounds at a time, since all of them
// ahead of the first round would delay it.

/// Word by word: the last sixteen, each at its number modulo 16.
struct scalar_schedule {
    std::array<std::uint32_t, 16> w;

    constexpr explicit scalar_schedule(const char* key) noexcept {
        for (std::size_t i = 0; i < 6; ++i)
            w[i] = big_endian_word(key + 4 * i);
        for (std::size_t i = 0; i < guid_words.size(); ++i)
            w[6 + i] = guid_words[i];
    }

    template <std::size_t First>
    constexpr void make_sums(hash_schedule& sums) noexcept {
        for (std::size_t t = First; t < First + 20; ++t) {
            std::uint32_t& word = w[t % 16];
            if (t >= 16)
                word = std::rotl(w[(t - 3) % 16] ^ w[(t - 8) % 16] ^ w[(t - 14) % 16] ^ word, 1);
            sums[t] = word + round_constants[First / 20];
        }
    }
};

/// Of the second block, which holds nothing but the message's length, 480 bits.
inline constexpr hash_schedule second_block = [] {
    hash_schedule w{};
    w[15] = 480;
    for (std::size_t t = 16; t < 80; ++t)
        w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    return w;
}();
inline constexpr hash_schedule second_block_sums = [] {
    hash_schedule sums = second_block;
    for (std::size_t t = 0; t < 80; ++t)
        sums[t] += round_constants[t / 20];
    return sums;
}();

/// RFC 3174 6.1, step d: rounds First to First + 19, five at a time, so that no word moves.
template <std::size_t First>
[[gnu::always_inline]] constexpr void twenty_rounds(hash_words& h,
                                                    const hash_schedule& sums) noexcept {
    const auto round = [](std::uint32_t a, std::uint32_t& b, std::uint32_t c, std::uint32_t d,
                          std::uint32_t& e, std::uint32_t sum) {
        const std::uint32_t f = First == 0    ? ((c ^ d) & b) ^ d
                                : First == 40 ? (c & d) + ((c ^ d) & b)
                                              : b ^ c ^ d;
        e += sum + f + std::rotl(a, 5);
        b = std::rotl(b, 30);
    };
    for (std::size_t t = First; t < First + 20; t += 5) {
        round(h[0], h[1], h[2], h[3], h[4], sums[t]);
        round(h[4], h[0], h[1], h[2], h[3], sums[t + 1]);
        round(h[3], h[4], h[0], h[1], h[2], sums[t + 2]);
        round(h[2], h[3], h[4], h[0], h[1], sums[t + 3]);
        round(h[1], h[2], h[3], h[4], h[0], sums[t + 4]);
    }
}

/// Both blocks.
template <class Schedule>
constexpr hash_words hash_blocks(const char* key) noexcept {
    hash_words h = hash_start;
    Schedule schedule{key};
    hash_schedule first_block_sums;
    for (const bool first : {true, false}) {
        const hash_schedule& sums = first ? first_block_sums : second_block_sums;
        hash_words next = h;
        if (first)
            schedule.template make_sums<0>(first_block_sums);
        twenty_rounds<0>(next, sums);
        if (first)
            schedule.template make_sums<20>(first_block_sums);
        twenty_rounds<20>(next, sums);
        if (first)
            schedule.template make_sums<40>(first_block_sums);
        twenty_rounds<40>(next, sums);
        if (first)
            schedule.template make_sums<60>(first_block_sums);
        twenty_rounds<60>(next, sums);
        for (std::size_t i = 0; i < h.size(); ++i)
            h[i] += next[i];
    }
    return h;
}

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__aarch64__))

/// Four words at a time, in the vectors that are part of these machines: SSE2 or NEON.
struct vector_schedule {
    using words = std::uint32_t __attribute__((vector_size(16)));
    words w[20];

    explicit vector_schedule(const char* key) noexcept {
        const auto k = [key](std::size_t i) { return big_endian_word(key + 4 * i); };
        const auto& g = guid_words;
        w[0] = words{k(0), k(1), k(2), k(3)};
        w[1] = words{k(4), k(5), g[0], g[1]};
        w[2] = words{g[2], g[3], g[4], g[5]};
        w[3] = words{g[6], g[7], g[8], g[9]};
    }

    template <std::size_t First>
    __attribute__((always_inline)) void make_sums(hash_schedule& sums) noexcept {
        for (std::size_t i = First / 4; i < First / 4 + 5; ++i) {
            if (i >= 8)
                w[i] = later(i);
            else if (i >= 4)
                w[i] = early(i);
            const words four = w[i] + round_constants[First / 20];
            std::memcpy(&sums[4 * i], &four, sizeof four);
        }
    }

  private:
    static words rotl(words v, int n) noexcept { return v << n | v >> (32 - n); }
    /// The four words that begin with the last two of `a`.
    static words across(words a, words b) noexcept {
        return __builtin_shufflevector(a, b, 2, 3, 4, 5);
    }
    /// The fourth word needs the first one, which is not there yet: it is added.
    words early(std::size_t i) const noexcept {
        const words last = __builtin_shufflevector(w[i - 1], words{}, 1, 2, 3, 4);
        const words v = (w[i - 4] ^ across(w[i - 4], w[i - 3]) ^ w[i - 2]) ^ last;
        return rotl(v, 1) ^ rotl(words{0, 0, 0, v[0]}, 2);
    }
    /// From W(32) on: the rule put into itself, so that no word needs one of the same four.
    words later(std::size_t i) const noexcept {
        return rotl((w[i - 4] ^ w[i - 7] ^ w[i - 8]) ^ across(w[i - 2], w[i - 1]), 2);
    }
};

#endif

/// Of 24 characters.
constexpr hash_words accept_hash(const char* key) noexcept {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__aarch64__))
    if (!std::is_constant_evaluated())
        return hash_blocks<vector_schedule>(key);
#endif
    return hash_blocks<scalar_schedule>(key);
}

} // namespace wsintercept::inline v0_1_0::rfc6455::detail
