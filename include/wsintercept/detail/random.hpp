// Random bits for secrets and tokens, and how they are compared.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#if defined(_WIN32)
// As <bcrypt.h> declares it, which wants <windows.h> ahead of it.
extern "C" long __stdcall BCryptGenRandom(void* algorithm, unsigned char* buffer,
                                          unsigned long size, unsigned long flags);
#if defined(_MSC_VER)
#pragma comment(lib, "bcrypt")
#endif
#else
#include <unistd.h> // getentropy
#if defined(__APPLE__)
#include <sys/random.h>
#endif
#endif

namespace wsintercept::inline v0_1_0::detail {

/// Fills `out` from the system's generator, at most 256 bytes; false: it failed.
inline bool fill_with_random(unsigned char* out, std::size_t size) noexcept {
#if defined(_WIN32)
    constexpr unsigned long system_preferred = 2; // BCRYPT_USE_SYSTEM_PREFERRED_RNG
    return BCryptGenRandom(nullptr, out, static_cast<unsigned long>(size), system_preferred) == 0;
#else
    return ::getentropy(out, size) == 0;
#endif
}

/// 128 bits from the system's generator, as 32 hexadecimal digits; empty where that fails.
inline std::string random_digits() {
    std::array<unsigned char, 16> bits{};
    std::string text;
    if (!fill_with_random(bits.data(), bits.size()))
        return text;
    for (const unsigned char byte : bits) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

/// Takes as long for each `given` of one length: with == the time tells how many bytes fit, and a
/// peer that measures finds the secret byte by byte. `secret` is not empty.
inline bool equal_in_constant_time(std::string_view secret, std::string_view given) noexcept {
    // volatile: a compiler may not leave the loop early.
    volatile unsigned difference = given.size() == secret.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i)
        difference = difference | static_cast<unsigned char>(given[i] ^ secret[i % secret.size()]);
    return difference == 0;
}

} // namespace wsintercept::inline v0_1_0::detail
