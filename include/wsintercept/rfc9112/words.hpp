// Words of HTTP, RFC 9110 and RFC 3986: tokens, values, lists, hosts, phrases. No allocation.
#pragma once

#include <wsintercept/rfc9112/known_word.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace wsintercept::inline v0_1_0::rfc9112 {

namespace detail {

enum : std::uint8_t {
    tchar = 1,       ///< RFC 9110 5.6.2
    text_char = 2,   ///< RFC 9110 5.5: blank, visible, obs-text
    target_char = 4, ///< what a target may hold here: visible ASCII without '#'
    host_char = 8,   ///< RFC 3986 3.2.2 reg-name without '%' and ','
    digit = 16,
    hex_digit = 32,
    alpha = 64,
    target_part = 128, ///< target_char without '%'
};

constexpr std::array<std::uint8_t, 256> make_classes() noexcept {
    std::array<std::uint8_t, 256> table{};
    const auto add = [&table](std::string_view set, std::uint8_t bits) {
        for (const char c : set) {
            auto& entry = table[static_cast<unsigned char>(c)];
            entry = static_cast<std::uint8_t>(entry | bits);
        }
    };
    for (std::size_t c = 0x20; c < 256; ++c)
        table[c] = c == 0x7F                          ? 0
                   : c > 0x20 && c < 0x7F && c != '#' ? text_char | target_char | target_part
                                                      : text_char;
    table['\t'] = text_char;
    table['%'] = text_char | target_char;
    add("0123456789", digit | hex_digit | tchar | host_char);
    add("abcdefABCDEF", hex_digit);
    add("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", alpha | tchar | host_char);
    add("!#$%&'*+-.^_`|~", tchar);
    add("-._~!$&'()*+;=", host_char);
    return table;
}
inline constexpr std::array<std::uint8_t, 256> classes = make_classes();

constexpr bool is(char c, unsigned bits) noexcept {
    return (classes[static_cast<unsigned char>(c)] & bits) != 0;
}
/// How many characters ahead are of a class, which is one bit. In line even in large programs,
/// where compilers stop: most texts are short.
[[gnu::always_inline]] constexpr std::size_t run(std::string_view text, unsigned bit) noexcept {
    const auto of = [text](std::size_t i) { return classes[static_cast<unsigned char>(text[i])]; };
    std::size_t n = 0;
    while (text.size() - n >= 4 && (of(n) & of(n + 1) & of(n + 2) & of(n + 3) & bit) != 0)
        n += 4;
    while (n < text.size() && is(text[n], bit))
        ++n;
    return n;
}
constexpr bool all(std::string_view text, unsigned bit) noexcept {
    return run(text, bit) == text.size();
}
constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
/// equal_ignoring_case of texts of one size, as many bytes at once as a Word has, which is no more.
template <class Word>
inline bool equal_by_words(std::string_view a, std::string_view b) noexcept {
    constexpr Word each = static_cast<Word>(0x0101010101010101U), top = each * 0x80;
    for (std::size_t i = 0; i < a.size(); i += sizeof(Word)) {
        const std::size_t at = (std::min)(i, a.size() - sizeof(Word));
        Word x, y;
        std::memcpy(&x, a.data() + at, sizeof x);
        std::memcpy(&y, b.data() + at, sizeof y);
        const Word differ = x ^ y;
        if (differ == 0)
            continue;
        // The top bit of each byte that is a letter: from 'a' on, and not behind 'z'.
        const Word folded = (y | each * 0x20) & ~top;
        const Word letter = (folded + each * (0x80 - 'a')) & ~(folded + each * (0x7F - 'z')) & ~y;
        if ((differ & ~(each * 0x20)) != 0 || (differ << 2 & top & ~letter) != 0)
            return false;
    }
    return true;
}
constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

/// `run`, and over each '%' that has two hexadecimal digits behind it: RFC 3986 2.1.
constexpr std::size_t run_with_percents(std::string_view text, unsigned bit) noexcept {
    for (std::size_t n = 0;; n += 3) {
        n += run(text.substr(n), bit);
        if (text.size() - n < 3 || text[n] != '%' || !all(text.substr(n + 1, 2), hex_digit))
            return n;
    }
}

constexpr bool is_ipv4(std::string_view text) noexcept {
    for (int octet = 0; octet < 4; ++octet) {
        unsigned value = 0;
        std::size_t n = 0;
        for (; n < text.size() && n < 3 && is(text[n], digit); ++n)
            value = value * 10 + static_cast<unsigned>(text[n] - '0');
        if (n == 0 || value > 255 || (n > 1 && text[0] == '0'))
            return false;
        text.remove_prefix(n);
        if (octet == 3)
            return text.empty();
        if (text.empty() || text[0] != '.')
            return false;
        text.remove_prefix(1);
    }
    return false;
}

/// RFC 3986 3.2.2 IPv6address.
constexpr bool is_ipv6(std::string_view text) noexcept {
    int groups = 0;
    bool gap = starts_with<"::">(text);
    if (gap)
        text.remove_prefix(2);
    if (gap && text.empty())
        return true;
    for (;;) {
        std::size_t n = 0;
        while (n < text.size() && n < 4 && is(text[n], hex_digit))
            ++n;
        if (n < text.size() && text[n] == '.') // a dotted quad stands for the last two groups
            return is_ipv4(text) && (gap ? groups <= 5 : groups == 6);
        if (n == 0 || ++groups > 8)
            return false;
        text.remove_prefix(n);
        if (text.empty())
            return gap ? groups <= 7 : groups == 8;
        if (text[0] != ':')
            return false;
        text.remove_prefix(1);
        if (!text.empty() && text[0] == ':') {
            if (gap)
                return false;
            gap = true;
            text.remove_prefix(1);
            if (text.empty())
                return groups <= 7;
        }
    }
}

} // namespace detail

/// Whether they differ in the case of ASCII letters at most: so names of fields, schemes and hosts
/// are compared.
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size())
        return false;
    if (a.size() < 4 || std::is_constant_evaluated()) {
        for (std::size_t i = 0; i < a.size(); ++i)
            if (detail::lower(a[i]) != detail::lower(b[i]))
                return false;
        return true;
    }
    if (a.size() < 8)
        return detail::equal_by_words<std::uint32_t>(a, b);
    return detail::equal_by_words<std::uint64_t>(a, b);
}

/// Without the blanks around it: RFC 9110 5.6.3.
constexpr std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && detail::is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && detail::is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// RFC 9110 5.6.2.
constexpr bool is_token(std::string_view text) noexcept {
    return !text.empty() && detail::all(text, detail::tchar);
}

/// RFC 9110 5.5: no controls but the tab; obs-text allowed. Empty, or with blanks around it: fine.
constexpr bool is_field_value(std::string_view text) noexcept {
    return detail::all(text, detail::text_char);
}

namespace detail {

/// How many characters ahead are a scheme, RFC 3986 3.1; 0: none.
constexpr std::size_t scheme_size(std::string_view text) noexcept {
    if (text.empty() || !is(text[0], alpha))
        return 0;
    std::size_t n = 1;
    while (n < text.size() &&
           (is(text[n], alpha | digit) || text[n] == '+' || text[n] == '-' || text[n] == '.'))
        ++n;
    return n;
}

/// How many characters ahead are a host and, where a colon follows it, its port: see is_host. 0:
/// none, or a bad one.
constexpr std::size_t host_size(std::string_view text) noexcept {
    std::size_t n = 0;
    if (!text.empty() && text[0] == '[') {
        n = text.find(']');
        if (n++ == text.npos || !is_ipv6(text.substr(1, n - 2)))
            return 0;
    } else {
        n = run_with_percents(text, host_char);
    }
    if (n == 0 || n == text.size() || text[n] != ':')
        return n;
    const std::size_t digits = run(text.substr(++n), digit);
    unsigned port = 0;
    for (const char c : text.substr(n, (std::min)(digits, std::size_t{6})))
        port = port * 10 + static_cast<unsigned>(c - '0');
    return digits == 0 || digits > 5 || port > 65535 ? 0 : n + digits;
}

} // namespace detail

/// RFC 3986 3.1.
constexpr bool is_scheme(std::string_view text) noexcept {
    return !text.empty() && detail::scheme_size(text) == text.size();
}

/// RFC 3986 3.2.2 with optional ":port", but stricter: a host is not empty and has no comma (two
/// values in one line), a port is 0 to 65535, no zone, no IPvFuture.
constexpr bool is_host(std::string_view text) noexcept {
    return !text.empty() && detail::host_size(text) == text.size();
}

/// Calls `visit(element)` for each element of a comma-separated list ("a , b"), empty ones left
/// out (RFC 9110 5.6.1); quoted strings are kept whole. Stops where visit returns false; says
/// whether it came to the end.
template <class Visit>
constexpr bool for_each_element(std::string_view list, Visit&& visit) {
    std::size_t start = 0;
    bool quoted = false;
    for (std::size_t i = 0; i <= list.size(); ++i) {
        if (i < list.size()) {
            if (list[i] == '"')
                quoted = !quoted;
            else if (quoted && list[i] == '\\' && i + 1 < list.size())
                ++i; // the escaped character
            if (quoted || list[i] != ',')
                continue;
        }
        const std::string_view element = trim(list.substr(start, i - start));
        start = i + 1;
        if (!element.empty() && !visit(element))
            return false;
    }
    return true;
}

namespace detail {

/// Whether an element of a comma-separated list is what is asked for. A list that is itself has
/// such an element, too: mostly it is the only one.
template <class Is>
constexpr bool any_element(std::string_view list, const Is& is_wanted) noexcept {
    return is_wanted(list) ||
           !for_each_element(list, [&is_wanted](std::string_view element) noexcept {
               return !is_wanted(element);
           });
}

} // namespace detail

/// The standard phrase of a status code, or "": RFC 9110 15.
constexpr std::string_view standard_reason(unsigned status) noexcept {
    switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 305: return "Use Proxy";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 511: return "Network Authentication Required";
    default: return "";
    }
}

} // namespace wsintercept::inline v0_1_0::rfc9112
