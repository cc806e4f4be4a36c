#include <wsintercept/rfc6455/masking.hpp>
#include <wsintercept/rfc6455/utf8.hpp>

#include "catch.hpp"
#include "each_cpu.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>

using namespace wsintercept::rfc6455;

namespace {

constexpr masking_key key{0x37, 0xFA, 0x21, 0x3D};

std::string one_by_one(std::string bytes, std::size_t offset) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(bytes[i] ^ static_cast<char>(key[(offset + i) % 4]));
    return bytes;
}

/// How much of a text is good: RFC 3629 4, a byte at a time.
std::size_t good_bytes(std::string_view text) {
    auto state = detail::utf8_state::boundary;
    for (std::size_t i = 0; i < text.size(); ++i) {
        state = detail::after_byte(state, static_cast<unsigned char>(text[i]));
        if (state == detail::utf8_state::bad)
            return i;
    }
    return text.size();
}

/// Bytes at any place in memory, with guards around them.
struct placed {
    std::string memory;
    std::span<char> bytes;

    placed(std::string_view text, std::size_t shift) : memory(shift, '#') {
        memory += text;
        memory.append(64, '#');
        bytes = std::span<char>(memory).subspan(shift, text.size());
    }
    bool guards_stand() const {
        const auto from = static_cast<std::size_t>(bytes.data() - memory.data());
        return std::string_view(memory).substr(0, from).find_first_not_of('#') ==
                   std::string::npos &&
               std::string_view(memory).substr(from + bytes.size()) == std::string(64, '#');
    }
};

/// A text of code points of all sizes, in runs of one size.
std::string mixed_text(std::size_t size, unsigned seed) {
    constexpr std::array<std::string_view, 8> units{"a",      "z9 ",    "\u00E9",     "\u0416",
                                                    "\u20AC", "\uD7FF", "\U0001F600", "\U0010FFFF"};
    std::minstd_rand random{seed};
    std::string text;
    while (text.size() < size) {
        const std::string_view unit = units[random() % units.size()];
        for (std::size_t n = random() % 40; n != 0; --n)
            text += unit;
    }
    text.resize(size); // may cut off the last code point
    return text;
}

/// Masked text at one place of memory, whole: bytes that are good, unmasked as far as they are.
void check_text(const std::string& text, std::size_t offset, std::size_t shift) {
    placed at(one_by_one(text, offset), shift);
    utf8_validator masked, plain;
    const std::size_t expected = good_bytes(text);
    const std::size_t got = masked.accept_masked(at.bytes, key, offset);
    if (got != expected || plain.accept(text) != expected)
        FAIL(got << " bytes good, not " << expected << ", of " << text.size());
    const std::string_view seen{at.bytes.data(), std::min(got + 1, text.size())};
    if (seen != std::string_view(text).substr(0, seen.size()) || !at.guards_stand())
        FAIL(text.size() << " bytes at offset " << offset << ", shifted by " << shift);
    if (got == text.size() && masked.complete() != (complete_prefix(text) == text.size()))
        FAIL("the end of " << text.size() << " bytes");
}

} // namespace

TEST_CASE("vectors of 16 bytes: SSE2 and NEON are there with every processor of their kind") {
#if defined(__x86_64__) || defined(__aarch64__)
    constexpr bool expected = true;
#else
    constexpr bool expected = false;
#endif
    REQUIRE(wsintercept::detail::cpu_has(wsintercept::detail::cpu_vectors) == expected);
}

TEST_CASE("masks of all lengths, offsets and places in memory, with each instruction set") {
    on_each_cpu([] {
        for (std::size_t size = 0; size < 420; size += size < 300 ? 1 : 13)
            for (std::size_t offset = 0; offset < 4; ++offset)
                for (const std::size_t shift : {0, 1, 3, 6, 8, 14, 17, 31, 63}) {
                    const std::string bytes = mixed_text(size, 1);
                    placed at(bytes, shift);
                    mask(at.bytes, key, offset);
                    if (std::string_view{at.bytes.data(), at.bytes.size()} !=
                            one_by_one(bytes, offset) ||
                        !at.guards_stand())
                        FAIL(size << " bytes at offset " << offset << ", shifted by " << shift);
                }
    });
}

TEST_CASE("masked text of all lengths, offsets and places, with each instruction set") {
    on_each_cpu([] {
        for (std::size_t size = 0; size < 420; size += size < 300 ? 1 : 13)
            for (std::size_t offset = 0; offset < 4; ++offset)
                for (const std::size_t shift : {0, 6, 31}) {
                    check_text(std::string(size, 'a'), offset, shift);
                    check_text(mixed_text(size, static_cast<unsigned>(size) + 1), offset, shift);
                }
    });
}

TEST_CASE("a bad byte at every place of masked text, with each instruction set") {
    on_each_cpu([] {
        for (const std::size_t size : {20U, 60U, 127U, 128U, 192U, 321U})
            for (const unsigned seed : {1U, 2U, 3U, 4U})
                for (std::size_t i = 0; i < size; ++i)
                    for (const char c :
                         {'a', '\x80', '\xBF', '\xC0', '\xE0', '\xED', '\xF4', '\xFF'}) {
                        std::string text =
                            seed == 1 ? std::string(size, 'a') : mixed_text(size, seed);
                        text[i] = c;
                        check_text(text, i % 4, 6);
                    }
    });
}

TEST_CASE("masked text in three pieces, with each instruction set") {
    on_each_cpu([] {
        const std::string text = mixed_text(400, 5);
        const std::size_t good = good_bytes(text);
        REQUIRE(good == text.size());
        for (std::size_t first = 0; first < 140; ++first)
            for (std::size_t second = first; second <= text.size(); second += 7) {
                std::string bytes = one_by_one(text, 0);
                const std::span<char> all{bytes};
                utf8_validator v;
                const bool so =
                    v.accept_masked(all.first(first), key, 0) == first &&
                    v.accept_masked(all.subspan(first, second - first), key, first) ==
                        second - first &&
                    v.accept_masked(all.subspan(second), key, second) == text.size() - second;
                if (!so || bytes != text)
                    FAIL("cut at " << first << " and " << second);
            }
    });
}
