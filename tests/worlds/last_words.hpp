// Where the program was when it died.
#pragma once

#include "action.hpp"

namespace worlds {

/// What is under way. A crash or a sanitizer's report is followed by it.
struct last_words {
    static inline const char* world = "";
    static inline sequence steps{};

    static void prepare() noexcept;
};

} // namespace worlds
