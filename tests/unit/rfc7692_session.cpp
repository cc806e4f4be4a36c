// permessage-deflate through an interceptor: rows, handshakes, sessions.
#include <wsintercept/rfc7692/permessage_deflate.hpp>

#include "catch.hpp"
#include "recorder.hpp"

#include <string>
#include <string_view>

namespace {

using namespace std::string_literals;
using namespace test;
using wsintercept::action;
using wsintercept::error;

const std::string hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s; // RFC 7692 7.2.3.1
const std::string offer =
    "Origin: http://myapp\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
const std::string agreed = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

wsintercept::row_options compressed(wsintercept::delivery messages = {}) {
    wsintercept::row_options o;
    o.messages = messages;
    o.deflate.emplace();
    o.deflate->compress_from = 0;
    return o;
}

using deflate_world = basic_world<wsintercept::deflate_policies>;

wsintercept::memory::stream& opened(deflate_world& w) {
    auto& s = w.open(handshake(offer));
    REQUIRE(s.output == accepted(agreed));
    s.output.clear();
    w.events();
    return s;
}
std::string page_text(std::string_view deflated, bool fin = true) {
    std::string out = text(deflated, fin);
    out[0] = static_cast<char>(static_cast<unsigned char>(out[0]) | 0x40U);
    return out;
}

} // namespace

// security.md, the CRIME note in RFC 7692: compression is switched on a row at a time.
TEST_CASE("deflate: on for the rows that ask for it, where it is offered") {
    deflate_world on{action::automatic, compressed()}, off{action::automatic};
    REQUIRE(on.open(handshake(offer)).output == accepted(agreed));
    REQUIRE(on.open(handshake()).output == accepted());
    REQUIRE(off.open(handshake(offer)).output == accepted());
    // Policies that know nothing of it decline.
    world plain{action::automatic, compressed()};
    REQUIRE(plain.open(handshake(offer)).output == accepted());
}

TEST_CASE("deflate: messages both ways") {
    deflate_world w{action::automatic, compressed()};
    auto& s = opened(w);
    w.renderer.write(s, page_text(hello) + text("plain"));
    REQUIRE(w.events() == lines{"Receive text fin Hello", "Receive text fin plain"});
    REQUIRE_FALSE(w.core().send(s.id, "Hello"));
    REQUIRE_FALSE(w.core().send(s.id, wsintercept::shared_buffer{std::string(2000, 'x')}));
    w.renderer.run();
    REQUIRE(s.output.substr(0, 9) == "\xC1\x07" + hello);
    REQUIRE(s.output.size() < 60); // the owned buffer was compressed too
    w.renderer.write(s, close_frame(1000));
    REQUIRE(w.events() == lines{"Close 1000 "});
}

TEST_CASE("deflate: chunks end on code points, and hold back what is cut off") {
    deflate_world w{action::automatic, compressed(wsintercept::delivery::chunks)};
    auto& s = opened(w);
    const std::string stored = "\x00\x05\x00\xfa\xff"s + "a\xE2\x82\xACz"s + "\x00"s;
    w.renderer.write(s, page_text(stored.substr(0, 8), false));
    w.renderer.write(s, frame(0, stored.substr(8)));
    const lines told = w.events();
    std::string whole;
    for (const std::string& line : told)
        whole += line.substr(line.find(' ', 13) + 1);
    REQUIRE(whole == "a\xE2\x82\xACz");
    REQUIRE(told.back().starts_with("Receive text fin "));
}

TEST_CASE("deflate: the limit of a message is that of what it inflates to") {
    wsintercept::limits l;
    l.message = 1000;
    deflate_world w{action::automatic, compressed(), l};
    auto& s = opened(w);
    wsintercept::rfc7692::deflater by{15, true, 6};
    std::string fits, above;
    by.deflate(std::string(1000, 'x'), true, fits);
    by.deflate(std::string(1001, 'x'), true, above);
    w.renderer.write(s, page_text(fits));
    REQUIRE(w.events() == lines{"Receive text fin " + std::string(1000, 'x')});
    w.renderer.write(s, page_text(above));
    REQUIRE(s.output.find("\x03\xF1"s) == 2); // 1009
    const lines told = w.events();
    REQUIRE(told.size() == 1);
    REQUIRE(told[0].find("RFC 6455 10.4: a message larger than the limit") != std::string::npos);
}

TEST_CASE("deflate: what does not inflate names the RFC and ends one connection") {
    deflate_world w{action::automatic, compressed()};
    auto& s = opened(w);
    auto& other = opened(w);
    w.renderer.write(s, page_text("\xff\xff"));
    const lines told = w.events();
    REQUIRE(told.size() == 1);
    REQUIRE(
        told[0].starts_with("Error RFC 7692 7.2.2: a compressed message that does not inflate"));
    REQUIRE(s.output.find("\x03\xEF"s) == 2); // 1007
    w.renderer.write(other, page_text(hello));
    REQUIRE(w.events() == lines{"Receive text fin Hello"});
}

TEST_CASE("deflate: a manual answer agrees on it where the row has it on") {
    deflate_world on{action::manual, compressed()}, off{action::manual};
    auto& s = on.open(handshake(offer));
    REQUIRE(on.core().check_answer(s.id, accepted("Sec-WebSocket-Extensions: x\r\n")) ==
            error::answer_bad_extension);
    REQUIRE_FALSE(on.core().check_answer(s.id, accepted(agreed)));
    REQUIRE_FALSE(on.core().answer(s.id, accepted(agreed)));
    on.renderer.run();
    on.events();
    on.renderer.write(s, page_text(hello));
    REQUIRE(on.events() == lines{"Receive text fin Hello"});

    auto& declined = on.open(handshake(offer));
    REQUIRE_FALSE(on.core().answer(declined.id, accepted()));
    on.renderer.run();
    on.events();
    on.renderer.write(declined, page_text(hello));
    REQUIRE(on.events().at(0).starts_with("Error RFC 6455 5.2: a reserved bit is set"));

    auto& refused = off.open(handshake(offer));
    REQUIRE(off.core().answer(refused.id, accepted(agreed)) == error::answer_bad_extension);
}
