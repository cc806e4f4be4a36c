#include <wsintercept/loopback/request_reader.hpp>

#include <wsintercept/url/intercepted_urls.hpp>

#include "catch.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace wsintercept::loopback;
using wsintercept::action;
using wsintercept::error;

namespace {

struct connection_bytes {
    request_reader reader;
    std::shared_ptr<const wsintercept::intercepted_urls> table =
        wsintercept::intercepted_urls::build(
            std::vector<wsintercept::row>{{"*://myapp/*", action::automatic}})
            .table;

    found next() {
        static const wsintercept::limits usual;
        static const std::optional<credentials> none;
        return reader.next(reading<wsintercept::intercepted_urls>{usual, *table, "myapp", none});
    }
    /// What comes of these bytes, given at once or one by one.
    std::vector<found> give(std::string_view bytes, std::size_t piece) {
        std::vector<found> all;
        while (!bytes.empty()) {
            reader.append(bytes.substr(0, piece));
            bytes.remove_prefix(std::min(piece, bytes.size()));
            for (found f = found::tunnel;;) {
                f = next();
                if (f == found::need_more)
                    break;
                all.push_back(f);
                if (f == found::request)
                    bodies.push_back(reader.what().url + " " + reader.take_body());
                if (f == found::refused || f == found::tls)
                    return all;
            }
        }
        return all;
    }
    std::vector<std::string> bodies;
};

constexpr std::string_view conversation =
    "CONNECT myapp:80 HTTP/1.1\r\nHost: myapp:80\r\n\r\n"
    "POST /a HTTP/1.1\r\nHost: myapp\r\nContent-Length: 5\r\n\r\nhello"
    "GET /b HTTP/1.1\r\nHost: myapp\r\n\r\n"
    "PUT /c HTTP/1.1\r\nHost: myapp\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    "GET http://myapp/d HTTP/1.1\r\nHost: myapp\r\n\r\n";

} // namespace

TEST_CASE("requests one after another, in pieces of every size") {
    for (std::size_t piece = 1; piece <= conversation.size(); ++piece) {
        connection_bytes c;
        REQUIRE(c.give(conversation, piece) == std::vector<found>{found::tunnel, found::request,
                                                                  found::request, found::request,
                                                                  found::request});
        REQUIRE(c.bodies == std::vector<std::string>{"http://myapp/a hello", "http://myapp/b ",
                                                     "http://myapp/c hi", "http://myapp/d "});
        REQUIRE(c.reader.part() == request_part::none);
        REQUIRE(c.reader.tunnel_name() == "myapp:80");
    }
}

TEST_CASE("which part of a request the bytes are in") {
    connection_bytes c;
    REQUIRE(c.reader.part() == request_part::none);
    REQUIRE(c.give("POST / HT", 100).empty());
    REQUIRE(c.reader.part() == request_part::head);
    REQUIRE(c.give("TP/1.1\r\nHost: myapp\r\nContent-Length: 3\r\n\r\na", 100).empty());
    REQUIRE(c.reader.part() == request_part::body);
    REQUIRE(c.give("bcGET", 100) == std::vector<found>{found::request});
    REQUIRE(c.reader.part() == request_part::head);
    REQUIRE(c.reader.take_rest() == "GET");
}

TEST_CASE("a 100 is wanted, unless the body is there already") {
    const std::string head = "POST / HTTP/1.1\r\nHost: myapp\r\nExpect: 100-continue\r\n"
                             "Content-Length: 2\r\n\r\n";
    connection_bytes c, d;
    REQUIRE(c.give(head, 1000) == std::vector<found>{found::go_on});
    REQUIRE(c.give("ok", 1) == std::vector<found>{found::request});
    REQUIRE(d.give(head + "ok", 1000) == std::vector<found>{found::request});
}

TEST_CASE("a handshake ends its head: what follows is no request's") {
    connection_bytes c;
    c.reader.append("GET /feed HTTP/1.1\r\nHost: myapp\r\nUpgrade: websocket\r\n"
                    "Content-Length: 100\r\n\r\nframes");
    REQUIRE(c.next() == found::request);
    REQUIRE(c.reader.what().handshake);
    REQUIRE(c.reader.take_rest() == "frames");
}

TEST_CASE("refused: why, and what") {
    const auto refused = [](std::string_view bytes, error why, std::string_view subject) {
        for (const std::size_t piece : {std::size_t{1}, bytes.size()}) {
            connection_bytes c;
            REQUIRE(c.give(bytes, piece).back() == found::refused);
            REQUIRE(c.reader.reason() == why);
            REQUIRE(c.reader.subject() == subject);
        }
    };
    refused("hello\r\n", error::bad_request_line, "");
    refused("GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n", error::wrong_host, "http://evil.test/");
    refused("CONNECT evil.test:80 HTTP/1.1\r\nHost: evil.test\r\n\r\n", error::not_intercepted,
            "evil.test");
    refused("CONNECT myapp:80 HTTP/1.1\r\nHost: myapp:80\r\n\r\nhello\r\n", error::bad_request_line,
            "myapp:80");
    refused("POST / HTTP/1.1\r\nHost: myapp\r\nContent-Length: x\r\n\r\n",
            error::bad_content_length, "http://myapp/");
    refused(std::string(16 * 1024, 'x'), error::head_too_large, "");
}

TEST_CASE("TLS is told from a request by its first byte") {
    connection_bytes c, d;
    REQUIRE(c.give("\x16\x03", 1) == std::vector<found>{found::tls});
    REQUIRE(d.give("CONNECT myapp:443 HTTP/1.1\r\nHost: myapp:443\r\n\r\n\x16", 1000) ==
            std::vector<found>{found::tunnel, found::tls});
}

TEST_CASE("one empty line ahead of a request is ignored, two are not (RFC 9112 2.2)") {
    const std::string request = "GET /b HTTP/1.1\r\nHost: myapp\r\n\r\n";
    for (std::size_t piece = 1; piece < 40; ++piece) {
        connection_bytes one;
        const std::vector<found> both{found::request, found::request};
        REQUIRE(one.give("\r\n" + request + "\r\n" + request, piece) == both);
        connection_bytes two;
        REQUIRE(two.give("\r\n\r\n" + request, piece) == std::vector<found>{found::refused});
    }
}
