// Comparisons with words that are known when the program is compiled, where a request's time goes:
// a few constants each, even where the compiler would leave a comparison of texts out of line.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace wsintercept::inline v0_1_0::rfc9112::detail {

/// A literal as a template's argument.
template <std::size_t Size>
struct known_word {
    constexpr known_word(const char (&text)[Size + 1]) noexcept {
        std::copy_n(text, Size, bytes.begin());
    }
    static constexpr std::size_t size = Size;
    /// Of as many bytes as are compared at once.
    using integer = std::conditional_t<
        (Size >= 8), std::uint64_t,
        std::conditional_t<(Size >= 4), std::uint32_t,
                           std::conditional_t<(Size >= 2), std::uint16_t, std::uint8_t>>>;
    /// How many of them it takes; the last ends with the word, and overlaps the one before.
    using parts = std::make_index_sequence<(Size + sizeof(integer) - 1) / sizeof(integer)>;

    std::array<char, Size> bytes{};
};
template <std::size_t Size>
known_word(const char (&)[Size]) -> known_word<Size - 1>;

template <known_word Word, bool AnyCase, std::size_t Part>
constexpr bool has_part(const char* text) noexcept {
    using integer = typename decltype(Word)::integer;
    using part = std::array<char, sizeof(integer)>;
    constexpr std::size_t at = (std::min)(Part * sizeof(integer), Word.size - sizeof(integer));
    constexpr auto wanted = [] {
        std::pair<part, part> out; // the word, and the bits in which a letter's cases differ
        for (std::size_t i = 0; i < sizeof(integer); ++i) {
            const char c = Word.bytes[at + i];
            const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
            out.second[i] = AnyCase && letter ? 0x20 : 0;
            out.first[i] = static_cast<char>(c | out.second[i]);
        }
        return out;
    }();
    part found{};
    std::copy_n(text + at, found.size(), found.begin());
    const auto folded = std::bit_cast<integer>(found) | std::bit_cast<integer>(wanted.second);
    return folded == std::bit_cast<integer>(wanted.first);
}
template <known_word Word, bool AnyCase, std::size_t... Part>
constexpr bool has_parts(const char* text, std::index_sequence<Part...>) noexcept {
    return (... && has_part<Word, AnyCase, Part>(text));
}

/// Whether the text begins with the word, or is it; as written, or in any case of ASCII letters.
template <known_word Word>
constexpr bool starts_with(std::string_view text) noexcept {
    using parts = typename decltype(Word)::parts;
    return text.size() >= Word.size && has_parts<Word, false>(text.data(), parts{});
}
template <known_word Word>
constexpr bool starts_with_in_any_case(std::string_view text) noexcept {
    using parts = typename decltype(Word)::parts;
    return text.size() >= Word.size && has_parts<Word, true>(text.data(), parts{});
}
template <known_word Word>
constexpr bool is(std::string_view text) noexcept {
    return text.size() == Word.size && starts_with<Word>(text);
}
template <known_word Word>
constexpr bool is_in_any_case(std::string_view text) noexcept {
    return text.size() == Word.size && starts_with_in_any_case<Word>(text);
}

} // namespace wsintercept::inline v0_1_0::rfc9112::detail
