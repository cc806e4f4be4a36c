#include <wsintercept/renderer/qt_webengine_flags.hpp>

#include <wsintercept/renderer/chromium.hpp>

#include "catch.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace wsintercept;
using qt_webengine::write_flags;

namespace {

using list = std::vector<std::string>;

/// As QtWebEngine 6.4 reads the variable.
list split(std::string_view text) {
    list out;
    bool quoted = false;
    bool in_word = false;
    for (const char c : text) {
        if (c == ' ' && !quoted) {
            in_word = false;
            continue;
        }
        if (!std::exchange(in_word, true))
            out.emplace_back();
        if (c == '"')
            quoted = !quoted;
        else
            out.back() += c;
    }
    return out;
}

} // namespace

TEST_CASE("flags are read back as the switches that they are") {
    for (const list& switches :
         {list{"--a"}, list{"--a=b", "--c"}, list{"--rules=MAP a.test 127.0.0.1", "--x='y z'"},
          list{"--a=\\", "--b=\t"}}) {
        const auto flags = write_flags(switches);
        CHECK(flags.error.empty());
        CHECK(split(flags.text) == switches);
    }
    CHECK(write_flags({}).text.empty());
    CHECK(write_flags(list{"--a", "--b c"}).text == "--a \"--b c\"");
}

TEST_CASE("flags that were set before stay") {
    CHECK(write_flags(list{"--a"}, "--old=\"x y\" --gone").text == "--old=\"x y\" --gone --a");
    CHECK(write_flags({}, "--old").text == "--old");
}

TEST_CASE("a quote cannot be written") {
    const auto flags = write_flags(list{"--a", "--b=\"c\""});
    CHECK(flags.text.empty());
    CHECK(flags.error ==
          "a switch with a quote cannot stand in QTWEBENGINE_CHROMIUM_FLAGS: --b=\"c\"");
}

TEST_CASE("flags are no longer than Linux passes on") {
    // MAX_ARG_STRLEN, 128 KiB: "NAME=VALUE" and its NUL.
    const std::size_t most =
        128 * 1024 - std::string_view{"QTWEBENGINE_CHROMIUM_FLAGS="}.size() - 1;
    CHECK(write_flags(list{std::string(most, 'x')}).text.size() == most);
    CHECK(write_flags(list{std::string(most - 2, 'x')}, "y").text.size() == most);
    const auto flags = write_flags(list{std::string(most - 1, 'x')}, "y");
    CHECK(flags.text.empty());
    CHECK(flags.error == "QTWEBENGINE_CHROMIUM_FLAGS would be longer than a process can be given");
}

TEST_CASE("the switches of the largest table fit into the flags") {
    std::vector<row> rows;
    for (int i = 0; i < 1500; ++i)
        rows.push_back({"ws://a" + std::to_string(i) + ".test/with/a/path/of/some/length/*",
                        action::automatic});
    const auto table = intercepted_urls::build(rows).table;
    REQUIRE(table);
    const auto wanted = chromium::switches(*table, 65535, {.spki_hash = std::string(44, 'x')});
    REQUIRE(wanted.error.empty());
    REQUIRE(wanted.switches[0].size() > 80 * 1024);
    const auto flags = write_flags(wanted.switches);
    CHECK(flags.error.empty());
    CHECK(split(flags.text) == wanted.switches);
}
