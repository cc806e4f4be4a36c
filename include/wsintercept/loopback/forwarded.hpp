// Heads on their way to the network: RFC 9112 3.2, RFC 9110 7.6.
#pragma once

#include <wsintercept/loopback/arrival.hpp>
#include <wsintercept/loopback/credentials.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/rfc9112/words.hpp>
#include <wsintercept/rfc9112/write_head.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::loopback {

/// Whether a field is between the engine and us: Proxy-Authorization and its kind, the secret's.
inline bool is_for_us(std::string_view name, const std::optional<credentials>& wanted) noexcept {
    constexpr std::string_view family = "Proxy-";
    return rfc9112::equal_ignoring_case(name.substr(0, family.size()), family) ||
           (wanted && wanted->hides(name));
}

/// The head as events show it: as it came, without what is between the engine and us.
inline std::string shown_head(const rfc9112::request_head& head,
                              const std::optional<credentials>& wanted = std::nullopt) {
    return rfc9112::without_fields(head.bytes, head.fields,
                                   [&](std::string_view name) { return is_for_us(name, wanted); });
}

/// A request that goes to its own destination.
struct forwarded {
    site where;
    bool secure = false;    ///< over TLS
    bool handshake = false; ///< of a WebSocket
    bool to_head = false;   ///< its method is HEAD
    std::string url;        ///< for the log
    std::string head;       ///< as the destination gets it

    /// One connection can carry both, one after the other.
    bool same_way(const forwarded& other) const noexcept {
        return where == other.where && secure == other.secure;
    }
};

/// The target in origin form, RFC 9112 3.2.1: byte for byte what stands behind the authority.
inline std::string origin_form(const rfc9112::request_head& head) {
    std::string_view target = head.target;
    if (target[0] == '/')
        return std::string{target};
    target.remove_prefix(target.find("://") + 3);
    target.remove_prefix((std::min)(target.find_first_of("/?\\"), target.size()));
    if (target.empty() && head.method == "OPTIONS") // RFC 9112 3.2.4
        return "*";
    return (target.starts_with('/') ? "" : "/") + std::string{target};
}

/// The head for the destination: origin form (or absolute form, for a proxy), the fields in their
/// order and case; without what is between the engine and us, and without an Upgrade to anything
/// but websocket, since no other is relayed.
inline forwarded forward(const rfc9112::request_head& head, const arrival& a, bool absolute_form,
                         const std::optional<credentials>& wanted) {
    forwarded out{a.where, a.secure, a.handshake, head.method == "HEAD", a.url, {}};
    out.head.append(head.method).append(" ");
    if (absolute_form)
        out.head.append("http://").append(a.where.text());
    out.head.append(origin_form(head)).append(" HTTP/1.1\r\n");
    out.head += rfc9112::without_fields(
        head.bytes.substr(head.bytes.find('\n') + 1), head.fields, [&](std::string_view name) {
            return is_for_us(name, wanted) ||
                   (!a.handshake && rfc9112::equal_ignoring_case(name, "Upgrade"));
        });
    return out;
}

} // namespace wsintercept::inline v0_1_0::loopback
