// Which instruction sets this machine has. Asked once, without a guarded static; any thread.
#pragma once

#include <atomic>

// Code for an instruction set stands only in functions with a `target` attribute, and nothing looks
// at what the compiler was allowed to use: so two translation units with different options agree
// on every inline function.
#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#endif

namespace wsintercept::inline v0_1_0::detail {

/// Instruction sets that have code of their own, as bits.
enum cpu_feature : unsigned {
    cpu_sha = 1, ///< SHA-NI, with SSE4.1
};

inline constexpr unsigned cpu_asked = 1U << 31;         ///< the bits beside it hold the answer
inline constinit std::atomic<unsigned> cpu_features{0}; ///< 0: not asked yet

inline unsigned ask_cpu() noexcept {
    unsigned found = 0;
#if defined(__x86_64__) && defined(__GNUC__)
    unsigned a = 0, b = 0, c = 0, d = 0;
    const bool sse41 = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & (1U << 19)) != 0;
    if (sse41 && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & (1U << 29)) != 0)
        found |= cpu_sha;
#endif
    return found;
}

inline bool cpu_has(cpu_feature feature) noexcept {
    unsigned known = cpu_features.load(std::memory_order_relaxed);
    if (known == 0) [[unlikely]] {
        known = ask_cpu() | cpu_asked;
        cpu_features.store(known, std::memory_order_relaxed);
    }
    return (known & feature) != 0;
}

/// For tests and measurements: of what the machine has, only these are used from now on.
inline void allow_cpu(unsigned features) noexcept {
    cpu_features.store((ask_cpu() & features) | cpu_asked, std::memory_order_relaxed);
}

} // namespace wsintercept::inline v0_1_0::detail
