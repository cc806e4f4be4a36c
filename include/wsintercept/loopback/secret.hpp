// The launch secret: what only the engine that this program has told it can say.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

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

namespace wsintercept::loopback {

namespace detail {

/// Fills `out` from the system's generator, at most 256 bytes; false: it failed.
inline bool fill_with_random(unsigned char* out, std::size_t size) noexcept {
#if defined(_WIN32)
    constexpr unsigned long system_preferred = 2; // BCRYPT_USE_SYSTEM_PREFERRED_RNG
    return BCryptGenRandom(nullptr, out, static_cast<unsigned long>(size), system_preferred) == 0;
#else
    return ::getentropy(out, size) == 0;
#endif
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

} // namespace detail

/// A value; it never leaves this process but on its way to the engine. Not for command lines,
/// environments, files or logs, which others can read.
class launch_secret {
  public:
    static constexpr std::size_t min_size = 16;

    /// Empty: fits nothing.
    launch_secret() = default;
    /// One that the program has to carry from elsewhere: visible ASCII, at least `min_size` of it.
    /// Anything else gives an empty one.
    explicit launch_secret(std::string text) {
        for (const char c : text)
            if (c <= ' ' || c > '~')
                return;
        if (text.size() >= min_size)
            text_ = std::move(text);
    }
    /// 128 bits from the system's generator; an empty one where that fails. Any thread.
    static launch_secret make() {
        std::array<unsigned char, 16> bits{};
        if (!detail::fill_with_random(bits.data(), bits.size()))
            return {};
        std::string text;
        for (const unsigned char byte : bits) {
            text += "0123456789abcdef"[byte >> 4];
            text += "0123456789abcdef"[byte & 15];
        }
        return launch_secret{std::move(text)};
    }

    bool empty() const noexcept { return text_.empty(); }
    /// What the engine is told: 32 hexadecimal digits where it was made here.
    const std::string& text() const noexcept { return text_; }

  private:
    std::string text_;
};

} // namespace wsintercept::loopback
