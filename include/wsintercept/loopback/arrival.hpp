// What a head on the loopback port asks for, in every form in which engines were seen to ask.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/rfc6455/upgrade_request.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/url/decision.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback {

/// A host and a port, in normal form.
struct site {
    std::string host;
    unsigned port = 80;
    friend bool operator==(const site&, const site&) = default;

    std::string text() const { return host + ':' + std::to_string(port); }
};

/// What is known of a connection ahead of a head.
struct way_in {
    const site* tunnel = nullptr; ///< what a CONNECT on it named
    bool secure = false;          ///< it speaks TLS
};

/// What a head asks for.
struct arrival {
    /// What the head asks for, and so what the connection does next.
    enum class kind : std::uint8_t {
        refused,
        tunnel,        ///< CONNECT: `where` is to be answered with 200
        request,       ///< `url` is to be opened
        relay_tunnel,  ///< CONNECT: `where` is the network's
        relay_request, ///< `url` is
    };
    arrival::kind kind = kind::refused;
    error reason{};       ///< refused: why
    site where;           ///< of the target
    std::string url;      ///< in normal form
    bool at_root = false; ///< http://ROOT/... or https://ROOT/...
    bool handshake = false;
    bool secure = false;     ///< wss or https
    bool redirected = false; ///< it came to the endpoint's own address (redirected.hpp)
};

namespace detail {

/// "host:port" or "host" as a Host field or an authority has it. Stricter than RFC 3986: no '%',
/// which no browser sends.
inline std::optional<site> read_site(std::string_view text, bool secure = false) {
    if (!rfc9112::is_host(text) || text.find('%') != text.npos)
        return std::nullopt;
    const std::optional<std::string> url =
        normalise((secure ? "https://" : "http://") + std::string{text} + "/");
    const std::optional<url_parts> parts = url ? split_url(*url) : std::nullopt;
    if (!parts)
        return std::nullopt;
    return site{std::string{parts->host}, parts->port};
}

/// Reads heads. `Urls`: a URL policy.
template <class Urls>
class arrival_reader {
  public:
    arrival_reader(const Urls& table, std::string_view root, bool relays) noexcept
        : table_{table}, root_{root}, relays_{relays} {}

    arrival read(const rfc9112::request_head& head, const way_in& way) const {
        arrival out;
        out.secure = way.secure;
        out.kind = arrival::kind::request;
        out.reason = read(head, way, out);
        if (out.reason != error{})
            out.kind = arrival::kind::refused;
        return out;
    }

  private:
    error read(const rfc9112::request_head& head, const way_in& way, arrival& out) const {
        out.handshake = rfc6455::is_opening_handshake(head);
        // RFC 9112 3.2, CVE-2025-14523: exactly one Host.
        const rfc9112::occurrence field = rfc9112::find(head.fields, "Host");
        if (field.count != 1)
            return field.count == 0 ? error::no_host : error::duplicate_host;
        const std::optional<site> host = read_site(field.value, way.secure);
        if (!host)
            return error::bad_host;
        if (head.method == "CONNECT")
            return read_connect(head.target, field.value, *host, way, out);
        if (head.method == "TRACE")
            return error::method_not_supported;
        // A handshake of HTTP/1.0 is the interceptor's to refuse: it ends in an event.
        if (head.version < 11 && !out.handshake)
            return error::bad_http_version;
        const error bad = head.target[0] == '/' ? read_origin_form(head.target, *host, way, out)
                                                : read_absolute_form(head.target, *host, way, out);
        out.at_root = out.where == site{std::string{root_}, way.secure ? 443U : 80U};
        if (bad == error{} && relays_ && out.where.host != root_ && is_external(out))
            out.kind = arrival::kind::relay_request;
        return bad;
    }

    /// RFC 9110 9.3.6. WebKit's Host has no port there.
    error read_connect(std::string_view target, std::string_view host_text, const site& host,
                       const way_in& way, arrival& out) const {
        if (way.tunnel != nullptr || way.secure)
            return error::method_not_supported;
        const std::optional<site> where = read_site(target);
        if (!where || wsintercept::detail::port_colon(target) == target.npos)
            return error::bad_target;
        out.where = *where;
        const bool named_port = wsintercept::detail::port_colon(host_text) != host_text.npos;
        if (host.host != where->host || (named_port && host.port != where->port))
            return error::wrong_host;
        const bool known = where->host == root_ ||
                           table_.may_match_host(where->host, where->port, false) ||
                           table_.may_match_host(where->host, where->port, true);
        out.kind = known ? arrival::kind::tunnel : arrival::kind::relay_tunnel;
        return known || relays_ ? error{} : error::not_intercepted;
    }

    /// RFC 9112 3.2.1. DNS rebinding: a Host that no row may match is not served, whoever asks.
    error read_origin_form(std::string_view target, const site& host, const way_in& way,
                           arrival& out) const {
        out.where = host;
        out.url = way.secure ? "https://" : "http://";
        out.url += host.host;
        if (host.port != (way.secure ? 443U : 80U))
            out.url += ':' + std::to_string(host.port);
        out.url += target;
        const bool known = way.tunnel != nullptr
                               ? *way.tunnel == host
                               : host == site{std::string{root_}, way.secure ? 443U : 80U} ||
                                     table_.may_match_host(host.host, host.port, way.secure);
        return known ? settle(out) : error::wrong_host;
    }

    /// RFC 9112 3.2.2; WebKit asks for ws:// so. The Host has to agree.
    error read_absolute_form(std::string_view target, const site& host, const way_in& way,
                             arrival& out) const {
        const std::size_t colon = target.find("://");
        if (colon == target.npos)
            return error::bad_target; // "*", or an authority
        std::string_view authority = target.substr(colon + 3);
        authority = authority.substr(0, authority.find_first_of("/?\\"));
        const std::string_view scheme = target.substr(0, colon);
        const std::optional<site> where = read_site(authority, way.secure);
        const bool plain = rfc9112::equal_ignoring_case(scheme, way.secure ? "https" : "http");
        const bool socket = rfc9112::equal_ignoring_case(scheme, way.secure ? "wss" : "ws");
        if (!where || !(plain || socket))
            return error::bad_target;
        out.where = *where;
        out.url = target;
        out.handshake = out.handshake || socket;
        const bool agree = host == *where && (way.tunnel == nullptr || *way.tunnel == *where);
        return agree ? settle(out) : error::wrong_host;
    }

    static error settle(arrival& out) {
        std::optional<std::string> url = normalise(out.url);
        if (!url)
            return error::bad_url;
        out.url = std::move(*url);
        return error{};
    }

    /// No row takes it, as the interceptor would see it.
    bool is_external(const arrival& a) const {
        const bool named_http = a.handshake && a.url.starts_with("http");
        const std::string as_ws = named_http ? "ws" + a.url.substr(4) : std::string{};
        return table_.match(named_http ? as_ws : a.url).action == action::external;
    }

    const Urls& table_;
    std::string_view root_;
    bool relays_;
};

} // namespace detail

/// What a head asks for. root: ROOT's name. relays: what no row takes goes to the network, where it
/// names its destination (a tunnel's, an absolute form's, a Host that a row has).
template <class Urls>
arrival read_arrival(const rfc9112::request_head& head, const way_in& way, const Urls& table,
                     std::string_view root, bool relays) {
    return detail::arrival_reader<Urls>{table, root, relays}.read(head, way);
}

} // namespace wsintercept::inline v0_1_0::loopback
