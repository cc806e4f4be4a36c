#include <wsintercept/url/regex_urls.hpp>

#include "catch.hpp"

#include <string>
#include <thread>
#include <vector>

using namespace wsintercept;

namespace {

regex_urls::built build(const std::string& expression) {
    return regex_urls::build(std::vector<row>{{expression, action::manual}});
}
void bad(const std::string& expression, error why) {
    INFO(expression);
    const auto built = build(expression);
    REQUIRE_FALSE(built.table);
    REQUIRE(built.errors.size() == 1);
    CHECK(built.errors[0].code == why);
}

} // namespace

TEST_CASE("regex_urls: the whole URL, the first row") {
    const auto built = regex_urls::build(std::vector<row>{
        {"ws://myapp/(a|b)[0-9]{1,3}", action::external}, {"wss?://myapp/.*", action::automatic}});
    REQUIRE(built.table);
    REQUIRE(built.warnings.size() == 1);
    REQUIRE(built.table->match("ws://myapp/a12").row == 0);
    REQUIRE(built.table->match("ws://myapp/a1234").row == 1);
    REQUIRE(built.table->match("ws://myapp/a12?").row == 1);
    REQUIRE(built.table->match("ws://other/").row == decision::no_row);
    REQUIRE(built.table->explain("ws://myapp/x") == "auto: row 2, `wss?://myapp/.*` = 1");
}

TEST_CASE("regex_urls: a bad expression is an error of its row, not an exception") {
    for (const char* expression : {"(", "[", "a{2,1}", "*a", "\\"})
        bad(expression, error::bad_expression);
    bad("", error::empty_pattern);
    bad("a{3000}", error::bad_expression);
    bad("((a{50}){50}){50}", error::bad_expression);
    bad(std::string(5000, 'a'), error::bad_expression);
    bad("a{99999999999999999999999}", error::bad_expression);
}

TEST_CASE("regex_urls: long URLs and hostile expressions use up neither stack nor time") {
    std::vector<row> rows;
    for (const char* expression :
         {"(.*)*y", "(a|aa)+y", "((.|.)*)*y", "(((x?)*)*)*y", "(x?){150}y"})
        rows.push_back({expression});
    const auto built = regex_urls::build(rows);
    REQUIRE(built.table);
    const std::string url = "ws://myapp/" + std::string(regex_urls::max_url - 11, 'a');
    // On a thread, whose stack is the usual one.
    std::size_t row = 0;
    std::thread{[&] { row = built.table->match(url).row; }}.join();
    REQUIRE(row == decision::no_row);
    REQUIRE(build(".*").table->match(url).row == 0);
    REQUIRE(build(".*").table->match(url + "a").row == decision::no_row);
    REQUIRE(build(".*").table->explain(url + "a").find("longer than the 4096 bytes") !=
            std::string::npos);
}
