// The line more in bench/frames.cpp.
#include "bench/frames.cpp"

struct my_policies : wsintercept::default_policies {};

namespace {
// the block
} // namespace
