// Where in a text one of many literals may begin: by its first four bytes, for many places at once.
#pragma once

#include <wsintercept/detail/cpu.hpp>
#include <wsintercept/detail/vectors64.hpp>
#include <wsintercept/url/byte_search.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace wsintercept::inline v0_1_0::detail {

/// The bytes that stand first, second, third and fourth in any of the literals. Each of the four
/// sets is a table by a byte's lower half, of a bit for each upper half: instructions look up every
/// byte of a vector in it. (Upper halves 8 and above share the bits of 0 to 7: texts are ASCII.)
class literal_fronts {
  public:
    /// Not empty.
    void add(std::string_view literal) noexcept {
        firsts_.add(literal[0]);
        for (std::size_t i = 0; i < sets_.size(); ++i) {
            if (i >= literal.size()) {
                sets_[i].fill('\xFF'); // whatever follows
                continue;
            }
            const unsigned c = static_cast<unsigned char>(literal[i]);
            char& bits = sets_[i][c & 15];
            bits = static_cast<char>(static_cast<unsigned char>(bits) | 1U << (c >> 4 & 7));
        }
    }

    /// Calls found(place) for places of the text in order until it is false: all where a literal
    /// stands, and a few others.
    template <class Found>
    void find(std::string_view text, Found&& found) const noexcept {
        constexpr std::size_t at_once = 32;
        places all[at_once];
        for (std::size_t from = 0; from < text.size(); from += 64 * at_once) {
            const std::string_view part = text.substr(from, 64 * at_once);
            look(part, all);
            for (std::size_t i = 0; i * 64 < part.size(); ++i)
                for (places p = all[i]; p != 0; p &= p - 1)
                    if (!found(from + i * 64 + static_cast<std::size_t>(std::countr_zero(p))))
                        return;
        }
    }

  private:
    using set = std::array<char, 16>;
    using sets = std::array<set, 4>;

    void look(std::string_view text, places* out) const noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
        if (cpu_has(cpu_avx512))
            return look_avx512(sets_, text, out);
        if (cpu_has(cpu_avx2))
            return look_avx2(sets_, text, out);
#endif
        firsts_.find(text, out);
    }

#if defined(__x86_64__) && defined(__GNUC__)
    /// Where the first byte is one of the first set, and the next ones of the next sets, as far as
    /// they are among these 64.
    static constexpr places begin(places first, places second, places third,
                                  places fourth) noexcept {
        const places open = ~places{0};
        return first & (second >> 1 | open << 63) & (third >> 2 | open << 62) &
               (fourth >> 3 | open << 61);
    }
    /// What is behind the text is no place of it.
    static constexpr places only(places p, std::size_t size) noexcept {
        return size >= 64 ? p : p & ((places{1} << size) - 1);
    }

    using vector16 = char __attribute__((vector_size(16)));
    using vector32 = char __attribute__((vector_size(32)));
    using vector64 = vectors64::vector;

    __attribute__((target("avx2"))) static vector32 twice(const set& s) noexcept {
        vector16 v;
        std::memcpy(&v, s.data(), sizeof v);
        return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                                       0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    }
    __attribute__((target("avx2"))) static vector32 upper_halves(const vector32& v) noexcept {
        using words = std::uint16_t __attribute__((vector_size(32))); // there is no shift of bytes
        return reinterpret_cast<vector32>(reinterpret_cast<words>(v) >> 4) & 0x0F;
    }
    static constexpr set upper_bits{1, 2, 4, 8, 16, 32, 64, '\x80', 1, 2, 4, 8, 16, 32, 64, '\x80'};

    __attribute__((target("avx2"))) static void look_avx2(const sets& s, std::string_view text,
                                                          places* out) {
        const vector32 bits = twice(upper_bits);
        const vector32 in[4] = {twice(s[0]), twice(s[1]), twice(s[2]), twice(s[3])};
        for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(text.size(), 64))) {
            char padded[64];
            const char* from = text.data();
            if (text.size() < 64) {
                std::memset(padded, 0, sizeof padded);
                std::memcpy(padded, from, text.size());
                from = padded;
            }
            places p[4] = {};
            for (int half = 0; half < 64; half += 32) {
                vector32 v;
                std::memcpy(&v, from + half, sizeof v);
                const vector32 upper = __builtin_ia32_pshufb256(bits, upper_halves(v));
                const vector32 lower = v & 0x0F;
                for (int i = 0; i < 4; ++i) {
                    const vector32 hit = __builtin_ia32_pshufb256(in[i], lower) & upper;
                    const auto mask = static_cast<unsigned>(
                        __builtin_ia32_pmovmskb256(reinterpret_cast<vector32>(hit != 0)));
                    p[i] |= places{mask} << half;
                }
            }
            *out++ = only(begin(p[0], p[1], p[2], p[3]), text.size());
        }
    }

    __attribute__((target("avx512f,avx512bw"))) static vector64 four_times(const set& s) noexcept {
        const vector32 v = twice(s);
        return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                                       16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
                                       31, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
                                       17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
    }
    __attribute__((target("avx512f,avx512bw"))) static vector64
    upper_halves(const vector64& v) noexcept {
        using words = std::uint16_t __attribute__((vector_size(64)));
        return reinterpret_cast<vector64>(reinterpret_cast<words>(v) >> 4) & 0x0F;
    }
    __attribute__((target("avx512f,avx512bw"))) static void
    look_avx512(const sets& s, std::string_view text, places* out) {
        const vector64 bits = four_times(upper_bits);
        const vector64 in[4] = {four_times(s[0]), four_times(s[1]), four_times(s[2]),
                                four_times(s[3])};
        for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(text.size(), 64))) {
            const vector64 v = vectors64::load(text.data(), only(~places{0}, text.size()));
            const vector64 upper = vectors64::look_up(bits, upper_halves(v)), lower = v & 0x0F;
            places p[4];
            for (int i = 0; i < 4; ++i)
                p[i] = vectors64::not_zero(vectors64::look_up(in[i], lower) & upper);
            *out++ = only(begin(p[0], p[1], p[2], p[3]), text.size());
        }
    }
#endif

    byte_set firsts_; ///< where no vectors are at hand
    sets sets_{};
};

} // namespace wsintercept::inline v0_1_0::detail
