// A request on its way to being answered: what it asks for, and the answers to it.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/request.hpp>
#include <wsintercept/rfc6455/handshake.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/url/allowed_origins.hpp>
#include <wsintercept/url/decision.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::detail {

/// A request until it has its answer. Does not move: `parsed` has views into `head`. Used again and
/// again, so that its strings need to grow but once.
struct opening {
    std::string url; ///< in normal form; of a handshake ws or wss
    std::string head;
    std::string body;
    std::string subprotocol; ///< automatic: the chosen one
    rfc9112::request_head parsed;
    rfc6455::upgrade_request upgrade;
    rfc6455::refusal bad;              ///< the handshake was not valid
    error last = error::answer_unused; ///< manual: what was wrong with the last answer
    bool is_socket = false;            ///< an opening handshake, good or bad

    /// What one request may leave behind for the next.
    static constexpr std::size_t kept = 4096;
    void reset() noexcept {
        for (std::string* text : {&url, &head, &body, &subprotocol})
            if (text->capacity() > kept)
                std::string{}.swap(*text);
            else
                text->clear();
        parsed.fields.count = 0;
        upgrade = {};
        bad = {};
        last = error::answer_unused;
        is_socket = false;
    }
};

/// Openings for reuse.
class opening_pool {
  public:
    std::unique_ptr<opening> take() {
        if (free_.empty())
            return std::make_unique<opening>();
        std::unique_ptr<opening> o = std::move(free_.back());
        free_.pop_back();
        return o;
    }
    void give_back(std::unique_ptr<opening> o) noexcept {
        if (!o || free_.size() == max_kept)
            return;
        o->reset();
        free_.push_back(std::move(o));
    }

  private:
    static constexpr std::size_t max_kept = 16;
    std::vector<std::unique_ptr<opening>> free_;
};

/// Reads what a renderer handed over. Not error{}: no request that could be named in an event.
inline error read_request(const request& r, const limits& l, opening& out) {
    out.head = r.head;
    const rfc9112::parse_result parsed =
        rfc9112::parse_request(out.head, {l.head, l.fields}, out.parsed);
    if (parsed.state != rfc9112::parse_state::done)
        return parsed.state == rfc9112::parse_state::failed ? parsed.reason
                                                            : error::bad_request_line;
    if (!normalise(r.url, out.url))
        return error::bad_url;
    // A handshake for http://… is one for ws://…, and a ws URL is never plain HTTP.
    out.is_socket = out.url.starts_with("ws") || rfc6455::is_opening_handshake(out.parsed);
    if (out.is_socket && out.url.starts_with("http"))
        out.url.replace(0, 4, "ws");
    if (!out.is_socket)
        out.body = r.body;
    return error{};
}

constexpr unsigned status_of(error why) noexcept {
    return why == error::head_too_large || why == error::too_many_fields ? 431 : 400;
}

/// RFC 6455 10.2: whether a page of another origin asks. Several Origins are left to the
/// handshake policy, which refuses them.
inline error check_origin(const opening& o, const allowed_origins& allowed) noexcept {
    const rfc9112::occurrence origin = rfc9112::find(o.parsed.fields, "Origin");
    if (origin.count == 0)
        return allowed.allows_absent() ? error{} : error::no_origin;
    return origin.count > 1 || allowed.allows(origin.value) ? error{} : error::foreign_origin;
}

/// What a row asks of permessage-deflate; null: nothing.
inline const rfc7692::options* wanted_deflate(const row_options* options) noexcept {
    return options != nullptr && options->deflate ? &*options->deflate : nullptr;
}

/// `auto`: the 101 into `head`, and what it agrees on; nothing where `bad` says why.
template <class Handshake>
typename Handshake::agreement accept(opening& o, const row_options* options, std::string& head) {
    std::span<const std::string> supported;
    if (options != nullptr)
        supported = options->subprotocols;
    std::string_view chosen;
    o.bad = Handshake::choose_subprotocol(
        o.upgrade, supported, options != nullptr && options->subprotocol_optional, chosen);
    if (o.bad.reason != error{})
        return {};
    o.subprotocol = chosen;
    const auto agreed = Handshake::negotiate(o.upgrade, wanted_deflate(options));
    Handshake::response(o.upgrade, chosen, agreed, head);
    return agreed;
}

/// `manual`: the host's answer, checked and written again.
template <class Handshake>
auto check_answer(const opening& o, std::string_view head, const row_options* options,
                  const limits& l) {
    const rfc7692::options* const wanted = wanted_deflate(options);
    using result = decltype(Handshake::check_answer(o.upgrade, head, wanted));
    if (head.size() <= l.head + l.body)
        return Handshake::check_answer(o.upgrade, head, wanted);
    result too_large{};
    too_large.reason = error::answer_too_large;
    return too_large;
}

} // namespace wsintercept::inline v0_1_0::detail
