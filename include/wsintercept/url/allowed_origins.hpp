// Which pages may open intercepted sockets: RFC 6455 10.2, and RFC 6454 for the Origin.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/rfc9112/words.hpp>
#include <wsintercept/url/intercepted_urls.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0 {

/// Allowed are http and https with the literal host of an intercepted row and of ROOT, on the row's
/// port (`*`: any; none: the default), and origins allowed by name. Rows with a `*` in the host or
/// in a part of the port, rows without "://" and rows with action 0 add nobody; `null` and an
/// absent Origin are refused unless allowed. Origins are compared whole, as browsers write them:
/// lower case, without a default port.
class allowed_origins {
  public:
    allowed_origins() = default; ///< allows nobody
    explicit allowed_origins(const intercepted_urls& table);
    static allowed_origins anyone(); ///< for tests and echo hosts: whatever the Origin, or none

    /// Allows an exact origin ("http://app.test:8080", "app://host", "null"). False: it is none.
    bool allow(std::string_view origin);
    void allow_absent() { absent_ = true; } ///< a request without an Origin

    /// Whether a page of this origin (as the field's value has it) may connect. Any thread.
    bool allows(std::string_view origin) const noexcept;
    bool allows_absent() const noexcept { return anyone_ || absent_; }

  private:
    using names = std::set<std::string, std::less<>>;

    names origins_;  ///< serialised, RFC 6454 6.2
    names any_port_; ///< the same without a port: any is allowed
    bool absent_ = false;
    bool anyone_ = false;
};

namespace detail {

/// An origin by name in the form in which browsers send it; nothing if it is none.
[[gnu::cold]] inline std::optional<std::string> serialise_origin(std::string_view origin) {
    if (origin == "null")
        return std::string{origin};
    const std::size_t colon = origin.find("://");
    if (colon == std::string_view::npos || !rfc9112::is_scheme(origin.substr(0, colon)))
        return std::nullopt;
    std::string out;
    append_lower(out, origin.substr(0, colon));
    const std::string_view authority = origin.substr(colon + 3);
    const std::size_t port_at = port_colon(authority);
    const std::string_view name = authority.substr(0, port_at);
    const std::size_t scheme = scheme_index(out);
    out += "://";
    if (name.empty() && scheme == url_schemes.size())
        return authority.empty() ? std::optional{out} : std::nullopt; // "qrc://", "file://"
    const std::optional<std::string> host = parse_host(name);
    if (!host || host->find('*') != std::string::npos || name.find('%') != std::string_view::npos)
        return std::nullopt;
    out += *host;
    if (port_at != std::string_view::npos) {
        const std::optional<unsigned> port = parse_port(authority.substr(port_at + 1));
        if (!port)
            return std::nullopt;
        if (scheme == url_schemes.size() || url_schemes[scheme].port != *port)
            append_port(out, *port);
    }
    return out;
}

} // namespace detail

[[gnu::cold]] inline allowed_origins::allowed_origins(const intercepted_urls& table) {
    constexpr auto npos = std::string_view::npos;
    const auto add = [this](std::string_view site) {
        for (const char* scheme : {"http://", "https://"})
            allow(std::string{scheme}.append(site));
    };
    add(table.root());
    for (std::size_t i = 0; i < table.size(); ++i) {
        const detail::pattern_shape shape = table.shape(i);
        if (table.action(i) == action::external || shape.host == 0 || shape.schemes == 0)
            continue;
        const std::string_view site = shape.authority(table.pattern(i));
        const std::size_t star = site.find('*'), colon = detail::port_colon(site);
        if (star == npos) {
            add(site);
        } else if (colon != npos && star == colon + 1 && star + 1 == site.size()) {
            for (const char* scheme : {"http://", "https://"}) {
                std::string origin{scheme};
                origin += site.substr(0, colon);
                any_port_.insert(std::move(origin));
            }
        }
    }
}

inline allowed_origins allowed_origins::anyone() {
    allowed_origins all;
    all.anyone_ = true;
    return all;
}

inline bool allowed_origins::allow(std::string_view origin) {
    std::optional<std::string> name = detail::serialise_origin(origin);
    if (name)
        origins_.insert(std::move(*name));
    return name.has_value();
}

inline bool allowed_origins::allows(std::string_view origin) const noexcept {
    if (anyone_ || origins_.contains(origin))
        return true;
    if (any_port_.empty())
        return false;
    if (any_port_.contains(origin))
        return true;
    const std::size_t colon = origin.rfind(':');
    if (colon == std::string_view::npos)
        return false;
    // A port as browsers write it: no leading zero, not the default one.
    const std::string_view digits = origin.substr(colon + 1);
    const std::optional<unsigned> port = detail::parse_port(digits);
    const unsigned left_out = origin.starts_with("https:") ? 443 : 80;
    return port && *port != left_out && (digits == "0" || digits[0] != '0') &&
           any_port_.contains(origin.substr(0, colon));
}

} // namespace wsintercept::inline v0_1_0
