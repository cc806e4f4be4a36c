// Which topics a subscription is about: MQTT 3.1.1, 4.7.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace mqtt {

/// Whether a filter, with its + and #, matches a topic.
inline bool matches(std::string_view filter, std::string_view topic) {
    for (;;) {
        const std::string_view wanted = filter.substr(0, filter.find('/'));
        const std::string_view level = topic.substr(0, topic.find('/'));
        if (wanted == "#")
            return true;
        if (wanted != "+" && wanted != level)
            return false;
        const bool filter_ends = wanted.size() == filter.size();
        const bool topic_ends = level.size() == topic.size();
        if (topic_ends) // "sport/#" matches "sport", too
            return filter_ends || filter.substr(wanted.size()) == "/#";
        if (filter_ends)
            return false;
        filter.remove_prefix(wanted.size() + 1);
        topic.remove_prefix(level.size() + 1);
    }
}

inline bool any_matches(const std::vector<std::string>& filters, std::string_view topic) {
    return std::any_of(filters.begin(), filters.end(),
                       [&](const std::string& filter) { return matches(filter, topic); });
}

} // namespace mqtt
