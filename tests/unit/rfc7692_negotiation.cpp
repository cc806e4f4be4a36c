#include <wsintercept/rfc7692/negotiation.hpp>

#include <wsintercept/policies.hpp>

#include "catch.hpp"

#include <string>
#include <vector>

namespace {

using namespace std::string_literals;
using namespace wsintercept;
using rfc7692::negotiation;
using rfc7692::options;

/// Fields of a head, one Sec-WebSocket-Extensions line for each value.
struct extension_lines {
    std::string bytes = "GET / HTTP/1.1\r\n";
    rfc9112::request_head head;

    explicit extension_lines(const std::vector<std::string>& values) {
        for (const std::string& v : values)
            bytes += "sec-websocket-EXTENSIONS: " + v + "\r\n";
        bytes += "\r\n";
        REQUIRE(rfc9112::parse_request(bytes, {}, head).state == rfc9112::parse_state::done);
    }
    extension_lines(const extension_lines&) = delete;
    extension_lines& operator=(const extension_lines&) = delete;
};

/// What is answered to these lines: the value of the field, "" for none.
std::string answer(const std::vector<std::string>& lines, const options& wanted = {}) {
    const extension_lines request{lines};
    std::string out;
    negotiation::write(negotiation::negotiate(request.head.fields, &wanted), out);
    if (out.empty())
        return out;
    const std::string name = "Sec-WebSocket-Extensions: ";
    REQUIRE(out.starts_with(name));
    REQUIRE(out.ends_with("\r\n"));
    return out.substr(name.size(), out.size() - name.size() - 2);
}
std::string answer(const std::string& line, const options& wanted = {}) {
    return answer(std::vector<std::string>{line}, wanted);
}

/// What is wrong with a host's own answer to an offer.
error check(const std::string& offer, const std::vector<std::string>& lines,
            const options* wanted) {
    const extension_lines request{{offer}}, response{lines};
    rfc7692::agreement agreed;
    const error wrong =
        negotiation::check_answer(request.head.fields, response.head.fields, wanted, agreed);
    if (wrong == error{})
        REQUIRE(agreed.on == !lines.empty());
    return wrong;
}

options bits(int server, int client) {
    options o;
    o.server_max_window_bits = server;
    o.client_max_window_bits = client;
    return o;
}

} // namespace

TEST_CASE("permessage-deflate: offers and their answers", "[rfc7692]") {
    REQUIRE(answer("permessage-deflate") == "permessage-deflate");
    REQUIRE(answer("Permessage-Deflate") == "permessage-deflate");
    REQUIRE(answer("permessage-deflate; client_max_window_bits") == "permessage-deflate");
    REQUIRE(answer("permessage-deflate; server_no_context_takeover") ==
            "permessage-deflate; server_no_context_takeover");
    REQUIRE(answer("permessage-deflate; client_no_context_takeover") ==
            "permessage-deflate; client_no_context_takeover");
    REQUIRE(answer("permessage-deflate; server_max_window_bits=9") ==
            "permessage-deflate; server_max_window_bits=9");
    REQUIRE(answer("permessage-deflate; server_max_window_bits=15") ==
            "permessage-deflate; server_max_window_bits=15");
    REQUIRE(answer("permessage-deflate; client_max_window_bits=8") ==
            "permessage-deflate; client_max_window_bits=8");
    REQUIRE(answer("permessage-deflate; client_max_window_bits=15") == "permessage-deflate");
    REQUIRE(answer("permessage-deflate; server_max_window_bits=\"10\"") ==
            "permessage-deflate; server_max_window_bits=10");
    REQUIRE(answer("permessage-deflate;client_max_window_bits = 11 ; server_no_context_takeover;"
                   "client_no_context_takeover; server_max_window_bits=12") ==
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=12; client_max_window_bits=11");
}

TEST_CASE("permessage-deflate: the first offer that can be met", "[rfc7692]") {
    REQUIRE(answer("x, permessage-deflate; server_max_window_bits=7, permessage-deflate; "
                   "server_max_window_bits=10, permessage-deflate") ==
            "permessage-deflate; server_max_window_bits=10");
    REQUIRE(answer(std::vector{"x; y=1"s, "permessage-deflate"s}) == "permessage-deflate");
    REQUIRE(answer(std::vector<std::string>{}).empty());
    REQUIRE(answer("x").empty());
    // zlib cannot keep to a window of 8 bits
    REQUIRE(answer("permessage-deflate; server_max_window_bits=8").empty());
    REQUIRE(answer("permessage-deflate; server_max_window_bits=8, permessage-deflate") ==
            "permessage-deflate");
}

TEST_CASE("permessage-deflate: an offer that RFC 7692 7.1 does not know is declined", "[rfc7692]") {
    for (const char* parameter : {"x",
                                  "x=1",
                                  "server_no_context_takeover=1",
                                  "client_no_context_takeover=true",
                                  "server_max_window_bits",
                                  "server_max_window_bits=7",
                                  "server_max_window_bits=16",
                                  "server_max_window_bits=0",
                                  "server_max_window_bits=08",
                                  "server_max_window_bits=1",
                                  "server_max_window_bits=1x",
                                  "server_max_window_bits=100",
                                  "client_max_window_bits=7",
                                  "client_max_window_bits=16",
                                  "client_max_window_bits=010",
                                  "client_max_window_bits=-9",
                                  "SERVER_NO_CONTEXT_TAKEOVER",
                                  "server_no_context_takeover; server_no_context_takeover",
                                  "client_no_context_takeover; client_no_context_takeover",
                                  "server_max_window_bits=10; server_max_window_bits=10",
                                  "client_max_window_bits; client_max_window_bits=10",
                                  "x; server_no_context_takeover"}) {
        INFO(parameter);
        REQUIRE(answer("permessage-deflate; "s + parameter).empty());
        REQUIRE(answer("permessage-deflate; "s + parameter + ", permessage-deflate") ==
                "permessage-deflate");
    }
}

TEST_CASE("permessage-deflate: what the row asks for", "[rfc7692]") {
    options o;
    o.server_no_context_takeover = o.client_no_context_takeover = true;
    REQUIRE(answer("permessage-deflate", o) ==
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    // The smaller of both; the client's only where the offer allows it, RFC 7692 7.1.2.2.
    REQUIRE(answer("permessage-deflate", bits(10, 10)) ==
            "permessage-deflate; server_max_window_bits=10");
    REQUIRE(answer("permessage-deflate; client_max_window_bits", bits(15, 10)) ==
            "permessage-deflate; client_max_window_bits=10");
    REQUIRE(answer("permessage-deflate; client_max_window_bits", bits(14, 14)) ==
            "permessage-deflate; server_max_window_bits=14; client_max_window_bits=14");
    REQUIRE(answer("permessage-deflate; client_max_window_bits=9; server_max_window_bits=12",
                   bits(11, 10)) ==
            "permessage-deflate; server_max_window_bits=11; client_max_window_bits=9");
    REQUIRE(answer("permessage-deflate; server_max_window_bits=10", bits(12, 15)) ==
            "permessage-deflate; server_max_window_bits=10");

    const extension_lines request{{"permessage-deflate"}};
    REQUIRE_FALSE(negotiation::negotiate(request.head.fields, nullptr).on);
    // security.md, CVE-2026-2229: unchecked window bits.
    for (const options& bad : {bits(8, 15), bits(16, 15), bits(15, 7), bits(15, 16)}) {
        REQUIRE_FALSE(bad.in_range());
        REQUIRE_FALSE(negotiation::negotiate(request.head.fields, &bad).on);
    }
    options level;
    level.level = 0;
    REQUIRE_FALSE(level.in_range());
    level.level = 10;
    REQUIRE_FALSE(level.in_range());
    options ratio;
    ratio.max_ratio = 0;
    REQUIRE_FALSE(ratio.in_range());
    ratio.max_ratio = 1;
    REQUIRE(ratio.in_range());
    for (const int edge : {1, 9}) {
        level.level = edge;
        REQUIRE(level.in_range());
    }
    REQUIRE(bits(9, 8).in_range());
    REQUIRE(options{}.in_range());
}

TEST_CASE("permessage-deflate: a host's own answer", "[rfc7692]") {
    const options on;
    const auto good = [&](const std::string& offer, const std::string& response) {
        INFO(offer << " -> " << response);
        REQUIRE(check(offer, {response}, &on) == error{});
        REQUIRE(check(offer, {response}, nullptr) == error::answer_bad_extension);
    };
    const auto bad = [&](const std::string& offer, const std::vector<std::string>& response) {
        INFO(offer << " -> " << response.at(0));
        REQUIRE(check(offer, response, &on) == error::answer_bad_extension);
    };
    REQUIRE(check("permessage-deflate", {}, &on) == error{}); // declined
    good("permessage-deflate", "permessage-deflate");
    good("permessage-deflate", "permessage-deflate; server_no_context_takeover");
    good("permessage-deflate", "permessage-deflate; client_no_context_takeover");
    good("permessage-deflate", "permessage-deflate; server_max_window_bits=9");
    good("permessage-deflate; client_max_window_bits",
         "permessage-deflate; client_max_window_bits=8");
    good("permessage-deflate; client_max_window_bits=10",
         "permessage-deflate; client_max_window_bits=10");
    good("permessage-deflate; server_no_context_takeover, permessage-deflate",
         "permessage-deflate");
    good("permessage-deflate; server_max_window_bits=10",
         "permessage-deflate; server_max_window_bits=10");

    bad("x", {"permessage-deflate"});
    bad("permessage-deflate", {"x"});
    bad("permessage-deflate", {"permessage-deflate; client_max_window_bits=10"});
    bad("permessage-deflate; client_max_window_bits",
        {"permessage-deflate; client_max_window_bits"});
    bad("permessage-deflate; client_max_window_bits=10",
        {"permessage-deflate; client_max_window_bits=11"});
    bad("permessage-deflate; server_no_context_takeover", {"permessage-deflate"});
    bad("permessage-deflate; server_max_window_bits=10", {"permessage-deflate"});
    bad("permessage-deflate; server_max_window_bits=10",
        {"permessage-deflate; server_max_window_bits=11"});
    bad("permessage-deflate; server_max_window_bits=8",
        {"permessage-deflate; server_max_window_bits=8"});
    bad("permessage-deflate", {"permessage-deflate; x"});
    bad("permessage-deflate", {"permessage-deflate, permessage-deflate"});
    bad("permessage-deflate", {"permessage-deflate", "permessage-deflate"});
    bad("permessage-deflate", {"permessage-deflate", ","});
    bad("permessage-deflate", {""});
    bad("permessage-deflate", {"permessage-deflate;"});
}

TEST_CASE("permessage-deflate: a row whose options are out of range is an error", "[rfc7692]") {
    row r{"ws://myapp/*", action::automatic, {}};
    r.options.deflate = bits(8, 15);
    const auto built = intercepted_urls::build(std::vector<row>{r});
    REQUIRE_FALSE(built.table);
    REQUIRE(built.errors.size() == 1);
    REQUIRE(built.errors[0].code == error::row_bad_deflate);
    REQUIRE(built.errors[0].text.starts_with("row 1, column 1: RFC 7692 7.1: "));
}
