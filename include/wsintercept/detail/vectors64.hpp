// Vectors of 64 bytes, AVX-512: what GCC and Clang call by different names. Built-ins rather than
// <immintrin.h>, which takes half a second to read.
#pragma once

#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__)

namespace wsintercept::inline v0_1_0::detail {

struct vectors64 {
    using vector = char __attribute__((vector_size(64)));

    /// The bytes that have a bit, zeros for the others, which need not be there.
    __attribute__((target("avx512f,avx512bw"))) static vector load(const char* from,
                                                                   std::uint64_t bytes) noexcept {
#if defined(__clang__)
        return __builtin_ia32_loaddquqi512_mask(reinterpret_cast<const vector*>(from), vector{},
                                                bytes);
#else
        return __builtin_ia32_loaddquqi512_mask(from, vector{}, bytes);
#endif
    }
    /// For each half, 0 to 15, the entry of its sixteen bytes of the table.
    __attribute__((target("avx512f,avx512bw"))) static vector
    look_up(const vector& table, const vector& halves) noexcept {
#if defined(__clang__)
        return __builtin_ia32_pshufb512(table, halves);
#else
        return __builtin_ia32_pshufb512_mask(table, halves, vector{}, ~std::uint64_t{0});
#endif
    }
    /// A bit for each byte that is not zero.
    __attribute__((target("avx512f,avx512bw"))) static std::uint64_t
    not_zero(const vector& v) noexcept {
#if defined(__clang__)
        return __builtin_ia32_cvtb2mask512(reinterpret_cast<vector>(v != 0));
#else
        return __builtin_ia32_ptestmb512(v, v, ~std::uint64_t{0});
#endif
    }
};

} // namespace wsintercept::inline v0_1_0::detail

#endif
