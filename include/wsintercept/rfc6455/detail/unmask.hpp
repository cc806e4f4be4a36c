// One pass over a payload: unmasks it, and where it is text looks whether it is UTF-8, in the
// widest vectors that this machine has.
#pragma once

#include <wsintercept/detail/cpu.hpp>
#include <wsintercept/rfc6455/detail/mask_word.hpp>
#include <wsintercept/rfc6455/detail/vectors16.hpp>
#include <wsintercept/rfc6455/detail/wide_vectors.hpp>

#include <cstddef>
#include <cstdint>

namespace wsintercept::inline v0_1_0::rfc6455::detail {

/// From here on wide vectors gain more than they cost.
inline constexpr std::size_t wide_from = 128;

/// In words or vectors of 16 bytes. True: it is all ASCII.
template <class Byte>
inline bool unmask_short(Byte* at, std::size_t size, mask_word mask) noexcept {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__aarch64__))
    if (size >= 16 && wsintercept::detail::cpu_has(wsintercept::detail::cpu_vectors))
        return unmask_vectors16(at, size, mask);
#endif
    return unmask_words(at, size, mask);
}

inline void unmask(char* at, std::size_t size, mask_word mask) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
    if (size >= wide_from) {
        if (wsintercept::detail::cpu_has(wsintercept::detail::cpu_avx512))
            return static_cast<void>(avx512::unmask<false>(at, size, mask));
        if (wsintercept::detail::cpu_has(wsintercept::detail::cpu_avx2))
            return static_cast<void>(avx2::unmask<false>(at, size, mask));
    }
#endif
    unmask_short(at, size, mask);
}

/// Text from the first byte of a code point on; where Byte is const it is only read. True: it is
/// good so far, and its end may be what only the next byte can show to be bad. False: it is not, or
/// nobody knows.
template <class Byte>
inline bool unmask_text(Byte* at, std::size_t size, mask_word mask) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
    if (size >= wide_from) {
        if (wsintercept::detail::cpu_has(wsintercept::detail::cpu_avx512))
            return avx512::unmask<true>(at, size, mask);
        if (wsintercept::detail::cpu_has(wsintercept::detail::cpu_avx2))
            return avx2::unmask<true>(at, size, mask);
    }
#endif
    if (unmask_short(at, size, mask))
        return true;
#if defined(__x86_64__) && defined(__GNUC__)
    if (size != 0 && wsintercept::detail::cpu_has(wsintercept::detail::cpu_avx512))
        return avx512::is_text(at, size);
    if (size >= avx2::width && wsintercept::detail::cpu_has(wsintercept::detail::cpu_avx2))
        return avx2::unmask<true>(static_cast<const char*>(at), size, no_mask);
#endif
    return false;
}

} // namespace wsintercept::inline v0_1_0::rfc6455::detail
