// security.md, cross-site hijacking: CVE-2026-27148 (Storybook), GHSA-cf66-xwfp-gvc4
// (webpack-dev-server), GHSA-p773-8mf4-rjm5 (farm), google/adk-java #1257.
#include <wsintercept/url/allowed_origins.hpp>

#include "catch.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace wsintercept;

namespace {

allowed_origins of(std::vector<std::pair<std::string, int>> rows) {
    std::vector<row> all;
    for (auto& [pattern, number] : rows)
        all.push_back({std::move(pattern), static_cast<action>(number), {}});
    const auto built = intercepted_urls::build(all, "root");
    REQUIRE(built.table);
    return allowed_origins{*built.table};
}

void ok(const allowed_origins& origins, std::string_view origin) {
    INFO(origin);
    REQUIRE(origins.allows(origin));
}
void bad(const allowed_origins& origins, std::string_view origin) {
    INFO(origin);
    REQUIRE_FALSE(origins.allows(origin));
}

} // namespace

TEST_CASE("origins: denied by default (CVE-2026-27148, GHSA-p773-8mf4-rjm5)") {
    const allowed_origins nobody;
    for (const char* origin : {"http://myapp", "null", "", "http://127.0.0.1", "file://", "*"})
        bad(nobody, origin);
    REQUIRE_FALSE(nobody.allows_absent());
}

TEST_CASE("origins: http and https of a row's literal host and of ROOT") {
    const auto origins = of({{"*://myapp/*", 1}, {"wss://Other.test/feed", 2}});
    ok(origins, "http://myapp");
    ok(origins, "https://myapp");
    ok(origins, "http://other.test");
    ok(origins, "https://other.test");
    ok(origins, "http://root");
    ok(origins, "https://root");
    bad(origins, "ws://myapp");
    bad(origins, "app://myapp");
    bad(origins, "null");
    bad(origins, "");
    REQUIRE_FALSE(origins.allows_absent());
}

TEST_CASE("origins: exact, no prefix, suffix or IP short cut (GHSA-cf66-xwfp-gvc4)") {
    const auto origins = of({{"*://myapp/*", 1}});
    for (const char* origin : {"http://myapp.evil.test",
                               "http://myapp@evil",
                               "http://evil@myapp",
                               "http://evil.myapp",
                               "http://myapp:8080",
                               "http://myapp:80",
                               "http://myapp/",
                               "http://myapp ",
                               " http://myapp",
                               "HTTP://myapp",
                               "http://MyApp",
                               "http://myap",
                               "http://myappx",
                               "http://",
                               "myapp",
                               "http://127.0.0.1",
                               "http://10.0.0.1",
                               "http://[::1]",
                               "http://localhost",
                               "http://evil, http://myapp",
                               "http://myapp#",
                               "http://myapp\\@evil",
                               "http://*"})
        bad(origins, origin);
    bad(origins, std::string_view{"http://myapp\0", 13});
}

TEST_CASE("origins: the row's port") {
    const auto given = of({{"ws://myapp:8080/*", 1}});
    ok(given, "http://myapp:8080");
    ok(given, "https://myapp:8080");
    bad(given, "http://myapp");
    bad(given, "http://myapp:8081");
    const auto normal = of({{"ws://myapp:80/*", 1}, {"wss://myapp:80/*", 1}});
    ok(normal, "http://myapp");
    ok(normal, "https://myapp");
    ok(normal, "https://myapp:80");
    bad(normal, "http://myapp:80"); // browsers leave it out
    const auto any = of({{"ws://myapp:*/*", 1}, {"ws://[::1]:*/*", 1}});
    for (const char* origin :
         {"http://myapp", "https://myapp", "http://myapp:8080", "https://myapp:80",
          "http://myapp:443", "http://myapp:0", "http://[::1]", "http://[::1]:81"})
        ok(any, origin);
    for (const char* origin :
         {"http://myapp:80", "https://myapp:443", "http://myapp:", "http://myapp:080",
          "http://myapp:65536", "http://myapp:80a", "http://myapp:-1", "http://myapp:1:2",
          "http://myapp.evil:81", "ws://myapp:81", "http://[::1]:", "http://:81"})
        bad(any, origin);
}

TEST_CASE("origins: rows that add nobody") {
    const auto origins = of({{"*", 1},
                             {"*://*/*", 1},
                             {"*://*.test/*", 1},
                             {"ws://my*", 1},
                             {"*myapp*", 1},
                             {"*://bank.test/*", 0},
                             {"ftp://old/*", 1},
                             {"ws://half:80*/*", 1}});
    for (const char* origin :
         {"http://myapp", "http://a.test", "http://bank.test", "http://old", "http://*",
          "http://my", "http://half", "http://half:80", "http://half:8080", "http://*.test"})
        bad(origins, origin);
    ok(origins, "http://root");
}

TEST_CASE("origins: by name") {
    allowed_origins origins;
    REQUIRE(origins.allow("http://MyApp:80"));
    REQUIRE(origins.allow("https://a.test:8443"));
    REQUIRE(origins.allow("app://Host"));
    REQUIRE(origins.allow("qrc://"));
    REQUIRE(origins.allow("null"));
    REQUIRE(origins.allow("null"));
    for (const char* origin :
         {"http://myapp", "https://a.test:8443", "app://host", "qrc://", "null"})
        ok(origins, origin);
    for (const char* origin :
         {"https://myapp", "https://a.test", "app://", "qrc://x", "", "file://"})
        bad(origins, origin);
    for (const char* origin :
         {"", "*", "http://*", "http://*.test", "myapp", "http://", "http://myapp/",
          "http://a@myapp", "http://myapp?x", "http://my app", "http://myapp:x", "://a", "1a://b",
          "http://myapp:", "NULL", "http://b\xc3\xbc", "qrc://:1"})
        REQUIRE_FALSE(origins.allow(origin));
    REQUIRE_FALSE(origins.allows_absent());
    origins.allow_absent();
    REQUIRE(origins.allows_absent());
    bad(origins, "");
}

TEST_CASE("origins: anyone") {
    const auto anyone = allowed_origins::anyone();
    ok(anyone, "http://evil.test");
    ok(anyone, "null");
    REQUIRE(anyone.allows_absent());
}
