// Which two bytes in a row cannot be part of UTF-8, as tables of 16 for the vector instructions
// that look up each byte of a vector at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace wsintercept::inline v0_1_0::rfc6455::detail {

/// Two bytes, by the halves of the first and the upper half of the second: bit n of a set stands
/// for a half that is n.
struct utf8_fault {
    unsigned first_high, first_low, second_high;
};

inline constexpr unsigned any_half = 0xFFFF, continuation_half = 0x0F00;

/// RFC 3629 4, as what it leaves out. Each fault is a bit; bit 7 is none by itself.
inline constexpr std::array<utf8_fault, 8> utf8_faults{{
    {0x00FF, any_half, continuation_half},      // ASCII, then a continuation
    {0xF000, any_half, ~continuation_half},     // C0 to FF, then none
    {1U << 0xC, 0x0003, continuation_half},     // C0 and C1: overlong
    {1U << 0xE, 1U << 0x0, 0x0300},             // E0, then 80 to 9F: overlong
    {1U << 0xE, 1U << 0xD, 0x0C00},             // ED, then A0 to BF: surrogates
    {1U << 0xF, 0xFFF0, 0x0E00},                // F4 to FF, then 90 to BF: above U+10FFFF
    {1U << 0xF, 0xFFE0 | 1U << 0x0, 1U << 0x8}, // F0 or F5 to FF, then 80 to 8F: overlong, above
    {0x0F00, any_half, continuation_half},      // two continuations: the third byte of three
}};

/// For each value of a half the faults of which it may be part, again and again: each 16 bytes of a
/// vector look up in a table of their own.
template <std::size_t Width>
constexpr std::array<char, Width> may_be_part(unsigned utf8_fault::*set) noexcept {
    std::array<char, Width> table{};
    for (std::size_t entry = 0; entry < Width; ++entry) {
        unsigned faults = 0;
        for (std::size_t i = 0; i < utf8_faults.size(); ++i)
            faults |= (utf8_faults[i].*set >> entry % 16 & 1U) << i;
        table[entry] = static_cast<char>(faults);
    }
    return table;
}

} // namespace wsintercept::inline v0_1_0::rfc6455::detail
