#include <wsintercept/rfc6455/handshake.hpp>

#include "catch.hpp"

#include <string>
#include <vector>

namespace {

using namespace std::string_literals;
using namespace wsintercept;
using namespace wsintercept::rfc6455;

using handshake = basic_handshake<accept_key>;
using lines = std::vector<std::string>;

/// The request of Chromium for new WebSocket("ws://myapp/feed"), behind CONNECT.
const lines from_chromium = {
    "GET /feed HTTP/1.1",
    "Host: myapp",
    "Connection: Upgrade",
    "Pragma: no-cache",
    "Cache-Control: no-cache",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)",
    "Upgrade: websocket",
    "Origin: http://myapp",
    "Sec-WebSocket-Version: 13",
    "Accept-Encoding: gzip, deflate",
    "Accept-Language: en-US,en;q=0.9",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
};
constexpr const char* accept_line = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string join(const lines& all) {
    std::string bytes;
    for (const std::string& line : all)
        bytes += line + "\r\n";
    return bytes + "\r\n";
}

std::string_view name_of(std::string_view line) {
    return line.substr(0, line.find(':'));
}

/// The lines without those of a field.
lines without(const lines& all, std::string_view name) {
    lines out;
    for (const std::string& line : all)
        if (!rfc9112::equal_ignoring_case(name_of(line), name))
            out.push_back(line);
    return out;
}

/// The lines with one more, or with another first line.
lines with(lines all, const std::string& line) {
    if (line.find("HTTP/") == line.npos)
        all.push_back(line);
    else
        all[0] = line;
    return all;
}

/// The lines with a field replaced, or added where it was not there.
lines replace(const lines& all, const std::string& line) {
    return with(without(all, name_of(line)), line);
}

/// A parsed and validated request that owns its bytes.
struct served {
    explicit served(const lines& all) : bytes{join(all)} {
        INFO(bytes);
        const rfc9112::parse_result parsed = rfc9112::parse_request(bytes, {}, head);
        INFO(describe(parsed.reason));
        REQUIRE(parsed.state == rfc9112::parse_state::done);
        result = handshake::validate(head, request);
    }
    served(const served&) = delete;
    served& operator=(const served&) = delete;

    std::string bytes;
    rfc9112::request_head head;
    upgrade_request request;
    refusal result;
};

void accept(const lines& all) {
    const served it{all};
    INFO(it.bytes);
    INFO(describe(it.result.reason));
    REQUIRE(it.result.reason == error{});
    REQUIRE(it.request.key.size() == 24);
    REQUIRE(it.request.fields == &it.head.fields);
}

void reject(error reason, const lines& all, unsigned status = 400) {
    const served it{all};
    INFO(it.bytes);
    INFO(describe(it.result.reason));
    REQUIRE(it.result.reason == reason);
    REQUIRE(it.result.status == status);
}

/// The Chromium request with this field instead of its own.
void accept(const std::string& line) {
    accept(replace(from_chromium, line));
}
void reject(error reason, const std::string& line, unsigned status = 400) {
    reject(reason, replace(from_chromium, line), status);
}
void reject_without(error reason, std::string_view name, unsigned status = 400) {
    reject(reason, without(from_chromium, name), status);
}

const lines accepted = {"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket",
                        "Connection: Upgrade", accept_line};

handshake::answer answer(const std::string& bytes, const lines& request = from_chromium) {
    const served it{request};
    REQUIRE(it.result.reason == error{});
    handshake::answer out = handshake::check_answer(it.request, bytes);
    out.subprotocol = {}; // it views the request
    return out;
}

void good(const std::string& bytes, const std::string& written,
          const lines& request = from_chromium) {
    INFO(bytes);
    const handshake::answer out = answer(bytes, request);
    INFO(describe(out.reason));
    REQUIRE(out.reason == error{});
    REQUIRE(out.bytes == written);
}

void bad(error reason, const std::string& bytes, const lines& request = from_chromium) {
    INFO(bytes);
    const handshake::answer out = answer(bytes, request);
    INFO(describe(out.reason));
    REQUIRE(out.reason == reason);
    REQUIRE(out.bytes.empty());
    REQUIRE(out.status == 0);
}

} // namespace

TEST_CASE("valid requests", "[handshake]") {
    accept(from_chromium);
    accept("Connection: keep-alive, Upgrade");
    accept("Connection: , ,upgrade,,");
    accept(with(replace(from_chromium, "Connection: keep-alive"), "connection: UPGRADE"));
    accept("upgrade: WebSocket");
    accept("sec-websocket-key:  \t +/+/+/+/+/+/+/+/+/+/+w==\t");
    accept("Content-Length: 0");
    accept("Host: [::1]:8080");
    for (const char* target : {"ws://myapp/feed?x", "http://myapp:80/", "WSS://myapp",
                               "https://[::1]?x", "//", "/?/?+~!$'()*,;:@[|]", "/%41%c3%A9?%00"})
        accept(with(from_chromium, "GET "s + target + " HTTP/1.1"));

    // A bare minimum, in odd order.
    accept({"GET / HTTP/1.1", "Sec-WebSocket-Version: 13",
            "SEC-WEBSOCKET-KEY: AAAAAAAAAAAAAAAAAAAAAA==", "Connection: Upgrade",
            "Upgrade: websocket", "Host: a"});
}

TEST_CASE("request line, Host and body", "[handshake]") {
    reject(error::method_not_get, with(from_chromium, "POST /feed HTTP/1.1"), 405);
    reject(error::method_not_get, with(from_chromium, "get /feed HTTP/1.1"), 405);
    reject(error::http_version_too_old, with(from_chromium, "GET /feed HTTP/1.0"));
    for (const char* target : {"*", "echo", "myapp:80", "ftp://myapp/", "ws:///x", "ws://", "ws:/x",
                               "ws://me@myapp/", "ws://my,app/", "/?%zz", "/%", "/%4", "?x"})
        reject(error::bad_target, with(from_chromium, "GET "s + target + " HTTP/1.1"));

    reject_without(error::no_host, "Host");
    reject(error::no_host, without(with(from_chromium, "GET ws://myapp/ HTTP/1.1"), "Host"));
    for (const char* host :
         {"", "a b", "a/b", "me@localhost", "a.test, b.test", "a.test,b.test", "localhost:http"})
        reject(error::bad_host, "Host: "s + host);

    reject(error::has_body, "Content-Length: 5");
    reject(error::has_body, "Content-Length: 99999999999999999999999");
    reject(error::has_body, "Transfer-Encoding: chunked");
    reject(error::has_body,
           with(replace(from_chromium, "Content-Length: 0"), "Transfer-Encoding: x"));
    reject(error::bad_content_length, "Content-Length: five");
    reject(error::bad_content_length, "Content-Length: -1");
    reject(error::bad_content_length, "Content-Length:");
    reject(error::bad_content_length,
           with(replace(from_chromium, "Content-Length: 0"), "Content-Length: 0"));
}

// security.md: CVE-2025-14523, duplicates that two layers read differently.
TEST_CASE("fields that come twice", "[handshake]") {
    reject(error::duplicate_host, with(from_chromium, "Host: myapp"));
    reject(error::duplicate_host, with(from_chromium, "hOST: other.test"));
    reject(error::duplicate_upgrade, with(from_chromium, "Upgrade: websocket"));
    reject(error::duplicate_key,
           with(from_chromium, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
    reject(error::duplicate_version, with(from_chromium, "Sec-WebSocket-Version: 13"));
    reject(error::duplicate_version, with(from_chromium, "Sec-WebSocket-Version: 8"));
    reject(error::duplicate_origin, with(from_chromium, "Origin: http://myapp"));
}

TEST_CASE("Upgrade, Connection, key and version", "[handshake]") {
    reject_without(error::no_upgrade, "Upgrade");
    for (const char* value :
         {"", "h2c", "websockets", "xwebsocket", "websocket/13", "\"websocket\"", "h2c, websocket"})
        reject(error::bad_upgrade, "Upgrade: "s + value);

    reject_without(error::no_connection, "Connection");
    for (const char* value : {"", "keep-alive", "Upgraded", "keep-alive, no-upgrade",
                              "keep-alive Upgrade", "\"Upgrade\""})
        reject(error::bad_connection, "Connection: "s + value);

    reject_without(error::no_key, "Sec-WebSocket-Key");
    for (const char* value :
         {"", "abc", "AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAAA",
          "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBs*SBub25jZQ==",
          "-_hlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBs ZSBub25jZQ==", "dGhl=HNhbXBsZSBub25jZQ==",
          "dGhlIHNhbXBsZSBub25jZR=="}) // the last: bits under the padding
        reject(error::bad_key, "Sec-WebSocket-Key: "s + value);

    reject_without(error::no_version, "Sec-WebSocket-Version", 426);
    for (const char* value : {"", "8", "12", "14", "0", "255", "256", "013", "+13", "-13", "13.0",
                              "13x", "1 3", "0x0d", "13, 8"})
        reject(error::bad_version, "Sec-WebSocket-Version: "s + value, 426);
}

TEST_CASE("Origin, subprotocols and extensions", "[handshake]") {
    for (const char* value :
         {"null", "http://myapp", "https://a.test:8443", "http://[::1]:80", "app://host", "file://",
          "chrome-extension://abcdef", "http://a.test http://b.test"})
        accept("Origin: "s + value);
    accept(without(from_chromium, "Origin"));
    for (const char* value :
         {"", "NULL", "not an origin / at all", "http://a.test, http://b.test",
          "http://a.test,null", "http://a,http://b", "http://a/http://b", "http://", "http://:80",
          "HTTPS://", "http:///", "http://a/", "http://me@a", "a.test", "://a", "1a://b",
          "http://a  http://b", "http://a null"})
        reject(error::bad_origin, "Origin: "s + value);

    const std::string offer = "Sec-WebSocket-Protocol: ";
    accept(offer + "chat, v2.chat");
    accept(offer + ", ,chat,,");
    accept(with(with(from_chromium, offer + "chat"), offer + "Chat"));
    // security.md, granian: one that is not ASCII ended the process.
    for (const char* value : {"", ",", " , ", "ec ho", "a/b, echo", "caf\xE9", "\"echo\"", "a;b"})
        reject(error::bad_subprotocol, offer + value);
    reject(error::bad_subprotocol, with(with(from_chromium, offer + "chat"), offer + ","));
    reject(error::duplicate_subprotocol, offer + "echo, chat, echo");
    reject(error::duplicate_subprotocol, with(with(from_chromium, offer + "a, b"), offer + "b"));

    std::string many = offer;
    for (int i = 0; i < 256; ++i)
        many += "p" + std::to_string(i) + ",";
    accept(many);
    reject(error::too_many_subprotocols, many + "one-more", 431);

    const std::string extensions = "Sec-WebSocket-Extensions: ";
    accept(extensions + "x; a=\"b\", constructor, __proto__; toString=1");
    accept(with(from_chromium, extensions + "x-unknown"));
    reject(error::bad_extensions, extensions);
    reject(error::bad_extensions, extensions + "permessage-deflate;");
    reject(error::bad_extensions, extensions + "x-unknown; a=\"b c\"");
    reject(error::bad_extensions, with(from_chromium, extensions + "=x")); // a second line counts
}

TEST_CASE("choosing a subprotocol", "[handshake]") {
    const auto choose = [](const lines& all, const lines& supported, bool optional = false) {
        const served it{all};
        REQUIRE(it.result.reason == error{});
        std::string_view chosen = "unset";
        const refusal result =
            handshake::choose_subprotocol(it.request, supported, optional, chosen);
        if (result.reason == error{})
            return std::string{chosen};
        REQUIRE(result.reason == error::no_common_subprotocol);
        REQUIRE(result.status == 403);
        return "403"s;
    };
    const lines offers =
        with(with(from_chromium, "Sec-WebSocket-Protocol: a, b"), "sec-websocket-protocol:c");
    REQUIRE(choose(from_chromium, {}).empty());
    REQUIRE(choose(from_chromium, {"a"}).empty());
    REQUIRE(choose(offers, {}) == "a");
    REQUIRE(choose(with(from_chromium, "Sec-WebSocket-Protocol: a"), {}) == "a");
    REQUIRE(choose(offers, {"c", "b"}) == "b"); // the order is that of the offer
    REQUIRE(choose(offers, {"c"}) == "c");
    REQUIRE(choose(offers, {"A"}) == "403");
    REQUIRE(choose(offers, {"x"}, true).empty());
}

TEST_CASE("the 101", "[handshake]") {
    const served it{with(from_chromium, "Sec-WebSocket-Protocol: chat")};
    std::string out = "before ";
    handshake::response(it.request, "", {}, out);
    REQUIRE(out == "before " + join(accepted));
    out.clear();
    handshake::response(it.request, "chat", {}, out);
    REQUIRE(out == join(with(accepted, "Sec-WebSocket-Protocol: chat")));

    // What it writes for itself, it takes from a host.
    out.clear();
    handshake::response(it.request, "chat", {}, out);
    const handshake::answer answer = handshake::check_answer(it.request, out);
    REQUIRE(answer.reason == error{});
    REQUIRE(answer.status == 101);
    REQUIRE(answer.subprotocol == "chat");
    REQUIRE(answer.bytes == out);
}

TEST_CASE("a host's own 101", "[answer]") {
    const std::string bytes = join(accepted);
    good(bytes, bytes);
    // Written again in its order; blanks and the version of the line are ours.
    good("HTTP/1.1 101 \r\nconnection:  keep-alive ,upgrade \r\nX: \t caf\xE9\r\n"s + accept_line +
             "\r\nSet-Cookie:a=b\r\nSet-Cookie: c=d\r\nUPGRADE:WebSocket\r\n\r\n",
         "HTTP/1.1 101 \r\nconnection: keep-alive ,upgrade\r\nX: caf\xE9\r\n"s + accept_line +
             "\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nUPGRADE: WebSocket\r\n\r\n");

    bad(error::answer_no_upgrade, join(without(accepted, "Upgrade")));
    bad(error::answer_no_upgrade, join(replace(accepted, "Upgrade: h2c")));
    bad(error::answer_no_upgrade, join(with(accepted, "Upgrade: websocket")));
    bad(error::answer_no_connection, join(without(accepted, "Connection")));
    bad(error::answer_no_connection, join(replace(accepted, "Connection: close")));
    bad(error::answer_no_accept, join(without(accepted, "Sec-WebSocket-Accept")));
    bad(error::answer_bad_accept, join(replace(accepted, "Sec-WebSocket-Accept:")));
    bad(error::answer_bad_accept,
        join(replace(accepted, "Sec-WebSocket-Accept: s3pplmbitxaq9kygzzhzrbk+xoo=")));
    bad(error::answer_bad_accept, bytes,
        replace(from_chromium, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="));
    bad(error::answer_duplicate_accept, join(with(accepted, accept_line)));
    bad(error::answer_has_body, join(with(accepted, "Content-Length: 0")));
    bad(error::answer_has_body, join(with(accepted, "Transfer-Encoding: chunked")));
    bad(error::answer_bad_extension,
        join(with(accepted, "Sec-WebSocket-Extensions: permessage-deflate")));
    bad(error::answer_bad_extension, join(with(accepted, "Sec-WebSocket-Extensions:")));
    bad(error::answer_bad_head, bytes + "\x81\x02hi");
    bad(error::answer_bad_head, join(with(accepted, "HTTP/1.0 101 Switching Protocols")));
}

TEST_CASE("a host's choice of a subprotocol", "[answer]") {
    const lines offers =
        with(with(from_chromium, "Sec-WebSocket-Protocol: a, b"), "Sec-WebSocket-Protocol: c");
    const auto chosen = [](const std::string& value) {
        return join(with(accepted, "Sec-WebSocket-Protocol: " + value));
    };
    good(chosen("b"), chosen("b"), offers);
    good(chosen("c"), chosen("c"), offers);
    good(join(accepted), join(accepted), offers); // RFC 6455 4.2.2: none is an answer too
    bad(error::answer_bad_subprotocol, chosen("a"));
    for (const char* value : {"", "d", "A", "a, b", "a,", "\"a\""})
        bad(error::answer_bad_subprotocol, chosen(value), offers);
    bad(error::answer_bad_subprotocol,
        join(with(with(accepted, "Sec-WebSocket-Protocol: a"), "Sec-WebSocket-Protocol: a")),
        offers);
}

TEST_CASE("a host denies", "[answer]") {
    good("HTTP/1.1 403 Forbidden\r\n\r\n",
         "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    good("HTTP/1.0 404 \r\nA: b\r\n\r\nno\r\n such \n\0 feed"s,
         "HTTP/1.1 404 \r\nA: b\r\nContent-Length: 17\r\nConnection: close\r\n\r\nno\r\n such \n\0 "
         "feed"s);
    good("HTTP/1.1 503 Later\r\nConnection: x, Close\r\ncontent-length: 02\r\n\r\nno",
         "HTTP/1.1 503 Later\r\nConnection: x, Close\r\ncontent-length: 02\r\n\r\nno");
    good("HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade\r\n\r\n",
         "HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade\r\nContent-Length: 0\r\n"
         "Connection: close\r\n\r\n");
    good("HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    good("HTTP/1.1 304 Not Modified\r\n\r\n",
         "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
    good("HTTP/1.1 205 Reset Content\r\n\r\n",
         "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    good("HTTP/1.1 403 No\r\nContent-Length: 00\r\n\r\n",
         "HTTP/1.1 403 No\r\nContent-Length: 00\r\nConnection: close\r\n\r\n");
    REQUIRE(answer("HTTP/1.1 599 x\r\n\r\n").status == 599);
    REQUIRE(answer("HTTP/1.1 200 OK\r\n\r\n").status == 200);

    for (const char* length : {"", "1", "3", "2, 2", "+2", "two", "99999999999999999999999999",
                               "18446744073709551618"}) // 2^64 + 2
        bad(error::answer_bad_length,
            "HTTP/1.1 403 No\r\nContent-Length: "s + length + "\r\n\r\nno");
    bad(error::answer_bad_length,
        "HTTP/1.1 403 No\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nno");
    bad(error::answer_bad_length, "HTTP/1.1 403 No\r\nContent-Length: :\r\n\r\n0123456789");
    for (const char* status : {"204", "205", "304"}) // RFC 9110 15: without content
        bad(error::answer_bad_length, "HTTP/1.1 "s + status + " x\r\n\r\nno");
    bad(error::answer_bad_length, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
    bad(error::answer_bad_field, "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    for (const char* status : {"000", "099", "100", "102", "103", "199", "600", "999"})
        bad(error::answer_bad_status, "HTTP/1.1 "s + status + " x\r\n\r\n");
}

// security.md: CVE-2026-1527, and only a whole and valid head counts as an answer.
TEST_CASE("an answer that is no head, or more than one line a line", "[answer]") {
    for (const char* bytes : {"", "HTTP/1.1 101 Switching", "HTTP/1.1 403 No\r\n", "no head at all",
                              "HTTP/1.1 403\r\n\r\n", "HTTP/2 403 No\r\n\r\n", "\r\n\r\n"})
        bad(error::answer_bad_head, bytes);
    bad(error::answer_bad_head, join(from_chromium)); // the request, untouched
    for (std::size_t n = 0; n < join(accepted).size(); ++n)
        bad(error::answer_bad_head, join(accepted).substr(0, n));

    for (const std::string& x : {"a\nb"s, "a\rb"s, "a\0b"s, "a\r"s, "a\n"s, "\n"s, "\0"s}) {
        bad(error::answer_bad_line_end, join(with(accepted, "X: " + x)));
        bad(error::answer_bad_line_end, join(with(accepted, x + ": x")));
        bad(error::answer_bad_line_end, "HTTP/1.1 403 " + x + "\r\n\r\n");
    }
    bad(error::answer_bad_line_end, "HTTP/1.1 403 No\n\n");
    bad(error::answer_bad_line_end, "HTTP/1.1 403 No\r\nA: b\r\n\n");
    for (const char* line : {"X : y", ": y", "X", "X(Y): z", "X: \x01", "X: \x7F", "X: y\r\n z"})
        bad(error::answer_bad_field, join(with(accepted, line)));

    bad(error::answer_too_large, join(with(accepted, "X: " + std::string(16384, 'a'))));
    lines many = accepted;
    many.resize(102, "X: y");
    bad(error::answer_too_large, join(many));
    // Only the head is limited, not a denial's body.
    REQUIRE(answer("HTTP/1.1 403 No\r\n\r\n" + std::string(100000, 'a')).reason == error{});
}
