#include "action.hpp"

#include <algorithm>

namespace worlds {

std::string to_string(const sequence& s) {
    std::string out;
    for (const action a : s)
        out.append(out.empty() ? "" : " ").append(name(a));
    return out;
}

std::optional<sequence> parse_sequence(std::string_view text) {
    sequence out;
    while (!text.empty()) {
        const std::size_t n = std::min(text.find(' '), text.size());
        const auto* const found =
            std::find(action_names.begin(), action_names.end(), text.substr(0, n));
        if (found == action_names.end() || out.size == sequence::longest)
            return std::nullopt;
        out = out.then(static_cast<action>(found - action_names.begin()));
        text.remove_prefix(std::min(n + 1, text.size()));
    }
    return out;
}

} // namespace worlds
