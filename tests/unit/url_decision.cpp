#include <wsintercept/url/decision.hpp>

#include "catch.hpp"

using namespace wsintercept;

TEST_CASE("actions have the numbers of InterceptedURLs") {
    REQUIRE(static_cast<int>(action::external) == 0);
    REQUIRE(static_cast<int>(action::automatic) == 1);
    REQUIRE(static_cast<int>(action::manual) == 2);
}

TEST_CASE("what nothing decides is external") {
    const decision d;
    REQUIRE(d.action == action::external);
    REQUIRE(d.row == decision::no_row);
    REQUIRE(d.options == nullptr);
}
