// How a pattern of InterceptedURLs matches, tried in every way; both are in normal form.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace reference {

/// Whether the `*` at `star` may stand for this character: before "://" it stays within the scheme,
/// from there to the next slash within host and port, else, and as the last, it takes anything.
inline bool may_take(std::string_view pattern, std::size_t star, char c) {
    const std::size_t colon = pattern.find("://");
    if (star + 1 == pattern.size() || colon == pattern.npos)
        return true;
    if (star < colon)
        return c != ':' && c != '/';
    return star > pattern.find('/', colon + 3) || c != '/';
}

/// From these positions on.
inline bool matches(std::string_view pattern, std::size_t p, std::string_view url, std::size_t u) {
    if (p == pattern.size())
        return u == url.size();
    if (pattern[p] != '*')
        return u < url.size() && url[u] == pattern[p] && matches(pattern, p + 1, url, u + 1);
    for (;; ++u) {
        if (matches(pattern, p + 1, url, u))
            return true;
        if (u == url.size() || !may_take(pattern, p, url[u]))
            return false;
    }
}

/// A URL, or a pattern, with the default port of its scheme written out.
inline std::string with_port(std::string_view url) {
    const std::size_t begin = url.find("://") + 3;
    const std::size_t end = url.find('/', begin) == url.npos ? url.size() : url.find('/', begin);
    const std::string_view scheme = url.substr(0, begin - 3);
    const bool tls = scheme == "wss" || scheme == "https";
    return std::string{url.substr(0, end)}.append(tls ? ":443" : ":80").append(url.substr(end));
}

/// Whether host and port of a pattern end in the default port of its one scheme.
inline bool ends_in_default_port(std::string_view pattern) {
    const std::size_t colon = pattern.find("://");
    if (colon == pattern.npos)
        return false;
    const std::string_view scheme = pattern.substr(0, colon);
    const bool tls = scheme == "wss" || scheme == "https";
    if (!tls && scheme != "ws" && scheme != "http")
        return false;
    const std::string_view rest = pattern.substr(colon + 3);
    return rest.substr(0, rest.find('/')).ends_with(tls ? ":443" : ":80");
}

inline bool has_port(std::string_view url) {
    const std::string_view rest = url.substr(url.find("://") + 3);
    const std::string_view site = rest.substr(0, rest.find('/'));
    return site.rfind(':') != site.npos && site.find(']', site.rfind(':')) == site.npos;
}

inline bool matches(std::string_view pattern, std::string_view url) {
    if (ends_in_default_port(pattern)) // URLs leave it out
        return !has_port(url) && matches(pattern, 0, with_port(url), 0);
    return matches(pattern, 0, url, 0);
}

} // namespace reference
