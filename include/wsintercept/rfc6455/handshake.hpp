// The opening handshake, server side: RFC 6455 4.2. Allocates nothing but what it returns as text.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/rfc6455/extensions.hpp>
#include <wsintercept/rfc6455/refusal.hpp>
#include <wsintercept/rfc6455/upgrade_request.hpp>
#include <wsintercept/rfc9112/head.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc6455 {

namespace detail {

/// What is wrong with a head, in the words of answers.
constexpr error answer_error(const rfc9112::parse_result& parsed, std::string_view bytes) noexcept {
    if (parsed.state == rfc9112::parse_state::need_more)
        return error::answer_bad_head;
    if (parsed.offset < bytes.size() && bytes[parsed.offset] == '\0')
        return error::answer_bad_line_end;
    switch (parsed.reason) {
    case error::bad_line_end: return error::answer_bad_line_end;
    case error::bad_field_name:
    case error::bad_field_value:
    case error::obsolete_folding: return error::answer_bad_field;
    case error::head_too_large:
    case error::too_many_fields: return error::answer_too_large;
    default: return error::answer_bad_head;
    }
}

/// RFC 6455 4.2.2 item 5: a 101 that answers this very request.
inline error check_accepted(const upgrade_request& request, const rfc9112::status_head& head,
                            std::string_view accept, std::string_view& subprotocol) noexcept {
    const rfc9112::fields& fields = head.fields;
    if (head.version < 11) // RFC 9110 15.2: HTTP/1.0 has no 1xx
        return error::answer_bad_head;
    const rfc9112::occurrence upgrade = rfc9112::find(fields, "Upgrade");
    if (upgrade.count != 1 || !rfc9112::equal_ignoring_case(upgrade.value, "websocket"))
        return error::answer_no_upgrade;
    if (!rfc9112::has_token(fields, "Connection", "Upgrade"))
        return error::answer_no_connection;
    const rfc9112::occurrence key = rfc9112::find(fields, "Sec-WebSocket-Accept");
    if (key.count != 1)
        return key.count == 0 ? error::answer_no_accept : error::answer_duplicate_accept;
    if (key.value != accept)
        return error::answer_bad_accept;
    if (rfc9112::find(fields, "Content-Length").count != 0 ||
        rfc9112::find(fields, "Transfer-Encoding").count != 0)
        return error::answer_has_body;
    const rfc9112::occurrence chosen = rfc9112::find(fields, "Sec-WebSocket-Protocol");
    if (chosen.count != 0) {
        subprotocol = offered(request, chosen.value);
        if (chosen.count > 1 || subprotocol.empty())
            return error::answer_bad_subprotocol;
    }
    return {};
}

/// A denial: its body is what stands behind the head, RFC 9110 8.6 and 15.
inline error check_denied(const rfc9112::status_head& head, std::string_view body) noexcept {
    if (rfc9112::find(head.fields, "Transfer-Encoding").count != 0)
        return error::answer_bad_field;
    const rfc9112::occurrence length = rfc9112::find(head.fields, "Content-Length");
    const bool none = head.status == 204 || head.status == 205 || head.status == 304;
    if (length.count > 1 || (none && !body.empty()) || (head.status == 204 && length.count != 0))
        return error::answer_bad_length;
    if (length.count == 0)
        return {};
    std::size_t n = 0;
    for (const char c : length.value) {
        if (!rfc9112::detail::is(c, rfc9112::detail::digit) || n > body.size())
            return error::answer_bad_length;
        n = n * 10 + static_cast<std::size_t>(c - '0');
    }
    return n == body.size() && !length.value.empty() ? error{} : error::answer_bad_length;
}

/// Status line and fields; without the blank line.
inline void write_status_head(const rfc9112::status_head& head, std::string& out) {
    out.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ");
    out.append(head.reason).append("\r\n");
    for (const rfc9112::field& f : head.fields)
        out.append(f.name).append(": ").append(f.value).append("\r\n");
}

} // namespace detail

/// Default handshake policy. AcceptKey: see policies.hpp. Extensions: see extensions.hpp.
template <class AcceptKey, class Extensions = no_extensions>
struct basic_handshake {
    using agreement = typename Extensions::agreement; ///< on extensions; for the frame policy

    /// RFC 6455 4.2.1, check by check. error{} if it is a valid upgrade, which is then in `out`.
    static refusal validate(const rfc9112::request_head& head, upgrade_request& out) noexcept {
        return refuse(detail::check_upgrade(head, out));
    }

    /// Chooses a subprotocol, RFC 6455 4.2.2: the first offered that `supported` has (empty: the
    /// first offered). Nothing offered: empty. None in common: error::no_common_subprotocol (403)
    /// unless `optional`. `chosen` views the request's bytes.
    static refusal choose_subprotocol(const upgrade_request& request,
                                      std::span<const std::string> supported, bool optional,
                                      std::string_view& chosen) noexcept {
        chosen = {};
        if (!request.offers_subprotocols)
            return {};
        for (const rfc9112::field& f : *request.fields) {
            if (!rfc9112::equal_ignoring_case(f.name, "Sec-WebSocket-Protocol"))
                continue;
            rfc9112::for_each_element(f.value, [&](std::string_view offered) noexcept {
                if (supported.empty() ||
                    std::find(supported.begin(), supported.end(), offered) != supported.end())
                    chosen = offered;
                return chosen.empty();
            });
            if (!chosen.empty())
                return {};
        }
        return optional ? refusal{} : refuse(error::no_common_subprotocol);
    }

    /// Chooses among the extensions that were offered, RFC 6455 4.2.2 item 5.6. wanted: what the
    /// row asks of permessage-deflate; null: nothing.
    static agreement negotiate(const upgrade_request& request,
                               const rfc7692::options* wanted) noexcept {
        return Extensions::negotiate(*request.fields, wanted);
    }

    /// Appends the 101 head.
    static void response(const upgrade_request& request, std::string_view subprotocol,
                         const agreement& agreed, std::string& out) {
        const auto accept = AcceptKey::compute(request.key);
        // With their sizes: a compiler that leaves `append` out of line counts the others each
        // time.
        constexpr std::string_view start =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Accept: ";
        out.append(start).append(accept.data(), accept.size()).append("\r\n", 2);
        if (!subprotocol.empty())
            out.append("Sec-WebSocket-Protocol: ").append(subprotocol).append("\r\n");
        Extensions::write(agreed, out);
        out.append("\r\n", 2);
    }

    /// What `check_answer` gives.
    struct answer {
        error reason{};      ///< error{}: good
        std::string bytes;   ///< good: the head parsed and written again, and a denial's body
        unsigned status = 0; ///< 101: accepted; else denied
        /// Accepted: the request's own word for it, or empty. Views the request's bytes.
        std::string_view subprotocol;
        agreement agreed{};
    };
    /// Checks a host's manual answer: 101 that is valid for this very request, or a valid status
    /// 200 to 599 with an optional body behind the blank line. A denial gets Content-Length and
    /// Connection: close where they are missing. LF line ends are an error. The limits are those of
    /// the head. A 101 without a subprotocol is good even where some were offered (RFC 6455 4.2.2),
    /// though browsers then fail the socket. wanted: as in negotiate.
    static answer check_answer(const upgrade_request& request, std::string_view head,
                               const rfc7692::options* wanted = nullptr,
                               const rfc9112::head_limits& limits = {}) {
        rfc9112::status_head parsed;
        const rfc9112::parse_result result = rfc9112::parse_status(head, limits, parsed);
        if (result.state != rfc9112::parse_state::done)
            return refused(detail::answer_error(result, head));

        answer out;
        out.status = parsed.status;
        const std::string_view body = head.substr(parsed.bytes.size());
        if (parsed.status == 101) {
            const auto accept = AcceptKey::compute(request.key);
            out.reason = detail::check_accepted(request, parsed, {accept.data(), accept.size()},
                                                out.subprotocol);
            if (out.reason == error{})
                out.reason =
                    Extensions::check_answer(*request.fields, parsed.fields, wanted, out.agreed);
            if (out.reason == error{} && !body.empty()) // frames are for WebSocketSend
                out.reason = error::answer_bad_head;
        } else if (parsed.status < 200 || parsed.status > 599) {
            out.reason = error::answer_bad_status;
        } else {
            out.reason = detail::check_denied(parsed, body);
        }
        if (out.reason != error{})
            return refused(out.reason);

        out.bytes.reserve(head.size() + 64);
        detail::write_status_head(parsed, out.bytes);
        if (parsed.status != 101) {
            if (parsed.status != 204 && parsed.status != 304 &&
                rfc9112::find(parsed.fields, "Content-Length").count == 0)
                out.bytes.append("Content-Length: ")
                    .append(std::to_string(body.size()))
                    .append("\r\n");
            if (!rfc9112::has_token(parsed.fields, "Connection", "close"))
                out.bytes.append("Connection: close\r\n");
        }
        out.bytes.append("\r\n").append(body);
        return out;
    }

  private:
    static answer refused(error why) {
        answer out;
        out.reason = why;
        return out;
    }
};

} // namespace wsintercept::inline v0_1_0::rfc6455
