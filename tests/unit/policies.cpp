#include <wsintercept/policies.hpp>

#include "catch.hpp"
#include "recorder.hpp"

using namespace test;
using wsintercept::action;
using wsintercept::error;

namespace {

/// URLs by prefix.
struct prefix_urls {
    std::string prefix;
    wsintercept::decision match(std::string_view url) const noexcept {
        return {url.starts_with(prefix) ? action::automatic : action::external};
    }
    bool may_match_host(std::string_view, unsigned, bool) const noexcept { return true; }
};

/// Whole messages with a length of one byte and a kind ahead: t, b, or c for the end.
struct length_prefix {
    struct decoder_limits {
        std::uint64_t frame, message;
        std::uint32_t fragments;
    };
    enum class decoded_kind { need_more, data, ping, pong, close, failed };
    struct decoded {
        decoded_kind kind = decoded_kind::need_more;
        std::string_view payload{};
        bool fin = true;
        bool begins = true;
        wsintercept::data_type type = wsintercept::data_type::text;
        std::uint16_t close_code = 0;
        error reason{};
        std::uint16_t failure_code = 0;
    };
    struct bytes {
        std::string text;
        std::string_view view() const noexcept { return text; }
    };
    class decoder {
      public:
        decoded next(std::span<char>& in, const decoder_limits&) {
            while (!in.empty()) {
                have_ += in.front();
                in = in.subspan(1);
                const auto size = static_cast<unsigned char>(have_[0]);
                if (have_.size() < 2U + size)
                    continue;
                message_ = have_.substr(2);
                const char kind = have_[1];
                have_.clear();
                decoded d;
                d.payload = message_;
                d.kind = kind == 'c'                  ? decoded_kind::close
                         : kind == 't' || kind == 'b' ? decoded_kind::data
                                                      : decoded_kind::failed;
                d.type =
                    kind == 'b' ? wsintercept::data_type::binary : wsintercept::data_type::text;
                d.close_code = 1000;
                d.reason = error::reserved_opcode;
                d.failure_code = 1002;
                return d;
            }
            return {};
        }
        bool in_message() const { return false; }
        bool in_frame() const { return !have_.empty(); }
        std::uint64_t position() const { return 0; }

      private:
        std::string have_, message_;
    };
    struct fragment {
        error reason{};
        std::string_view payload{};
        wsintercept::data_type type = wsintercept::data_type::text;
    };
    struct outgoing {
        fragment add(std::string_view data, bool, std::optional<wsintercept::data_type> type) {
            return {{}, data, type.value_or(wsintercept::data_type::text)};
        }
    };
    static bytes header(const fragment& f, bool) {
        return {std::string{static_cast<char>(f.payload.size()),
                            f.type == wsintercept::data_type::text ? 't' : 'b'}};
    }
    static bytes close(std::uint16_t, std::string_view reason) {
        return {std::string{static_cast<char>(reason.size()), 'c'}.append(reason)};
    }
    static bytes ping(std::string_view) { return {}; }
    static bytes pong(std::string_view) { return {}; }
};

struct own_policies : wsintercept::default_policies {
    using url = prefix_urls;
    using frame = length_prefix;
};

/// Agrees on what the default frame policy knows nothing of.
struct agreeing_policies : wsintercept::default_policies {
    struct handshake : wsintercept::default_policies::handshake {
        struct agreement {
            bool on = true;
        };
    };
};

} // namespace

TEST_CASE("the concepts take what they should and nothing else") {
    STATIC_REQUIRE(wsintercept::policy_set<wsintercept::default_policies>);
    STATIC_REQUIRE(wsintercept::policy_set<own_policies>);
    STATIC_REQUIRE_FALSE(wsintercept::policy_set<agreeing_policies>); // its frames take nothing
    STATIC_REQUIRE(wsintercept::accept_key_policy<wsintercept::rfc6455::accept_key>);
    STATIC_REQUIRE_FALSE(wsintercept::url_policy<std::string>);
    STATIC_REQUIRE_FALSE(wsintercept::handshake_policy<prefix_urls>);
    STATIC_REQUIRE_FALSE(wsintercept::frame_policy<prefix_urls>);
    STATIC_REQUIRE_FALSE(wsintercept::accept_key_policy<prefix_urls>);
}

TEST_CASE("an interceptor on other policies: URLs by prefix, frames by length") {
    recorder host;
    wsintercept::interceptor_options options;
    options.origins = wsintercept::allowed_origins::anyone();
    wsintercept::memory::renderer<recorder, own_policies> renderer{
        host, std::make_shared<const prefix_urls>(prefix_urls{"ws://app/"}), options};
    REQUIRE_FALSE(renderer.open({"GET", "ws://other/", handshake(), {}}).id);
    auto& s = renderer.open({"GET", "ws://app/x", handshake(), {}});
    renderer.run();
    REQUIRE(host.events == lines{"Upgrade auto ws://app/x"});
    s.output.clear();
    host.on_receive = [&](const auto& e) {
        REQUIRE_FALSE(renderer.core().send(e.id, e.data, true, e.type));
    };
    renderer.write(s, std::string{"\x02tHi\x01"
                                  "bX\x03"
                                  "cbye"});
    REQUIRE(s.output == std::string{"\x02tHi\x01"
                                    "bX\x03"
                                    "cbye"});
    REQUIRE(host.events.back() == "Close 1000 bye");
    REQUIRE(s.ended == wsintercept::ending::finish);
}
