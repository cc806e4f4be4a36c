#include <wsintercept/url/intercepted_urls.hpp>

#include "catch.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace wsintercept;

namespace {

using table = std::shared_ptr<const intercepted_urls>;

table make(std::vector<std::pair<std::string, int>> rows, std::string_view root = "myapp") {
    std::vector<row> all;
    for (auto& [pattern, number] : rows)
        all.push_back({std::move(pattern), static_cast<action>(number), {}});
    const auto built = intercepted_urls::build(all, root);
    REQUIRE(built.errors.empty());
    REQUIRE(built.table);
    return built.table;
}

void ok(std::string_view pattern, std::string_view url) {
    INFO(pattern << " on " << url);
    REQUIRE(make({{std::string{pattern}, 1}})->match(*normalise(url)).row == 0);
}
void bad(std::string_view pattern, std::string_view url) {
    INFO(pattern << " on " << url);
    REQUIRE(make({{std::string{pattern}, 1}})->match(*normalise(url)).row == decision::no_row);
}

} // namespace

TEST_CASE("InterceptedURLs: a pattern matches the whole URL") {
    ok("ws://myapp/feed", "ws://myapp/feed");
    bad("ws://myapp/feed", "ws://myapp/feed/");
    bad("ws://myapp/feed", "ws://myapp/feed?x");
    bad("ws://myapp/feed", "wss://myapp/feed");
    bad("ws://myapp/feed", "ws://myapp/Feed");
    ok("ws://myapp/*", "ws://myapp/");
    ok("ws://myapp/*d", "ws://myapp/a/b?c/d");
    ok("*", "https://any.test/");
}

TEST_CASE("InterceptedURLs: ? is literal") {
    ok("ws://myapp/a?b=*", "ws://myapp/a?b=1");
    bad("ws://myapp/a?b", "ws://myapp/axb");
    bad("ws://myapp/?", "ws://myapp/a");
    ok("*/feed?*", "wss://any.test/feed?x");
    bad("*/feed?*", "wss://any.test/feed");
}

TEST_CASE("InterceptedURLs: a * before :// stays within the scheme") {
    ok("*://myapp/*", "ws://myapp/");
    ok("*://myapp/*", "wss://myapp/");
    ok("*://myapp/*", "http://myapp/");
    ok("*://myapp/*", "https://myapp/");
    ok("ws*://myapp/*", "wss://myapp/");
    bad("ws*://myapp/*", "http://myapp/");
    bad("*://myapp/*", "wss://bank.test/?x=://myapp/");
    bad("*://myapp/*", "wss://bank.test/://myapp/");
    bad("w*://myapp/*", "ws://bank.test/a://myapp/");
}

TEST_CASE("InterceptedURLs: a * before the next / stays within host and port") {
    ok("ws://*.test/*", "ws://a.b.test/x");
    bad("ws://*.test/*", "ws://bank.com/x.test/y");
    bad("ws://*.test/x", "ws://bank.com/.test/x");
    ok("ws://my*/x", "ws://myapp:8080/x");
    ok("ws://*:8080/x", "ws://myapp:8080/x");
    bad("ws://*:8080/x", "ws://myapp/x");
    ok("ws://myapp:*/x", "ws://myapp:8080/x");
    bad("ws://myapp:*/x", "ws://myapp/x"); // a default port is not in the URL
    bad("ws://m*p/x", "ws://m/p/x");
}

TEST_CASE("InterceptedURLs: a * at a pattern's end takes all that follows") {
    ok("ws://*", "ws://myapp/a/b?c");
    ok("ws://my*", "ws://myapp:81/a/b?c");
    ok("ws://*.test*", "ws://a.test/b");
    bad("ws://*.test*", "ws://a.com/b.test/");
    bad("ws://my*", "ws://bank.test/my");
}

TEST_CASE("InterceptedURLs: everywhere else, and without ://, it runs over /") {
    ok("ws://myapp/*/z", "ws://myapp/a/b/c/z");
    ok("*.host.com*", "ws://a.host.com/x");
    ok("*.host.com*", "ws://other.test/?x=a.host.com");
    ok("*myapp*", "wss://bank.test/?x=://myapp/");
    ok("ws:*", "ws://myapp/a/b");
    bad("ws:*", "wss://myapp/a/b");
    bad("myapp/*", "ws://myapp/a");
}

TEST_CASE("InterceptedURLs: the first row that matches decides") {
    const table t = make({{"*.example.com*", 0}, {"*", 1}});
    REQUIRE(t->match("ws://a.example.com/").action == action::external);
    REQUIRE(t->match("ws://a.example.com/").row == 0);
    REQUIRE(t->match("ws://myapp/").action == action::automatic);
    REQUIRE(t->match("ws://myapp/").options == nullptr);
    const table other = make({{"ws://myapp/m*", 2}, {"ws://myapp/*", 1}});
    REQUIRE(other->match("ws://myapp/manual").action == action::manual);
    REQUIRE(other->match("ws://myapp/auto").action == action::automatic);
    REQUIRE(other->match("http://myapp/auto").row == decision::no_row); // left to the engine
}

TEST_CASE("InterceptedURLs: an empty table is *://ROOT/* = 1") {
    const auto built = intercepted_urls::build({}, "Dyalog_Root");
    REQUIRE(built.table->root() == "dyalog_root");
    REQUIRE(built.table->size() == 1);
    REQUIRE(built.table->pattern(0) == "*://dyalog_root/*");
    REQUIRE(built.table->match("wss://dyalog_root/a?b").action == action::automatic);
    REQUIRE(built.table->match("wss://dyalog_root:81/").row == decision::no_row);
    REQUIRE(built.table->match("ws://myapp/").row == decision::no_row);
    REQUIRE(built.warnings.empty());
    REQUIRE(make({})->match("ws://myapp/").row == 0);
}

TEST_CASE("InterceptedURLs: patterns are compared in the URL's normal form") {
    ok("WS://MyApp:80/a/../b", "ws://myapp/b");
    ok("ws://myapp/caf\xc3\xa9", "ws://myapp/caf%C3%A9");
    ok("ws://myapp", "ws://myapp/");
    ok("ws://*:80/", "ws://myapp/");
    bad("ws://*:80/", "ws://myapp:8080/");
    ok("wss://my*:443/*", "wss://myapp/");
    bad("wss://my*:443/*", "wss://myapp:80/");
    // A literal pattern is a URL: it matches what the URL becomes.
    for (const char* url :
         {"ws://MyApp:80/a b/./\xc3\xa9?'{#x", "http:\\\\u@h\\..\\x", "wss://[0::1]:443",
          "https://h?a/../b^|", "ws://h/^|`{}\"<>'", "ws://0x7f.1:0081/%2e/%41"}) {
        const std::string_view text{url};
        if (text.find("://") != text.npos && text.find(' ') == text.npos)
            ok(text, text);
    }
}

TEST_CASE("InterceptedURLs: what is no URL in normal form matches nothing") {
    const table t = make({{"*", 1}});
    for (const char* text : {"", "myapp", "ws:", "ws://", "ws://myapp", "WS://myapp/", "ftp://a/"})
        REQUIRE(t->match(text).row == decision::no_row);
}

TEST_CASE("InterceptedURLs: errors and warnings name row and column, from 1") {
    const std::vector<row> rows{{"ws://myapp/*", action::automatic, {}},
                                {"ws://my app/", action::automatic, {}},
                                {"", action::manual, {}},
                                {"ws://a/", static_cast<action>(3), {}},
                                {"*", action::automatic, {}},
                                {"*", action::external, {}}};
    const auto built = intercepted_urls::build(rows);
    REQUIRE_FALSE(built.table);
    REQUIRE(built.errors.size() == 3);
    REQUIRE(built.errors[0].text == "row 2, column 8: a control character or a space in a pattern");
    REQUIRE(built.errors[0].row == 1);
    REQUIRE(built.errors[0].column == 7);
    REQUIRE(built.errors[0].code == error::pattern_control_character);
    REQUIRE(built.errors[0].code == condition::bad_table);
    REQUIRE(built.errors[1].text == "row 3, column 1: an empty pattern");
    REQUIRE(built.errors[2].code == error::pattern_bad_action);
    REQUIRE(built.warnings.size() == 1);
    REQUIRE(built.warnings[0].row == 4);
    REQUIRE_FALSE(built.warnings[0].code);
    REQUIRE(built.warnings[0].text ==
            "row 5, column 1: every https and wss host then comes through the endpoint");
}

TEST_CASE("InterceptedURLs: ROOT is a host, a pattern is not endless") {
    for (const char* root : {"", "a/b", "*", "a:80", "b\xc3\xbc", "a@b"}) {
        const auto built = intercepted_urls::build({}, root);
        REQUIRE_FALSE(built.table);
        REQUIRE(built.errors.at(0).code == error::root_not_host);
    }
    const std::vector<row> rows{{"ws://a/" + std::string(70000, 'a'), action::automatic, {}}};
    REQUIRE(intercepted_urls::build(rows).errors.at(0).code == error::pattern_too_long);
}

TEST_CASE("may_match_host: from the rows' own host parts") {
    const table t =
        make({{"wss://myapp/feed", 1}, {"https://*.test:8443/*", 2}, {"ws://plain/*", 1}});
    REQUIRE(t->may_match_host("myapp", 443, true));
    REQUIRE(t->may_match_host("MyApp", 443, true));
    REQUIRE_FALSE(t->may_match_host("myapp", 444, true));
    REQUIRE_FALSE(t->may_match_host("myapp", 80, false));
    REQUIRE_FALSE(t->may_match_host("myapp.evil.test", 443, true));
    REQUIRE(t->may_match_host("a.test", 8443, true));
    REQUIRE_FALSE(t->may_match_host("a.test", 443, true));
    REQUIRE(t->may_match_host("plain", 80, false));
    REQUIRE_FALSE(t->may_match_host("plain", 443, true));
    REQUIRE_FALSE(t->may_match_host("plain/x", 80, false));
    REQUIRE_FALSE(t->may_match_host("plain", 70000, false));
    REQUIRE_FALSE(t->may_match_host("", 80, false));
    REQUIRE_FALSE(t->may_match_host(std::string(5000, 'a'), 80, false));
    REQUIRE(t->may_match_site("wss", "myapp", 443));
    REQUIRE_FALSE(t->may_match_site("https", "myapp", 443));
    REQUIRE_FALSE(t->may_match_site("ftp", "myapp", 443));
}

TEST_CASE("may_match_host: ports, IPv6, and patterns of any host") {
    const table t = make({{"ws://my*:80/*", 1}, {"wss://[::1]:5/*", 1}, {"*s://any:*/x", 1}});
    REQUIRE(t->may_match_host("myapp", 80, false));
    REQUIRE_FALSE(t->may_match_host("myapp", 8080, false));
    REQUIRE(t->may_match_host("[::1]", 5, true));
    REQUIRE_FALSE(t->may_match_host("[::1]", 443, true));
    REQUIRE(t->may_match_host("any", 65535, true));
    REQUIRE(t->may_match_host("any", 1, true));
    REQUIRE_FALSE(t->may_match_host("any", 443, true));
    const table any = make({{"*/feed?*", 1}, {"ws:*", 2}});
    REQUIRE(any->may_match_host("bank.test", 1234, true));
    const table plain = make({{"ws:*", 1}});
    REQUIRE(plain->may_match_host("bank.test", 80, false));
    REQUIRE_FALSE(plain->may_match_host("bank.test", 443, true));
}

TEST_CASE("may_match_host: an action 0 row before, that takes the whole host, excludes it") {
    const table t =
        make({{"*://bank.test/*", 0}, {"*.example.com*", 0}, {"wss://part.test/x*", 0}, {"*", 1}});
    REQUIRE_FALSE(t->may_match_host("bank.test", 443, true));
    REQUIRE(t->may_match_host("bank.test", 444, true));
    REQUIRE_FALSE(t->may_match_host("a.example.com", 443, true));
    REQUIRE_FALSE(t->may_match_host("a.example.com", 80, false));
    REQUIRE(t->may_match_host("example.org", 443, true));
    REQUIRE(t->may_match_host("part.test", 443, true));
    // Behind the row that intercepts, it excludes nothing.
    const table late = make({{"wss://bank.test/feed", 1}, {"*://bank.test/*", 0}});
    REQUIRE(late->may_match_host("bank.test", 443, true));
    // It takes only the scheme that it names.
    const table half = make({{"wss://bank.test/*", 0}, {"*", 1}});
    REQUIRE(half->may_match_host("bank.test", 443, true));
    REQUIRE_FALSE(half->may_match_site("wss", "bank.test", 443));
}

TEST_CASE("explain: one line, first the word") {
    const table t = make({{"*.example.com*", 0}, {"*://MyApp/m*", 2}, {"*://myapp/*", 1}});
    REQUIRE(t->explain("WS://MYAPP:80/a#b") == "auto: row 3, `*://myapp/*` = 1, as ws://myapp/a");
    REQUIRE(t->explain("ws://myapp/a") == "auto: row 3, `*://myapp/*` = 1");
    REQUIRE(t->explain("ws://myapp/m") == "manual: row 2, `*://myapp/m*` = 2");
    REQUIRE(t->explain("ws://a.example.com/") == "external: row 1, `*.example.com*` = 0");
    REQUIRE(t->explain("ws://other.test/") == "external: no row matches; no row has this host");
    REQUIRE(t->explain("ws://myapp:81/") ==
            "external: no row matches; nearest is row 2, `*://myapp/m*`, which has another port");
    const table other = make({{"ws://myapp/feed", 1}, {"wss://myapp/*", 1}});
    REQUIRE(other->explain("http://myapp/") ==
            "external: no row matches; nearest is row 1, `ws://myapp/feed`, which has another "
            "scheme");
    REQUIRE(other->explain("ws://myapp/") ==
            "external: no row matches; nearest is row 1, `ws://myapp/feed`, which has another path "
            "or query");
    REQUIRE(t->explain("other").rfind("external: not a URL", 0) == 0);
    REQUIRE(t->explain("ftp://myapp/").rfind("external: not a URL", 0) == 0);
}

TEST_CASE("InterceptedURLs: rows that never decide are warned of, and by which rows") {
    const auto warnings = [](std::vector<const char*> patterns) {
        std::vector<row> rows;
        for (const char* p : patterns)
            rows.push_back({p, action::external, {}});
        std::vector<std::string> out;
        for (const row_problem& w : intercepted_urls::build(rows).warnings)
            out.push_back(w.text);
        return out;
    };
    using texts = std::vector<std::string>;
    const auto never = [](int row, const std::string& by) {
        return texts{"row " + std::to_string(row) +
                     ", column 1: never decides: all of its URLs are taken by " + by};
    };
    REQUIRE(warnings({"ws://a/*", "WS://A:80/*"}) == never(2, "row 1, `ws://a/*`"));
    REQUIRE(warnings({"*", "ws://a/b"}) == never(2, "row 1, `*`"));
    REQUIRE(warnings({"*://*/*", "*x*"}) == never(2, "row 1, `*://*/*`"));
    REQUIRE(warnings({"ws*", "ws:*"}) == never(2, "row 1, `ws*`"));
    REQUIRE(warnings({"ws://*.test/*", "ws://*.a.test/x*y"}) == never(2, "row 1, `ws://*.test/*`"));
    REQUIRE(warnings({"*a*b*", "*xa*xbx*"}) == never(2, "row 1, `*a*b*`"));
    REQUIRE(warnings({"*/feed*", "ws*://myapp/a/feed?x"}) == never(2, "row 1, `*/feed*`"));
    REQUIRE(warnings({"ws://my*", "ws://myapp*"}) == never(2, "row 1, `ws://my*`"));
    REQUIRE(warnings({"ws://my*", "ws://my*/*"}) == never(2, "row 1, `ws://my*`"));
    REQUIRE(warnings({"ws://a/*", "wss://a/*", "ws*://a/x"}) == never(3, "rows 1 and 2"));
    REQUIRE(warnings({"ws://*:80/*", "ws://my*:80/x"}) == never(2, "row 1, `ws://*:80/*`"));
    REQUIRE(warnings({"ws://*:80/*", "ws://myapp/x"}) == never(2, "row 1, `ws://*:80/*`"));
    for (const std::vector<const char*>& rows :
         std::vector<std::vector<const char*>>{{"ws://a/b", "ws://a/*"},
                                               {"ws://a/*", "ws*://a/*"},
                                               {"ws://*.test/*", "ws://*.test:81/*"},
                                               {"ws://*:80/*", "ws://my*/*"}, // another port
                                               {"*a*b*", "*b*a*"},
                                               {"*ab*", "*a*b*"},
                                               {"ws://a*b/*", "ws://a*/*"},
                                               {"ws://a/*b", "ws://a/*"},
                                               {"ws://a/", "ws://a/?"},
                                               {"ws:*", "ws*"}})
        REQUIRE(warnings(rows).empty());
    // The row that is named first is not one that never decides itself.
    REQUIRE(warnings({"ws://a/*", "ws://a/b*", "ws://a/bc"}).size() == 2);
}

TEST_CASE("InterceptedURLs: options are a row's own, and alike ones are kept once") {
    row_options chunks;
    chunks.messages = delivery::chunks;
    row_options named;
    named.subprotocols = {"a", "b"};
    std::vector<row> rows;
    for (int i = 0; i < 9; ++i)
        rows.push_back({"ws://h" + std::to_string(i) + "/*", action::manual,
                        i < 2   ? row_options{}
                        : i < 6 ? chunks
                                : named});
    const table t = intercepted_urls::build(rows).table;
    REQUIRE(t->match("ws://h1/").options == nullptr);
    REQUIRE(*t->match("ws://h2/").options == chunks);
    REQUIRE(t->match("ws://h2/").options == t->match("ws://h5/").options);
    REQUIRE(*t->match("ws://h8/").options == named);
    REQUIRE(t->options(8) == t->match("ws://h8/").options);
}

TEST_CASE("InterceptedURLs: 100,000 rows of every style, in little memory") {
    std::vector<row> rows;
    std::size_t text = 0;
    const auto number = [](std::size_t i) { return std::to_string(i); };
    for (std::size_t i = 0; i < 100000; ++i) {
        switch (i % 6) {
        case 0: rows.push_back({"ws://app" + number(i) + ".example/*"}); break;
        case 1: rows.push_back({"*.host" + number(i) + ".com*"}); break;
        case 2: rows.push_back({"*/feed" + number(i) + "?*"}); break;
        case 3: rows.push_back({"*://*.site" + number(i) + ".test/*"}); break;
        case 4: rows.push_back({"ws*://shop.test/item/" + number(i) + "/*"}); break;
        default: rows.push_back({"*a" + number(i) + "*z"}); break;
        }
        text += rows.back().pattern.size();
    }
    const table t = intercepted_urls::build(rows).table;
    REQUIRE(t->match("ws://app99996.example/").row == 99996);
    REQUIRE(t->match("http://x.host7.com/").row == 7);
    REQUIRE(t->match("http://x/feed8?").row == 8);
    REQUIRE(t->match("https://x.site9.test/").row == 9);
    REQUIRE(t->match("wss://shop.test/item/99994/x").row == 99994);
    REQUIRE(t->match("ws://x/a99995/z").row == 99995);
    REQUIRE(t->match("ws://x/").row == decision::no_row);
    REQUIRE(t->memory() <= 4 * text);
    REQUIRE(t->may_match_host("shop.test", 443, true));
    REQUIRE(t->may_match_host("any.test", 443, true)); // rows without "://"
}

TEST_CASE("may_match_host: among 100,000 hosts") {
    std::vector<row> rows{{"*://bank.test/*", action::external, {}}};
    for (std::size_t i = 0; i < 50000; ++i) {
        rows.push_back({"wss://h" + std::to_string(i) + ".test/feed/*"});
        rows.push_back({"wss://*.w" + std::to_string(i) + ".test:81/x"});
    }
    rows.push_back({"*://*.test/*", action::external, {}});
    rows.push_back({"wss://bank.test/feed"});
    rows.push_back({"*://*.late.test/*"});
    const table t = intercepted_urls::build(rows).table;
    REQUIRE(t->may_match_host("h0.test", 443, true));
    REQUIRE(t->may_match_host("h49999.test", 443, true));
    REQUIRE_FALSE(t->may_match_host("h50000.test", 443, true));
    REQUIRE_FALSE(t->may_match_host("h0.test", 80, false));
    REQUIRE(t->may_match_host("a.w49999.test", 81, true));
    REQUIRE_FALSE(t->may_match_host("a.w49999.test", 82, true));
    REQUIRE_FALSE(t->may_match_host("bank.test", 443, true));
    REQUIRE_FALSE(t->may_match_host("a.late.test", 443, true));
}

TEST_CASE("InterceptedURLs: hostile patterns and URLs do not make it slow") {
    std::string pattern = "*", url = "ws://myapp/";
    for (int i = 0; i < 500; ++i)
        pattern += "a*";
    url += std::string(20000, 'a');
    const table t = make({{pattern + "b", 1}, {"ws://*/" + pattern + "b", 1}});
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(t->match(url).row == decision::no_row);
    REQUIRE(std::chrono::steady_clock::now() - begin < std::chrono::seconds{1});
}
