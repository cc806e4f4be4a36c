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

    /// Calls found(place) for each place of the text where one stands, in order, until it is false.
    template <class Found>
    void find(std::string_view text, Found&& found) const noexcept {
        std::size_t at = 0;
#if defined(WSINTERCEPT_SSE2)
        switch (count_) {
        case 1: at = find_wide<1>(text, found); break;
        case 2: at = find_wide<2>(text, found); break;
        case 3:
        case 4: at = find_wide<4>(text, found); break;
        case 5:
        case 6:
        case 7:
        case 8: at = find_wide<8>(text, found); break;
        default: break;
        }
#endif
        for (; at < text.size(); ++at)
            if (has_[static_cast<unsigned char>(text[at])] && !found(at))
                return;
    }

  private:
#if defined(WSINTERCEPT_SSE2)
    /// In sixteens, for `Count` of few_; gives where it ended, or the text's size if it is enough.
    template <unsigned Count, class Found>
    std::size_t find_wide(std::string_view text, Found& found) const noexcept {
        __m128i wanted[Count];
        for (unsigned i = 0; i < Count; ++i)
            wanted[i] = _mm_set1_epi8(few_[(std::min)(i, count_ - 1)]);
        std::size_t at = 0;
        for (; at + 64 <= text.size(); at += 64) {
            std::uint64_t places = 0;
            for (unsigned part = 0; part < 64; part += 16) {
                const __m128i here =
                    _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at + part));
                __m128i any = _mm_cmpeq_epi8(here, wanted[0]);
                for (unsigned i = 1; i < Count; ++i)
                    any = _mm_or_si128(any, _mm_cmpeq_epi8(here, wanted[i]));
                places |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(any))} << part;
            }
            for (; places != 0; places &= places - 1)
                if (!found(at + static_cast<std::size_t>(std::countr_zero(places))))
                    return text.size();
        }
        return at;
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
