// A WebSocket that its engine redirected to the endpoint's own address: what it was for, and its
// head as it would have been. QtWebEngine's interceptors do that.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/loopback/arrival.hpp>
#include <wsintercept/loopback/credentials.hpp>
#include <wsintercept/loopback/forwarded.hpp>
#include <wsintercept/rfc6455/upgrade_request.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/rfc9112/words.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback {

namespace detail {

inline error read_redirected(const rfc9112::request_head& head, const rfc9112::occurrence& url,
                             const way_in& way, std::uint16_t port, arrival& out) {
    if (url.count != 1)
        return error::duplicate_redirected_url;
    const rfc9112::occurrence host = rfc9112::find(head.fields, "Host");
    if (host.count != 1)
        return host.count == 0 ? error::no_host : error::duplicate_host;
    const std::string own = "127.0.0.1" + (port == 80 ? "" : ':' + std::to_string(port));
    if (host.value != own || way.tunnel != nullptr || way.secure)
        return error::wrong_host;
    if (head.version < 11)
        return error::bad_http_version;
    if (head.target[0] != '/')
        return error::bad_target;
    if (!rfc6455::is_opening_handshake(head))
        return error::redirected_no_handshake;
    const bool visible =
        std::all_of(url.value.begin(), url.value.end(), [](char c) { return c > ' ' && c <= '~'; });
    std::optional<std::string> normal = visible ? normalise(url.value) : std::nullopt;
    if (!normal || !normal->starts_with("ws"))
        return error::bad_redirected_url;
    out.url = std::move(*normal);
    out.secure = out.url.starts_with("wss:");
    const url_parts parts = *split_url(out.url);
    out.where = {std::string{parts.host}, parts.port};
    return error{};
}

} // namespace detail

/// What it asks for. url: credentials::redirected_url of a head that has the secret; port: the
/// endpoint's. It is never relayed: only what a row takes is redirected.
inline arrival read_redirected(const rfc9112::request_head& head, const rfc9112::occurrence& url,
                               const way_in& way, std::uint16_t port) {
    arrival out;
    out.redirected = true;
    out.handshake = true;
    out.reason = detail::read_redirected(head, url, way, port, out);
    out.kind = out.reason == error{} ? arrival::kind::request : arrival::kind::refused;
    return out;
}

/// The head as events show it: with the target and the Host of the URL, and without what is between
/// the engine and us.
inline std::string head_before_redirect(const rfc9112::request_head& head, const arrival& a,
                                        const std::optional<credentials>& wanted) {
    const url_parts parts = *split_url(a.url);
    std::string_view host = a.url;
    host.remove_prefix(parts.scheme.size() + 3);
    host = host.substr(0, host.find('/'));
    std::string out;
    out.append(head.method).append(" ").append(parts.target).append(" HTTP/1.1\r\n");
    for (const rfc9112::field& f : head.fields)
        if (!is_for_us(f.name, wanted))
            out.append(f.name)
                .append(": ")
                .append(rfc9112::equal_ignoring_case(f.name, "Host") ? host : f.value)
                .append("\r\n");
    return out.append("\r\n");
}

} // namespace wsintercept::inline v0_1_0::loopback
