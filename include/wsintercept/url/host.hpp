// Hosts of URLs: names, IPv4 and IPv6 addresses, as the WHATWG's host parser writes them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::detail {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// The value of a hexadecimal digit; -1 if it is none.
constexpr int hex_value(char c) noexcept {
    const char l = lower(c);
    return is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

constexpr bool is_ascii(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x80;
}

/// Whether a character may stand in a host's name.
constexpr bool is_host_character(char c) noexcept {
    return c > 0x20 && c != 0x7f && is_ascii(c) &&
           std::string_view{"#/:<>?@[\\]^|%"}.find(c) == std::string_view::npos;
}

inline void append_number(std::string& out, std::uint64_t number) {
    out += std::to_string(number);
}

inline void append_lower(std::string& out, std::string_view text) {
    std::size_t at = out.size();
    for (out += text; at < out.size(); ++at)
        out[at] = lower(out[at]);
}

/// The text with each whole %XX decoded.
inline void append_percent_decoded(std::string& out, std::string_view text) {
    for (;;) {
        const std::size_t percent = (std::min)(text.find('%'), text.size());
        out += text.substr(0, percent);
        text.remove_prefix(percent);
        if (text.empty())
            return;
        const int high = text.size() > 2 ? hex_value(text[1]) : -1;
        const int low = text.size() > 2 ? hex_value(text[2]) : -1;
        const bool decoded = high >= 0 && low >= 0;
        const char c = decoded ? static_cast<char>(high * 16 + low) : '%';
        out += c;
        text.remove_prefix(decoded ? 3 : 1);
    }
}

/// One part of an IPv4 address: decimal, octal with a leading 0, hexadecimal with 0x.
constexpr std::optional<std::uint64_t> ipv4_number(std::string_view text) noexcept {
    if (text.empty())
        return std::nullopt;
    unsigned base = 10;
    if (text.size() >= 2 && text[0] == '0') {
        const bool hex = lower(text[1]) == 'x';
        base = hex ? 16 : 8;
        text.remove_prefix(hex ? 2 : 1);
    }
    std::uint64_t value = 0;
    for (const char c : text) {
        const int digit = hex_value(c);
        if (digit < 0 || static_cast<unsigned>(digit) >= base)
            return std::nullopt;
        if (value <= 0xffffffff) // larger ones stay too large
            value = value * base + static_cast<unsigned>(digit);
    }
    return value;
}

/// Whether a name's last label is a number: then it is an IPv4 address or nothing.
constexpr bool ends_in_number(std::string_view name) noexcept {
    if (name.ends_with('.'))
        name.remove_suffix(1);
    const std::size_t dot = name.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
    const bool digits = last.find_first_not_of("0123456789") == std::string_view::npos;
    return !last.empty() && (digits || (last.size() >= 2 && ipv4_number(last).has_value() &&
                                        last[0] == '0' && lower(last[1]) == 'x'));
}

inline std::optional<std::uint64_t> parse_ipv4(std::string_view text) noexcept {
    if (text.ends_with('.'))
        text.remove_suffix(1);
    std::uint64_t address = 0;
    for (unsigned part = 0;; ++part) {
        const std::size_t dot = text.find('.');
        const std::optional<std::uint64_t> number = ipv4_number(text.substr(0, dot));
        if (!number || part > 3)
            return std::nullopt;
        if (dot == std::string_view::npos) { // the last part fills what is left
            if (*number >= std::uint64_t{1} << (8 * (4 - part)))
                return std::nullopt;
            address |= *number;
            break;
        }
        if (*number > 255 || part == 3)
            return std::nullopt;
        address |= *number << (8 * (3 - part));
        text.remove_prefix(dot + 1);
    }
    return address;
}

using ipv6_pieces = std::array<std::uint16_t, 8>;

/// Four decimal bytes at the end of an IPv6 address, RFC 4291 2.2, as two pieces.
constexpr bool ipv6_tail(std::string_view text, std::uint16_t& high, std::uint16_t& low) noexcept {
    std::uint32_t address = 0;
    for (int part = 0; part < 4; ++part) {
        const std::size_t end = part < 3 ? text.find('.') : text.size();
        if (end == std::string_view::npos || end == 0 || end > 3 || (end > 1 && text[0] == '0'))
            return false;
        std::uint32_t number = 0;
        for (const char c : text.substr(0, end)) {
            if (!is_digit(c))
                return false;
            number = number * 10 + static_cast<std::uint32_t>(c - '0');
        }
        if (number > 255)
            return false;
        address = address << 8 | number;
        text.remove_prefix(part < 3 ? end + 1 : end);
    }
    high = static_cast<std::uint16_t>(address >> 16);
    low = static_cast<std::uint16_t>(address & 0xffff);
    return true;
}

/// The eight pieces of an IPv6 address without its brackets.
constexpr std::optional<ipv6_pieces> ipv6_parse(std::string_view text) noexcept {
    ipv6_pieces pieces{};
    std::size_t count = 0;
    std::optional<std::size_t> gap; // where "::" stands
    if (text.starts_with("::")) {
        gap = 0;
        text.remove_prefix(2);
    }
    while (!text.empty()) {
        if (count == 8)
            return std::nullopt;
        const std::size_t end = text.find(':');
        const std::string_view piece = text.substr(0, end);
        if (end == std::string_view::npos && piece.find('.') != std::string_view::npos) {
            if (count > 6 || !ipv6_tail(piece, pieces[count], pieces[count + 1]))
                return std::nullopt;
            count += 2;
            break;
        }
        if (piece.empty() || piece.size() > 4)
            return std::nullopt;
        unsigned value = 0;
        for (const char c : piece) {
            const int digit = hex_value(c);
            if (digit < 0)
                return std::nullopt;
            value = value * 16 + static_cast<unsigned>(digit);
        }
        pieces[count++] = static_cast<std::uint16_t>(value);
        if (end == std::string_view::npos)
            break;
        text.remove_prefix(end + 1);
        if (text.starts_with(':')) {
            if (gap)
                return std::nullopt;
            gap = count;
            text.remove_prefix(1);
        } else if (text.empty()) {
            return std::nullopt; // a single colon at the end
        }
    }
    if (!gap)
        return count == 8 ? std::optional{pieces} : std::nullopt;
    if (count == 8)
        return std::nullopt;
    for (std::size_t from = count, to = 8; from > *gap;) { // what follows the gap moves to the end
        pieces[--to] = pieces[--from];
        pieces[from] = 0;
    }
    return pieces;
}

/// RFC 5952: lower case, the first longest run of zeros as "::".
inline void append_ipv6(std::string& out, const ipv6_pieces& pieces) {
    std::size_t run = 8, length = 1;
    for (std::size_t i = 0; i < 8;) {
        std::size_t end = i;
        while (end < 8 && pieces[end] == 0)
            ++end;
        if (end - i > length) {
            run = i;
            length = end - i;
        }
        i = end + 1;
    }
    out += '[';
    for (std::size_t i = 0; i < 8;) {
        if (i == run) {
            out += i == 0 ? "::" : ":";
            i += length;
            continue;
        }
        char digits[] = "0000:";
        for (std::size_t d = 0; d < 4; ++d)
            digits[d] = "0123456789abcdef"[pieces[i] >> (12 - 4 * d) & 15];
        const std::size_t zeros =
            (std::min)(std::string_view{digits}.find_first_not_of('0'), std::size_t{3});
        out.append(digits + zeros, (++i < 8 ? 5U : 4U) - zeros);
    }
    out += ']';
}

/// Appends a host in normal form: lower case, percent-decoded, addresses in their usual form. False
/// if it cannot be a host, or is not ASCII.
inline bool append_host(std::string& out, std::string_view text) {
    if (text.starts_with('[')) {
        if (!text.ends_with(']') || text.size() < 2)
            return false;
        const std::optional<ipv6_pieces> pieces = ipv6_parse(text.substr(1, text.size() - 2));
        if (pieces)
            append_ipv6(out, *pieces);
        return pieces.has_value();
    }
    const std::size_t start = out.size();
    append_percent_decoded(out, text);
    for (std::size_t i = start; i < out.size(); ++i) {
        if (!is_host_character(out[i]))
            return false;
        out[i] = lower(out[i]);
    }
    const std::string_view name = std::string_view{out}.substr(start);
    if (name.empty() || !ends_in_number(name))
        return !name.empty();
    const std::optional<std::uint64_t> address = parse_ipv4(name);
    if (!address)
        return false;
    out.resize(start);
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        append_number(out, *address >> shift & 255);
        out += shift != 0 ? "." : "";
    }
    return true;
}

/// The same of a host alone.
inline std::optional<std::string> parse_host(std::string_view text) {
    std::string out;
    return append_host(out, text) ? std::optional{std::move(out)} : std::nullopt;
}

} // namespace wsintercept::inline v0_1_0::detail
