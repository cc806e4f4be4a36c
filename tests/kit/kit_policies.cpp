#include "policy_kit.hpp"

#include <wsintercept/bridge/framing.hpp>
#include <wsintercept/rfc7692/permessage_deflate.hpp>

#include "../unit/catch.hpp"

#include <wsintercept/url/exact_urls.hpp>
#include <wsintercept/url/first_of.hpp>
#include <wsintercept/url/regex_urls.hpp>
#include <wsintercept/url/url_patterns.hpp>
#include <wsintercept/url/url_predicate.hpp>
#include <wsintercept/url/url_prefixes.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace kit = wsintercept::kit;
using wsintercept::action;
using wsintercept::error;

namespace {

void passes(const kit::failures& wrong, std::size_t at_least) {
    INFO(wrong.text());
    CHECK(wrong.list.empty());
    CHECK(wrong.looked_at >= at_least);
}
void fails(const kit::failures& wrong, std::string_view check) {
    INFO(wrong.text());
    CHECK(std::any_of(wrong.list.begin(), wrong.list.end(),
                      [&](const auto& e) { return e.check == check; }));
    CHECK(std::all_of(wrong.list.begin(), wrong.list.end(),
                      [&](const auto& e) { return e.check == check; }));
}

const std::vector<wsintercept::row> rows{
    {"*.example.com*", action::external}, {"ws://myapp/manual*", action::manual},
    {"*://myapp/*", action::automatic},   {"ws://*.test:*/x?*", action::automatic},
    {"https://secure/*", action::manual}, {"wss://port:8443/", action::automatic},
};
constexpr auto no_row = wsintercept::decision::no_row;
const std::vector<kit::url_case> cases{
    {"ws://a.example.com/", action::external, 0},
    {"ws://myapp/manual/a", action::manual, 1},
    {"wss://myapp/manual", action::automatic, 2},
    {"http://myapp/", action::automatic, 2},
    {"http://myapp:81/", action::external, no_row},
    {"ws://a.test:81/x?y", action::automatic, 3},
    {"ws://a.test:81/x", action::external, no_row},
    {"https://secure/index.html", action::manual, 4},
    {"https://secure/.example.com", action::external, 0},
    {"wss://port:8443/", action::automatic, 5},
    {"wss://bank.test/?x=://myapp/", action::external, no_row},
};

/// The page-side class: a byte of opcode and FIN, seven of length, big endian.
struct bridge_peer {
    static std::string frame(unsigned opcode, bool fin, std::string_view payload) {
        std::string out{static_cast<char>((fin ? 0x80U : 0U) | opcode)};
        for (int shift = 48; shift >= 0; shift -= 8)
            out += static_cast<char>(payload.size() >> shift & 255U);
        return out.append(payload);
    }
    static std::string data(wsintercept::data_type type, bool first, bool fin,
                            std::string_view payload) {
        const bool text = type == wsintercept::data_type::text;
        return frame(!first ? 0 : text ? 1 : 2, fin, payload);
    }
    static std::string ping(std::string_view payload) { return frame(9, true, payload); }
    static std::string pong(std::string_view payload) { return frame(10, true, payload); }
    static std::string close(std::uint16_t code, std::string_view reason) {
        std::string body{static_cast<char>(code >> 8), static_cast<char>(code & 255U)};
        return code == 1005 ? frame(8, true, {}) : frame(8, true, body.append(reason));
    }
    static bool read(std::string_view& bytes, kit::peer_frame& out) {
        if (bytes.size() < 8)
            return false;
        std::size_t size = 0;
        for (std::size_t i = 1; i < 8; ++i)
            size = size << 8 | static_cast<unsigned char>(bytes[i]);
        if (bytes.size() - 8 < size)
            return false;
        switch (bytes[0] & 15) {
        case 0: out.kind = "more"; break;
        case 1: out.kind = "text"; break;
        case 2: out.kind = "binary"; break;
        case 8: out.kind = "close"; break;
        case 9: out.kind = "ping"; break;
        case 10: out.kind = "pong"; break;
        default: return false;
        }
        out.fin = (bytes[0] & 0x80) != 0;
        out.payload = bytes.substr(8, size);
        bytes.remove_prefix(8 + size);
        return true;
    }
};

} // namespace

TEST_CASE("URL policy: intercepted_urls") {
    const auto table = wsintercept::intercepted_urls::build(rows).table;
    REQUIRE(table);
    kit::failures wrong;
    kit::check_url_policy(*table, cases, wrong.collect());
    passes(wrong, 100);
}

TEST_CASE("URL policy: one that disowns a tunnel of its own is noticed") {
    struct forgetful {
        std::shared_ptr<const wsintercept::intercepted_urls> table;
        wsintercept::decision match(std::string_view url) const noexcept {
            return table->match(url);
        }
        bool may_match_host(std::string_view host, unsigned port, bool tls) const noexcept {
            return port == 80 && table->may_match_host(host, port, tls);
        }
    };
    const forgetful policy{wsintercept::intercepted_urls::build(rows).table};
    kit::failures wrong;
    kit::check_url_policy(policy, cases, wrong.collect());
    fails(wrong, "url: may_match_host");
}

namespace {

/// What a policy does with these rows.
template <class Policy>
void passes_url_kit(const std::vector<wsintercept::row>& all,
                    const std::vector<kit::url_case>& expected) {
    const auto built = Policy::build(all);
    REQUIRE(built.errors.empty());
    kit::failures wrong;
    kit::check_url_policy(*built.table, expected, wrong.collect());
    passes(wrong, 20);
}

} // namespace

TEST_CASE("URL policy: exact_urls") {
    passes_url_kit<wsintercept::exact_urls>({{"WS://MyApp:80/a/../feed", action::manual},
                                             {"ws://myapp/*", action::automatic},
                                             {"wss://myapp/feed?x", action::external},
                                             {"https://[::1]:8443/", action::automatic},
                                             {"ws://myapp/feed", action::automatic}},
                                            {{"ws://myapp/feed", action::manual, 0},
                                             {"ws://myapp/*", action::automatic, 1},
                                             {"wss://myapp/feed?x", action::external, 2},
                                             {"https://[::1]:8443/", action::automatic, 3},
                                             {"https://[::1]/", action::external, no_row},
                                             {"ws://myapp/feed/", action::external, no_row}});
}

TEST_CASE("URL policy: url_prefixes") {
    passes_url_kit<wsintercept::url_prefixes>({{"ws://myapp/feed/private", action::external},
                                               {"ws://myapp/feed", action::manual},
                                               {"ws://MyApp", action::automatic},
                                               {"wss://a.test:8443/x?", action::automatic},
                                               {"http://bank.test/", action::external},
                                               {"http://bank.test/x", action::automatic}},
                                              {{"ws://myapp/feed/private/1", action::external, 0},
                                               {"ws://myapp/feed/1", action::manual, 1},
                                               {"ws://myapp/x", action::automatic, 2},
                                               {"ws://myapp.evil.test/", action::external, no_row},
                                               {"wss://a.test:8443/x?1", action::automatic, 3},
                                               {"wss://a.test:8443/x", action::external, no_row},
                                               {"http://bank.test/x", action::external, 4}});
}

TEST_CASE("URL policy: url_predicate") {
    const auto ends = [](std::string_view url) noexcept { return url.ends_with("/ours"); };
    kit::failures wrong;
    kit::check_url_policy(
        wsintercept::url_predicate{ends},
        std::vector<kit::url_case>{{"ws://myapp/ours", action::automatic, 0},
                                   {"https://a.test:81/ours", action::automatic, 0},
                                   {"wss://myapp/theirs", action::external, no_row}},
        wrong.collect());
    passes(wrong, 20);
}

TEST_CASE("URL policy: regex_urls") {
    passes_url_kit<wsintercept::regex_urls>({{"ws://myapp/(public|free)/.*", action::external},
                                             {"wss?://myapp/[a-z]+", action::manual},
                                             {"(.*)*/x\\?y", action::automatic}},
                                            {{"ws://myapp/free/1", action::external, 0},
                                             {"wss://myapp/feed", action::manual, 1},
                                             {"http://a.test:81/x?y", action::automatic, 2},
                                             {"ws://myapp/Feed", action::external, no_row}});
}

TEST_CASE("URL policy: url_patterns") {
    passes_url_kit<wsintercept::url_patterns>(
        {{"ws://:tenant.app.test/feed/:id", action::manual},
         {"ws*://app.test:*/*\\?key=*", action::automatic},
         {"http://app.test/*", action::external},
         {"*://app.test/", action::automatic}},
        {{"ws://a.app.test/feed/1", action::manual, 0},
         {"ws://a.b.app.test/feed/1", action::external, no_row},
         {"ws://a.app.test/feed/1/2", action::external, no_row},
         {"wss://app.test:81/a/b?key=1", action::automatic, 1},
         {"ws://app.test/?key=", action::automatic, 1},
         {"http://app.test/?key=", action::external, 2},
         {"https://app.test/", action::automatic, 3}});
}

TEST_CASE("URL policy: first of one, then of another") {
    const auto exact = wsintercept::exact_urls::build(std::vector<wsintercept::row>{
        {"ws://myapp/theirs", action::external}, {"ws://myapp/manual", action::manual}});
    const wsintercept::first_of policy{exact.table,
                                       wsintercept::intercepted_urls::build(rows).table};
    kit::failures wrong;
    kit::check_url_policy(policy,
                          std::vector<kit::url_case>{{"ws://myapp/theirs", action::external, 0},
                                                     {"ws://myapp/manual", action::manual, 1},
                                                     {"ws://myapp/manual/a", action::manual, 3},
                                                     {"wss://port:8443/", action::automatic, 7},
                                                     {"wss://port/", action::external, no_row}},
                          wrong.collect());
    passes(wrong, 20);
}

TEST_CASE("accept-key policy: rfc6455::accept_key") {
    kit::failures wrong;
    kit::check_accept_key_policy<wsintercept::rfc6455::accept_key>(wrong.collect());
    passes(wrong, 3);
}

TEST_CASE("accept-key policy: one that is wrong for a few keys is noticed") {
    struct sometimes {
        static std::array<char, 28> compute(std::string_view key) noexcept {
            auto out = wsintercept::rfc6455::accept_key::compute(key);
            if (key.starts_with("AA"))
                out[0] = '!';
            return out;
        }
    };
    kit::failures wrong;
    kit::check_accept_key_policy<sometimes>(wrong.collect());
    fails(wrong, "accept key: reference");
}

TEST_CASE("handshake policy: rfc6455::basic_handshake") {
    kit::failures wrong;
    kit::check_handshake_policy<wsintercept::default_policies::handshake>(wrong.collect());
    passes(wrong, 100);
}

TEST_CASE("handshake policy: one that takes a host's word for it is noticed") {
    struct trusting : wsintercept::default_policies::handshake {
        static answer check_answer(const wsintercept::rfc6455::upgrade_request& request,
                                   std::string_view head,
                                   const wsintercept::rfc7692::options* wanted = nullptr) {
            answer a = basic_handshake::check_answer(request, head, wanted);
            if (a.reason == error::answer_bad_accept)
                a = {{}, std::string{head}, 101, {}, {}};
            return a;
        }
    };
    kit::failures wrong;
    kit::check_handshake_policy<trusting>(wrong.collect());
    fails(wrong, "handshake: answers");
}

TEST_CASE("handshake policy: with permessage-deflate") {
    kit::failures wrong;
    kit::check_handshake_policy<wsintercept::deflate_policies::handshake>(wrong.collect());
    passes(wrong, 100);
}

TEST_CASE("frame policy: rfc6455::framing") {
    kit::failures wrong;
    kit::check_frame_policy<wsintercept::rfc6455::framing, kit::rfc6455_peer>(wrong.collect());
    passes(wrong, 40);
}

TEST_CASE("frame policy: rfc7692::framing, as long as nothing is agreed on") {
    kit::failures wrong;
    kit::check_frame_policy<wsintercept::rfc7692::framing, kit::rfc6455_peer>(wrong.collect());
    passes(wrong, 40);
}

TEST_CASE("frame policy: bridge::framing") {
    kit::failures wrong;
    kit::check_frame_policy<wsintercept::bridge::framing, bridge_peer>(wrong.collect());
    passes(wrong, 40);
}

TEST_CASE("frame policy: one that takes messages above the limit is noticed") {
    struct generous : wsintercept::rfc6455::framing {
        struct decoder : wsintercept::rfc6455::decoder {
            decoded next(std::span<char>& in, decoder_limits l) noexcept {
                l.message = wsintercept::absolute_cap;
                return wsintercept::rfc6455::decoder::next(in, l);
            }
        };
    };
    kit::failures wrong;
    kit::check_frame_policy<generous, kit::rfc6455_peer>(wrong.collect());
    fails(wrong, "frame: limits");
}
