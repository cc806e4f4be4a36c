// What a renderer that vendored another version offers to programs: none of its types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

struct vendored_answer {
    std::string version, messages;
    std::uint64_t message_limit = 0;
    std::size_t size_of_limits = 0;
};

vendored_answer ask_vendored();
