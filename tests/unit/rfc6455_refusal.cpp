#include <wsintercept/rfc6455/refusal.hpp>

#include <wsintercept/rfc9112/head.hpp>

#include "catch.hpp"

#include <string>

namespace {

using namespace wsintercept;
using namespace wsintercept::rfc6455;

std::string value(const rfc9112::status_head& head, std::string_view name) {
    const rfc9112::occurrence found = rfc9112::find(head.fields, name);
    REQUIRE(found.count <= 1);
    return std::string{found.value};
}

} // namespace

TEST_CASE("a refusal is a whole response that says why", "[refusal]") {
    for (const error reason :
         {error::bad_key, error::method_not_get, error::bad_version, error::foreign_origin,
          error::wrong_host, error::head_too_large, error::bad_http_version,
          error::too_many_connections, error::handshake_timed_out}) {
        const std::string bytes = refusal_response(refuse(reason));
        INFO(bytes);
        rfc9112::status_head head;
        REQUIRE(rfc9112::parse_status(bytes, {}, head).state == rfc9112::parse_state::done);
        REQUIRE(head.status == refusal_status(reason));
        REQUIRE_FALSE(head.reason.empty());
        REQUIRE(bytes.substr(head.bytes.size()) == describe(reason));
        REQUIRE(value(head, "Content-Length") == std::to_string(bytes.size() - head.bytes.size()));
        REQUIRE(value(head, "Content-Type") == "text/plain");
        REQUIRE(rfc9112::has_token(head.fields, "Connection", "close"));
        REQUIRE(value(head, "Allow") == (head.status == 405 ? "GET" : ""));
        REQUIRE(value(head, "Sec-WebSocket-Version") == (head.status == 426 ? "13" : ""));
        REQUIRE(value(head, "Upgrade") == (head.status == 426 ? "websocket" : ""));
        REQUIRE(rfc9112::has_token(head.fields, "Connection", "Upgrade") == (head.status == 426));
        // The answer to HEAD has the same head and no content: RFC 9110 9.3.2.
        REQUIRE(refusal_response(refuse(reason), true) == head.bytes);
    }
    REQUIRE(refusal_status(error::bad_key) == 400);
    REQUIRE(refusal_status(error::method_not_get) == 405);
    REQUIRE(refusal_status(error::no_version) == 426);
    REQUIRE(refusal_status(error::foreign_origin) == 403);
    REQUIRE(refusal_status(error::wrong_host) == 421);
    REQUIRE(refusal_status(error::too_many_fields) == 431);
}
