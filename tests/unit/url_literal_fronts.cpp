#include <wsintercept/url/literal_fronts.hpp>

#include "catch.hpp"
#include "each_cpu.hpp"

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using wsintercept::detail::literal_fronts;

namespace {

std::string random_text(std::minstd_rand& random, std::size_t size, std::string_view letters) {
    std::string text;
    while (text.size() < size)
        text += letters[random() % letters.size()];
    return text;
}

/// All places where a literal stands are found, in order, and none is outside of the text.
void check(const std::vector<std::string>& literals, std::string_view text) {
    literal_fronts fronts;
    for (const std::string& literal : literals)
        fronts.add(literal);
    std::vector<bool> found(text.size());
    std::size_t next = 0;
    fronts.find(text, [&](std::size_t place) {
        REQUIRE(place >= next);
        REQUIRE(place < text.size());
        next = place + 1;
        found[place] = true;
        return true;
    });
    for (const std::string& literal : literals)
        for (std::size_t at = text.find(literal); at != text.npos; at = text.find(literal, at + 1))
            if (!found[at])
                FAIL(literal << " at " << at << " of " << text);
}

} // namespace

TEST_CASE("where literals may begin, with each instruction set") {
    on_each_cpu([] {
        std::minstd_rand random{7};
        for (std::size_t size = 0; size < 300; ++size) {
            std::vector<std::string> literals;
            for (std::size_t n = random() % 6 + 1; n != 0; --n)
                literals.push_back(random_text(random, random() % 6 + 1, "/.ab\x7F"));
            check(literals, random_text(random, size, "/.ab-\x7F"));
        }
        check({"/feed", ".host"}, random_text(random, 5000, "/.fhoe"));
        check({"xyz"}, std::string(2047, 'a') + "xyz"); // at the end of what is looked at in one go
        check({"wxyz"}, std::string(63, 'a') + "wxyz" + std::string(1980, 'a') + "wxyz");
    });
}

TEST_CASE("no more places where literals may begin are given than are asked for") {
    on_each_cpu([] {
        literal_fronts fronts;
        fronts.add("/");
        int given = 0;
        fronts.find(std::string(200, '/'), [&](std::size_t) { return ++given < 70; });
        REQUIRE(given == 70);
    });
}

TEST_CASE("letters that only share a half with a literal's are passed over") {
    on_each_cpu([] {
        literal_fronts fronts;
        fronts.add("/feed");
        int given = 0;
        fronts.find("ws://app/segment/value/data", [&](std::size_t place) {
            given += place > 5 ? 1 : 0;
            return true;
        });
        REQUIRE(given <= 3);
    });
}
