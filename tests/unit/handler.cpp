#include <wsintercept/handler.hpp>

#include "catch.hpp"

namespace {

struct all : wsintercept::ignore<wsintercept::http_request, wsintercept::websocket_close,
                                 wsintercept::websocket_error, wsintercept::drained,
                                 wsintercept::log_entry> {
    using ignore::on;
    int upgrades = 0;
    void on(const wsintercept::websocket_upgrade&) noexcept { ++upgrades; }
    void on(const wsintercept::websocket_receive&) noexcept {}
};

struct one_missing : wsintercept::ignore<wsintercept::http_request> {};

struct may_throw : all {
    using all::on;
    void on(const wsintercept::log_entry&) {}
};

} // namespace

TEST_CASE("a handler has a noexcept overload for every event") {
    STATIC_REQUIRE(wsintercept::event_handler<all>);
    STATIC_REQUIRE_FALSE(wsintercept::event_handler<one_missing>);
    STATIC_REQUIRE_FALSE(wsintercept::event_handler<may_throw>);
    STATIC_REQUIRE_FALSE(wsintercept::event_handler<int>);
    all a;
    a.on(wsintercept::websocket_upgrade{});
    a.on(wsintercept::drained{});
    REQUIRE(a.upgrades == 1);
}
