#include "../../examples/htmlrenderer/explain.hpp"
#include "../../examples/htmlrenderer/options.hpp"

#include "catch.hpp"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>

using namespace htmlrenderer;
using wsintercept::action;

namespace {

struct result {
    parsed_options parsed;
    std::string out;
    std::string errors;
};

result parse(std::vector<const char*> words) {
    words.insert(words.begin(), "htmlrenderer");
    std::ostringstream out;
    std::ostringstream errors;
    auto parsed = parse_options(static_cast<int>(words.size()), words.data(), out, errors);
    return {std::move(parsed), out.str(), errors.str()};
}

options ok(const std::vector<const char*>& words) {
    result r = parse(words);
    INFO(r.errors);
    REQUIRE(r.parsed.value.has_value());
    return *r.parsed.value;
}

void bad(const std::vector<const char*>& words, const std::string& part) {
    const result r = parse(words);
    REQUIRE_FALSE(r.parsed.value.has_value());
    CHECK(r.parsed.status == 2);
    CHECK(r.out.empty());
    INFO(r.errors);
    CHECK(r.errors.find(part) != std::string::npos);
}

} // namespace

TEST_CASE("what holds without options") {
    const options o = ok({});
    CHECK(o.start_url == "http://myapp/");
    CHECK(o.start_by_proxy);
    CHECK(o.table->match("ws://myapp/x").action == action::automatic);
    CHECK(o.table->match("ws://other/x").action == action::external);
    CHECK(o.format == output_format::box);
    CHECK(o.name == "hr");
    CHECK(o.answer_timeout == std::chrono::seconds{10});
    CHECK_FALSE(o.headless);
    CHECK_FALSE(o.echo);
    CHECK(o.secret);
    CHECK_FALSE(ok({"--no-secret"}).secret);
    CHECK(o.origins.allows("http://myapp"));
    CHECK_FALSE(o.origins.allows("null"));
}

TEST_CASE("rows keep their order and are split at the last =") {
    const options o = ok({"--intercept", "ws://a.test/?x=1=0", "--intercept=ws://a.test/*=2",
                          "--intercept", "[ws://b.test/]=1"});
    REQUIRE(o.table->size() == 3);
    CHECK(o.table->match("ws://a.test/?x=1").action == action::external);
    CHECK(o.table->match("ws://a.test/?x=2").action == action::manual);
    bad({"--intercept", "ws://a.test/"}, "expected 'PATTERN=0', =1 or =2");
    bad({"--intercept", "ws://a.test/=3"}, "expected 'PATTERN=0', =1 or =2");
    bad({"--intercept", "ws://a.test/=10"}, "expected 'PATTERN=0', =1 or =2");
    bad({"--intercept", "=1"}, "--intercept: ");
    bad({"--intercept", "ws://a\x01/=1"}, "--intercept: ");
    bad({"--intercept"}, "--intercept");
}

TEST_CASE("rows from a file come behind the others") {
    const std::string name = "htmlrenderer_options_rows";
    const auto write = [&](std::string_view text) { std::ofstream{name} << text; };
    write("ws://b.test/=2\r\n\nws://*=0\n");
    const options o = ok({"--intercept-file", name.c_str(), "--intercept", "ws://a.test/=1"});
    REQUIRE(o.table->size() == 3);
    CHECK(o.table->match("ws://a.test/").row == 0);
    CHECK(o.table->match("ws://b.test/").action == action::manual);
    write("ws://b.test/=2\nws://b.test/\n");
    bad({"--intercept-file", name.c_str()}, "line 2: expected PATTERN=0");
    bad({"--intercept-file", "/nowhere/x"}, "cannot be read");
    std::remove(name.c_str());
}

TEST_CASE("--explain and --print-pac say what the table does") {
    const auto said = [](std::vector<const char*> words, const std::string& input = {}) {
        const options o = ok(words);
        REQUIRE(asks_for_explanation(o));
        std::istringstream in{input};
        std::ostringstream out, errors;
        explain(o, in, out, errors);
        return out.str() + errors.str();
    };
    CHECK_FALSE(asks_for_explanation(ok({})));
    CHECK(said({"--explain", "ws://myapp/", "--explain", "HTTP://MyApp/a", "--explain", "x"}) ==
          "auto: row 1, `*://myapp/*` = 1\n"
          "auto: row 1, `*://myapp/*` = 1, as http://myapp/a\n"
          "external: not a URL with the scheme ws, wss, http or https and an ASCII host\n");
    CHECK(said({"--intercept", "ws://a/*=0", "--intercept", "ws*://a/x=2", "--explain", "-",
                "--explain", "ws://b/"},
               "ws://a/x\nwss://a/x\nwss://a/y") ==
          "external: row 1, `ws://a/*` = 0\n"
          "manual: row 2, `ws*://a/x` = 2\n"
          "external: no row matches; nearest is row 2, `ws*://a/x`, which has another path or "
          "query\n"
          "external: no row matches; no row has this host\n");
    const std::string script = said({"--intercept", "ws://a/*=1", "--print-pac"});
    CHECK(script.find("function FindProxyForURL") != std::string::npos);
    CHECK(script.find("PROXY 127.0.0.1:PORT") != std::string::npos);
}

TEST_CASE("the first page") {
    CHECK(ok({"--root", "My.App"}).start_url == "http://my.app/");
    CHECK(ok({"--url", "http://myapp/a/../b?x#top \xC3\xA9"}).start_url ==
          "http://myapp/b?x#top%20%C3%A9");
    const options page = ok({"--url", "https://Example.com:8443/x"});
    CHECK(page.start_url == "https://example.com:8443/x");
    CHECK(page.origins.allows("https://example.com:8443"));
    CHECK_FALSE(page.origins.allows("http://example.com:8443"));
    for (const char* url : {"about:blank", "data:text/html,<p>", "file:///tmp/x.html"}) {
        const options o = ok({"--url", url});
        CHECK(o.start_url == url);
        CHECK_FALSE(o.start_by_proxy);
        CHECK_FALSE(o.origins.allows("null"));
    }
    bad({"--url", "page.html"}, "expected a whole URL");
    bad({"--url", "http://"}, "expected a whole URL");
    bad({"--url", "ws://myapp/"}, "a browser does not show such a URL");
    const options secure = ok({"--url", "https://myapp/", "--dir", "/"});
    CHECK(secure.start_url == "https://myapp/");
    CHECK(secure.start_by_proxy);
    CHECK(secure.dir == "/");
    bad({"--html", "x", "--dir", "/"}, "at most one of");
}

TEST_CASE("a root is a host that browsers ask a proxy about") {
    for (const char* root : {"localhost", "app.localhost", "127.0.0.1"})
        bad({"--root", root}, "loopback");
    for (const char* root : {"", "a b", "a:80", "a/b", "http://a"})
        bad({"--root", root}, "--root");
}

TEST_CASE("files that are not there") {
    bad({"--html", "/nowhere/x.html"}, "no such file");
    bad({"--html", "/"}, "no such file");
    bad({"--dir", "/nowhere"}, "no such folder");
    bad({"--screenshot", "/nowhere/x.png"}, "no file can be written there");
    bad({"--screenshot", "/"}, "no file can be written there");
    CHECK(ok({"--screenshot", "x.png"}).screenshot == "x.png");
}

TEST_CASE("the other options") {
    CHECK(ok({"--format", "json"}).format == output_format::json);
    bad({"--format", "xml"}, "--format");
    CHECK(ok({"--answer-timeout", "0.5"}).answer_timeout == std::chrono::milliseconds{500});
    for (const char* seconds : {"0", "-1", "nan", "1e9", "x"})
        bad({"--answer-timeout", seconds}, "--answer-timeout");
    CHECK(ok({"--allow-origin", "null", "--allow-origin", "app://host"}).origins.allows("null"));
    bad({"--allow-origin", "no origin"}, "--allow-origin 'no origin'");
    CHECK(ok({"--name", "#.hr"}).name == "#.hr");
    bad({"--name", ""}, "--name");
    CHECK(ok({"--browser-arg=--a=b", "--browser-arg=--c"}).browser_arguments ==
          std::vector<std::string>{"--a=b", "--c"});
    bad({"--nonsense"}, "--nonsense");
    bad({"stray"}, "stray");
}

TEST_CASE("help goes to standard output") {
    const result r = parse({"--help"});
    CHECK_FALSE(r.parsed.value.has_value());
    CHECK(r.parsed.status == 0);
    CHECK(r.errors.empty());
    for (const char* part : {"--intercept", "PATTERN=0|1|2", "--browser-arg", "Standard input",
                             "WebSocketUpgrade", "Exit status"})
        CHECK(r.out.find(part) != std::string::npos);
}
