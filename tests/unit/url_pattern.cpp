#include <wsintercept/url/pattern.hpp>

#include "catch.hpp"

#include <string>
#include <string_view>

namespace {

using wsintercept::error;
using wsintercept::detail::pattern;
using wsintercept::detail::pattern_reader;

/// The pattern is read without a warning.
void ok(std::string_view text, std::string_view normal) {
    INFO(text);
    const pattern p = pattern_reader{text}.read();
    REQUIRE_FALSE(p.wrong);
    REQUIRE(p.text == normal);
    REQUIRE(p.warnings.empty());
    REQUIRE(pattern_reader{normal}.read().text == normal);
}
/// It is read with one warning, in this column from 0.
void doubtful(std::string_view text, std::string_view normal, std::size_t column) {
    INFO(text);
    const pattern p = pattern_reader{text}.read();
    REQUIRE_FALSE(p.wrong);
    REQUIRE(p.text == normal);
    REQUIRE(p.warnings.size() == 1);
    REQUIRE(p.warnings[0].column == column);
}
void bad(std::string_view text, error why, std::size_t column) {
    INFO(text);
    const pattern p = pattern_reader{text}.read();
    REQUIRE(p.wrong == why);
    REQUIRE(p.column == column);
}

} // namespace

TEST_CASE("pattern: the normal form of URLs, as far as literal text allows") {
    ok("WS://MyApp/Feed", "ws://myapp/Feed");
    ok("*://MyApp/*", "*://myapp/*");
    ok("W*://*.MyApp/*", "w*://*.myapp/*");
    ok("ws://myapp", "ws://myapp/");
    ok("ws://myapp?x=*", "ws://myapp/?x=*");
    ok("ws://my*?x=*", "ws://my*/?x=*");
    ok("ws://myapp*", "ws://myapp*");
    ok("ws://%6Dyapp/*", "ws://myapp/*");
    ok("ws://[0:0::1]/*", "ws://[::1]/*");
    ok("ws://127.1/*", "ws://127.0.0.1/*");
    ok("ws://myapp\\a\\*", "ws://myapp/a/*");
    ok("ws://myapp/a/../b/./*", "ws://myapp/b/*");
    ok("ws://myapp/a/%2E%2e/*", "ws://myapp/*");
    ok("ws://myapp/a/..", "ws://myapp/");
    ok("ws://myapp/*/../b", "ws://myapp/*/../b"); // may still lie in a query
    ok("ws://myapp/{*", "ws://myapp/%7B*");
    ok("ws://myapp/*?{'", "ws://myapp/*?{%27");
    ok("ws://myapp/\xc3\xa9*\xc3\xa9", "ws://myapp/%C3%A9*%C3%A9");
    ok("*/\xc3\xa9?*", "*/%C3%A9?*");
    ok("WS*", "ws*");
    ok("*", "*");
}

TEST_CASE("pattern: a port that URLs leave out") {
    ok("ws://myapp:80/*", "ws://myapp/*");
    ok("wss://myapp:0443/*", "wss://myapp/*");
    ok("ws://myapp:443/*", "ws://myapp:443/*");
    ok("ws://myapp:/*", "ws://myapp/*");
    ok("ws://myapp:*/*", "ws://myapp:*/*");
    ok("ws://my*:80/*", "ws://my*:80/*"); // the `*` would else take other ports, too
    REQUIRE(pattern_reader{"ws://my*:80/*"}.read().shape.default_port);
    REQUIRE_FALSE(pattern_reader{"ws://my*:81/*"}.read().shape.default_port);
    doubtful("*://myapp:80/*", "*://myapp:80/*", 10);
    doubtful("*s://myapp:443/*", "*s://myapp:443/*", 11);
}

TEST_CASE("pattern: errors name their column") {
    bad("", error::empty_pattern, 0);
    bad("ws://my app/", error::pattern_control_character, 7);
    bad(" ws://myapp/", error::pattern_control_character, 0);
    bad("ws://myapp/\n", error::pattern_control_character, 11);
    bad(std::string_view{"ws://\0/", 7}, error::pattern_control_character, 5);
    bad("ws://myapp/\x7f", error::pattern_control_character, 11);
    bad("ws://b\xc3\xbc"
        "cher.test/",
        error::pattern_not_ascii, 6);
    bad("ws://u@b\xc3\xbc*/", error::pattern_not_ascii, 8);
    bad("ws://b%C3%BCcher.test/", error::pattern_not_ascii, 6);
    bad("*b\xc3\xbc"
        "cher*",
        error::pattern_not_ascii, 2);
}

TEST_CASE("pattern: what can never match, or not as it looks, is warned of") {
    doubtful("myapp/*", "myapp/*", 0);
    doubtful("ws:", "ws:", 0);
    doubtful("ftp://myapp/*", "ftp://myapp/*", 0);
    doubtful("ws:///a", "ws:///a", 5);
    doubtful("ws://my|app/*", "ws://my|app/*", 5);
    doubtful("ws://my*|app/*", "ws://my*|app/*", 5);
    doubtful("ws://myapp:8x/*", "ws://myapp:8x/*", 11);
    doubtful("ws://myapp:65536/*", "ws://myapp:65536/*", 11);
    doubtful("ws://user@myapp/*", "ws://myapp/*", 5);
    doubtful("ws://myapp/a#b", "ws://myapp/a", 12);
    doubtful("*.Example.com*", "*.Example.com*", 2);
    doubtful("*a#", "*a#", 2);
    doubtful("ws://myapp/*{", "ws://myapp/*{", 12);
}

TEST_CASE("pattern: what is no host stays as it is, so that it reads back") {
    for (const char* text :
         {"ws://*a%0a/", "ws://*a%20bank.test/", "ws://*%2541/", "ws://a%00/", "ws://a%20b/*"})
        doubtful(text, text, 5);
    ok("ws://[%3a*/", "ws://[%3a*/");
    ok("ws://*%41%2Dx/", "ws://*a-x/");
}

TEST_CASE("pattern: which reach tunnels to any host") {
    const auto reach = [](std::string_view text) { return pattern_reader{text}.read().reach; };
    REQUIRE_FALSE(reach("*").empty());
    REQUIRE_FALSE(reach("*/feed").empty());
    REQUIRE_FALSE(reach("*://*/feed").empty());
    REQUIRE_FALSE(reach("wss://**/*").empty());
    REQUIRE(reach("https://*:8443/*") == "every https and wss host on this port");
    REQUIRE(reach("ws://*/*").empty()); // no tunnel carries it unseen
    REQUIRE(reach("ws:*").empty());
    REQUIRE(reach("*://*.test/*").empty());
}
