// What a world finds to be wrong, and what it tells while a sequence is replayed.
#pragma once

#include <cstdio>

namespace worlds {

/// The first thing that was not as it must be.
struct verdict {
    const char* broken = nullptr;

    void expect(bool good, const char* must) noexcept {
        if (!good && broken == nullptr)
            broken = must;
    }
};

inline bool telling = false; ///< --replay

/// One line of a replay.
template <class... Values>
void tell(const char* format, Values... values) noexcept {
    if (!telling)
        return;
    std::fputs("    ", stdout);
    if constexpr (sizeof...(values) == 0)
        std::fputs(format, stdout);
    else
        std::printf(format, values...);
    std::fputs("\n", stdout);
}

} // namespace worlds
