#include <wsintercept/message.hpp>

#include "catch.hpp"

using namespace wsintercept;

namespace {

const socket_id id{1, 2, 3};
const std::string id_text = to_string(id);

template <class Call>
Call ok(const message& m) {
    auto result = from_message(m);
    REQUIRE(std::holds_alternative<call>(result));
    REQUIRE(std::holds_alternative<Call>(std::get<call>(result)));
    return std::get<Call>(std::get<call>(result));
}

void bad(const message& m, std::size_t element, const std::string& text) {
    const auto result = from_message(m);
    REQUIRE(std::holds_alternative<message_problem>(result));
    CHECK(std::get<message_problem>(result).element == element);
    CHECK(std::get<message_problem>(result).text ==
          "element " + std::to_string(element) + ": " + text);
}

message page(std::size_t replaced = 0, element with = std::monostate{}) {
    message m{"hr",       "HTTPRequest",   "ProcessRequest", 1,     201,  "Made",
              "text/css", "http://myapp/", "A: b\r\n",       "<p>", "GET"};
    if (replaced != 0)
        m[replaced - 1] = std::move(with);
    return m;
}

} // namespace

TEST_CASE("an upgrade is six elements") {
    const websocket_upgrade event{
        id, "ws://myapp/feed", "GET /feed HTTP/1.1\r\n\r\n", upgrade_type::manual, {}};
    const message expected{
        "hr",    "WebSocketUpgrade", id_text, "ws://myapp/feed", "GET /feed HTTP/1.1\r\n\r\n",
        "manual"};
    CHECK(to_message("hr", event) == expected);
    CHECK(to_message("hr", websocket_upgrade{}).back() == element{"auto"});
}

TEST_CASE("an HTTPRequest is eleven elements") {
    const http_request event{id, "POST", "http://myapp/a", "POST /a HTTP/1.1\r\n\r\n", "x=1"};
    const message expected{
        "hr",        "HTTPRequest",    "ProcessRequest",           0,     0,     "",
        "text/html", "http://myapp/a", "POST /a HTTP/1.1\r\n\r\n", "x=1", "POST"};
    CHECK(to_message("hr", event) == expected);
}

TEST_CASE("data is text or signed bytes") {
    const std::string bytes{"\x00\x7F\x80\xFF", 4};
    CHECK(to_message("hr", websocket_receive{id, "h\xC3\xA9", false, data_type::text}) ==
          message{"hr", "WebSocketReceive", id_text, "h\xC3\xA9", 0, 1});
    CHECK(to_message("hr", websocket_receive{id, bytes, true, data_type::binary}) ==
          message{"hr", "WebSocketReceive", id_text, signed_bytes{0, 127, -128, -1}, 1, 2});
    CHECK(to_bytes(to_signed_bytes(bytes)) == bytes);
}

TEST_CASE("the ends of an ID") {
    CHECK(to_message("hr", websocket_close{id, 1001, "bye"}) ==
          message{"hr", "WebSocketClose", id_text, 1001, "bye"});
    CHECK(to_message("hr", websocket_error{id, "RFC 6455 5.1", error::not_masked}) ==
          message{"hr", "WebSocketError", id_text, "RFC 6455 5.1"});
}

TEST_CASE("WebSocketSend") {
    const auto plain = ok<send_call>({"hr", "WebSocketSend", id_text, "hi"});
    CHECK(plain.id == id);
    CHECK(plain.data == "hi");
    CHECK(plain.fin);
    CHECK_FALSE(plain.opcode.has_value());
    CHECK_FALSE(plain.binary);

    const auto part = ok<send_call>({"hr", 847, id_text, signed_bytes{1, -1}, 0, 2});
    CHECK(part.data == "\x01\xFF");
    CHECK_FALSE(part.fin);
    CHECK(part.opcode == data_type::binary);
    CHECK(part.binary);

    bad({"hr", "WebSocketSend"}, 3, "expected a string");
    bad({"hr", "WebSocketSend", 12, "hi"}, 3, "expected a string");
    bad({"hr", "WebSocketSend", id_text}, 4, "expected a string or binary data");
    bad({"hr", "WebSocketSend", id_text, 7}, 4, "expected a string or binary data");
    bad({"hr", "WebSocketSend", id_text, "hi", 2}, 5, "expected 0 or 1");
    bad({"hr", "WebSocketSend", id_text, "hi", "1"}, 5, "expected 0 or 1");
    bad({"hr", "WebSocketSend", id_text, "hi", 1, 8}, 6, "expected 1 or 2");
    bad({"hr", "WebSocketSend", id_text, "hi", 1, 1, 0}, 7, "not expected");
    // The first problem is the one that is told.
    bad({"hr", "WebSocketSend", std::monostate{}, 4, 9}, 3, "expected a string");
}

TEST_CASE("WebSocketClose and WebSocketAbort") {
    const auto plain = ok<close_call>({"hr", "WebSocketClose", id_text});
    CHECK(plain.code == 1000);
    CHECK(plain.reason.empty());
    const auto full = ok<close_call>({"hr", 843, id_text, 3001, "done"});
    CHECK(full.code == 3001);
    CHECK(full.reason == "done");
    // What fits no close code at all is the method's own error, as every other bad code is.
    for (const std::int64_t code : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{65536 + 1000}})
        CHECK(ok<close_call>({"hr", "WebSocketClose", id_text, code}).code == 0);
    bad({"hr", "WebSocketClose", id_text, "1000"}, 4, "expected a whole number");
    bad({"hr", "WebSocketClose", id_text, 1000, 5}, 5, "expected a string");
    bad({"hr", "WebSocketClose", id_text, 1000, "", ""}, 6, "not expected");

    CHECK(ok<abort_call>({"hr", "WebSocketAbort", id_text}).id == id);
    bad({"hr", "WebSocketAbort"}, 3, "expected a string");
}

TEST_CASE("an ID that was never given is empty, not a problem of the message") {
    for (const std::string text : {"", "nonsense", "0000000000000000", "00010000800000030"})
        CHECK_FALSE(ok<abort_call>({"hr", "WebSocketAbort", text}).id);
}

TEST_CASE("a manual answer is the whole message with Headers replaced") {
    const auto answer =
        ok<answer_call>({"hr", 841, id_text, "ws://myapp/", "HTTP/1.1 403 No\r\n\r\n", "manual"});
    CHECK(answer.id == id);
    CHECK(answer.head == "HTTP/1.1 403 No\r\n\r\n");
    bad({"hr", "WebSocketUpgrade", id_text, "ws://myapp/", "HTTP/1.1 403 No\r\n\r\n"}, 6,
        "expected a string");
    bad({"hr", "WebSocketUpgrade", id_text, "ws://myapp/", 403, "manual"}, 5, "expected a string");
}

TEST_CASE("an HTTPRequest's answer") {
    const auto answer = ok<respond_call>(page());
    CHECK(answer.handled);
    CHECK(answer.status == 201);
    CHECK(answer.reason == "Made");
    CHECK(answer.media_type == "text/css");
    CHECK(answer.url == "http://myapp/");
    CHECK(answer.head == "A: b\r\n");
    CHECK(answer.body == "<p>");
    CHECK(answer.body_is_text);
    CHECK(answer.method == "GET");
    CHECK_FALSE(ok<respond_call>(page(10, signed_bytes{-1})).body_is_text);
    CHECK_FALSE(ok<respond_call>(page(4, 0)).handled);
    CHECK(ok<respond_call>(page(5, 70000)).status == 0);
    bad(page(4, "1"), 4, "expected 0 or 1");
    bad(page(5), 5, "expected a whole number");
    for (const std::size_t text : {3U, 6U, 7U, 8U, 9U, 11U})
        bad(page(text), text, "expected a string");
    bad(page(10), 10, "expected a string or binary data");
}

TEST_CASE("what is no method") {
    bad({}, 1, "expected the object's name");
    bad({"hr"}, 2, "expected a method's name or number");
    bad({"hr", std::monostate{}}, 2, "expected a method's name or number");
    bad({"hr", "WebSocketReceive", id_text}, 2, "unknown method");
    bad({"hr", 0, id_text}, 2, "unknown method");
    bad({"hr", "websocketsend", id_text, "x"}, 2, "unknown method");
}
