// HTTP answers as bytes.
#pragma once

#include <wsintercept/detail/response_check.hpp>
#include <wsintercept/error.hpp>
#include <wsintercept/loopback/credentials.hpp>
#include <wsintercept/loopback/options.hpp>
#include <wsintercept/rfc6455/refusal.hpp>
#include <wsintercept/rfc9112/words.hpp>
#include <wsintercept/traits.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback {

/// Interim and tunnel answers, RFC 9110 9.3.6 and 15.2.1.
inline constexpr std::string_view tunnel_established =
    "HTTP/1.1 200 Connection Established\r\n\r\n";
inline constexpr std::string_view please_continue = "HTTP/1.1 100 Continue\r\n\r\n";

/// An answer's bytes, the body apart: it may be large.
struct answer {
    std::string head;
    std::string body;

    std::size_t size() const noexcept { return head.size() + body.size(); }
    /// What is left when n bytes were written.
    std::array<std::string_view, 2> from(std::size_t n) const noexcept {
        const std::size_t of_head = (std::min)(n, head.size());
        return {std::string_view{head}.substr(of_head), std::string_view{body}.substr(n - of_head)};
    }
};

/// What a peer is told: not whether its secret was missing or wrong.
constexpr error told(error reason) noexcept {
    return reason == error::wrong_secret ? error::no_secret : reason;
}

/// The status that a refusal deserves.
constexpr unsigned status_of(error reason) noexcept {
    switch (reason) {
    case error::body_too_large: return 413;
    case error::request_timed_out: return 408;
    case error::memory_exhausted: return 503;
    default: return rfc6455::refusal_status(reason);
    }
}

/// RFC 9110 15.5.8: the engine is to ask again with credentials. The same for none and for wrong
/// ones.
inline answer proxy_challenge(bool head_only, bool keep_alive) {
    const std::string_view text = describe(error::no_secret);
    answer out;
    out.head.append("HTTP/1.1 407 ").append(rfc9112::standard_reason(407));
    out.head.append("\r\nProxy-Authenticate: Basic realm=\"").append(credentials::realm);
    out.head.append("\"\r\nContent-Type: text/plain\r\nContent-Length: ");
    out.head.append(std::to_string(text.size())).append("\r\n");
    out.head.append(keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
    if (!head_only)
        out.body = text;
    return out;
}

/// The answer of an HTTPRequest. RFC 9110 8.6: 204 and 304 have no length.
inline answer write_answer(const response& r, bool keep_alive) {
    answer out;
    const bool no_content = r.status == 204 || r.status == 304;
    out.head.reserve(160 + r.fields.size());
    out.head.append("HTTP/1.1 ").append(std::to_string(r.status)).append(" ");
    out.head.append(r.reason).append("\r\n").append(r.fields);
    if (!no_content) {
        if (!r.media_type.empty())
            out.head.append("Content-Type: ").append(r.media_type).append("\r\n");
        out.head.append("Content-Length: ").append(std::to_string(r.body.size())).append("\r\n");
    }
    out.head.append(keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
    if (!no_content && !r.head_only)
        out.body = r.body;
    return out;
}

/// The answer that a page stands for; `bad` says what is wrong with it, and it is a 500 then.
inline answer write_answer(page&& p, bool head_only, bool keep_alive, error& bad) {
    std::string fields;
    response r;
    bad = wsintercept::detail::check_response({true, p.status, {}, p.media_type, p.fields, {}},
                                              fields, r);
    if (bad != error{})
        return write_answer(
            {500, rfc9112::standard_reason(500), "text/plain", {}, describe(bad), head_only},
            keep_alive);
    r.reason = rfc9112::standard_reason(p.status);
    r.body = p.body;
    r.head_only = true; // the body is moved, not copied
    answer out = write_answer(r, keep_alive);
    if (!head_only && p.status != 204 && p.status != 304)
        out.body = std::move(p.body);
    return out;
}

} // namespace wsintercept::inline v0_1_0::loopback
