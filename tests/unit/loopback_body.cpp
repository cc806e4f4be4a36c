#include <wsintercept/loopback/body_framing.hpp>

#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

using wsintercept::error;
using wsintercept::loopback::body_framing;

namespace {

struct outcome {
    error bad{};
    bool done = false;
    bool wants_continue = false;
    std::string body;
    std::string rest;
};

/// The fields, then the bytes in pieces of a size.
outcome read(std::string_view fields, std::string_view bytes, std::size_t piece,
             std::size_t limit = 100) {
    const std::string text = "POST / HTTP/1.1\r\nHost: myapp\r\n" + std::string{fields} + "\r\n";
    wsintercept::rfc9112::request_head head;
    REQUIRE(wsintercept::rfc9112::parse_request(text, {}, head).state ==
            wsintercept::rfc9112::parse_state::done);
    body_framing reader;
    outcome out;
    out.bad = reader.start(head, limit);
    if (out.bad != error{})
        return out;
    out.wants_continue = reader.wants_continue();
    while (!bytes.empty() && out.bad == error{} && !reader.done()) {
        out.rest += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        out.rest.erase(
            0, reader.put(out.rest, out.bad, [&](std::string_view part) { out.body += part; }));
    }
    out.rest += bytes;
    out.done = out.bad == error{} && reader.done();
    if (!out.done)
        out.body.clear();
    return out;
}

void ok(std::string_view fields, std::string_view bytes, std::string_view body,
        std::string_view rest = {}) {
    for (std::size_t piece = 1; piece <= bytes.size() + 1; ++piece) {
        const outcome o = read(fields, bytes, piece);
        REQUIRE(o.bad == error{});
        REQUIRE(o.done);
        REQUIRE(o.body == body);
        REQUIRE(o.rest == rest);
    }
}

void bad(error expected, std::string_view fields, std::string_view bytes = {}) {
    REQUIRE(read(fields, bytes, 1000).bad == expected);
    REQUIRE(read(fields, bytes, 1).bad == expected);
}

} // namespace

TEST_CASE("bodies by Content-Length; what follows is left") {
    ok("", "", "");
    ok("Content-Length: 0\r\n", "GET", "", "GET");
    ok("Content-Length: 5\r\n", "helloGET", "hello", "GET");
    REQUIRE_FALSE(read("Content-Length: 5\r\n", "hell", 10).done);
}

TEST_CASE("chunked bodies") {
    ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", "hello");
    ok("transfer-encoding: Chunked\r\n", "2\r\nhe\r\n3;x=\"y\"\r\nllo\r\n0\r\nA: b\r\n\r\nGET",
       "hello", "GET");
    REQUIRE_FALSE(read("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n", 10).done);
}

TEST_CASE("framing that two readers could read differently is refused") {
    bad(error::bad_content_length, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n");
    bad(error::bad_content_length, "Content-Length: 5\r\nContent-Length: 5\r\n");
    bad(error::bad_content_length, "Content-Length: 5, 5\r\n");
    bad(error::bad_content_length, "Content-Length: +5\r\n");
    bad(error::bad_content_length, "Content-Length: -5\r\n");
    bad(error::bad_content_length, "Content-Length: 0x5\r\n");
    bad(error::bad_content_length, "Content-Length:\r\n");
    bad(error::bad_transfer_encoding, "Transfer-Encoding: gzip, chunked\r\n");
    bad(error::bad_transfer_encoding, "Transfer-Encoding: identity\r\n");
    bad(error::bad_transfer_encoding,
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n");
}

TEST_CASE("chunks that are none") {
    bad(error::bad_chunk, "Transfer-Encoding: chunked\r\n", "x\r\n");
    bad(error::bad_chunk, "Transfer-Encoding: chunked\r\n", "5\r\nhelloXXXX");
    bad(error::bad_chunk, "Transfer-Encoding: chunked\r\n", "\r\n");
    bad(error::bad_chunk, "Transfer-Encoding: chunked\r\n", "-1\r\n");
    bad(error::bad_chunk, "Transfer-Encoding: chunked\r\n", "1 x\r\n");
    bad(error::bad_chunk, "Transfer-Encoding: chunked\r\n", "1\nx\r\n");
    bad(error::bad_chunk, "Transfer-Encoding: chunked\r\n", "1;\rx\r\n");
    bad(error::bad_chunk, "Transfer-Encoding: chunked\r\n", "0\r\nno colon\r\n");
    bad(error::bad_chunk, "Transfer-Encoding: chunked\r\n", "0\r\n: x\r\n");
    bad(error::bad_chunk, "Transfer-Encoding: chunked\r\n", "1;" + std::string(5000, 'x'));
    std::string trailers = "0\r\n";
    for (int i = 0; i < 20; ++i)
        trailers += "A: " + std::string(1000, 'x') + "\r\n";
    bad(error::bad_chunk, "Transfer-Encoding: chunked\r\n", trailers);
}

// CVE-2020-27813: no announced length is allocated, none overflows.
TEST_CASE("bodies larger than the limit are refused before they come") {
    bad(error::body_too_large, "Content-Length: 101\r\n");
    bad(error::body_too_large, "Content-Length: 18446744073709551615\r\n");
    bad(error::body_too_large, "Content-Length: 18446744073709551616\r\n");
    bad(error::body_too_large, "Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n");
    bad(error::body_too_large, "Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n");
    REQUIRE(read("Transfer-Encoding: chunked\r\n", "65\r\n" + std::string(101, 'x'), 1000).bad ==
            error::body_too_large);
    REQUIRE(read("Transfer-Encoding: chunked\r\n",
                 "40\r\n" + std::string(64, 'x') + "\r\n40\r\n" + std::string(64, 'x'), 1000)
                .bad == error::body_too_large);
}

TEST_CASE("Expect: 100-continue, where there is a body to wait for") {
    REQUIRE(read("Expect: 100-continue\r\nContent-Length: 1\r\n", "", 1).wants_continue);
    REQUIRE_FALSE(read("Expect: 100-continue\r\n", "", 1).wants_continue);
    REQUIRE_FALSE(read("Content-Length: 1\r\n", "", 1).wants_continue);
}
