// The accept key by the SHA instructions of x86-64, and its base64 in the same registers. Built-ins
// rather than <immintrin.h>, which takes half a second to read.
#pragma once

#include <wsintercept/rfc6455/detail/accept_hash.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)

namespace wsintercept::inline v0_1_0::rfc6455::detail {

#define WSINTERCEPT_TARGET __attribute__((target("sha,sse4.1")))

// An instruction is for four rounds or four words of the schedule. A vector's last element is its
// first word, so that its bytes are those of the key, or of the hash, in the opposite order.
using sha_vector = int __attribute__((vector_size(16))); ///< as the instructions take it
using sha_words = std::uint32_t __attribute__((vector_size(16)));
using sha_bytes = char __attribute__((vector_size(16)));

constexpr sha_vector four_words(std::uint32_t w0, std::uint32_t w1, std::uint32_t w2,
                                std::uint32_t w3) noexcept {
    return sha_vector{static_cast<int>(w3), static_cast<int>(w2), static_cast<int>(w1),
                      static_cast<int>(w0)};
}

struct sha_schedule {
    sha_vector w[21]; ///< and nothing to add for the step past its end
};

inline constexpr sha_schedule second_block_vectors = [] {
    sha_schedule s{};
    for (std::size_t i = 0; i < 20; ++i)
        s.w[i] = four_words(second_block[4 * i], second_block[4 * i + 1], second_block[4 * i + 2],
                            second_block[4 * i + 3]);
    return s;
}();

/// Modulo 2^32 each: of int it would be undefined.
WSINTERCEPT_TARGET inline sha_vector sum(sha_vector a, sha_vector b) noexcept {
    return reinterpret_cast<sha_vector>(reinterpret_cast<sha_words>(a) +
                                        reinterpret_cast<sha_words>(b));
}

/// Twenty rounds. `e` is the fifth word with the next four words of the schedule added.
template <int First>
WSINTERCEPT_TARGET inline void twenty_rounds_sha(sha_vector& abcd, sha_vector& e,
                                                 const sha_schedule& s) noexcept {
    for (int t = First / 4; t < First / 4 + 5; ++t) {
        const sha_vector before = abcd;
        abcd = __builtin_ia32_sha1rnds4(abcd, e, First / 20);
        e = __builtin_ia32_sha1nexte(before, s.w[t + 1]);
    }
}

WSINTERCEPT_TARGET inline void hash_block_sha(sha_vector& abcd, sha_vector& fifth,
                                              const sha_schedule& s) noexcept {
    const sha_vector before = abcd;
    sha_vector e = sum(fifth, s.w[0]);
    twenty_rounds_sha<0>(abcd, e, s);
    twenty_rounds_sha<20>(abcd, e, s);
    twenty_rounds_sha<40>(abcd, e, s);
    twenty_rounds_sha<60>(abcd, e, s);
    abcd = sum(abcd, before);
    fifth = sum(fifth, e);
}

WSINTERCEPT_TARGET inline sha_schedule first_block_vectors(const char* key) noexcept {
    const auto turned = [](sha_bytes v) WSINTERCEPT_TARGET {
        return reinterpret_cast<sha_vector>(
            __builtin_shufflevector(v, v, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    };
    using halves = std::uint64_t __attribute__((vector_size(16)));
    sha_bytes front;
    std::uint64_t rest = 0;
    std::memcpy(&front, key, 16);
    std::memcpy(&rest, key + 16, 8);
    const auto& g = guid_words;
    sha_schedule s;
    s.w[0] = turned(front);
    s.w[1] = turned(reinterpret_cast<sha_bytes>(halves{rest, 0})) | four_words(0, 0, g[0], g[1]);
    s.w[2] = four_words(g[2], g[3], g[4], g[5]);
    s.w[3] = four_words(g[6], g[7], g[8], g[9]);
    for (std::size_t i = 4; i < 20; ++i)
        s.w[i] = __builtin_ia32_sha1msg2(
            __builtin_ia32_sha1msg1(s.w[i - 4], s.w[i - 3]) ^ s.w[i - 2], s.w[i - 1]);
    s.w[20] = sha_vector{};
    return s;
}

/// RFC 4648 4, of four times three bytes, which stand as 1 0 2 1.
WSINTERCEPT_TARGET inline sha_bytes base64_digits_of(sha_bytes threes) noexcept {
    using halves = std::uint16_t __attribute__((vector_size(16)));
    using signed_halves = short __attribute__((vector_size(16))); // as the built-in takes it
    const auto v = reinterpret_cast<sha_words>(threes);
    // Shifts by 10 and 6 bits to the right, and by 4 and 8 to the left.
    const auto first_third = reinterpret_cast<sha_bytes>(
        __builtin_ia32_pmulhuw128(reinterpret_cast<signed_halves>(v & 0x0FC0FC00U),
                                  reinterpret_cast<signed_halves>(sha_words{} + 0x04000040U)));
    const auto second_fourth =
        reinterpret_cast<sha_bytes>(reinterpret_cast<halves>(v & 0x003F03F0U) *
                                    reinterpret_cast<halves>(sha_words{} + 0x01000010U));
    const sha_bytes six_bits = first_third | second_fourth;
    // What to add: 13 for A to Z, 0 for a to z, 1 to 10 for the digits, 11 and 12 for + and /.
    const sha_bytes kind = __builtin_ia32_psubusb128(six_bits, sha_bytes{} + 51) |
                           reinterpret_cast<sha_bytes>((six_bits < 26) & 13);
    constexpr char letter = 'a' - 26, digit = '0' - 52;
    constexpr sha_bytes added{letter, digit, digit, digit, digit,    digit,    digit,
                              digit,  digit, digit, digit, '+' - 62, '/' - 63, 'A'};
    return six_bits + __builtin_ia32_pshufb128(added, kind);
}

/// The accept key of 24 characters.
WSINTERCEPT_TARGET inline std::array<char, 28> accept_text_sha(const char* key) noexcept {
    sha_vector abcd = four_words(hash_start[0], hash_start[1], hash_start[2], hash_start[3]);
    sha_vector fifth = four_words(hash_start[4], 0, 0, 0);
    hash_block_sha(abcd, fifth, first_block_vectors(key));
    hash_block_sha(abcd, fifth, second_block_vectors);
    // The last sixteen characters overlap the first sixteen: they are of bytes 9 to 19, and a zero.
    const auto front = reinterpret_cast<sha_bytes>(abcd);
    const auto back = reinterpret_cast<sha_bytes>(sha_vector{fifth[3], abcd[0], abcd[1], abcd[2]});
    const sha_bytes first = base64_digits_of(__builtin_shufflevector(
        front, front, 14, 15, 13, 14, 11, 12, 10, 11, 8, 9, 7, 8, 5, 6, 4, 5));
    const sha_bytes last = base64_digits_of(__builtin_shufflevector(
        back, sha_bytes{}, 9, 10, 8, 9, 6, 7, 5, 6, 3, 4, 2, 3, 0, 1, 16, 0));
    std::array<char, 28> text;
    std::memcpy(text.data(), &first, 16);
    std::memcpy(text.data() + 12, &last, 16);
    text.back() = '=';
    return text;
}

#undef WSINTERCEPT_TARGET

} // namespace wsintercept::inline v0_1_0::rfc6455::detail

#endif
