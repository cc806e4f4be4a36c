// Globs: literal text in which a `*` stands for any run of characters, also none.
#pragma once

#include <wsintercept/url/byte_search.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace wsintercept::inline v0_1_0::detail {

/// How many bytes are alike and no star, eight at a time: not all, where fewer than eight are left.
inline std::size_t equal_before_star(std::string_view pattern, std::string_view text) noexcept {
    constexpr std::uint64_t each = 0x0101010101010101U;
    std::size_t i = 0;
    for (const std::size_t most = (std::min)(pattern.size(), text.size()); most - i >= 8; i += 8) {
        std::uint64_t p = 0, t = 0;
        std::memcpy(&p, pattern.data() + i, 8);
        std::memcpy(&t, text.data() + i, 8);
        const std::uint64_t stars = p ^ each * '*'; // 0 in the place of each
        if (((p ^ t) | ((stars - each) & ~stars & each * 0x80)) != 0)
            break;
    }
    return i;
}

/// Whether a literal stands in the text and ends here, which may lie outside of the text; or null.
inline bool ends_at(std::string_view text, std::string_view literal, const char* end) noexcept {
    if (end == nullptr)
        return false;
    const std::ptrdiff_t size = end - text.data();
    return size >= static_cast<std::ptrdiff_t>(literal.size()) &&
           size <= static_cast<std::ptrdiff_t>(text.size()) &&
           std::memcmp(end - literal.size(), literal.data(), literal.size()) == 0;
}

/// Whether the whole text matches. Takes each literal where it first fits, so that nothing is ever
/// tried twice: no pattern and no text makes it slow. `end`: where what stands between the first
/// and the last `*` may well end, which is looked at first; or null.
inline bool glob(std::string_view pattern, std::string_view text,
                 const char* end = nullptr) noexcept {
    std::size_t head = pattern.starts_with('*') ? 0 : equal_before_star(pattern, text);
    for (; head < pattern.size() && pattern[head] != '*'; ++head)
        if (head == text.size() || text[head] != pattern[head])
            return false;
    if (head == pattern.size())
        return head == text.size();
    pattern.remove_prefix(head); // begins with a `*`
    text.remove_prefix(head);
    for (; pattern.back() != '*'; pattern.remove_suffix(1), text.remove_suffix(1))
        if (text.empty() || text.back() != pattern.back())
            return false;

    pattern.remove_suffix(1); // empty, or each literal with a `*` before it
    if (!pattern.empty() && ends_at(text, pattern.substr(1), end))
        return true; // a `*` of the pattern may well take one of the text
    while (!pattern.empty()) {
        pattern.remove_prefix(1);
        const std::string_view literal = pattern.substr(0, pattern.find('*'));
        const std::size_t at = find_literal(text, literal);
        if (at == std::string_view::npos)
            return false;
        text.remove_prefix(at + literal.size());
        pattern.remove_prefix(literal.size());
    }
    return true;
}

} // namespace wsintercept::inline v0_1_0::detail
