// A payload in vectors of 16 bytes: SSE2 or NEON, which compilers use without being told.
#pragma once

#include <wsintercept/detail/cpu.hpp>
#include <wsintercept/rfc6455/detail/mask_word.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__aarch64__))

namespace wsintercept::inline v0_1_0::rfc6455::detail {

/// At least 16 bytes. True: they are all ASCII.
template <class Byte>
inline bool unmask_vectors16(Byte* at, std::size_t size, mask_word mask) noexcept {
    using vector = std::uint64_t __attribute__((vector_size(16)));
    const auto load = [](const char* from, mask_word word) {
        vector v;
        std::memcpy(&v, from, sizeof v);
        return v ^ (std::uint64_t{word} << 32 | word);
    };
    const auto store = [](Byte* to, const vector& v) {
        if constexpr (unmasks<Byte>)
            std::memcpy(to, &v, sizeof v);
    };
    // The last vector may reach into the one before: it is read ahead of that one's change.
    Byte* const last = at + size - 16;
    const vector end = load(last, turned(mask, size));
    vector seen = end;
    for (; last - at >= 64; at += 64) {
        const vector a = load(at, mask), b = load(at + 16, mask);
        const vector c = load(at + 32, mask), d = load(at + 48, mask);
        seen |= a | b | c | d;
        store(at, a);
        store(at + 16, b);
        store(at + 32, c);
        store(at + 48, d);
    }
    for (; at < last; at += 16) {
        const vector v = load(at, mask);
        seen |= v;
        store(at, v);
    }
    store(last, end);
    return ((seen[0] | seen[1]) & 0x8080808080808080U) == 0;
}

} // namespace wsintercept::inline v0_1_0::rfc6455::detail

#endif
