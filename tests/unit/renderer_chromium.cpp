#include <wsintercept/renderer/chromium.hpp>

#include "catch.hpp"

#include <wsintercept/url/normal_form.hpp>

using namespace wsintercept;

namespace {

std::shared_ptr<const intercepted_urls> table(const std::vector<row>& rows,
                                              std::string_view root = "myapp") {
    auto built = intercepted_urls::build(rows, root);
    REQUIRE(built.errors.empty());
    return built.table;
}

std::string decode(std::string_view base64) {
    std::string bytes;
    unsigned bits = 0;
    unsigned held = 0;
    for (const char c : base64) {
        const auto digit = std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                            "0123456789+/"}
                               .find(c);
        if (digit == std::string_view::npos)
            break;
        bits = bits << 6 | static_cast<unsigned>(digit);
        held += 6;
        if (held >= 8)
            bytes += static_cast<char>(bits >> (held -= 8) & 0xFF);
    }
    return bytes;
}

} // namespace

TEST_CASE("one switch carries the whole script") {
    const auto t =
        table({{"ws://a.test/x?y=*", action::external}, {"*://a.test/*", action::manual}});
    const auto result = chromium::switches(*t, 40123, {.external = "PROXY proxy.test:3128"});
    CHECK(result.error.empty());
    REQUIRE(result.switches.size() == 1);
    const auto [name, value] = chromium::split_switch(result.switches[0]);
    CHECK(name == "proxy-pac-url");
    const std::string_view type = "data:application/x-ns-proxy-autoconfig;base64,";
    REQUIRE(value.substr(0, type.size()) == type);
    const std::string script = decode(value.substr(type.size()));
    CHECK(script == pac_text(*t, "127.0.0.1:40123", "PROXY proxy.test:3128"));
    CHECK(script.find("PROXY 127.0.0.1:40123") != std::string::npos);
    CHECK(script.find("PROXY proxy.test:3128") != std::string::npos);
}

TEST_CASE("the key that wss is served with") {
    const auto t = table({{"wss://a.test/*", action::automatic}});
    const std::string hash = "6Ud6cOAmvDxSZzCM7wnxBmaCZZxAYAwwLJQjkL/Ek+w=";
    const auto result = chromium::switches(*t, 1, {.spki_hash = hash});
    REQUIRE(result.switches.size() == 2);
    CHECK(result.switches[0] == chromium::switches(*t, 1).switches.at(0));
    CHECK(result.switches[1] == "--ignore-certificate-errors-spki-list=" + hash);
    CHECK(chromium::split_switch(result.switches[1]).second == hash); // which has a "=" too
}

TEST_CASE("a table that no script holds is an error that says so where nothing is relayed") {
    const chromium::switch_options alone{.relays = false};
    std::vector<row> rows;
    for (int i = 0; i < 5000; ++i)
        rows.push_back({"ws://myapp/" + std::to_string(i) + "/*", action::automatic, {}});
    const auto result = chromium::switches(*table(rows), 1, alone);
    CHECK(result.switches.empty());
    CHECK(chromium::switches(*table(rows), 1).error.empty());
    CHECK(chromium::switches(*table(rows), 1).switches.size() == 1);
    CHECK(result.error.find("5000 rows") != std::string::npos);
    CHECK(result.error.find("too large") != std::string::npos);
    // By host it can tell all the same where the whole host is ours.
    rows.push_back({"ws://myapp/*", action::manual, {}});
    CHECK(chromium::switches(*table(rows), 1, alone).error.empty());
    rows.back().pattern = "ws://myapp/a*";
    CHECK_FALSE(chromium::switches(*table(rows), 1, alone).error.empty());
    rows.back() = {"ws://myapp/5/x", action::external, {}};
    rows.push_back({"ws://myapp/*", action::manual, {}});
    CHECK(chromium::switches(*table(rows), 1, alone).error.empty()); // never decides
    rows.insert(rows.begin(), {"ws://myapp/5/x", action::external, {}});
    CHECK_FALSE(chromium::switches(*table(rows), 1, alone).error.empty());
    rows.resize(1000);
    CHECK(chromium::switches(*table(rows), 1, alone).error.empty());
}

TEST_CASE("an argument fits into Linux's 128 KiB") {
    std::vector<row> rows;
    std::string longest;
    while (true) {
        for (int i = 0; i < 100; ++i)
            rows.push_back(
                {"ws://myapp/" + std::to_string(rows.size()) + "/*", action::automatic, {}});
        const auto result = chromium::switches(*table(rows), 65535, {.relays = false});
        if (result.switches.empty())
            break;
        longest = result.switches[0];
    }
    CHECK(longest.size() > 100 * 1024);
    CHECK(longest.size() < 128 * 1024);
}

TEST_CASE("an endpoint that does not listen yet has no switches") {
    const auto result = chromium::switches(*table({}), 0);
    CHECK(result.switches.empty());
    CHECK(result.error == "the endpoint does not listen: its port is 0");
}

TEST_CASE("switches without a value") {
    CHECK(chromium::split_switch("--headless") ==
          std::pair<std::string_view, std::string_view>{"headless", ""});
    CHECK(chromium::split_switch("a=b=c") ==
          std::pair<std::string_view, std::string_view>{"a", "b=c"});
}

TEST_CASE("a probe is a URL of the application, in normal form, and another one each time") {
    const auto t = table({{"ws://other/*", action::automatic}}, "My.App");
    const chromium::probe one{*t};
    const chromium::probe two{*t};
    CHECK(one.url() != two.url());
    CHECK(one.url().substr(0, 32) == "http://my.app/wsintercept-probe-");
    CHECK(one.url().size() == 32 + 32);
    CHECK(normalise(one.url()) == one.url());
    CHECK(one.matches(one.url()));
    CHECK_FALSE(one.matches(two.url()));
    CHECK_FALSE(one.matches("http://my.app/"));
    CHECK_FALSE(one.matches(one.url() + "?"));
    // The script always brings ROOT's http to the endpoint, whatever the rows.
    CHECK(pac_text(*t, "127.0.0.1:1").find("my.app") != std::string::npos);
}
