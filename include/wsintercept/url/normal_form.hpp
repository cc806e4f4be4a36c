// URLs as browsers write them: RFC 3986 6.2 as the WHATWG's URL parser does it.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/url/host.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0 {

/// The parts of a URL in normal form; views into it.
struct url_parts {
    std::string_view scheme; ///< "ws", without the colon
    std::string_view host;   ///< lower case; an IPv6 address in brackets
    unsigned port = 0;       ///< the scheme's default if the URL has none
    std::string_view target; ///< path and query, starts with '/'
};

/// The normal form of an absolute ws, wss, http or https URL: lower-case scheme and host, no
/// default port, no user information, no fragment, no dot segments, percent-encoded as the WHATWG
/// does it (and `|` in a path, as Chromium does). Nothing if it is no such URL, or its host is not
/// ASCII: engines give Punycode.
std::optional<std::string> normalise(std::string_view url);
/// The same into `out`, whose capacity serves again; false where it gives nothing.
bool normalise(std::string_view url, std::string& out);

/// The parts of a URL that normalise made.
std::optional<url_parts> split_url(std::string_view normal_url) noexcept;

namespace detail {

struct url_scheme {
    std::string_view name;
    unsigned port; ///< the default
    bool tls;
};
inline constexpr std::array<url_scheme, 4> url_schemes{
    {{"ws", 80, false}, {"wss", 443, true}, {"http", 80, false}, {"https", 443, true}}};

/// Which of url_schemes; its size if none. The name in lower case.
constexpr std::size_t scheme_index(std::string_view name) noexcept {
    std::size_t i = 0;
    while (i < url_schemes.size() && url_schemes[i].name != name)
        ++i;
    return i;
}

/// Where a character stands: this decides whether it is percent-encoded.
enum class url_place : std::uint8_t {
    path,
    query,
    either ///< behind a `*` in a pattern: only what both encode
};

constexpr bool is_escaped(char c, url_place place) noexcept {
    if (c <= 0x20 || c == 0x7f || !is_ascii(c) || c == '"' || c == '<' || c == '>')
        return true;
    switch (place) {
    case url_place::path: return std::string_view{"#?^`{|}"}.find(c) != std::string_view::npos;
    case url_place::query: return c == '#' || c == '\'';
    case url_place::either: break;
    }
    return false;
}

inline void append_escaped(std::string& out, std::string_view text, url_place place) {
    for (;;) {
        std::size_t plain = 0;
        while (plain < text.size() && !is_escaped(text[plain], place))
            ++plain;
        out += text.substr(0, plain);
        if (plain == text.size())
            return;
        const unsigned byte = static_cast<unsigned char>(text[plain]);
        const char code[] = {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
        out.append(code, sizeof code);
        text.remove_prefix(plain + 1);
    }
}

/// How many dots a path's segment stands for: 1, 2, or 0 if it is no dot segment.
constexpr unsigned dot_segment(std::string_view segment) noexcept {
    unsigned dots = 0;
    while (!segment.empty()) {
        const bool encoded = segment.size() >= 3 && segment[0] == '%' && segment[1] == '2' &&
                             lower(segment[2]) == 'e';
        if ((!encoded && segment[0] != '.') || dots == 2)
            return 0;
        ++dots;
        segment.remove_prefix(encoded ? 3 : 1);
    }
    return dots;
}

/// Appends a path without its dot segments. `path` is empty or starts with a slash of either kind;
/// `complete`: nothing follows it, so that a dot segment at its end leaves a slash.
inline void append_path(std::string& out, std::string_view path, bool complete = true) {
    const std::size_t root = out.size();
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::string_view segment = path.substr(0, path.find_first_of("/\\"));
        path.remove_prefix(segment.size());
        const unsigned dots = dot_segment(segment);
        if (dots == 2 && out.size() > root)
            out.resize(out.rfind('/'));
        if (dots == 0 || (path.empty() && complete))
            out += '/';
        if (dots == 0)
            append_escaped(out, segment, url_place::path);
    }
    if (out.size() == root && complete)
        out += '/';
}

/// A port's digits; nothing if they are none, or more than 65535.
constexpr std::optional<unsigned> parse_port(std::string_view text) noexcept {
    unsigned port = 0;
    for (const char c : text) {
        if (!is_digit(c))
            return std::nullopt;
        port = port * 10 + static_cast<unsigned>(c - '0');
        if (port > 65535)
            return std::nullopt;
    }
    return text.empty() ? std::nullopt : std::optional{port};
}

inline void append_port(std::string& out, unsigned port) {
    out += ':';
    append_number(out, port);
}

/// Where the port's colon stands in "host:port"; npos if there is none.
constexpr std::size_t port_colon(std::string_view authority) noexcept {
    const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
    return bracket == std::string_view::npos ? bracket : authority.find(':', bracket);
}

} // namespace detail

inline bool normalise(std::string_view url, std::string& out) {
    constexpr auto npos = std::string_view::npos;
    // Blanks around a URL, tabs and line ends inside it are dropped.
    while (!url.empty() && static_cast<unsigned char>(url.front()) <= 0x20)
        url.remove_prefix(1);
    while (!url.empty() && static_cast<unsigned char>(url.back()) <= 0x20)
        url.remove_suffix(1);
    std::string cleaned;
    if (url.find_first_of("\t\n\r") != npos) {
        for (const char c : url)
            if (c != '\t' && c != '\n' && c != '\r')
                cleaned += c;
        url = cleaned;
    }

    const std::size_t colon = url.find(':');
    if (colon == npos || colon > 5)
        return false;
    out.clear();
    detail::append_lower(out, url.substr(0, colon));
    const std::size_t scheme = detail::scheme_index(out);
    if (scheme == detail::url_schemes.size())
        return false;
    url.remove_prefix(colon + 1);
    url.remove_prefix((std::min)(url.find_first_not_of("/\\"), url.size()));
    url = url.substr(0, url.find('#'));

    std::string_view authority = url.substr(0, url.find_first_of("/\\?"));
    url.remove_prefix(authority.size());
    if (const std::size_t at = authority.rfind('@'); at != npos)
        authority.remove_prefix(at + 1);
    const std::size_t port_at = detail::port_colon(authority);
    out += "://";
    if (!detail::append_host(out, authority.substr(0, port_at)))
        return false;
    if (port_at != npos && port_at + 1 < authority.size()) {
        const std::optional<unsigned> port = detail::parse_port(authority.substr(port_at + 1));
        if (!port)
            return false;
        if (*port != detail::url_schemes[scheme].port)
            detail::append_port(out, *port);
    }

    const std::size_t query = url.find('?');
    detail::append_path(out, url.substr(0, query));
    if (query != npos) {
        out += '?';
        detail::append_escaped(out, url.substr(query + 1), detail::url_place::query);
    }
    return true;
}

inline std::optional<std::string> normalise(std::string_view url) {
    std::string out;
    return normalise(url, out) ? std::optional{std::move(out)} : std::nullopt;
}

inline std::optional<url_parts> split_url(std::string_view normal_url) noexcept {
    constexpr auto npos = std::string_view::npos;
    const std::size_t colon = normal_url.find(':');
    if (colon == npos || normal_url.substr(colon, 3) != "://")
        return std::nullopt;
    url_parts parts;
    parts.scheme = normal_url.substr(0, colon);
    const std::size_t scheme = detail::scheme_index(parts.scheme);
    const std::size_t slash = normal_url.find('/', colon + 3);
    if (scheme == detail::url_schemes.size() || slash == npos)
        return std::nullopt;
    const std::string_view authority = normal_url.substr(colon + 3, slash - colon - 3);
    const std::size_t port_at = detail::port_colon(authority);
    parts.host = authority.substr(0, port_at);
    parts.port = detail::url_schemes[scheme].port;
    if (port_at != npos) {
        const std::optional<unsigned> port = detail::parse_port(authority.substr(port_at + 1));
        if (!port)
            return std::nullopt;
        parts.port = *port;
    }
    parts.target = normal_url.substr(slash);
    return parts.host.empty() ? std::nullopt : std::optional{parts};
}

} // namespace wsintercept::inline v0_1_0
