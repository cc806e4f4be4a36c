// Sec-WebSocket-Accept: RFC 6455 4.2.2 item 5.4, SHA-1 (RFC 3174) and base64 (RFC 4648).
#pragma once

#include <wsintercept/detail/base64.hpp>
#include <wsintercept/detail/cpu.hpp>
#include <wsintercept/rfc6455/detail/accept_hash.hpp>
#include <wsintercept/rfc6455/detail/accept_sha.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace wsintercept::inline v0_1_0::rfc6455 {

namespace detail {

/// Bits First to First + 5 of 160, and zeros behind them.
template <std::size_t First>
constexpr std::size_t six_bits(const std::array<std::uint64_t, 3>& words) noexcept {
    constexpr std::size_t word = First / 64, bit = First % 64;
    if constexpr (bit <= 58)
        return words[word] >> (58 - bit) & 0x3FU;
    else // the rest is in the next word
        return (words[word] << (bit - 58) | words[word + 1] >> (122 - bit)) & 0x3FU;
}

/// RFC 4648 4. Each group of six bits has code of its own, so that no shift is computed.
template <std::size_t... Group>
constexpr std::array<char, 28> base64_of(const hash_words& h,
                                         std::index_sequence<Group...>) noexcept {
    const std::array<std::uint64_t, 3> words{std::uint64_t{h[0]} << 32 | h[1],
                                             std::uint64_t{h[2]} << 32 | h[3],
                                             std::uint64_t{h[4]} << 32};
    return {wsintercept::detail::base64_digits[six_bits<6 * Group>(words)]..., '='};
}
constexpr std::array<char, 28> base64_of(const hash_words& hash) noexcept {
    return base64_of(hash, std::make_index_sequence<27>{});
}

/// Of 24 characters.
constexpr std::array<char, 28> accept_text(const char* key) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
    if (!std::is_constant_evaluated() && wsintercept::detail::cpu_has(wsintercept::detail::cpu_sha))
        return accept_text_sha(key);
#endif
    return base64_of(accept_hash(key));
}

} // namespace detail

/// Default accept-key policy.
struct accept_key {
    using text = std::array<char, 28>;

    /// The accept key of the 24 characters of a Sec-WebSocket-Key; others count for nothing.
    /// constexpr, noexcept, any thread.
    static constexpr text compute(std::string_view key) noexcept {
        if (key.size() == 24)
            return detail::accept_text(key.data());
        std::array<char, 24> exact{};
        std::copy_n(key.begin(), (std::min)(key.size(), exact.size()), exact.begin());
        return detail::accept_text(exact.data());
    }
};

/// Whether it is the base64 of 16 bytes: 24 characters, "==" last, the 4 padding bits zero.
constexpr bool is_key(std::string_view key) noexcept {
    if (key.size() != 24 || key[22] != '=' || key[23] != '=')
        return false;
    bool all = true;
    for (const char c : key.substr(0, 22))
        all &= wsintercept::detail::is_base64_digit(c);
    return all && (key[21] == 'A' || key[21] == 'Q' || key[21] == 'g' || key[21] == 'w');
}

// The example of RFC 6455 1.3.
static_assert(accept_key::compute("dGhlIHNhbXBsZSBub25jZQ==") ==
              accept_key::text{'s', '3', 'p', 'P', 'L', 'M', 'B', 'i', 'T', 'x',
                               'a', 'Q', '9', 'k', 'Y', 'G', 'z', 'z', 'h', 'Z',
                               'R', 'b', 'K', '+', 'x', 'O', 'o', '='});

} // namespace wsintercept::inline v0_1_0::rfc6455
