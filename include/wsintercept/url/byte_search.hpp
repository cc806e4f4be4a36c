// Bytes and literals in a text, sixteen bytes at a time where the machine has them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#if defined(__x86_64__) || defined(_M_X64)
#include <emmintrin.h> // every x86-64 has SSE2
#define WSINTERCEPT_SSE2 1
#endif

namespace wsintercept::inline v0_1_0::detail {

/// Where a literal first stands in a text; npos if it does not.
inline std::size_t find_literal(std::string_view text, std::string_view literal) noexcept {
    if (literal.empty())
        return 0;
    if (text.size() < literal.size())
        return std::string_view::npos;
    std::size_t at = 0;
#if defined(WSINTERCEPT_SSE2)
    // Its first and its last byte, for 64 places and then for sixteen.
    const std::size_t places = text.size() - literal.size() + 1;
    const __m128i first = _mm_set1_epi8(literal.front()), last = _mm_set1_epi8(literal.back());
    const auto both = [&](std::size_t from) {
        const auto* here = reinterpret_cast<const __m128i*>(text.data() + from);
        const auto* there =
            reinterpret_cast<const __m128i*>(text.data() + from + literal.size() - 1);
        return _mm_and_si128(_mm_cmpeq_epi8(_mm_loadu_si128(here), first),
                             _mm_cmpeq_epi8(_mm_loadu_si128(there), last));
    };
    while (at + 16 <= places) {
        if (at + 64 <= places) {
            const __m128i any = _mm_or_si128(_mm_or_si128(both(at), both(at + 16)),
                                             _mm_or_si128(both(at + 32), both(at + 48)));
            if (_mm_movemask_epi8(any) == 0) {
                at += 64;
                continue;
            }
        }
        for (auto mask = static_cast<unsigned>(_mm_movemask_epi8(both(at))); mask != 0;
             mask &= mask - 1) {
            const std::size_t found = at + static_cast<std::size_t>(std::countr_zero(mask));
            if (std::memcmp(text.data() + found, literal.data(), literal.size()) == 0)
                return found;
        }
        at += 16;
    }
#endif
    return text.find(literal, at);
}

/// A bit for each of 64 places of a text, the lowest for the first.
using places = std::uint64_t;

/// A set of bytes to look for.
class byte_set {
  public:
    void add(char c) noexcept {
        bool& has = has_[static_cast<unsigned char>(c)];
        if (!has && count_ < sizeof few_)
            few_[count_] = c;
        count_ += has ? 0U : 1U;
        has = true;
    }

    /// Where one stands: 64 places after 64.
    void find(std::string_view text, places* out) const noexcept {
#if defined(WSINTERCEPT_SSE2)
        if (count_ <= sizeof few_)
            for (; text.size() >= 64; text.remove_prefix(64))
                *out++ = find_few(text.data());
#endif
        for (; !text.empty(); text.remove_prefix((std::min)(text.size(), std::size_t{64}))) {
            places p = 0;
            for (std::size_t i = (std::min)(text.size(), std::size_t{64}); i-- != 0;)
                p = p << 1 | unsigned{has_[static_cast<unsigned char>(text[i])]};
            *out++ = p;
        }
    }

  private:
#if defined(WSINTERCEPT_SSE2)
    /// Where one of few_ is among 64 bytes.
    places find_few(const char* bytes) const noexcept {
        __m128i any[4] = {};
        for (unsigned i = 0; i < count_; ++i) {
            const __m128i wanted = _mm_set1_epi8(few_[i]);
            for (int part = 0; part < 4; ++part)
                any[part] = _mm_or_si128(
                    any[part],
                    _mm_cmpeq_epi8(wanted, _mm_loadu_si128(reinterpret_cast<const __m128i*>(
                                               bytes + 16 * part))));
        }
        places p = 0;
        for (int part = 4; part-- != 0;)
            p = p << 16 | static_cast<unsigned>(_mm_movemask_epi8(any[part]));
        return p;
    }
#endif

    bool has_[256] = {};
    unsigned count_ = 0;
    char few_[8] = {}; ///< the first of them
};

/// Whether text begins with one of many pieces of the same size, told by two bits of a hash: of
/// other pieces less than one in a hundred is taken for one of them.
template <class Gram>
class gram_filter {
  public:
    static constexpr std::size_t size = sizeof(Gram);

    /// For so many pieces.
    explicit gram_filter(std::size_t count = 0) {
        if (count != 0)
            words_.resize(std::bit_ceil(count / 2 + 32));
    }
    /// `piece` has `size` bytes.
    void add(const char* piece) noexcept {
        const std::uint64_t h = hash(piece);
        words_[h & (words_.size() - 1)] |= std::uint64_t{1} << first_bit(h) | std::uint64_t{1}
                                                                                  << second_bit(h);
    }
    bool may_begin(const char* text, std::size_t left) const noexcept {
        if (left < size || words_.empty())
            return false;
        const std::uint64_t h = hash(text), word = words_[h & (words_.size() - 1)];
        return (word >> first_bit(h) & word >> second_bit(h) & 1) != 0;
    }
    std::size_t memory() const noexcept { return words_.capacity() * sizeof(std::uint64_t); }

  private:
    static std::uint64_t hash(const char* bytes) noexcept {
        Gram gram;
        std::memcpy(&gram, bytes, size);
        const std::uint64_t h = gram * std::uint64_t{0x9E3779B97F4A7C15};
        return h ^ h >> 32;
    }
    static constexpr unsigned first_bit(std::uint64_t h) noexcept {
        return static_cast<unsigned>(h >> 58);
    }
    static constexpr unsigned second_bit(std::uint64_t h) noexcept {
        return static_cast<unsigned>(h >> 52 & 63);
    }

    std::vector<std::uint64_t> words_; // a power of two of them
};

} // namespace wsintercept::inline v0_1_0::detail

#undef WSINTERCEPT_SSE2
