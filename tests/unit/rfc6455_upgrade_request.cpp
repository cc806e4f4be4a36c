#include <wsintercept/rfc6455/upgrade_request.hpp>

#include "catch.hpp"

#include <string>

namespace {

using namespace wsintercept;

bool is_opening(const std::string& field) {
    const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n";
    rfc9112::request_head head;
    REQUIRE(rfc9112::parse_request(bytes, {}, head).state == rfc9112::parse_state::done);
    return rfc6455::is_opening_handshake(head);
}

} // namespace

// events.md, the corners.
TEST_CASE("what is an opening handshake, good or bad", "[handshake]") {
    REQUIRE(is_opening("Upgrade: websocket"));
    REQUIRE(is_opening("upgrade: WebSocket"));
    REQUIRE(is_opening("Upgrade: h2c, WEBSOCKET"));
    REQUIRE(is_opening("Upgrade: h2c\r\nUpgrade: websocket"));
    REQUIRE(is_opening("Upgrade: websocket/13"));
    REQUIRE(is_opening("sec-websocket-key: x"));
    REQUIRE(is_opening("SEC-WebSocket-Version:"));
    REQUIRE(is_opening("Sec-WebSocket-Key1: 4 @1"));
    REQUIRE(is_opening("Sec-WebSocket-Accept: x"));

    REQUIRE_FALSE(is_opening("Connection: Upgrade"));
    REQUIRE_FALSE(is_opening("Upgrade: h2c"));
    REQUIRE_FALSE(is_opening("Upgrade: websockets"));
    REQUIRE_FALSE(is_opening("Sec-WebSocket: x"));
    REQUIRE_FALSE(is_opening("X-Sec-WebSocket-Key: x"));
    REQUIRE_FALSE(is_opening("Origin: http://websocket"));
}
