// UTF-8 as it comes, in pieces split anywhere: RFC 3629, for RFC 6455 8.1.
#pragma once

#include <wsintercept/rfc6455/detail/mask_word.hpp>
#include <wsintercept/rfc6455/detail/unmask.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace wsintercept::inline v0_1_0::rfc6455 {

namespace detail {

/// What the next byte must be, within a code point: RFC 3629 4.
enum class utf8_state : std::uint8_t {
    boundary, ///< the first byte of a code point
    last,     ///< one more, 80 to BF
    two,      ///< two more
    three,    ///< three more
    after_e0, ///< A0 to BF: not below U+0800
    after_ed, ///< 80 to 9F: no surrogates
    after_f0, ///< 90 to BF: not below U+10000
    after_f4, ///< 80 to 8F: not above U+10FFFF
    bad,
};

constexpr utf8_state after_first_byte(unsigned char c) noexcept {
    if (c < 0x80)
        return utf8_state::boundary;
    if (c < 0xC2) // a continuation byte, or overlong
        return utf8_state::bad;
    if (c < 0xE0)
        return utf8_state::last;
    if (c < 0xF0)
        return c == 0xE0   ? utf8_state::after_e0
               : c == 0xED ? utf8_state::after_ed
                           : utf8_state::two;
    return c == 0xF0   ? utf8_state::after_f0
           : c < 0xF4  ? utf8_state::three
           : c == 0xF4 ? utf8_state::after_f4
                       : utf8_state::bad;
}

struct utf8_step {
    unsigned char low, high; ///< the bytes that may come
    utf8_state next;
};

inline constexpr std::array<utf8_step, 9> utf8_steps{{
    {1, 0, utf8_state::bad}, // boundary: see after_first_byte
    {0x80, 0xBF, utf8_state::boundary},
    {0x80, 0xBF, utf8_state::last},
    {0x80, 0xBF, utf8_state::two},
    {0xA0, 0xBF, utf8_state::last},
    {0x80, 0x9F, utf8_state::last},
    {0x90, 0xBF, utf8_state::two},
    {0x80, 0x8F, utf8_state::two},
    {1, 0, utf8_state::bad},
}};

constexpr utf8_state after_byte(utf8_state state, unsigned char c) noexcept {
    if (state == utf8_state::boundary)
        return after_first_byte(c);
    const utf8_step& step = utf8_steps[static_cast<std::size_t>(state)];
    return c >= step.low && c <= step.high ? step.next : utf8_state::bad;
}

/// The bits of a word, as it lies in memory, that only bytes beyond ASCII have.
inline std::uint64_t beyond_ascii(const char* p) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, p, 8);
    return word & 0x8080808080808080U;
}

/// Past the ASCII from `i` on; stops short of the end by less than a word.
inline std::size_t skip_ascii(std::string_view text, std::size_t i) noexcept {
    const char* const p = text.data();
    while (text.size() - i >= 8) {
        if (const std::uint64_t bits = beyond_ascii(p + i); bits != 0) {
            const int zeros = std::endian::native == std::endian::big ? std::countl_zero(bits)
                                                                      : std::countr_zero(bits);
            return i + static_cast<std::size_t>(zeros) / 8;
        }
        i += 8;
        while (text.size() - i >= 32 && (beyond_ascii(p + i) | beyond_ascii(p + i + 8) |
                                         beyond_ascii(p + i + 16) | beyond_ascii(p + i + 24)) == 0)
            i += 32;
    }
    return i;
}

/// The length of the code point at the front of at least four bytes; 0: look at each byte.
constexpr std::size_t code_point_size(const char* p) noexcept {
    const auto byte = [p](std::size_t i) { return static_cast<unsigned char>(p[i]); };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned char c = byte(0);
    if (c < 0x80)
        return 1;
    if (c < 0xE0)
        return c >= 0xC2 && continues(1) ? 2 : 0;
    const utf8_step& second = utf8_steps[static_cast<std::size_t>(after_first_byte(c))];
    if (byte(1) < second.low || byte(1) > second.high || !continues(2))
        return 0;
    return c < 0xF0 ? 3 : continues(3) ? 4 : 0;
}

/// Past the good code points from `i` on, from one boundary to another; stops short of the end by
/// less than four bytes.
constexpr std::size_t skip_code_points(std::string_view text, std::size_t i) noexcept {
    while (text.size() - i >= 4) {
        const std::size_t size = code_point_size(text.data() + i);
        if (size == 0)
            break;
        i += size;
        if (size == 1 && !std::is_constant_evaluated())
            i = skip_ascii(text, i);
    }
    return i;
}

} // namespace detail

/// How much of a text that is good so far ends on a code point's boundary: all but 3 bytes or less.
constexpr std::size_t complete_prefix(std::string_view text) noexcept {
    const std::size_t n = text.size();
    for (std::size_t back = 1; back <= std::min<std::size_t>(n, 3); ++back) {
        const auto c = static_cast<unsigned char>(text[n - back]);
        if (c < 0x80)
            return n;
        if (c < 0xC0)
            continue;
        const std::size_t size = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        return size > back ? n - back : n;
    }
    return n;
}

/// Says no at the first byte that cannot be part of UTF-8: overlong forms, surrogates and what is
/// above U+10FFFF are seen at their second byte.
class utf8_validator {
  public:
    /// How many bytes were good; less than all: the next one is the first bad one.
    constexpr std::size_t accept(std::string_view text) noexcept {
        if (std::is_constant_evaluated())
            return accept_slowly(text);
        const bool is_short = complete() && text.size() < detail::wide_from;
        return is_short && detail::unmask_short(text.data(), text.size(), detail::no_mask)
                   ? text.size()
                   : accept_quickly(text.data(), text.size(), detail::no_mask);
    }
    /// The same of masked text, which it unmasks in place; behind a bad byte it need not. See
    /// mask().
    std::size_t accept_masked(std::span<char> text, const masking_key& key,
                              std::size_t offset) noexcept {
        const detail::mask_word mask = detail::make_mask_word(key, offset);
        if (!complete() || text.size() >= detail::wide_from)
            return accept_quickly(text.data(), text.size(), mask);
        // Short, and most such text is ASCII.
        return detail::unmask_short(text.data(), text.size(), mask)
                   ? text.size()
                   : accept_quickly(static_cast<const char*>(text.data()), text.size(),
                                    detail::no_mask);
    }

    /// False: not UTF-8, whatever follows.
    constexpr bool feed(std::string_view text) noexcept { return accept(text) == text.size(); }

    /// What was fed ends on a code point's boundary.
    constexpr bool complete() const noexcept { return state_ == detail::utf8_state::boundary; }

  private:
    constexpr bool step(char c) noexcept {
        state_ = detail::after_byte(state_, static_cast<unsigned char>(c));
        return state_ != detail::utf8_state::bad;
    }

    /// Code point by code point, to say where a fault is.
    constexpr std::size_t accept_slowly(std::string_view text) noexcept {
        for (std::size_t i = 0;; ++i) {
            if (complete())
                i = detail::skip_code_points(text, i);
            if (i == text.size() || !step(text[i]))
                return i;
        }
    }

    template <class Byte>
    std::size_t accept_quickly(Byte* text, std::size_t size, detail::mask_word mask) noexcept {
        std::size_t i = 0; // what ends a code point that was begun before
        for (; !complete() && i < size; ++i) {
            detail::unmask_words(text + i, 1, detail::turned(mask, i));
            if (!step(text[i]))
                return i;
        }
        const std::string_view rest{text + i, size - i};
        if (!detail::unmask_text(text + i, rest.size(), detail::turned(mask, i)))
            return i + accept_slowly(rest);
        // Within the last code point only that first byte may be bad which nothing follows.
        for (i += complete_prefix(rest); i < size; ++i)
            if (!step(text[i]))
                return i;
        return size;
    }

    detail::utf8_state state_ = detail::utf8_state::boundary;
};

/// Whether all of it is UTF-8 and ends with a code point.
constexpr bool is_utf8(std::string_view text) noexcept {
    utf8_validator v;
    return v.feed(text) && v.complete();
}

} // namespace wsintercept::inline v0_1_0::rfc6455
