#include "../../examples/htmlrenderer/box.hpp"

#include "../../examples/htmlrenderer/encoding.hpp"
#include "catch.hpp"

#include <sstream>
#include <vector>

using namespace htmlrenderer;
using namespace wsintercept;

namespace {

std::vector<std::string> lines_of(const std::string& picture) {
    std::vector<std::string> lines;
    std::istringstream in{picture};
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

/// Every row of a picture takes as many columns as the first.
void aligned(const message& m) {
    const auto width = [](std::string_view line) {
        unsigned sum = 0;
        while (!line.empty())
            sum += columns(take_code_point(line));
        return sum;
    };
    const auto lines = lines_of(draw(m));
    REQUIRE(lines.size() >= 5);
    for (const std::string& line : lines) {
        INFO(line);
        REQUIRE(width(line) == width(lines[0]));
    }
}

} // namespace

TEST_CASE("the example of the model's document") {
    CHECK("\n" + draw({"#.hr", "WebSocketUpgrade", "5d61d8330065608", "ws://myapp/"}) == R"(
┌→────────────────────────────────────────────────────────┐
│      ┌→───────────────┐ ┌→──────────────┐ ┌→──────────┐ │
│ #.hr │WebSocketUpgrade│ │5d61d8330065608│ │ws://myapp/│ │
│      └────────────────┘ └───────────────┘ └───────────┘ │
└∊────────────────────────────────────────────────────────┘
)");
}

TEST_CASE("numbers are plain, binary data is a numeric vector, nothing is an empty vector") {
    CHECK("\n" + draw({"hr", 842, signed_bytes{1, -128, 0}, "", signed_bytes{}, 1}) == R"(
┌→────────────────────────────┐
│        ┌→───────┐ ┌⊖┐ ┌⊖┐   │
│ hr 842 │1 ¯128 0│ │ │ │0│ 1 │
│        └~───────┘ └─┘ └~┘   │
└∊────────────────────────────┘
)");
}

TEST_CASE("a head has a row for each line") {
    const auto lines = lines_of(draw({"hr", "GET / HTTP/1.1\r\nHost: myapp\r\n\r\n", "auto"}));
    REQUIRE(lines.size() == 7);
    CHECK(lines[2] == "│ hr │GET / HTTP/1.1│ │auto│ │");
    CHECK(lines[3] == "│    │Host: myapp   │ └────┘ │");
    CHECK(lines[4] == "│    │              │        │");
}

TEST_CASE("controls are pictures, and nothing moves a terminal's cursor") {
    CHECK(draw({"hr", "a\nb\r\x1B[2J\t\x7F"}).find("│ hr │a␊      │") != std::string::npos);
    CHECK(draw({"hr", "a\nb\r\x1B[2J\t\x7F"}).find("│b␍␛[2J␉␡│") != std::string::npos);
    CHECK(draw({"hr", "\xE2\x80\xAE"
                      "abc"})
              .find("│\\u{202e}abc│") != std::string::npos);
    CHECK(draw({"h\x1Br", "x"}).find("h␛r") != std::string::npos);
}

TEST_CASE("boxes stay aligned whatever the characters") {
    aligned({"hr", "naïve", "日本語", "한국어", "e\u0301", "😀 wide", "Ω≈ç√"});
    aligned({"hr", "WebSocketReceive", std::string(500, 'x'), 1, 1});
    aligned({"hr", "\u65E5\u672C\u8A9E\u65E5\u672C\u8A9E" + std::string(63, 'y')});
    aligned({"hr", "one\r\ntwo\r\n\r\nfour", signed_bytes(200, -100), 7});
    aligned({"hr", std::string("\xFF\xFE\x00 odd", 7)});
}

TEST_CASE("long rows go on below, and very long data is cut") {
    const auto rows = lines_of(draw({"hr", std::string(100, 'x')}));
    REQUIRE(rows.size() == 6);
    CHECK(rows[2] == "│ hr │" + std::string(64, 'x') + "│ │");
    CHECK(rows[3] == "│    │↳ " + std::string(36, 'x') + std::string(26, ' ') + "│ │");
    const auto words = lines_of(draw({"hr", std::string(60, 'x') + " abcdef ghi"}));
    CHECK(words[2] == "│ hr │" + std::string(60, 'x') + " │ │");
    CHECK(words[3].find("↳ abcdef ghi ") != std::string::npos);
    const std::string million = draw({"hr", std::string(1000000, 'x')});
    CHECK(million.size() < 20000);
    CHECK(million.find("… and 997952 more characters") != std::string::npos);
    CHECK(draw({"hr", signed_bytes(1000, 7)}).find("… and 488 more") != std::string::npos);
}

TEST_CASE("heads are octets, and a body that is no text is numbers") {
    CHECK(draw({"hr", "WebSocketUpgrade", "1", "ws://a/", "A: \xE9", "auto"}).find("A: é") !=
          std::string::npos);
    CHECK(draw(to_message("hr", http_request{{}, "GET", "http://a/", "\r\n", "\xFF\x01"}))
              .find("¯1 1") != std::string::npos);
}
