#include "../../examples/htmlrenderer/response_fields.hpp"

#include "catch.hpp"

using namespace htmlrenderer;

namespace {

response_fields fields(const std::string& media_type, const std::string& head, bool text = true) {
    wsintercept::respond_call call;
    call.media_type = media_type;
    call.head = head;
    call.body_is_text = text;
    return fields_of(call, "GET / HTTP/1.1\r\n\r\n");
}

} // namespace

TEST_CASE("the media type of an answer") {
    CHECK(fields("text/html", "").media_type == "text/html; charset=utf-8");
    CHECK(fields("", "").media_type == "text/html; charset=utf-8");
    CHECK(fields("TEXT/css", "").media_type == "TEXT/css; charset=utf-8");
    CHECK(fields("text/html", "", false).media_type == "text/html");
    CHECK(fields("text/html; Charset=latin1", "").media_type == "text/html; Charset=latin1");
    CHECK(fields("application/json", "").media_type == "application/json");
    CHECK(fields("text/html", "A: b\r\ncontent-type:  image/png \r\n").media_type == "image/png");
    CHECK(fields("text/html", "Content-Type: text/plain").media_type ==
          "text/plain; charset=utf-8");
}

TEST_CASE("the other fields of an answer") {
    CHECK(fields("", "A: 1\r\nContent-Type: x/y\r\nA: 2\r\n").others == "A: 1\r\nA: 2\r\n");
    CHECK(fields("", "no field").others == "no field");
    // Element 9 as it came: nothing further is sent.
    CHECK(fields("text/css", "GET / HTTP/1.1\r\n\r\n").others.empty());
}
