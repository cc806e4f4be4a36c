// How the kit says what is wrong; no test framework needed.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace wsintercept::inline v0_1_0::kit {

/// Called for each thing that was looked at: the check's name, what is expected, whether it holds.
using reporter = std::function<void(std::string_view check, std::string_view what, bool good)>;

/// A reporter's memory, for those who want the list at the end.
struct failures {
    struct entry {
        std::string check, what;
    };
    std::vector<entry> list;
    std::size_t looked_at = 0;

    reporter collect() {
        return [this](std::string_view check, std::string_view what, bool good) {
            ++looked_at;
            if (!good)
                list.push_back({std::string{check}, std::string{what}});
        };
    }
    /// One line a failure.
    std::string text() const {
        std::string out;
        for (const entry& e : list)
            out.append(e.check).append(": ").append(e.what).append("\n");
        return out;
    }
};

} // namespace wsintercept::inline v0_1_0::kit
