// Sec-WebSocket-Accept: RFC 6455 4.2.2 item 5.4, SHA-1 (RFC 3174) and base64 (RFC 4648).
#pragma once

#include <wsintercept/rfc6455/detail/accept_hash.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wsintercept::rfc6455 {

namespace detail {

inline constexpr std::string_view base64_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline constexpr std::array<bool, 256> is_base64 = [] {
    std::array<bool, 256> table{};
    for (const char c : base64_characters)
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

} // namespace detail

/// Default accept-key policy.
struct accept_key {
    using text = std::array<char, 28>;

    /// The accept key of the 24 characters of a Sec-WebSocket-Key; others count for nothing.
    /// constexpr, noexcept, any thread.
    static constexpr text compute(std::string_view key) noexcept {
        std::array<char, 24> exact{};
        std::copy_n(key.begin(), std::min(key.size(), exact.size()), exact.begin());
        const detail::hash_words hash = detail::accept_hash(exact.data());

        // RFC 4648 4: 160 bits, six at a time; the last group has two bits of filling.
        text out{};
        for (std::size_t i = 0; i < 27; ++i) {
            const std::size_t bit = 6 * i;
            const std::uint64_t two_words =
                std::uint64_t{hash[bit / 32]} << 32 | (bit / 32 < 4 ? hash[bit / 32 + 1] : 0U);
            out[i] = detail::base64_characters[two_words >> (58 - bit % 32) & 0x3FU];
        }
        out[27] = '=';
        return out;
    }
};

/// Whether it is the base64 of 16 bytes: 24 characters, "==" last, the 4 padding bits zero.
constexpr bool is_key(std::string_view key) noexcept {
    if (key.size() != 24 || !key.ends_with("=="))
        return false;
    bool all = true;
    for (const char c : key.substr(0, 22))
        all = all && detail::is_base64[static_cast<unsigned char>(c)];
    return all && std::string_view{"AQgw"}.find(key[21]) != std::string_view::npos;
}

// The example of RFC 6455 1.3.
static_assert(accept_key::compute("dGhlIHNhbXBsZSBub25jZQ==") ==
              accept_key::text{'s', '3', 'p', 'P', 'L', 'M', 'B', 'i', 'T', 'x',
                               'a', 'Q', '9', 'k', 'Y', 'G', 'z', 'z', 'h', 'Z',
                               'R', 'b', 'K', '+', 'x', 'O', 'o', '='});

} // namespace wsintercept::rfc6455
