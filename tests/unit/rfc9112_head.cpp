#include <wsintercept/rfc9112/head.hpp>

#include "catch.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::string_literals;
using namespace wsintercept;
using namespace wsintercept::rfc9112;

/// Every prefix wants more, or fails just as the whole does: no byte is judged by what follows it.
template <class Parse>
void require_prefixes_agree(const std::string& bytes, const parse_result& whole, std::size_t done,
                            Parse parse) {
    for (std::size_t n = 0; n <= bytes.size(); ++n) {
        const parse_result part = parse(std::string_view{bytes}.substr(0, n));
        INFO("prefix of " << n);
        if (part.state == parse_state::need_more) {
            REQUIRE((whole.state != parse_state::done || n < done));
            continue;
        }
        REQUIRE(part.state == whole.state);
        REQUIRE(part.reason == whole.reason);
        REQUIRE(part.offset == whole.offset);
    }
}

parse_result read_request(const std::string& bytes, request_head& out,
                          const head_limits& limits = {}) {
    const parse_result whole = parse_request(bytes, limits, out);
    require_prefixes_agree(bytes, whole, out.bytes.size(), [&limits](std::string_view prefix) {
        request_head head;
        return parse_request(prefix, limits, head);
    });
    return whole;
}

void ok(const std::string& bytes) {
    INFO(bytes);
    request_head head;
    REQUIRE(read_request(bytes, head).state == parse_state::done);
    REQUIRE(head.bytes == bytes);
}

/// `offset` is where the fault is.
void bad(error reason, std::size_t offset, const std::string& bytes,
         const head_limits& limits = {}) {
    INFO(bytes);
    request_head head;
    const parse_result result = read_request(bytes, head, limits);
    REQUIRE(result.state == parse_state::failed);
    INFO(describe(result.reason));
    REQUIRE(result.reason == reason);
    REQUIRE(result.offset == offset);
}

/// A fault in the field lines; `offset` counts from the second of them.
void bad_field(error reason, std::size_t offset, const std::string& lines) {
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
    bad(reason, start.size() + offset, start + lines + "\r\n\r\n");
}

void bad_status(error reason, std::size_t offset, const std::string& bytes) {
    INFO(bytes);
    status_head head;
    const parse_result result = parse_status(bytes, {}, head);
    require_prefixes_agree(bytes, result, 0, [](std::string_view prefix) {
        status_head part;
        return parse_status(prefix, {}, part);
    });
    REQUIRE(result.state == parse_state::failed);
    INFO(describe(result.reason));
    REQUIRE(result.reason == reason);
    REQUIRE(result.offset == offset);
}

} // namespace

TEST_CASE("a request of Chromium", "[head]") {
    const std::string bytes = "GET ws://myapp/feed?x=1 HTTP/1.1\r\n"
                              "Host: myapp\r\n"
                              "connection:Upgrade\r\n"
                              "X-Blanks:  \t a b \t\r\n"
                              "X-Empty:\r\n"
                              "X-8bit: caf\xE9 :;\t,\r\n"
                              "\r\n";
    request_head head;
    const std::string stream = bytes + "\x81\x80zzzz"; // a frame behind it
    REQUIRE(read_request(stream, head).state == parse_state::done);
    REQUIRE(head.bytes == bytes);
    REQUIRE(head.method == "GET");
    REQUIRE(head.target == "ws://myapp/feed?x=1");
    REQUIRE(head.version == 11);
    REQUIRE(head.fields.count == 5);
    REQUIRE(head.fields.list[1].name == "connection");
    REQUIRE(head.fields.list[1].value == "Upgrade");
    REQUIRE(head.fields.list[2].value == "a b");
    REQUIRE(head.fields.list[3].value.empty());
    REQUIRE(head.fields.list[4].value == "caf\xE9 :;\t,");
}

TEST_CASE("request lines that HTTP allows", "[head]") {
    ok("GET / HTTP/1.1\r\n\r\n");
    ok("CONNECT myapp:443 HTTP/1.1\r\n\r\n");
    ok("OPTIONS * HTTP/1.0\r\n\r\n");
    ok("M-SEARCH /a%41?/?+~!$'()*,;:@[]{}|^`\"<>\\ HTTP/1.1\r\n\r\n");
    request_head head;
    REQUIRE(read_request("GET / HTTP/1.0\r\n\r\n", head).state == parse_state::done);
    REQUIRE(head.version == 10);
    REQUIRE(head.fields.count == 0);
}

TEST_CASE("bad request lines", "[head]") {
    bad(error::bad_request_line, 0, " / HTTP/1.1\r\n\r\n");
    bad(error::bad_request_line, 0, "\r\nGET / HTTP/1.1\r\n\r\n");
    bad(error::bad_request_line, 4, "GET  / HTTP/1.1\r\n\r\n");
    bad(error::bad_request_line, 3, "GET\r\n\r\n");
    bad(error::bad_request_line, 5, "GET /\r\n\r\n");
    bad(error::bad_request_line, 14, "GET / HTTP/1.1 \r\n\r\n");
    bad(error::bad_request_line, 14, "GET / HTTP/1.10\r\n\r\n");
    bad(error::bad_request_line, 6, "GET / http/1.1\r\n\r\n");
    bad(error::bad_request_line, 7, "GET /a b HTTP/1.1\r\n\r\n");
    bad(error::bad_request_line, 8, "this is not http\r\n\r\n");
    bad(error::bad_method, 2, "GE(T / HTTP/1.1\r\n\r\n");
    bad(error::bad_method, 3, "GET\t/ HTTP/1.1\r\n\r\n");
    bad(error::bad_method, 0, "\x16\x03\x01\x02\x00\x01"s); // a TLS ClientHello
    bad(error::bad_method, 1, "G\0T / HTTP/1.1\r\n\r\n"s);
    bad(error::bad_target, 6, "GET /a#b HTTP/1.1\r\n\r\n");
    bad(error::bad_target, 6, "GET /a\0b HTTP/1.1\r\n\r\n"s);
    bad(error::bad_target, 5, "GET /\xC3\xA9 HTTP/1.1\r\n\r\n");
    bad(error::bad_target, 5, "GET /\x7F HTTP/1.1\r\n\r\n");
    bad(error::bad_target, 5, "GET /\t HTTP/1.1\r\n\r\n");
    bad(error::bad_http_version, 11, "GET / HTTP/2.0\r\n\r\n");
    bad(error::bad_http_version, 13, "GET / HTTP/1.2\r\n\r\n");
    bad(error::bad_http_version, 13, "GET / HTTP/1.\r\n\r\n");
}

TEST_CASE("lines end in CR LF and nothing else", "[head]") {
    bad(error::bad_line_end, 14, "GET / HTTP/1.1\nHost: a\n\n");
    bad(error::bad_line_end, 14, "GET / HTTP/1.1\rHost: a\r\r");
    bad(error::bad_line_end, 1, "G\nET / HTTP/1.1\r\n\r\n");
    bad(error::bad_line_end, 5, "GET /\rX HTTP/1.1\r\n\r\n");
    bad(error::bad_line_end, 16, "GET / HTTP/1.1\r\n\n");
    bad(error::bad_line_end, 16, "GET / HTTP/1.1\r\n\rX");
    bad_field(error::bad_line_end, 6, "X-A: b\nX-B: c");
    bad_field(error::bad_line_end, 6, "X-A: b\rX-B: c");
    bad_field(error::bad_line_end, 6, "X-A: b\r"); // CR CR LF
    bad_field(error::bad_line_end, 2, "X-\rA: b");
    bad_field(error::bad_line_end, 2, "X-\nA: b");
}

TEST_CASE("bad fields", "[head]") {
    bad_field(error::bad_field_name, 3, "X-A : b");
    bad_field(error::bad_field_name, 3, "X-A\t: b");
    bad_field(error::bad_field_name, 0, ": b");
    bad_field(error::bad_field_name, 3, "X-A b");
    bad_field(error::bad_field_name, 3, "X-A");
    bad_field(error::bad_field_name, 1, "X(A): b");
    bad_field(error::bad_field_name, 2, "X-\xC3\xA9: b");
    bad_field(error::bad_field_name, 2, "X-\0A: b"s);
    bad_field(error::bad_field_value, 6, "X-A: b\0c"s);
    bad_field(error::bad_field_value, 6, "X-A: b\x01");
    bad_field(error::bad_field_value, 5, "X-A: \x7F");
    bad_field(error::obsolete_folding, 8, "X-A: b\r\n  c");
    bad_field(error::obsolete_folding, 8, "X-A: b\r\n\tUpgrade: websocket");
    bad_field(error::obsolete_folding, 0, " X-A: b");
    bad(error::bad_field_name, 16, "GET / HTTP/1.1\r\n Host: a\r\n\r\n");
}

// security.md: CVE-2024-37890, many fields.
TEST_CASE("a line reads the same wherever it stands and whatever is around it", "[head]") {
    const std::string filler = "\r\nFiller: " + std::string(100, 'x') + "\r\n\r\n";
    for (unsigned c = 0; c < 256; ++c)
        for (const std::string_view form : {"A?b: v", "?: v", "Ab:?v", "Ab: v?", "Ab: v?w"}) {
            std::string line{form};
            line[line.find('?')] = static_cast<char>(c);
            const auto parse = [&line](std::size_t padding, std::string_view rest,
                                       request_head& out) {
                std::string bytes = "GET /" + std::string(padding, 'a') + " HTTP/1.1\r\n";
                bytes.append(line).append(rest);
                const std::vector<char> alone(bytes.begin(), bytes.end());
                parse_result result = parse_request({alone.data(), alone.size()}, {}, out);
                result.offset -= result.state == parse_state::failed ? padding : 0;
                return result; // of the views only the sizes are good
            };
            request_head short_head;
            const parse_result expected = parse(0, "\r\n\r\n", short_head); // less than 64 bytes
            for (std::size_t padding = 0; padding < 70; ++padding) {
                INFO(line << ", " << padding << " characters ahead");
                request_head head;
                const parse_result result = parse(padding, filler, head);
                REQUIRE(result.state == expected.state);
                REQUIRE(result.reason == expected.reason);
                REQUIRE(result.offset == expected.offset);
                if (result.state != parse_state::done)
                    continue;
                const fields &got = head.fields, &wanted = short_head.fields;
                REQUIRE(got.count == wanted.count + 1);
                REQUIRE(got.list[0].name.size() == wanted.list[0].name.size());
                REQUIRE(got.list[0].value.size() == wanted.list[0].value.size());
                REQUIRE(got.list[wanted.count].value.size() == 100);
            }
        }
}

TEST_CASE("limits on size and count", "[head]") {
    const auto many = [](std::size_t n) {
        std::string bytes = "GET / HTTP/1.1\r\n";
        for (std::size_t i = 0; i < n; ++i)
            bytes += "a:\r\n";
        return bytes + "\r\n";
    };
    request_head head;
    REQUIRE(parse_request(many(100), {}, head).state == parse_state::done);
    bad(error::too_many_fields, 16 + 100 * 4, many(101));
    bad(error::too_many_fields, 16, many(1), {16384, 0});
    // A raised limit keeps the absolute cap.
    REQUIRE(parse_request(many(128), {16384, 1000}, head).state == parse_state::done);
    bad(error::too_many_fields, 16 + 128 * 4, many(129), {16384, 1000});

    const std::string whole = "GET / HTTP/1.1\r\nHost: myapp\r\n\r\n";
    REQUIRE(read_request(whole, head, {whole.size(), 100}).state == parse_state::done);
    REQUIRE(read_request(whole + "rest", head, {whole.size(), 100}).state == parse_state::done);
    for (std::size_t limit = 0; limit < whole.size(); ++limit)
        bad(error::head_too_large, limit, whole, {limit, 100});

    REQUIRE(parse_request(std::string(16383, 'a'), {}, head).state == parse_state::need_more);
    const parse_result endless = parse_request(std::string(200000, 'a'), {}, head);
    REQUIRE(endless.reason == error::head_too_large);
    REQUIRE(endless.offset == 16384);
    // A fault before the limit is named, one behind it is never seen.
    bad(error::bad_method, 3, "GET\x01" + std::string(40, 'a'), {20, 100});
    bad(error::head_too_large, 20, std::string(20, 'a') + "\x01", {20, 100});
}

TEST_CASE("status heads", "[head]") {
    status_head head;
    const std::string bytes = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    const std::string stream = bytes + "rest";
    const parse_result result = parse_status(stream, {}, head);
    REQUIRE(result.state == parse_state::done);
    REQUIRE(head.status == 101);
    REQUIRE(head.version == 11);
    REQUIRE(head.reason == "Switching Protocols");
    REQUIRE(head.fields.count == 1);
    REQUIRE(head.bytes == bytes);
    require_prefixes_agree(bytes, result, bytes.size(), [](std::string_view prefix) {
        status_head part;
        return parse_status(prefix, {}, part);
    });
    REQUIRE(parse_status("HTTP/1.0 404 \r\n\r\n", {}, head).state == parse_state::done);
    REQUIRE(head.version == 10);
    REQUIRE(head.reason.empty());

    bad_status(error::bad_status_line, 0, "http/1.1 200 OK\r\n\r\n");
    bad_status(error::bad_status_line, 0, "GET / HTTP/1.1\r\n\r\n");
    bad_status(error::bad_status_line, 11, "HTTP/1.1 20 OK\r\n\r\n");
    bad_status(error::bad_status_line, 12, "HTTP/1.1 2000 OK\r\n\r\n");
    bad_status(error::bad_status_line, 12, "HTTP/1.1 200\r\n\r\n");
    bad_status(error::bad_status_line, 9, "HTTP/1.1  200 OK\r\n\r\n");
    bad_status(error::bad_status_line, 8, "HTTP/1.1\r\n\r\n");
    bad_status(error::bad_status_line, 14, "HTTP/1.1 200 O\x01K\r\n\r\n");
    bad_status(error::bad_http_version, 5, "HTTP/2 200 OK\r\n\r\n");
    bad_status(error::bad_line_end, 15, "HTTP/1.1 200 OK\n\n");
    bad_status(error::obsolete_folding, 23, "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n");
}

TEST_CASE("find and has_token take each line of a field", "[head]") {
    const std::string bytes = "GET / HTTP/1.1\r\n"
                              "Connection: keep-alive, \"x, Upgrade\"\r\n"
                              "Host: a\r\n"
                              "CONNECTION: , foo ,UPGRADE,,\r\n"
                              "Host: b\r\n\r\n";
    request_head head;
    REQUIRE(read_request(bytes, head).state == parse_state::done);
    REQUIRE(has_token(head.fields, "connection", "upgrade"));
    REQUIRE(has_token(head.fields, "Connection", "keep-alive"));
    REQUIRE_FALSE(has_token(head.fields, "Connection", "keep"));
    REQUIRE_FALSE(has_token(head.fields, "Connection", "x"));
    REQUIRE_FALSE(has_token(head.fields, "Host", "upgrade"));
    REQUIRE(find(head.fields, "HOST").count == 2);
    REQUIRE(find(head.fields, "host").value == "a");
    REQUIRE(find(head.fields, "Hos").count == 0);
}
