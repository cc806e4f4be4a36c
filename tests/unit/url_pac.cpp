// That PAC text decides as the table does is the matter of pac_differential.mjs, which runs it.
#include <wsintercept/url/pac.hpp>

#include "catch.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace wsintercept;

namespace {

std::shared_ptr<const intercepted_urls> make(std::vector<row> rows) {
    const auto built = intercepted_urls::build(rows);
    REQUIRE(built.table);
    return built.table;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::vector<row> many(std::size_t n, const std::string& begin, const std::string& end) {
    std::vector<row> rows;
    for (std::size_t i = 0; i < n; ++i)
        rows.push_back({begin + std::to_string(i) + end, action::automatic, {}});
    return rows;
}

} // namespace

TEST_CASE("PAC: rows in order, the proxy, the rest") {
    const auto table = make({{"*.example.com*", action::external, {}},
                             {"*://MyApp/*", action::manual, {}},
                             {"ftp://never/*", action::automatic, {}},
                             {"ws://my*:80/*", action::automatic, {}}});
    const std::string text = pac_text(*table, "127.0.0.1:4711");
    REQUIRE(has(text,
                "var proxy = \"PROXY 127.0.0.1:4711\", external = \"DIRECT\", root = \"myapp\";"));
    REQUIRE(has(text,
                "[\"*.example.com*\", 0],\n[\"*://myapp/*\", 2],\n[\"ws://my*:80/*\", 1, 1]\n];"));
    REQUIRE_FALSE(has(text, "never"));
    REQUIRE(text.size() < 4096);
    REQUIRE(has(pac_text(*table, "127.0.0.1:4711", "PROXY p.test:8080; DIRECT"),
                "external = \"PROXY p.test:8080; DIRECT\""));
}

TEST_CASE("PAC: nothing of a pattern or a proxy text gets out of its string") {
    const auto table = make(
        {{"*</script>\"\\'x*", action::automatic, {}}, {"*/\xe2\x80\xa8*", action::automatic, {}}});
    const std::string text = pac_text(*table, "\"; evil() //", "\\\"\n</script>\xe2\x80\xa8");
    REQUIRE(has(text, "\"PROXY \\x22; evil() //\""));
    REQUIRE(has(text, "\"\\x5c\\x22\\x0a\\x3c/script\\x3e\\xe2\\x80\\xa8\""));
    REQUIRE(has(text, "[\"*%3C/script%3E%22\\x5c'x*\", 1]"));
    REQUIRE(has(text, "[\"*/%E2%80%A8*\", 1]"));
    for (const char c : text)
        REQUIRE((c == '\n' || (c >= 0x20 && c < 0x7f)));
}

TEST_CASE("PAC: what is too large falls back step by step") {
    const auto fallback = [](std::vector<row> rows) {
        const pac_script script = make_pac(*make(std::move(rows)), "127.0.0.1:1");
        REQUIRE(script.text.size() <= pac_size);
        return script.fallback;
    };
    REQUIRE(fallback(many(1000, "ws://h", ".test/*")) == pac_fallback::none);
    REQUIRE(fallback(many(10000, "ws://one.test/", "/*")) == pac_fallback::hosts);
    REQUIRE(fallback(many(6000, "ws://h", ".test/a/b/c/*")) == pac_fallback::hosts);
    REQUIRE(fallback(many(20000, "ws://h", ".a.test/*")) == pac_fallback::suffixes);
    REQUIRE(fallback(many(20000, "ws://*.h", ".a.test:*/*")) == pac_fallback::suffixes);
    REQUIRE(fallback(many(20000, "ws://h", "/*")) == pac_fallback::everything);
    REQUIRE(fallback(many(20000, "*/feed", "/*")) == pac_fallback::everything);
    REQUIRE(fallback(many(100000, "ws://h", ".test/*")) == pac_fallback::suffixes);
}

TEST_CASE("PAC: by host, where the whole of each host is ours it is exact all the same") {
    const auto exact = [](std::vector<row> rows, const char* last) {
        rows.push_back({last, action::manual, {}});
        const pac_script script = make_pac(*make(std::move(rows)), "127.0.0.1:1");
        REQUIRE(script.fallback == pac_fallback::hosts);
        return script.exact;
    };
    const std::vector<row> one = many(10000, "ws://one.test/", "/*");
    REQUIRE(exact(one, "ws://one.test/*"));
    REQUIRE(exact(one, "*://*.test/*"));
    REQUIRE_FALSE(exact(one, "ws://one.test/"));
    REQUIRE_FALSE(exact(one, "wss://one.test/*"));
    REQUIRE_FALSE(exact(one, "ws://two.test/*"));
    std::vector<row> with_external{{"ws://one.test/x", action::external, {}}};
    with_external.insert(with_external.end(), one.begin(), one.end());
    REQUIRE_FALSE(exact(with_external, "ws://one.test/*"));
    REQUIRE_FALSE(make_pac(*make(many(20000, "ws://h", ".a.test/*")), "127.0.0.1:1").exact);
}

TEST_CASE("PAC: as a data URL") {
    REQUIRE(pac_data_url("") == "data:application/x-ns-proxy-autoconfig;base64,");
    REQUIRE(pac_data_url("f") == "data:application/x-ns-proxy-autoconfig;base64,Zg==");
    REQUIRE(pac_data_url("fo") == "data:application/x-ns-proxy-autoconfig;base64,Zm8=");
    REQUIRE(pac_data_url("foo") == "data:application/x-ns-proxy-autoconfig;base64,Zm9v");
    REQUIRE(pac_data_url("foobar\xff") ==
            "data:application/x-ns-proxy-autoconfig;base64,Zm9vYmFy/w==");
    REQUIRE(pac_data_url(std::string(pac_size, 'a')).size() < 128 * 1024);
}
