// UTF-8, slow and simple: RFC 3629 3 read as arithmetic, where the library reads tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reference {

struct utf8_result {
    std::size_t good = 0;  ///< bytes that can be the front of UTF-8
    std::size_t whole = 0; ///< of these, up to the end of the last code point
    bool bad = false;      ///< the byte behind `good` cannot follow
};

/// Whether a code point of so many bytes lies between these two: right size, no surrogate.
inline bool has_code_point(std::uint32_t low, std::uint32_t high, std::size_t size) {
    constexpr std::uint32_t first[] = {0, 0, 0x80, 0x800, 0x10000};
    constexpr std::uint32_t last[] = {0, 0x7F, 0x7FF, 0xFFFF, 0x10FFFF};
    for (std::uint64_t c = low; c <= high; c += 0x400) // no gap is narrower, but for its ends
        if (c >= first[size] && c <= last[size] && (c < 0xD800 || c > 0xDFFF))
            return true;
    return high >= first[size] && high <= last[size] && (high < 0xD800 || high > 0xDFFF);
}

inline utf8_result utf8(std::string_view text) {
    utf8_result out;
    while (out.whole < text.size()) {
        const auto lead = static_cast<unsigned char>(text[out.whole]);
        const std::size_t size = lead < 0x80              ? 1
                                 : (lead & 0xE0U) == 0xC0 ? 2
                                 : (lead & 0xF0U) == 0xE0 ? 3
                                 : (lead & 0xF8U) == 0xF0 ? 4
                                                          : 0;
        if (size == 0) {
            out.bad = true;
            return out;
        }
        std::uint32_t bits = size == 1 ? lead : lead & (0x7FU >> size);
        for (std::size_t have = 1;; ++have) {
            // Whatever the missing bytes are: each brings six bits.
            const std::size_t open = 6 * (size - have);
            if (!has_code_point(bits << open, (bits << open) | ((1U << open) - 1), size)) {
                out.bad = true;
                return out;
            }
            out.good = out.whole + have;
            if (have == size)
                break;
            if (out.good == text.size())
                return out;
            const auto c = static_cast<unsigned char>(text[out.good]);
            if ((c & 0xC0U) != 0x80) {
                out.bad = true;
                return out;
            }
            bits = bits << 6 | (c & 0x3FU);
        }
        out.whole = out.good;
    }
    return out;
}

inline bool is_utf8(std::string_view text) {
    const utf8_result r = utf8(text);
    return !r.bad && r.whole == text.size();
}

} // namespace reference
