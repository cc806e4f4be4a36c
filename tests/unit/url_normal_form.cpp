#include <wsintercept/url/normal_form.hpp>

#include "catch.hpp"

#include <string>
#include <string_view>

namespace {

void ok(std::string_view url, std::string_view normal) {
    INFO(url);
    REQUIRE(wsintercept::normalise(url) == std::string{normal});
    REQUIRE(wsintercept::normalise(normal) == std::string{normal});
}
void bad(std::string_view url) {
    INFO(url);
    REQUIRE_FALSE(wsintercept::normalise(url));
}

} // namespace

TEST_CASE("normal form: scheme, host, port") {
    ok("ws://myapp/feed", "ws://myapp/feed");
    ok("WS://MyApp/Feed", "ws://myapp/Feed");
    ok("ws://myapp", "ws://myapp/");
    ok("ws://myapp?x", "ws://myapp/?x");
    ok("ws://myapp:80/", "ws://myapp/");
    ok("wss://myapp:443/", "wss://myapp/");
    ok("http://myapp:0080/", "http://myapp/");
    ok("https://myapp:80/", "https://myapp:80/");
    ok("ws://myapp:/", "ws://myapp/");
    ok("ws://myapp:65535/", "ws://myapp:65535/");
    ok("ws://[::1]:81/", "ws://[::1]:81/");
    bad("ws://myapp:65536/");
    bad("ws://myapp:8a/");
    bad("ws://myapp:-1/");
    bad("ws:///");
    bad("ws:");
    bad("ftp://myapp/");
    bad("myapp/feed");
    bad("/feed");
    bad("");
    bad("//myapp/feed");
    bad("ws://b\xc3\xbc"
        "cher.test/");
}

TEST_CASE("normal form: user information and fragment go") {
    ok("ws://user:pw@myapp/a", "ws://myapp/a");
    ok("ws://bank.test@myapp/a", "ws://myapp/a");
    ok("ws://a@b@myapp/", "ws://myapp/");
    ok("ws://myapp/a#b", "ws://myapp/a");
    ok("ws://myapp#@bank.test/", "ws://myapp/");
    ok("ws://myapp/@bank.test", "ws://myapp/@bank.test");
    bad("ws://user@/");
}

TEST_CASE("normal form: slashes and dot segments") {
    ok("ws:\\\\myapp\\a\\b", "ws://myapp/a/b");
    ok("ws:myapp/a", "ws://myapp/a");
    ok("ws:////myapp/a", "ws://myapp/a");
    ok("ws://myapp//a", "ws://myapp//a");
    ok("ws://myapp/a/./b/../c", "ws://myapp/a/c");
    ok("ws://myapp/a/%2e%2E/c", "ws://myapp/c");
    ok("ws://myapp/.%2e/c", "ws://myapp/c");
    ok("ws://myapp/a/..", "ws://myapp/");
    ok("ws://myapp/a/b/.", "ws://myapp/a/b/");
    ok("ws://myapp/../../a", "ws://myapp/a");
    ok("ws://myapp//..", "ws://myapp/");
    ok("ws://myapp/a//../b", "ws://myapp/a/b");
    ok("ws://myapp/.../b", "ws://myapp/.../b");
    ok("ws://myapp/?/../\\", "ws://myapp/?/../\\");
}

TEST_CASE("normal form: percent-encoding") {
    ok("ws://myapp/a b?c d", "ws://myapp/a%20b?c%20d");
    ok("ws://myapp/\xc3\xa9?\xc3\xa9", "ws://myapp/%C3%A9?%C3%A9");
    ok("ws://myapp/\"<>`{}^|'", "ws://myapp/%22%3C%3E%60%7B%7D%5E%7C'");
    ok("ws://myapp/?\"<>`{}^|'", "ws://myapp/?%22%3C%3E`{}^|%27");
    ok("ws://myapp/%41%2f%zz%", "ws://myapp/%41%2f%zz%");
    ok("ws://myapp/a\x01\x7f", "ws://myapp/a%01%7F");
    ok(" \tws://my\napp/a\r\nb ", "ws://myapp/ab");
    ok("ws://myapp/?", "ws://myapp/?");
    ok("ws://myapp/?a?b", "ws://myapp/?a?b");
}

TEST_CASE("normal form: parts") {
    const auto parts = wsintercept::split_url("wss://[::1]:81/a/b?c:/d");
    REQUIRE(parts);
    REQUIRE(parts->scheme == "wss");
    REQUIRE(parts->host == "[::1]");
    REQUIRE(parts->port == 81);
    REQUIRE(parts->target == "/a/b?c:/d");
    REQUIRE(wsintercept::split_url("ws://myapp/")->port == 80);
    REQUIRE(wsintercept::split_url("https://myapp/")->port == 443);
    for (const char* text : {"", "ws", "ws:", "ws://", "ws://myapp", "ftp://myapp/", "ws:///a",
                             "ws://myapp:/", "ws://myapp:x/", "ws:/myapp/a/"})
        REQUIRE_FALSE(wsintercept::split_url(text));
}
