// The HTTP answer that a bad request deserves.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/rfc9112/words.hpp>

#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc6455 {

/// Why, and with which status. No refusal: error{}.
struct refusal {
    error reason{};
    unsigned status = 400;
};

/// The status that an error deserves; 400 where nothing fits better.
constexpr unsigned refusal_status(error reason) noexcept {
    switch (reason) {
    case error::foreign_origin:
    case error::no_origin:
    case error::foreign_peer:
    case error::no_secret:
    case error::wrong_secret:
    case error::not_intercepted:
    case error::relay_to_loopback:
    case error::no_common_subprotocol: return 403;
    case error::method_not_get:
    case error::method_not_supported: return 405;
    case error::handshake_timed_out: return 408;
    case error::relay_to_itself:
    case error::wrong_host: return 421;
    case error::no_version: // RFC 6455 4.4
    case error::bad_version: return 426;
    case error::head_too_large: // RFC 6585 5
    case error::too_many_fields:
    case error::too_many_subprotocols: return 431;
    case error::relay_failed:
    case error::relay_not_trusted:
    case error::relay_bad_answer: return 502;
    case error::too_many_connections: return 503;
    case error::relay_timed_out: return 504;
    case error::bad_http_version: return 505;
    default: return 400;
    }
}

/// A refusal for this reason, with its status of `refusal_status`.
constexpr refusal refuse(error reason) noexcept {
    return {reason, refusal_status(reason)};
}

/// The whole refusal as bytes: status line, fields (426: Sec-WebSocket-Version: 13 and Upgrade;
/// 405: Allow), Connection: close, a short text body that is describe(reason). `head_only`: the
/// answer to HEAD, all but the body.
inline std::string refusal_response(const refusal& why, bool head_only = false) {
    const std::string_view body = describe(why.reason);
    std::string out;
    out.reserve(320);
    out.append("HTTP/1.1 ").append(std::to_string(why.status)).append(" ");
    out.append(rfc9112::standard_reason(why.status)).append("\r\n");
    out.append("Content-Type: text/plain\r\nContent-Length: ");
    out.append(std::to_string(body.size())).append("\r\n");
    if (why.status == 405) // RFC 9110 15.5.6
        out.append("Allow: GET\r\n");
    if (why.status == 426) // RFC 6455 4.4, RFC 9110 15.5.22
        out.append("Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade, close\r\n\r\n");
    else
        out.append("Connection: close\r\n\r\n");
    if (!head_only)
        out.append(body);
    return out;
}

} // namespace wsintercept::inline v0_1_0::rfc6455
