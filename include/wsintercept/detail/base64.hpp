// Base64, RFC 4648 4.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::detail {

inline constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline constexpr std::array<bool, 256> are_base64_digits = [] {
    std::array<bool, 256> table{};
    for (const char c : base64_digits)
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();
constexpr bool is_base64_digit(char c) noexcept {
    return are_base64_digits[static_cast<unsigned char>(c)];
}

/// Appends the base64 of `bytes`, padding included.
inline void append_base64(std::string& out, std::string_view bytes) {
    out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t three = 0;
        for (std::size_t k = 0; k < 3; ++k)
            three = three << 8U |
                    (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += i + k > bytes.size() ? '=' : base64_digits[three >> (18 - 6 * k) & 63U];
    }
}

} // namespace wsintercept::inline v0_1_0::detail
