// What a head on the loopback port asks for, in every form in which engines were seen to ask.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/loopback/credentials.hpp>
#include <wsintercept/rfc6455/upgrade_request.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/rfc9112/write_head.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::loopback {

/// A host and a port, in normal form.
struct site {
    std::string host;
    unsigned port = 80;
    friend bool operator==(const site&, const site&) = default;
};

/// What a head asks for.
struct arrival {
    enum class kind : std::uint8_t {
        refused,
        tunnel,  ///< CONNECT: `where` is to be answered with 200
        request, ///< `url` is to be opened
    };
    arrival::kind kind = kind::refused;
    error reason{};       ///< refused: why
    site where;           ///< of the target
    std::string url;      ///< in normal form
    bool at_root = false; ///< http://ROOT/...
    bool handshake = false;
};

namespace detail {

/// "host:port" or "host" as a Host field or an authority has it. Stricter than RFC 3986: no '%',
/// which no browser sends.
inline std::optional<site> read_site(std::string_view text) {
    if (!rfc9112::is_host(text) || text.find('%') != text.npos)
        return std::nullopt;
    const std::optional<std::string> url = normalise("http://" + std::string{text} + "/");
    const std::optional<url_parts> parts = url ? split_url(*url) : std::nullopt;
    if (!parts)
        return std::nullopt;
    return site{std::string{parts->host}, parts->port};
}

/// Reads heads. `Urls`: a URL policy.
template <class Urls>
class arrival_reader {
  public:
    arrival_reader(const Urls& table, std::string_view root) noexcept
        : table_{table}, root_{root} {}

    /// tunnel: what a CONNECT on this connection named before, or null.
    arrival read(const rfc9112::request_head& head, const site* tunnel) const {
        arrival out;
        out.reason = read(head, tunnel, out);
        if (out.reason == error{})
            out.kind = head.method == "CONNECT" ? arrival::kind::tunnel : arrival::kind::request;
        return out;
    }

  private:
    error read(const rfc9112::request_head& head, const site* tunnel, arrival& out) const {
        out.handshake = rfc6455::is_opening_handshake(head);
        // RFC 9112 3.2, CVE-2025-14523: exactly one Host.
        const rfc9112::occurrence field = rfc9112::find(head.fields, "Host");
        if (field.count != 1)
            return field.count == 0 ? error::no_host : error::duplicate_host;
        const std::optional<site> host = read_site(field.value);
        if (!host)
            return error::bad_host;
        if (head.method == "CONNECT")
            return read_connect(head.target, field.value, *host, tunnel, out);
        if (head.method == "TRACE")
            return error::method_not_supported;
        // A handshake of HTTP/1.0 is the interceptor's to refuse: it ends in an event.
        if (head.version < 11 && !out.handshake)
            return error::bad_http_version;
        const error bad = head.target[0] == '/'
                              ? read_origin_form(head.target, *host, tunnel, out)
                              : read_absolute_form(head.target, *host, tunnel, out);
        out.at_root = out.where == site{std::string{root_}, 80};
        return bad;
    }

    /// RFC 9110 9.3.6. WebKit's Host has no port there.
    error read_connect(std::string_view target, std::string_view host_text, const site& host,
                       const site* tunnel, arrival& out) const {
        if (tunnel != nullptr)
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
        return known ? error{} : error::not_intercepted;
    }

    /// RFC 9112 3.2.1. DNS rebinding: a Host that no row may match is not served, whoever asks.
    error read_origin_form(std::string_view target, const site& host, const site* tunnel,
                           arrival& out) const {
        out.where = host;
        out.url = "http://" + host.host;
        if (host.port != 80)
            out.url += ':' + std::to_string(host.port);
        out.url += target;
        const bool known = tunnel != nullptr
                               ? *tunnel == host
                               : host == site{std::string{root_}, 80} ||
                                     table_.may_match_host(host.host, host.port, false);
        return known ? settle(out) : error::wrong_host;
    }

    /// RFC 9112 3.2.2; WebKit asks for ws:// so. The Host has to agree.
    error read_absolute_form(std::string_view target, const site& host, const site* tunnel,
                             arrival& out) const {
        const std::size_t colon = target.find("://");
        if (colon == target.npos)
            return error::bad_target; // "*", or an authority
        std::string_view authority = target.substr(colon + 3);
        authority = authority.substr(0, authority.find_first_of("/?\\"));
        const std::string_view scheme = target.substr(0, colon);
        const std::optional<site> where = read_site(authority);
        if (!where || !(rfc9112::equal_ignoring_case(scheme, "http") ||
                        rfc9112::equal_ignoring_case(scheme, "ws")))
            return error::bad_target;
        out.where = *where;
        out.url = target;
        out.handshake = out.handshake || scheme.size() == 2;
        const bool agree = host == *where && (tunnel == nullptr || *tunnel == *where);
        return agree ? settle(out) : error::wrong_host;
    }

    static error settle(arrival& out) {
        std::optional<std::string> url = normalise(out.url);
        if (!url)
            return error::bad_url;
        out.url = std::move(*url);
        return error{};
    }

    const Urls& table_;
    std::string_view root_;
};

} // namespace detail

/// What a head asks for. tunnel: what a CONNECT on this connection named before, or null.
template <class Urls>
arrival read_arrival(const rfc9112::request_head& head, const site* tunnel, const Urls& table,
                     std::string_view root) {
    return detail::arrival_reader<Urls>{table, root}.read(head, tunnel);
}

/// The head as events show it: as it came, without what concerns the proxy or holds the secret.
inline std::string shown_head(const rfc9112::request_head& head,
                              const std::optional<credentials>& wanted = std::nullopt) {
    return rfc9112::without_fields(head.bytes, head.fields, [&](std::string_view name) {
        return rfc9112::equal_ignoring_case(name.substr(0, 6), "Proxy-") ||
               (wanted && wanted->hides(name));
    });
}

} // namespace wsintercept::loopback
