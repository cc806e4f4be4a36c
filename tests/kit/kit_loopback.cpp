#include "traits_kit.hpp"

#include "loopback_fixture.hpp"

#include "../unit/catch.hpp"

TEST_CASE("traits: the loopback endpoint, over real sockets") {
    wsintercept::kit::failures wrong;
    wsintercept::kit::check_traits<wsintercept::kit::loopback_fixture>(wrong.collect());
    INFO(wrong.text());
    CHECK(wrong.list.empty());
    CHECK(wrong.looked_at > 100);
}

TEST_CASE("traits: the loopback endpoint, with sockets as QtWebEngine redirects them") {
    using fixture = wsintercept::kit::loopback_fixture;
    wsintercept::kit::failures wrong;
    wsintercept::kit::check_traits<fixture>(
        wrong.collect(), [](auto& host, const auto& table, const auto& options) {
            return std::make_unique<fixture>(host, table, options, fixture::arrives::redirected);
        });
    INFO(wrong.text());
    CHECK(wrong.list.empty());
    CHECK(wrong.looked_at > 100);
}
