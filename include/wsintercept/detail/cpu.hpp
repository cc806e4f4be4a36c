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
    cpu_sha = 1,     ///< SHA-NI, with SSE4.1
    cpu_vectors = 2, ///< of 16 bytes: SSE2, part of x86-64, and NEON, part of AArch64
    cpu_avx2 = 4,
    cpu_avx512 = 8, ///< F, BW and VBMI: those before Ice Lake slow down where it is used
};

inline constexpr unsigned cpu_asked = 1U << 31;         ///< the bits beside it hold the answer
inline constinit std::atomic<unsigned> cpu_features{0}; ///< 0: not asked yet

[[gnu::cold, gnu::noinline]] inline unsigned ask_cpu() noexcept {
    unsigned found = 0;
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__aarch64__))
    found |= cpu_vectors;
#endif
#if defined(__x86_64__) && defined(__GNUC__)
    const auto all = [](unsigned bits, unsigned of) { return (bits & of) == of; };
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0)
        return found;
    const bool sse41 = (c & bit_SSE4_1) != 0;
    unsigned saved = 0; // the registers that the system saves
    if ((c & bit_OSXSAVE) != 0)
        asm("xgetbv" : "=a"(saved), "=d"(d) : "c"(0));
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0)
        return found;
    if (sse41 && (b & bit_SHA) != 0)
        found |= cpu_sha;
    if (all(saved, 0x06) && (b & bit_AVX2) != 0)
        found |= cpu_avx2;
    if (all(saved, 0xE6) && all(b, bit_AVX512F | bit_AVX512BW) && (c & bit_AVX512VBMI) != 0)
        found |= cpu_avx512;
#endif
    return found;
}

/// The bits of what may be used.
inline unsigned cpu() noexcept {
    unsigned known = cpu_features.load(std::memory_order_relaxed);
    if (known == 0) [[unlikely]] {
        known = ask_cpu() | cpu_asked;
        cpu_features.store(known, std::memory_order_relaxed);
    }
    return known;
}

inline bool cpu_has(cpu_feature feature) noexcept {
    return (cpu() & feature) != 0;
}

/// For tests and measurements: of what the machine has, only these are used from now on.
inline void allow_cpu(unsigned features) noexcept {
    cpu_features.store((ask_cpu() & features) | cpu_asked, std::memory_order_relaxed);
}

} // namespace wsintercept::inline v0_1_0::detail
