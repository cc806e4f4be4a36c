#include <wsintercept/url/glob.hpp>

#include "catch.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace {

void ok(std::string_view pattern, std::string_view text) {
    INFO(pattern << " on " << text);
    REQUIRE(wsintercept::detail::glob(pattern, text));
}
void bad(std::string_view pattern, std::string_view text) {
    INFO(pattern << " on " << text);
    REQUIRE_FALSE(wsintercept::detail::glob(pattern, text));
}

/// Every way to fill the stars, for comparison.
bool slow(std::string_view pattern, std::string_view text) {
    if (pattern.empty())
        return text.empty();
    if (pattern[0] == '*')
        return slow(pattern.substr(1), text) || (!text.empty() && slow(pattern, text.substr(1)));
    return !text.empty() && text[0] == pattern[0] && slow(pattern.substr(1), text.substr(1));
}

} // namespace

TEST_CASE("glob: the whole text, any run, also none") {
    ok("", "");
    ok("abc", "abc");
    bad("abc", "abcd");
    bad("abc", "xabc");
    ok("*", "");
    ok("***", "");
    ok("a*", "a");
    ok("*a", "ba");
    bad("a*a", "a"); // head and tail do not overlap
    ok("a*b*c", "axxbxxc");
    bad("a*b*c", "axxcxxb");
    ok("*ab*ab*", "abab");
    bad("*ab*ab*", "aab");
    ok("*aab", "aaab");
    bad("a?c", "abc"); // no other wildcard
    ok("a?c", "a?c");
    ok("a*", "a*b");
}

TEST_CASE("glob: agrees with trying everything, on all short patterns and texts") {
    const auto word = [](unsigned n, std::string_view letters) {
        std::string out;
        for (; n > 0; n /= static_cast<unsigned>(letters.size() + 1))
            if (const unsigned digit = n % static_cast<unsigned>(letters.size() + 1))
                out += letters[digit - 1];
        return out;
    };
    for (unsigned p = 0; p < 1024; ++p)
        for (unsigned t = 0; t < 243; ++t) {
            const std::string pattern = word(p, "ab*"), around = "ab" + word(t, "ab") + "ba";
            const std::string_view all{around}, text = all.substr(2, all.size() - 4);
            const bool expected = slow(pattern, text);
            if (wsintercept::detail::glob(pattern, text) != expected)
                FAIL(pattern << " on " << text);
            for (std::size_t end = 0; end <= all.size(); ++end) // wherever a literal may end
                if (wsintercept::detail::glob(pattern, text, all.data() + end) != expected)
                    FAIL(pattern << " on " << text << ", with " << end);
        }
}

TEST_CASE("glob: hostile patterns cost no more than others") {
    std::string pattern;
    for (int i = 0; i < 1000; ++i)
        pattern += "*a";
    const std::string text(20000, 'a');
    const auto begin = std::chrono::steady_clock::now();
    bad(pattern + "*b", text);
    bad("*" + std::string(5000, 'a') + "b*", text);
    ok(pattern + "*", text);
    REQUIRE(std::chrono::steady_clock::now() - begin < std::chrono::seconds{5});
}
