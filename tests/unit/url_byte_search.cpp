#include <wsintercept/url/byte_search.hpp>

#include "catch.hpp"

#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace wsintercept::detail;

TEST_CASE("find_literal: where std::string_view::find finds it") {
    std::mt19937 random{1};
    for (int i = 0; i < 20000; ++i) {
        std::string text, literal;
        for (auto n = random() % 90; n != 0; --n)
            text += "ab"[random() % 8 == 0];
        for (auto n = random() % 7; n != 0; --n)
            literal += "ab"[random() % 4 == 0];
        if (find_literal(text, literal) != std::string_view{text}.find(literal))
            FAIL(literal << " in " << text);
    }
}

TEST_CASE("byte_set: each place, and none behind the text") {
    std::mt19937 random{2};
    for (int i = 0; i < 3000; ++i) {
        byte_set set;
        std::string bytes;
        for (auto n = random() % 12; n != 0; --n)
            bytes += static_cast<char>(random() % 256);
        for (const char c : bytes)
            set.add(c);
        std::string text;
        for (auto n = random() % 300; n != 0; --n)
            text += random() % 3 == 0 && !bytes.empty() ? bytes[random() % bytes.size()]
                                                        : static_cast<char>(random() % 256);
        std::vector<places> expected((text.size() + 63) / 64), found(expected.size());
        for (std::size_t at = 0; at < text.size(); ++at)
            if (bytes.find(text[at]) != std::string::npos)
                expected[at / 64] |= places{1} << at % 64;
        set.find(text, found.data());
        REQUIRE(found == expected);
    }
}

TEST_CASE("gram_filter: none of its own is missed, few others are taken") {
    std::mt19937 random{3};
    gram_filter<std::uint32_t> filter{1000};
    std::vector<std::uint32_t> own(1000);
    for (std::uint32_t& gram : own) {
        gram = static_cast<std::uint32_t>(random());
        filter.add(reinterpret_cast<const char*>(&gram));
    }
    for (const std::uint32_t& gram : own)
        REQUIRE(filter.may_begin(reinterpret_cast<const char*>(&gram), 4));
    REQUIRE_FALSE(filter.may_begin(reinterpret_cast<const char*>(&own[0]), 3));
    int taken = 0;
    for (int i = 0; i < 100000; ++i) {
        const auto gram = static_cast<std::uint32_t>(random());
        taken += filter.may_begin(reinterpret_cast<const char*>(&gram), 4);
    }
    REQUIRE(taken < 2000);
    REQUIRE_FALSE(gram_filter<std::uint32_t>{}.may_begin("abcd", 4));
}
