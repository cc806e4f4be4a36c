// A payload in vectors of 32 and 64 bytes: AVX2 and AVX-512. Built-ins rather than <immintrin.h>,
// which takes half a second to read.
#pragma once

#include <wsintercept/detail/cpu.hpp>
#include <wsintercept/detail/vectors64.hpp>
#include <wsintercept/rfc6455/detail/mask_word.hpp>
#include <wsintercept/rfc6455/detail/utf8_faults.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__x86_64__) && defined(__GNUC__)

namespace wsintercept::inline v0_1_0::rfc6455::detail {

#define WSINTERCEPT_TARGET __attribute__((target("avx2")))
struct avx2 {
    using vector = char __attribute__((vector_size(32)));

    WSINTERCEPT_TARGET static vector repeated(mask_word word) noexcept {
        using words = mask_word __attribute__((vector_size(32)));
        return reinterpret_cast<vector>(words{} + word);
    }
    /// For each half, 0 to 15, the table's entry.
    WSINTERCEPT_TARGET static vector look_up(const vector& table, const vector& halves) noexcept {
        return __builtin_ia32_pshufb256(table, halves);
    }
    /// How far each byte is above a limit; 0: it is not.
    WSINTERCEPT_TARGET static vector above(const vector& v, char limit) noexcept {
        return reinterpret_cast<vector>(__builtin_ia32_psubusb256(v, vector{} + limit));
    }
    WSINTERCEPT_TARGET static bool is_ascii(const vector& v) noexcept {
        return __builtin_ia32_pmovmskb256(v) == 0;
    }
    WSINTERCEPT_TARGET static bool is_zero(const vector& v) noexcept {
        using words = long long __attribute__((vector_size(32)));
        return __builtin_ia32_ptestz256(reinterpret_cast<words>(v), reinterpret_cast<words>(v)) !=
               0;
    }
#include <wsintercept/rfc6455/detail/wide_vectors.inc>
};
#undef WSINTERCEPT_TARGET

#define WSINTERCEPT_TARGET __attribute__((target("avx512f,avx512bw,avx512vbmi")))
struct avx512 {
    using vector = wsintercept::detail::vectors64::vector;

    WSINTERCEPT_TARGET static vector repeated(mask_word word) noexcept {
        using words = mask_word __attribute__((vector_size(64)));
        return reinterpret_cast<vector>(words{} + word);
    }
    WSINTERCEPT_TARGET static vector look_up(const vector& table, const vector& halves) noexcept {
        return wsintercept::detail::vectors64::look_up(table, halves);
    }
    WSINTERCEPT_TARGET static vector above(const vector& v, char limit) noexcept {
#if defined(__clang__)
        return __builtin_ia32_psubusb512(v, vector{} + limit);
#else
        return __builtin_ia32_psubusb512_mask(v, vector{} + limit, vector{}, ~std::uint64_t{0});
#endif
    }
    WSINTERCEPT_TARGET static bool is_ascii(const vector& v) noexcept {
        return __builtin_ia32_cvtb2mask512(v) == 0;
    }
    WSINTERCEPT_TARGET static bool is_zero(const vector& v) noexcept {
        return wsintercept::detail::vectors64::not_zero(v) == 0;
    }
#include <wsintercept/rfc6455/detail/wide_vectors.inc>

    /// As unmask<true> of what is unmasked already, of any size but 0.
    WSINTERCEPT_TARGET static bool is_text(const char* at, std::size_t size) noexcept {
        utf8_check check;
        for (; size > 64; at += 64, size -= 64)
            check.next(load(at));
        check.next(wsintercept::detail::vectors64::load(at, ~std::uint64_t{0} >> (64 - size)));
        return check.good();
    }
};
#undef WSINTERCEPT_TARGET

} // namespace wsintercept::inline v0_1_0::rfc6455::detail

#endif
