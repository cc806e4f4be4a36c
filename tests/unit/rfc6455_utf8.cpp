#include <wsintercept/rfc6455/utf8.hpp>

#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace wsintercept::rfc6455;
using namespace std::string_view_literals;

namespace {

// A reference that asks of each prefix which code points it could still become.

struct range {
    std::uint32_t low, high;
};

std::size_t announced_size(unsigned char c) {
    return c < 0x80 ? 1 : c >= 0xF8 ? 0 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 0;
}

bool may_become_code_point(std::string_view s, std::size_t size) {
    range r{static_cast<unsigned char>(s[0]), 0};
    if (size > 1)
        r.low &= 0x7FU >> size;
    r.high = r.low;
    for (std::size_t i = 1; i < size; ++i) {
        const std::uint32_t low = i < s.size() ? static_cast<unsigned char>(s[i]) : 0x80U;
        const std::uint32_t high = i < s.size() ? low : 0xBFU;
        if (low / 64 != 2)
            return false;
        r = {r.low * 64 + low % 64, r.high * 64 + high % 64};
    }
    constexpr std::uint32_t first_of_size[] = {0, 0, 0x80, 0x800, 0x10000};
    const auto overlaps = [&](std::uint32_t low, std::uint32_t high) {
        return low <= high && r.low <= high && r.high >= low;
    };
    const std::uint32_t from = first_of_size[size];
    return size == 3 ? overlaps(from, 0xD7FF) || overlaps(0xE000, 0xFFFF)
                     : overlaps(from, 0x10FFFF);
}

struct reference {
    std::size_t good;
    bool complete;
};

reference look(std::string_view s) {
    for (std::size_t i = 0; i < s.size();) {
        const std::size_t size = announced_size(static_cast<unsigned char>(s[i]));
        for (std::size_t n = 1; n <= (size == 0 ? 1 : size); ++n) {
            if (i + n > s.size())
                return {s.size(), false};
            if (size == 0 || !may_become_code_point(s.substr(i, n), size))
                return {i + n - 1, false};
        }
        i += size;
    }
    return {s.size(), true};
}

reference in_two(std::string_view s, std::size_t cut) {
    utf8_validator v;
    std::size_t good = v.accept(s.substr(0, cut));
    if (good == cut)
        good += v.accept(s.substr(cut));
    return {good, good == s.size() && v.complete()};
}

void check(std::string_view s) {
    const reference expected = look(s);
    for (std::size_t cut = 0; cut <= s.size(); ++cut) {
        const reference got = in_two(s, cut);
        if (got.good != expected.good || got.complete != expected.complete)
            FAIL("cut at " << cut << ": " << got.good << " good, not " << expected.good);
    }
    utf8_validator bytewise;
    std::size_t good = 0;
    while (good < s.size() && bytewise.feed(s.substr(good, 1)))
        ++good;
    REQUIRE(good == expected.good);
    REQUIRE(is_utf8(s) == expected.complete);
}

void ok(std::string_view s) {
    REQUIRE(is_utf8(s));
    check(s);
}
void bad(std::string_view s, std::size_t first_bad) {
    REQUIRE_FALSE(is_utf8(s));
    REQUIRE(utf8_validator{}.accept(s) == first_bad);
    check(s);
}
void unfinished(std::string_view s) {
    REQUIRE(utf8_validator{}.feed(s));
    REQUIRE_FALSE(is_utf8(s));
    check(s);
}

} // namespace

TEST_CASE("what is UTF-8") {
    ok("");
    ok("\0"sv);
    ok("Hello");
    ok("\u00B5@\u00DF\u00F6\u00E4\u00FC\u00E0\u00E1-UTF-8!!");
    ok("\u03BA\u1F79\u03C3\u03BC\u03B5");
    ok("\u4F60\u597D\u4E16\u754C, \u043F\u0440\u0438\u0432\u0435\u0442");
    ok("\U0001F600\U0001F469\u200D\U0001F680");
    ok("\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xEF\xBF\xBF \xF0\x90\x80\x80 \xF4\x8F\xBF\xBF");
    ok("\xED\x9F\xBF \xEE\x80\x80"); // beside the surrogates
    ok("\xEF\xBF\xBE \xEF\xBB\xBF"); // a noncharacter and a byte order mark
}

TEST_CASE("what is not, seen at its first bad byte") {
    bad("\x80", 0); // a continuation alone
    bad("a\xBFz", 1);
    bad("\xC0\x80", 0); // overlong
    bad("\xC1\xBF", 0);
    bad("\xE0\x9F\xBF", 1);
    bad("\xF0\x8F\xBF\xBF", 1);
    bad("\xED\xA0\x80", 1); // surrogates
    bad("\xED\xBF\xBF", 1);
    bad("\xF4\x90\x80\x80", 1); // above U+10FFFF
    bad("\xF5\x80\x80\x80", 0);
    bad("\xFE", 0);
    bad("\xFF", 0);
    bad("\xC3(", 1); // cut short by something else
    bad("\xE2\x82(", 2);
    bad("\xF0\x9F\x98(", 3);
    bad("\xEF\xBF\xBF\x80", 3); // one byte more than its first one announces
    bad("\xF5\x01\x80\x80", 0);
    bad("\u03BA\u1F79\u03C3\u03BC\u03B5\xED\xA0\x80"
        "edited",
        12);
}

TEST_CASE("what may still become UTF-8") {
    unfinished("\xC3");
    unfinished("\xE2\x82");
    unfinished("abc\xF0\x9F\x98");
    unfinished("\xF4\x8F");
    unfinished("\xE0");
}

TEST_CASE("a bad byte at every place of a long text, split at every place") {
    for (const std::string_view unit :
         {"abcdefg"sv, "\xC3\xA9"sv, "\xE2\x82\xAC"sv, "x\xF0\x9F\x98\x80"sv}) {
        std::string text;
        while (text.size() < 90)
            text += unit;
        ok(text);
        for (std::size_t i = 0; i < text.size(); ++i)
            for (const char c : {'\x80', '\xFF', 'a', '\xE2'}) {
                std::string broken = text;
                broken[i] = c;
                check(broken);
            }
        for (std::size_t n = 0; n < text.size(); ++n)
            check(std::string_view(text).substr(0, n));
    }
}

TEST_CASE("all sequences of one to three bytes, against the reference") {
    for (unsigned a = 0; a < 256; ++a) {
        std::string s(1, static_cast<char>(a));
        utf8_validator first;
        REQUIRE(first.feed(s) == (look(s).good == 1));
        REQUIRE(first.complete() == look(s).complete);
        if (look(s).good == 0)
            continue;
        for (unsigned b = 0; b < 256; ++b) {
            s.resize(1);
            s += static_cast<char>(b);
            utf8_validator second = first;
            const reference two = look(s);
            if (second.feed(std::string_view(s).substr(1)) != (two.good == 2) ||
                second.complete() != two.complete)
                FAIL(a << ' ' << b);
            if (two.good < 2)
                continue;
            for (unsigned c = 0; c < 256; ++c) {
                s.resize(2);
                s += static_cast<char>(c);
                utf8_validator third = second;
                const reference three = look(s);
                if (third.feed(std::string_view(s).substr(2)) != (three.good == 3) ||
                    third.complete() != three.complete || is_utf8(s) != three.complete)
                    FAIL(a << ' ' << b << ' ' << c);
            }
        }
    }
}

TEST_CASE("every code point, and every surrogate") {
    for (std::uint32_t c = 0x10000; c <= 0x110FFF; c += 61) {
        const std::string s{
            static_cast<char>(0xF0U | c >> 18), static_cast<char>(0x80U | (c >> 12 & 63U)),
            static_cast<char>(0x80U | (c >> 6 & 63U)), static_cast<char>(0x80U | (c & 63U))};
        if (is_utf8(s) != (c <= 0x10FFFF))
            FAIL(c);
    }
    for (std::uint32_t c = 0x800; c <= 0xFFFF; ++c) {
        const std::string s{static_cast<char>(0xE0U | c >> 12),
                            static_cast<char>(0x80U | (c >> 6 & 63U)),
                            static_cast<char>(0x80U | (c & 63U))};
        if (is_utf8(s) != (c < 0xD800 || c > 0xDFFF))
            FAIL(c);
    }
}

TEST_CASE("a chunk of text ends on a code point's boundary") {
    // the least and the greatest code point of each length
    const std::string_view text = "a\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF"
                                  "\xF0\x90\x80\x80\xF4\x8F\xBF\xBFz";
    for (std::size_t n = 0; n <= text.size(); ++n) {
        const std::string_view part = text.substr(0, n);
        const std::size_t whole = complete_prefix(part);
        REQUIRE(whole <= n);
        REQUIRE(n - whole <= 3);
        REQUIRE(is_utf8(part.substr(0, whole)));
        for (std::size_t longer = whole + 1; longer <= n; ++longer)
            REQUIRE_FALSE(is_utf8(part.substr(0, longer)));
    }
    REQUIRE(complete_prefix("\x82\xAC") == 2); // the end of a code point that began earlier
    REQUIRE(complete_prefix("\x9F\x98\x80") == 3);
    REQUIRE(complete_prefix("") == 0);
}

TEST_CASE("UTF-8 in constants") {
    STATIC_REQUIRE(is_utf8("gr\xC3\xBC\xC3\x9F dich, \xF0\x9F\x98\x80"));
    STATIC_REQUIRE(!is_utf8("gr\xC3\xBC\xC3"));
    STATIC_REQUIRE(!is_utf8("\xED\xA0\x80 and more"));
    STATIC_REQUIRE(complete_prefix("\xE2\x82") == 0);
    STATIC_REQUIRE(sizeof(utf8_validator) <= 4);
}
