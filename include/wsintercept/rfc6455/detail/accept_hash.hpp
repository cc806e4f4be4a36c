// SHA-1 (RFC 3174) of a key and the GUID of RFC 6455 1.3. These are always 60 bytes, so that all
// but the key's six words is known in advance: the rest of the first block, and all of the second.
#pragma once

#include <wsintercept/detail/cpu.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
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

constexpr void complete_schedule(hash_schedule& w) noexcept {
    for (std::size_t t = 16; t < 80; ++t)
        w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
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

/// The second block holds nothing but the message's length, 480 bits.
inline constexpr hash_schedule second_block = [] {
    hash_schedule w{};
    w[15] = 480;
    complete_schedule(w);
    return w;
}();

/// RFC 3174 6.1, step d: rounds First to First + 19, five at a time, so that no word moves.
template <std::size_t First>
constexpr void twenty_rounds(hash_words& h, const hash_schedule& w) noexcept {
    constexpr std::uint32_t k = round_constants[First / 20];
    const auto round = [](std::uint32_t a, std::uint32_t& b, std::uint32_t c, std::uint32_t d,
                          std::uint32_t& e, std::uint32_t word) {
        const std::uint32_t f = First == 0    ? ((c ^ d) & b) ^ d
                                : First == 40 ? (b & c) | ((b | c) & d)
                                              : b ^ c ^ d;
        e += std::rotl(a, 5) + f + k + word;
        b = std::rotl(b, 30);
    };
    for (std::size_t t = First; t < First + 20; t += 5) {
        round(h[0], h[1], h[2], h[3], h[4], w[t]);
        round(h[4], h[0], h[1], h[2], h[3], w[t + 1]);
        round(h[3], h[4], h[0], h[1], h[2], w[t + 2]);
        round(h[2], h[3], h[4], h[0], h[1], w[t + 3]);
        round(h[1], h[2], h[3], h[4], h[0], w[t + 4]);
    }
}

constexpr void hash_block(hash_words& h, const hash_schedule& w) noexcept {
    hash_words next = h;
    twenty_rounds<0>(next, w);
    twenty_rounds<20>(next, w);
    twenty_rounds<40>(next, w);
    twenty_rounds<60>(next, w);
    for (std::size_t i = 0; i < h.size(); ++i)
        h[i] += next[i];
}

constexpr hash_words accept_hash_portable(const char* key) noexcept {
    hash_schedule w{};
    for (std::size_t i = 0; i < 6; ++i)
        w[i] = big_endian_word(key + 4 * i);
    for (std::size_t i = 0; i < guid_words.size(); ++i)
        w[6 + i] = guid_words[i];
    complete_schedule(w);
    hash_words h = hash_start;
    hash_block(h, w);
    hash_block(h, second_block);
    return h;
}

#if defined(__x86_64__) && defined(__GNUC__)
// With the SHA instructions, each for four rounds or four words of the schedule. A vector's last
// element is its first word. Built-ins rather than <immintrin.h>, which takes half a second to
// read.

using vector4 = int __attribute__((vector_size(16))); ///< as the instructions take it

/// Modulo 2^32 each: of int it would be undefined.
__attribute__((always_inline)) inline vector4 sum(vector4 a, vector4 b) noexcept {
    using modular = unsigned __attribute__((vector_size(16)));
    return reinterpret_cast<vector4>(reinterpret_cast<modular>(a) + reinterpret_cast<modular>(b));
}

constexpr vector4 hash_vector(std::uint32_t w0, std::uint32_t w1, std::uint32_t w2,
                              std::uint32_t w3) noexcept {
    return vector4{static_cast<int>(w3), static_cast<int>(w2), static_cast<int>(w1),
                   static_cast<int>(w0)};
}

struct hash_vectors {
    vector4 w[21]; ///< a schedule, and nothing to add for the step past its end
};

inline constexpr hash_vectors second_block_vectors = [] {
    hash_vectors v{};
    for (std::size_t i = 0; i < 20; ++i)
        v.w[i] = hash_vector(second_block[4 * i], second_block[4 * i + 1], second_block[4 * i + 2],
                             second_block[4 * i + 3]);
    return v;
}();

/// Twenty rounds. `e` is the fifth word with the next four words of the schedule added.
template <int First>
__attribute__((target("sha,sse4.1"))) inline void twenty_rounds_sha(vector4& abcd, vector4& e,
                                                                    const vector4* w) noexcept {
    for (int t = First / 4; t < First / 4 + 5; ++t) {
        const vector4 before = abcd;
        abcd = __builtin_ia32_sha1rnds4(abcd, e, First / 20);
        e = __builtin_ia32_sha1nexte(before, w[t + 1]);
    }
}

__attribute__((target("sha,sse4.1"))) inline void hash_block_sha(vector4& abcd, vector4& fifth,
                                                                 const hash_vectors& v) noexcept {
    const vector4 before = abcd;
    vector4 e = sum(fifth, v.w[0]);
    twenty_rounds_sha<0>(abcd, e, v.w);
    twenty_rounds_sha<20>(abcd, e, v.w);
    twenty_rounds_sha<40>(abcd, e, v.w);
    twenty_rounds_sha<60>(abcd, e, v.w);
    abcd = sum(abcd, before);
    fifth = sum(fifth, e);
}

__attribute__((target("sha,sse4.1"))) inline hash_words accept_hash_sha(const char* key) noexcept {
    const auto k = [key](std::size_t i) { return big_endian_word(key + 4 * i); };
    const auto& g = guid_words;
    hash_vectors v{{hash_vector(k(0), k(1), k(2), k(3)), hash_vector(k(4), k(5), g[0], g[1]),
                    hash_vector(g[2], g[3], g[4], g[5]), hash_vector(g[6], g[7], g[8], g[9])}};
    for (std::size_t i = 4; i < 20; ++i)
        v.w[i] = __builtin_ia32_sha1msg2(
            __builtin_ia32_sha1msg1(v.w[i - 4], v.w[i - 3]) ^ v.w[i - 2], v.w[i - 1]);

    vector4 abcd = hash_vector(hash_start[0], hash_start[1], hash_start[2], hash_start[3]);
    vector4 fifth = hash_vector(hash_start[4], 0, 0, 0);
    hash_block_sha(abcd, fifth, v);
    hash_block_sha(abcd, fifth, second_block_vectors);
    const auto word = [](int i) { return static_cast<std::uint32_t>(i); };
    return {word(abcd[3]), word(abcd[2]), word(abcd[1]), word(abcd[0]), word(fifth[3])};
}
#endif

/// Of 24 characters.
constexpr hash_words accept_hash(const char* key) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
    if (!std::is_constant_evaluated() && wsintercept::detail::cpu_has(wsintercept::detail::cpu_sha))
        return accept_hash_sha(key);
#endif
    return accept_hash_portable(key);
}

} // namespace wsintercept::inline v0_1_0::rfc6455::detail
