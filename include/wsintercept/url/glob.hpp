// Globs: literal text in which a `*` stands for any run of characters, also none.
#pragma once

#include <cstddef>
#include <string_view>

namespace wsintercept::detail {

/// Whether the whole text matches. Takes each literal where it first fits, so that nothing is ever
/// tried twice: no pattern and no text makes it slow.
constexpr bool glob(std::string_view pattern, std::string_view text) noexcept {
    const std::size_t first = pattern.find('*');
    if (first == std::string_view::npos)
        return pattern == text;
    const std::size_t last = pattern.rfind('*');
    const std::string_view head = pattern.substr(0, first), tail = pattern.substr(last + 1);
    if (text.size() < head.size() + tail.size() || !text.starts_with(head) || !text.ends_with(tail))
        return false;

    text = text.substr(head.size(), text.size() - head.size() - tail.size());
    pattern = pattern.substr(first, last - first); // empty, or each literal with a `*` before it
    while (!pattern.empty()) {
        pattern.remove_prefix(1);
        const std::string_view literal = pattern.substr(0, pattern.find('*'));
        const std::size_t at = text.find(literal);
        if (at == std::string_view::npos)
            return false;
        text.remove_prefix(at + literal.size());
        pattern.remove_prefix(literal.size());
    }
    return true;
}

} // namespace wsintercept::detail
