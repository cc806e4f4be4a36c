#include <wsintercept/bridge/framing.hpp>
#include <wsintercept/bridge/page_script.hpp>
#include <wsintercept/bridge/requests.hpp>
#include <wsintercept/bridge/uplink.hpp>

#include "catch.hpp"
#include "recorder.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bridge = wsintercept::bridge;
using test::lines;
using wsintercept::error;

namespace {

/// A frame of the class, or one for it.
std::string framed(unsigned opcode, std::string_view payload, bool fin = true) {
    std::string out{static_cast<char>((fin ? 0x80U : 0U) | opcode)};
    for (int shift = 48; shift >= 0; shift -= 8)
        out += static_cast<char>(std::uint64_t{payload.size()} >> shift & 255U);
    return out.append(payload);
}

bridge::open_request opened(std::string_view url, const std::string& head,
                            std::optional<std::string_view> origin = "http://myapp") {
    return bridge::read_open(std::string{url} + "\r\n" + head, origin);
}

/// An uplink whose interceptor takes so many bytes of each call.
struct uplink_world {
    bridge::uplink up;
    std::string taken;
    std::size_t room = ~std::size_t{0};
    lines results;

    error add(std::uint32_t number, std::string bytes) {
        const std::string name = std::to_string(number);
        return up.add(number, std::move(bytes), [this, name](bool good) {
            results.push_back(name + (good ? " taken" : " lost"));
        });
    }
    void feed() {
        up.feed([this](std::span<char> bytes) {
            const std::size_t n = std::min(room, bytes.size());
            room -= n;
            taken.append(bytes.data(), n);
            return n;
        });
    }
};

} // namespace

TEST_CASE("bridge: a life over an interceptor with its frames") {
    test::basic_world<bridge::policies> w;
    auto& s = w.open();
    REQUIRE(s.output == test::accepted());
    s.output.clear();
    w.host.events.clear();
    w.renderer.write(s, framed(1, "Hel", false) + framed(9, "p") + framed(0, "lo"));
    w.renderer.write(s, framed(2, std::string("\0\xff", 2)));
    REQUIRE(w.events() ==
            lines{"Receive text fin Hello", std::string{"Receive binary fin \0\xff", 21}});
    REQUIRE_FALSE(w.core().send(s.id, "a", false));
    REQUIRE_FALSE(w.core().send(s.id, "b", true));
    w.renderer.run();
    REQUIRE(s.output == framed(10, "p") + framed(1, "a", false) + framed(0, "b"));
    s.output.clear();
    w.renderer.write(s, framed(8, "\x0b\xb9"
                                  "bye"));
    REQUIRE(w.events() == lines{"Close 3001 bye"});
    REQUIRE(s.output == framed(8, "\x0b\xb9"
                                  "bye"));
    REQUIRE(s.ended == wsintercept::ending::finish);
}

TEST_CASE("bridge: what a page's bytes may not be ends its socket") {
    const auto failure = [](const std::string& bytes) {
        test::basic_world<bridge::policies> w;
        auto& s = w.opened();
        w.renderer.write(s, bytes);
        REQUIRE(w.host.events.size() == 1);
        REQUIRE(w.host.events[0].starts_with("Error "));
        return w.host.events[0];
    };
    const auto says = [&](const std::string& bytes, error e) {
        INFO(wsintercept::describe(e));
        CHECK(failure(bytes).find(wsintercept::describe(e)) != std::string::npos);
    };
    says(std::string("\xc1\0\0\0\0\0\0\1x", 9), error::reserved_bit);
    says(framed(3, ""), error::reserved_opcode);
    says(framed(0, "x"), error::unexpected_continuation);
    says(framed(1, "x", false) + framed(1, "y"), error::expected_continuation);
    says(framed(9, "x", false), error::control_fragmented);
    says(framed(9, std::string(126, 'x')), error::control_too_long);
    says(framed(8, "x"), error::close_body_one_byte);
    says(framed(8, "\x03\xed"), error::close_code_invalid);
    says(framed(8, "\x03\xe8\xff"), error::close_reason_not_utf8);
    says(framed(1, "\xff"), error::text_not_utf8);
    says(framed(1, "\xe2\x82"), error::text_not_utf8);
    says(std::string("\x82\0\0\1\0\0\0\0", 8), error::frame_too_big);
}

TEST_CASE("bridge: a request to open, and the Origin that the engine says") {
    const std::string head = test::handshake("Origin: http://page.test\r\nX: y\r\n");
    const auto good = opened("ws://myapp/feed", head);
    REQUIRE(good.reason == error{});
    REQUIRE(good.url == "ws://myapp/feed");
    REQUIRE(good.head == test::handshake("X: y\r\nOrigin: http://myapp\r\n"));
    REQUIRE(opened("ws://myapp/feed", head, std::nullopt).head == test::handshake("X: y\r\n"));
    REQUIRE(opened("wss://myapp/feed", head).reason == error{});

    REQUIRE(opened("http://myapp/feed", head).reason == error::bad_url);
    REQUIRE(opened("feed", head).reason == error::bad_url);
    REQUIRE(bridge::read_open("ws://myapp/feed", {}).reason == error::bad_url);
    REQUIRE(opened("ws://myapp/other", head).reason == error::bad_target);
    REQUIRE(opened("ws://myapp", head).reason == error::bad_target);
    REQUIRE(opened("ws://other/feed", head).reason == error::wrong_host);
    REQUIRE(opened("ws://myapp:81/feed", head).reason == error::wrong_host);
    REQUIRE(opened("ws://myapp/feed", "GET /feed HTTP/1.1\r\n\r\n").reason == error::no_host);
    REQUIRE(opened("ws://myapp/feed", test::handshake("Host: myapp\r\n")).reason ==
            error::duplicate_host);
    REQUIRE(opened("ws://myapp/feed", head + "more").reason == error::bad_request_line);
    REQUIRE(opened("ws://myapp/feed", head.substr(0, 60)).reason == error::bad_request_line);
    REQUIRE(opened("ws://myapp/feed", "G T /feed").reason == error::bad_request_line);
    REQUIRE(opened("ws://myapp/feed", head, "http://a\r\nX: b").reason == error::bad_field_value);
}

TEST_CASE("bridge: a post names its socket and its number") {
    const std::string token(32, 'a');
    const std::string body = token + std::string("\0\0\1\2xyz", 7);
    const auto post = bridge::read_post(body);
    REQUIRE(post);
    REQUIRE(post->token == token);
    REQUIRE(post->number == 258);
    REQUIRE(post->bytes == "xyz");
    REQUIRE(bridge::read_post(token + std::string(4, '\0')));
    REQUIRE_FALSE(bridge::read_post(token + "\0\0\0"));
    REQUIRE_FALSE(bridge::read_post(""));
}

TEST_CASE("bridge: tokens") {
    bridge::tokens<int*> list;
    int one = 1, two = 2;
    const std::string a = list.add(&one), b = list.add(&two);
    REQUIRE(a.size() == bridge::token_size);
    REQUIRE(a != b);
    REQUIRE(list.find(a) == &one);
    REQUIRE(list.find(b) == &two);
    REQUIRE(list.find(a.substr(0, 16) + b.substr(16)) == nullptr);
    REQUIRE(list.find(a.substr(0, 31)) == nullptr);
    REQUIRE(list.find("") == nullptr);
    list.erase(a);
    REQUIRE(list.find(a) == nullptr);
    REQUIRE(list.size() == 1);
}

TEST_CASE("uplink: posts are taken in the order of their numbers") {
    uplink_world w;
    for (const std::uint32_t n : {2U, 1U, 0U}) {
        REQUIRE(w.add(n, std::to_string(n)) == error{});
        w.feed();
        REQUIRE((n == 0) == !w.taken.empty());
    }
    REQUIRE(w.taken == "012");
    REQUIRE(w.results == lines{"0 taken", "1 taken", "2 taken"});
    for (std::uint32_t n = 3; n < 100; ++n) {
        REQUIRE(w.add(n, "x") == error{});
        w.feed();
    }
    REQUIRE(w.results.size() == 100);
    REQUIRE(w.up.held() == 0);
}

TEST_CASE("uplink: what the interceptor does not take waits") {
    uplink_world w;
    w.room = 3;
    REQUIRE(w.add(0, "ab") == error{});
    REQUIRE(w.add(1, "cd") == error{});
    w.feed();
    REQUIRE(w.taken == "abc");
    REQUIRE(w.results == lines{"0 taken"});
    REQUIRE(w.up.held() == 1);
    w.feed();
    REQUIRE(w.taken == "abc");
    w.room = 10;
    w.feed();
    REQUIRE(w.taken == "abcd");
    REQUIRE(w.results == lines{"0 taken", "1 taken"});
}

TEST_CASE("uplink: posts out of turn, and too many bytes") {
    uplink_world w;
    REQUIRE(w.add(bridge::uplink::window, "x") == error::post_out_of_turn);
    REQUIRE(w.add(1, "x") == error{});
    REQUIRE(w.add(1, "x") == error::post_out_of_turn);
    REQUIRE(w.add(2, std::string(bridge::uplink::most_held, 'x')) == error::memory_exhausted);
    REQUIRE(w.add(2, std::string(bridge::uplink::most_held - 1, 'x')) == error{});
    REQUIRE(w.add(0, "") == error{});
    w.feed();
    REQUIRE(w.results.size() == 3);
    REQUIRE(w.add(2, "x") == error::post_out_of_turn);
    REQUIRE(w.add(0xFFFFFFFFU, "x") == error::post_out_of_turn);
    REQUIRE(w.up.held() == 0);
}

TEST_CASE("uplink: the end, before, while and behind bytes are taken") {
    uplink_world w;
    REQUIRE(w.add(1, "later") == error{});
    REQUIRE(w.add(0, "now") == error{});
    w.up.feed([&](std::span<char> bytes) {
        w.up.end();
        return bytes.size();
    });
    REQUIRE(w.results == lines{"0 lost", "1 lost"});
    REQUIRE(w.add(2, "x") == error::peer_gone);
    w.feed();
    REQUIRE(w.taken.empty());
    REQUIRE(w.up.held() == 0);
}

TEST_CASE("page script: it is ASCII, and holds no row that cannot decide") {
    const std::vector<wsintercept::row> rows{
        {"ws://myapp/\xe2\x82\xac</script>*"}, {"*://myapp/*"}, {"ws://myapp/never"}};
    const auto table = wsintercept::intercepted_urls::build(rows).table;
    const std::string script =
        bridge::page_script(*table, bridge::channel::webkit, "wsintercept://bridge");
    bool ascii = true;
    for (const char c : script)
        ascii = ascii && (c == '\n' || (c >= ' ' && c <= '~'));
    REQUIRE(ascii);
    REQUIRE(script.find("</script") == std::string::npos);
    REQUIRE(script.find("myapp/never") == std::string::npos);
    REQUIRE(script.find("channels.webkit(\"wsintercept://bridge\")") != std::string::npos);
}
