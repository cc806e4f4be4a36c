// Globs: literal text in which a `*` stands for any run of characters, also none.
#pragma once

#include <wsintercept/url/byte_search.hpp>

#include <cstddef>
#include <string_view>

namespace wsintercept::inline v0_1_0::detail {

/// Whether the whole text matches. Takes each literal where it first fits, so that nothing is ever
/// tried twice: no pattern and no text makes it slow.
inline bool glob(std::string_view pattern, std::string_view text) noexcept {
    std::size_t head = 0;
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
