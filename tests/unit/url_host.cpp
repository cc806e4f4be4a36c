#include <wsintercept/url/host.hpp>

#include "catch.hpp"

#include <string>
#include <string_view>

namespace {

void ok(std::string_view text, std::string_view normal) {
    INFO(text);
    REQUIRE(wsintercept::detail::parse_host(text) == std::string{normal});
}
void bad(std::string_view text) {
    INFO(text);
    REQUIRE_FALSE(wsintercept::detail::parse_host(text));
}

} // namespace

TEST_CASE("host: names") {
    ok("MyApp", "myapp");
    ok("a.B.test.", "a.b.test.");
    ok("%6dy%41pp", "myapp");
    ok("a_b-c~!$&'()+,;=", "a_b-c~!$&'()+,;=");
    ok("xn--bcher-kva.test", "xn--bcher-kva.test");
    bad("");
    bad("a b");
    bad("a/b");
    bad("a%2fb");
    bad("a%zz");
    bad("a@b");
    bad("a:b");
    bad("a<b");
    bad("a^b");
    bad("a|b");
    bad("a%00b");
    bad("b\xc3\xbc"
        "cher.test");
    bad("b%C3%BCcher.test");
}

TEST_CASE("host: IPv4") {
    ok("127.0.0.1", "127.0.0.1");
    ok("127.1", "127.0.0.1");
    ok("0x7f.1", "127.0.0.1");
    ok("2130706433", "127.0.0.1");
    ok("0177.0.0.1.", "127.0.0.1");
    ok("4294967295", "255.255.255.255");
    bad("4294967296");
    bad("99999999999999999999");
    bad("1.2.3.256");
    bad("256.1");
    bad("1.2.3.4.5");
    bad("a.1");
    bad("08");
    bad("1..2");
    ok("1.2.3.4a", "1.2.3.4a"); // the last label is no number: a name
}

TEST_CASE("host: IPv6") {
    ok("[::1]", "[::1]");
    ok("[::]", "[::]");
    ok("[0:0:0:0:0:0:0:1]", "[::1]");
    ok("[2001:DB8:0:0:1:0:0:1]", "[2001:db8::1:0:0:1]"); // the first of two runs
    ok("[1:0:0:2:0:0:0:3]", "[1:0:0:2::3]");             // the longest run
    ok("[1:0:2:3:4:5:6:7]", "[1:0:2:3:4:5:6:7]");        // a single zero stays
    ok("[::ffff:1.2.3.4]", "[::ffff:102:304]");
    bad("[");
    bad("[]");
    bad("[::1");
    bad("[:::]");
    bad("[1::2::3]");
    bad("[1:2:3:4:5:6:7]");
    bad("[1:2:3:4:5:6:7:8:9]");
    bad("[1:2:3:4:5:6:7::8]");
    bad("[12345::]");
    bad("[g::]");
    bad("[::1.2.3]");
    bad("[::1.2.3.04]");
    bad("[::1.2.3.256]");
    bad("[1:]");
    bad("[::1]x");
    bad("::1");
}
