#include <wsintercept/rfc9112/known_word.hpp>
#include <wsintercept/rfc9112/words.hpp>

#include "catch.hpp"

#include <string>
#include <vector>

namespace {

using namespace wsintercept::rfc9112;

std::vector<std::string> elements(std::string_view list) {
    std::vector<std::string> out;
    for_each_element(list, [&out](std::string_view element) {
        out.emplace_back(element);
        return true;
    });
    return out;
}

} // namespace

TEST_CASE("tokens, values and case", "[words]") {
    REQUIRE(is_token("Sec-WebSocket-Key"));
    REQUIRE(is_token("!#$%&'*+-.^_`|~09azAZ"));
    for (const char c : std::string_view{"\0\t\r\n \"(),/:;<=>?@[\\]{}\x7F\x80\xFF", 26})
        REQUIRE_FALSE(is_token(std::string{"a"} + c));
    REQUIRE_FALSE(is_token(""));

    REQUIRE(is_field_value(""));
    REQUIRE(is_field_value(" a\tb caf\xE9 \xFF"));
    for (const char c : std::string_view{"\0\x01\r\n\x1F\x7F", 6})
        REQUIRE_FALSE(is_field_value(std::string{"a"} + c));

    REQUIRE(equal_ignoring_case("Sec-WebSocket-KEY", "sec-websocket-key"));
    REQUIRE_FALSE(equal_ignoring_case("upgrade", "upgraded"));
    REQUIRE_FALSE(equal_ignoring_case("[", "{")); // 0x20 apart, but no letters
    REQUIRE_FALSE(equal_ignoring_case("\xC9", "\xE9"));
    REQUIRE(trim(" \t a b\t ") == "a b");
    REQUIRE(trim(" \t ").empty());
}

TEST_CASE("only the case of ASCII letters is ignored, in texts of every size", "[words]") {
    const auto lower = [](unsigned c) { return c >= 'A' && c <= 'Z' ? c + 0x20 : c; };
    for (std::size_t size = 1; size <= 20; ++size)
        for (std::size_t at = 0; at < size; ++at) {
            std::string one(size, 'k'), other(size, 'K');
            for (unsigned a = 0; a < 256; ++a)
                for (unsigned b = 0; b < 256; ++b) {
                    one[at] = static_cast<char>(a);
                    other[at] = static_cast<char>(b);
                    if (equal_ignoring_case(one, other) != (lower(a) == lower(b)))
                        FAIL(a << " and " << b << " at " << at << " of " << size);
                }
        }
    SUCCEED();
}

namespace {

/// What a text with any byte anywhere in place of the word's own is told to be.
template <detail::known_word Word>
void compare_with_known() {
    const std::string word{Word.bytes.begin(), Word.bytes.end()};
    CAPTURE(word);
    for (std::size_t at = 0; at < word.size(); ++at)
        for (unsigned c = 0; c < 256; ++c) {
            std::string text = word;
            text[at] = static_cast<char>(c);
            const bool same = text == word, in_any_case = equal_ignoring_case(text, word);
            if (detail::is<Word>(text) != same || detail::starts_with<Word>(text + "x") != same ||
                detail::is_in_any_case<Word>(text) != in_any_case ||
                detail::starts_with_in_any_case<Word>(text + "x") != in_any_case)
                FAIL(c << " at " << at);
        }
    const std::string shorter = word.substr(1);
    REQUIRE_FALSE(detail::is<Word>(word + "x"));
    REQUIRE_FALSE(detail::is_in_any_case<Word>(word + "x"));
    REQUIRE_FALSE(detail::is<Word>(shorter));
    REQUIRE_FALSE(detail::is_in_any_case<Word>(shorter));
    REQUIRE_FALSE(detail::starts_with<Word>(shorter));
    REQUIRE_FALSE(detail::starts_with_in_any_case<Word>(shorter));
}

} // namespace

TEST_CASE("words known when compiled are told from all others", "[words]") {
    compare_with_known<"k">();
    compare_with_known<"0">();
    compare_with_known<"[">();
    compare_with_known<"{">();
    compare_with_known<"\xC9">();
    compare_with_known<"::">();
    compare_with_known<"GET">();
    compare_with_known<"hOsT">();
    compare_with_known<"a@`A-">();
    compare_with_known<"Origin">();
    compare_with_known<"Upgrade">();
    compare_with_known<"HTTP/1.1">();
    compare_with_known<"websocket">();
    compare_with_known<"Sec-WebSocket-">();
    compare_with_known<"aZ[]{}09~^\xFF_zA-z">();
    compare_with_known<"Sec-WebSocket-Key">();
    compare_with_known<"Sec-WebSocket-Extensions">();
    static_assert(detail::is_in_any_case<"Upgrade">("uPGRADE") && !detail::is<"GET">("get"));
}

TEST_CASE("hosts: RFC 3986 3.2.2, one, with a host", "[words]") {
    for (const char* good :
         {"myapp", "MyApp:8080", "127.0.0.1", "a.b-c_d~e:0", "xn--caf-dma.test:65535", "a%20b",
          "[::1]", "[::1]:80", "[::]", "[1:2:3:4:5:6:7:8]", "[1::8]", "[1:2:3:4:5:6:7::]",
          "[::ffff:127.0.0.1]", "[1:2:3:4:5:6:1.2.3.4]", "[fe80::A:b]"}) {
        INFO(good);
        REQUIRE(is_host(good));
    }
    for (const char* bad : {"",
                            ":80",
                            "a b",
                            "a/b",
                            "me@localhost",
                            "a.test,b.test",
                            "a.test, b.test",
                            "localhost:http",
                            "a:",
                            "a:-1",
                            "a:65536",
                            "a:000080",
                            "a:80:80",
                            "a%zz",
                            "a%2",
                            "a%",
                            "a?b",
                            "a#b",
                            "a\\b",
                            "\"a\"",
                            "<a>",
                            "caf\xC3\xA9",
                            "a\tb",
                            "[::1",
                            "[]",
                            "[::1]80",
                            "[::1]:",
                            "[1:2:3:4:5:6:7]",
                            "[1:2:3:4:5:6:7:8:9]",
                            "[1::2::3]",
                            "[:1]",
                            "[1:]",
                            "[1:2:3:4:5:6:7:8::]",
                            "[12345::]",
                            "[g::]",
                            "[:::]",
                            "[::1%25eth0]",
                            "[v1.a]",
                            "[::1.2.3]",
                            "[::1.2.3.256]",
                            "[::01.2.3.4]",
                            "[1:2:3:4:5:6:7:1.2.3.4]",
                            "[1:2:3:4:5:6::1.2.3.4]",
                            "::1"}) {
        INFO(bad);
        REQUIRE_FALSE(is_host(bad));
    }
    REQUIRE_FALSE(is_host(std::string_view{"a\0b", 3}));
}

TEST_CASE("list elements", "[words]") {
    using list = std::vector<std::string>;
    REQUIRE(elements("") == list{});
    REQUIRE(elements(" , \t,,") == list{});
    REQUIRE(elements("a") == list{"a"});
    REQUIRE(elements("\t a , ,b,\tc ,") == list{"a", "b", "c"});
    REQUIRE(elements("a; b=\"1,2\", c") == list{"a; b=\"1,2\"", "c"});
    REQUIRE(elements("\"a\\\",b\",c") == list{"\"a\\\",b\"", "c"});
    REQUIRE(elements("a,\"b,c") == list{"a", "\"b,c"}); // a quote that never closes
    REQUIRE(elements("a,\"\\") == list{"a", "\"\\"});

    int visits = 0;
    REQUIRE_FALSE(for_each_element("a,b,c", [&visits](std::string_view element) {
        ++visits;
        return element != "b";
    }));
    REQUIRE(visits == 2);
}

TEST_CASE("schemes and phrases", "[words]") {
    REQUIRE(is_scheme("chrome-extension"));
    REQUIRE(is_scheme("a+b.1"));
    REQUIRE_FALSE(is_scheme("1a"));
    REQUIRE_FALSE(is_scheme("a_b"));
    REQUIRE_FALSE(is_scheme(""));
    REQUIRE(standard_reason(101) == "Switching Protocols");
    REQUIRE(standard_reason(426) == "Upgrade Required");
    REQUIRE(standard_reason(599).empty());
}
