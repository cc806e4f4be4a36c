// The usual field lines of a head, by vectors of 16 bytes.
#pragma once

#include <wsintercept/rfc9112/fields.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#if defined(__x86_64__) || defined(_M_X64)
#include <emmintrin.h> // every x86-64 has SSE2
#endif

namespace wsintercept::inline v0_1_0::rfc9112::detail {

#if defined(__x86_64__) || defined(_M_X64)

/// Field lines as most are. Where names and values end is told for 64 bytes at once, ahead of the
/// first question: to look for one end after the other would have each wait for the one before.
class quick_lines {
  public:
    quick_lines(std::string_view bytes, std::size_t start) noexcept
        : bytes_{bytes}, from_{start - 64} {}

    /// Passes whole lines whose names are of letters and '-', and their values of visible ASCII
    /// and spaces; as many as there is room for. How many they are; `at` is behind the last.
    std::size_t take(std::size_t& at, std::span<field> out) noexcept {
        std::size_t n = 0;
        while (n != out.size() && line(at, out[n]))
            ++n;
        return n;
    }

  private:
    bool line(std::size_t& at, field& out) noexcept {
        const char* const text = bytes_.data();
        const std::size_t colon = next(not_name_, at);
        // Not from the colon on: so neither waits for the other.
        const std::size_t end = next(not_text_, (std::max)(at, from_));
        if (colon == none || text[colon] != ':' || colon == at)
            return false;
        if (end >= bytes_.size() - 1 || std::memcmp(text + end, "\r\n", 2) != 0)
            return false;
        std::size_t value = colon + 1;
        out.name = {text + at, colon - at};
        value += text[value] == ' ' ? 1U : 0U;
        out.value = {text + value, end - value};
        if (text[value] == ' ' || text[end - 1] == ' ')
            out.value = trim(out.value);
        at = end + 2;
        return true;
    }

    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    /// The first mark from `at` on.
    std::size_t next(const std::uint64_t& marks, std::size_t at) noexcept {
        for (;; at = from_ + 64) {
            while (at - from_ >= 64)
                if (!go_on())
                    return none;
            if (const std::uint64_t ahead = marks >> (at - from_); ahead != 0)
                return at + static_cast<unsigned>(std::countr_zero(ahead));
        }
    }

    /// Marks the next 64 bytes, wherever they are asked for: the processor need not wait for that.
    bool go_on() noexcept {
        const std::size_t last = bytes_.size() - 64;
        if (bytes_.size() < 64 || from_ == last)
            return false;
        from_ = (std::min)(from_ + 64, last);
        std::uint64_t name = 0, text = 0;
        for (unsigned i = 0; i < 64; i += 16) {
            const auto each = [](int c) noexcept { return _mm_set1_epi8(static_cast<char>(c)); };
            const auto bits = [i](__m128i v) noexcept {
                return std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(v))} << i;
            };
            const auto* from = reinterpret_cast<const __m128i*>(bytes_.data() + from_ + i);
            const __m128i v = _mm_loadu_si128(from);
            // As signed bytes: moved so, 'a' to 'z' are the 26 least; moved by one, visible ASCII
            // and the space are above 0x20, and nothing else is.
            const __m128i letters = _mm_cmpgt_epi8(
                each(-128 + 26), _mm_add_epi8(_mm_or_si128(v, each(0x20)), each(-128 - 'a')));
            name |= bits(_mm_or_si128(letters, _mm_cmpeq_epi8(v, each('-'))));
            text |= bits(_mm_cmpgt_epi8(_mm_add_epi8(v, each(1)), each(0x20)));
        }
        not_name_ = ~name;
        not_text_ = ~text;
        return true;
    }

    std::string_view bytes_;
    std::size_t from_; ///< where the marks begin
    std::uint64_t not_name_ = 0;
    std::uint64_t not_text_ = 0;
};

#else

/// There are no vectors that every machine has: each line is read byte by byte.
class quick_lines {
  public:
    quick_lines(std::string_view, std::size_t) noexcept {}
    std::size_t take(std::size_t&, std::span<field>) const noexcept { return 0; }
};

#endif

} // namespace wsintercept::inline v0_1_0::rfc9112::detail
