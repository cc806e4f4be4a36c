#include "traits_kit.hpp"

#include "cef_fixture.hpp"
#include "ginputstream_fixture.hpp"
#include "memory_fixture.hpp"
#include "qiodevice_fixture.hpp"
#include "socket_fixture.hpp"

#include "../unit/catch.hpp"

namespace {

template <class F>
void passes() {
    wsintercept::kit::failures wrong;
    wsintercept::kit::check_traits<F>(wrong.collect());
    INFO(wrong.text());
    CHECK(wrong.list.empty());
    CHECK(wrong.looked_at > 100);
}

} // namespace

TEST_CASE("traits: memory") {
    passes<wsintercept::kit::memory_fixture>();
}

TEST_CASE("traits: a socket with gathered writes") {
    passes<wsintercept::kit::socket_fixture>();
}

TEST_CASE("traits: shaped as a QIODevice") {
    passes<wsintercept::kit::qiodevice_fixture>();
}

TEST_CASE("traits: shaped as a GIOStream") {
    passes<wsintercept::kit::ginputstream_fixture>();
}

TEST_CASE("traits: CEF, over a stand-in whose calls come on foreign threads") {
    passes<wsintercept::kit::cef_fixture>();
}

TEST_CASE(
    "CEF: the factory leaves to the network what the table does, before a connection exists") {
    wsintercept::kit::host app;
    const std::vector<wsintercept::row> rows{{"ws://myapp/*", wsintercept::action::automatic}};
    const auto table = wsintercept::intercepted_urls::build(rows).table;
    wsintercept::kit::cef_fixture engine{app, table, {{}, wsintercept::allowed_origins{*table}}};
    const auto page = engine.open(wsintercept::kit::plain_request("GET", "/index.html"));
    const auto socket = engine.open(wsintercept::kit::socket_request("/feed"));
    engine.run();
    CHECK(engine.external(page));
    CHECK_FALSE(engine.external(socket));
    REQUIRE(app.events.size() == 1);
    CHECK(app.events[0].text == "ws://myapp/feed");
}
