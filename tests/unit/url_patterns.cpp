// url_pattern_cases.json holds what Chromium's URLPattern answers; tests/browser asks it again.
#include <wsintercept/url/url_patterns.hpp>

#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

using namespace wsintercept;

namespace {

nlohmann::json cases() {
    std::ifstream file{URL_PATTERN_CASES};
    return nlohmann::json::parse(file);
}

url_patterns::built build(const std::string& pattern) {
    return url_patterns::build(std::vector<row>{{pattern, action::manual}});
}

void bad(const std::string& pattern, error why, std::size_t column, const std::string& words) {
    INFO(pattern);
    const auto built = build(pattern);
    REQUIRE_FALSE(built.table);
    REQUIRE(built.errors.size() == 1);
    CHECK(built.errors[0].code == why);
    CHECK(built.errors[0].column == column);
    CHECK(built.errors[0].text.find(words) != std::string::npos);
}

} // namespace

TEST_CASE("url_patterns: matches what Chromium's URLPattern matches") {
    const nlohmann::json all = cases();
    std::size_t compared = 0;
    for (const auto& [pattern, matches] : all["matches"].items()) {
        const auto built = build(pattern);
        REQUIRE(built.table);
        for (const std::string url : all["urls"]) {
            const bool expected = std::find(matches.begin(), matches.end(), url) != matches.end();
            INFO(pattern << " on " << url);
            CHECK((built.table->match(*normalise(url)).row == 0) == expected);
            ++compared;
        }
    }
    REQUIRE(compared > 900);
    for (const std::string pattern : all["rejected"])
        CHECK_FALSE(build(pattern).table);
}

TEST_CASE("url_patterns: what is not supported is named, with its column") {
    bad("", error::empty_pattern, 0, "empty");
    bad("ws://app.test/(\\d+)", error::pattern_unsupported, 14, "regexp group");
    bad("ws://app.test/{a}?", error::pattern_unsupported, 14, "braces");
    bad("ws://app.test/:id?x", error::pattern_unsupported, 17, "write \\? where the query begins");
    bad("ws://app.test/:id+", error::pattern_unsupported, 17, "modifier");
    bad("ws://app.test/**", error::pattern_unsupported, 15, "modifier");
    bad("/feed", error::pattern_unsupported, 0, "scheme");
    bad("ws://app.test/a#b", error::pattern_unsupported, 15, "fragment");
    bad("ws://app.test/a b", error::pattern_control_character, 15, "space");
    bad("ws://b\xc3\xbc/", error::pattern_not_ascii, 6, "");
    bad("ws://a/" + std::string(1100, 'x'), error::pattern_unsupported, 1107, "longer");
}

TEST_CASE("url_patterns: hosts, options, explanations") {
    row_options chunks;
    chunks.messages = delivery::chunks;
    const auto built =
        url_patterns::build(std::vector<row>{{"wss://:a.app.test:81/x", action::external, {}},
                                             {"wss://:a.app.test:*/:id", action::manual, chunks}});
    REQUIRE(built.table);
    REQUIRE(built.table->may_match_host("t.app.test", 443, true));
    REQUIRE(built.table->may_match_host("t.app.test", 81, true));
    REQUIRE_FALSE(built.table->may_match_host("t.app.test", 80, false));
    REQUIRE_FALSE(built.table->may_match_host("a.b.app.test", 443, true));
    REQUIRE(built.table->match("wss://t.app.test/x").options->messages == delivery::chunks);
    REQUIRE(built.table->explain("wss://t.app.test/1") ==
            "manual: row 2, `wss://:a.app.test:*/:id` = 2");
    REQUIRE(built.table->explain("wss://t.app.test:81/x") ==
            "external: row 1, `wss://:a.app.test:81/x` = 0");
}

TEST_CASE("url_patterns: hostile ones take no longer than their size says") {
    std::string pattern = "ws://a/";
    for (int i = 0; i < 200; ++i)
        pattern += "*a:n-";
    const auto built = build(pattern + "b");
    REQUIRE(built.table);
    REQUIRE(built.table->match("ws://a/" + std::string(3000, 'a')).row == decision::no_row);
}
