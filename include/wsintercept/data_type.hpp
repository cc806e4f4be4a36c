// Text or binary.
#pragma once

#include <cstdint>

namespace wsintercept::inline v0_1_0 {

/// What a message holds; the numbers are RFC 6455's opcodes.
enum class data_type : std::uint8_t { text = 1, binary = 2 };

} // namespace wsintercept::inline v0_1_0
