#include "../../examples/htmlrenderer/options.hpp"

#include "catch.hpp"

#include <chrono>
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
    bad({"--url", "about:blank", "--html", "x"}, "at most one of");
    bad({"--url", "about:blank", "--dir", "/"}, "at most one of");
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
