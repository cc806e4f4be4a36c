// Heads on their way to the network: RFC 9112 3.2, RFC 9110 7.6.
#pragma once

#include <wsintercept/loopback/arrival.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/rfc9112/words.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace wsintercept::loopback {

/// A field line of a head, with its line end, as it came.
inline std::string_view line_of(const rfc9112::request_head& head, const rfc9112::field& f) {
    const std::string_view rest =
        head.bytes.substr(static_cast<std::size_t>(f.name.data() - head.bytes.data()));
    return rest.substr(0, rest.find("\r\n") + 2);
}

/// Proxy-Authorization, Proxy-Connection and their kind: between the engine and us.
inline bool is_proxy_field(std::string_view name) noexcept {
    constexpr std::string_view family = "Proxy-";
    return rfc9112::equal_ignoring_case(name.substr(0, family.size()), family);
}

/// The head as events show it: as it came, without what may hold a secret.
inline std::string shown_head(const rfc9112::request_head& head) {
    std::string out{head.bytes.substr(0, head.bytes.find("\r\n") + 2)};
    out.reserve(head.bytes.size());
    for (const rfc9112::field& f : head.fields)
        if (!rfc9112::equal_ignoring_case(f.name, "Proxy-Authorization"))
            out.append(line_of(head, f));
    return out.append("\r\n");
}

/// A request that goes to its own destination.
struct forwarded {
    site where;
    bool secure = false;    ///< over TLS
    bool handshake = false; ///< of a WebSocket
    bool to_head = false;   ///< its method is HEAD
    std::string url;        ///< for the log
    std::string head;       ///< as the destination gets it

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
    target.remove_prefix(std::min(target.find_first_of("/?\\"), target.size()));
    if (target.empty() && head.method == "OPTIONS") // RFC 9112 3.2.4
        return "*";
    return (target.starts_with('/') ? "" : "/") + std::string{target};
}

/// The head for the destination: origin form (or absolute form, for a proxy), the fields in their
/// order and case; without what is for the endpoint alone (`is_ours(name)`), and without an Upgrade
/// to anything but websocket, since no other is relayed.
template <class IsOurs>
forwarded forward(const rfc9112::request_head& head, const arrival& a, bool absolute_form,
                  IsOurs&& is_ours) {
    forwarded out{a.where, a.secure, a.handshake, head.method == "HEAD", a.url, {}};
    out.head.reserve(head.bytes.size());
    out.head.append(head.method).append(" ");
    if (absolute_form)
        out.head.append("http://").append(a.where.text());
    out.head.append(origin_form(head)).append(" HTTP/1.1\r\n");
    for (const rfc9112::field& f : head.fields)
        if (!is_ours(f.name) && (a.handshake || !rfc9112::equal_ignoring_case(f.name, "Upgrade")))
            out.head.append(line_of(head, f));
    out.head.append("\r\n");
    return out;
}

} // namespace wsintercept::loopback
