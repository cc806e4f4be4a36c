#include "encoding.hpp"

#include <wsintercept/rfc6455/utf8.hpp>

#include <array>
#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cwchar>
#include <locale.h>

namespace htmlrenderer {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> digit_values = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    return values;
}();

/// glibc's table of widths, whatever the user's locale.
int width_in_unicode(char32_t code_point) {
    static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (unicode == nullptr)
        return 1;
    const locale_t before = uselocale(unicode);
    const int width = wcwidth(static_cast<wchar_t>(code_point));
    uselocale(before);
    return width;
}

bool turns_text(char32_t c) {
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

} // namespace

std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::string_view part = bytes.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8 | (k < part.size() ? static_cast<unsigned char>(part[k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            text += k <= part.size() ? alphabet[bits >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0)
        return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text.substr(0, text.size() - padding)) {
        const int value = digit_values[static_cast<unsigned char>(c)];
        if (value < 0)
            return std::nullopt;
        bits = (bits << 6 | static_cast<unsigned>(value)) & 0xFFFF;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes += static_cast<char>(bits >> held & 0xFF);
        }
    }
    if ((bits & ((1U << held) - 1)) != 0)
        return std::nullopt;
    return bytes;
}

std::string octets_to_utf8(std::string_view octets) {
    std::string utf8;
    utf8.reserve(octets.size());
    for (const char c : octets)
        append_utf8(utf8, static_cast<unsigned char>(c));
    return utf8;
}

std::optional<std::string> utf8_to_octets(std::string_view utf8) {
    std::string octets;
    octets.reserve(utf8.size());
    while (!utf8.empty()) {
        const char32_t c = take_code_point(utf8);
        if (c > 0xFF)
            return std::nullopt;
        octets += static_cast<char>(c);
    }
    return octets;
}

wsintercept::message to_shown(wsintercept::message event) {
    const auto* name = event.size() > 1 ? std::get_if<std::string>(&event[1]) : nullptr;
    if (name == nullptr)
        return event;
    const auto show_head = [&](std::size_t index) {
        if (index < event.size())
            if (auto* head = std::get_if<std::string>(&event[index]))
                *head = octets_to_utf8(*head);
    };
    if (*name == wsintercept::websocket_upgrade::name)
        show_head(4);
    if (*name == wsintercept::http_request::name && event.size() == 11) {
        show_head(8);
        if (const auto* body = std::get_if<std::string>(&event[9]))
            if (!wsintercept::rfc6455::is_utf8(*body))
                event[9] = wsintercept::to_signed_bytes(*body);
    }
    return event;
}

char32_t take_code_point(std::string_view& utf8) {
    const auto first = static_cast<unsigned char>(utf8[0]);
    const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const std::string_view bytes = utf8.substr(0, size);
    if (bytes.size() != size || !wsintercept::rfc6455::is_utf8(bytes)) {
        utf8.remove_prefix(1);
        return 0xFFFD;
    }
    utf8.remove_prefix(size);
    char32_t c = size == 1 ? first : first & (0x7FU >> size);
    for (const char next : bytes.substr(1))
        c = c << 6 | (static_cast<unsigned char>(next) & 0x3FU);
    return c;
}

void append_utf8(std::string& to, char32_t c) {
    const auto put = [&](char32_t byte) { to += static_cast<char>(byte); };
    const auto tail = [&](unsigned shift) { put(0x80 | (c >> shift & 0x3F)); };
    if (c < 0x80)
        return put(c);
    if (c < 0x800) {
        put(0xC0 | c >> 6);
    } else if (c < 0x10000) {
        put(0xE0 | c >> 12);
        tail(6);
    } else {
        put(0xF0 | c >> 18);
        tail(12);
        tail(6);
    }
    tail(0);
}

std::string visible(char32_t c) {
    std::string text;
    if (c < 0x20)
        append_utf8(text, 0x2400 + c);
    else if (c == 0x7F)
        append_utf8(text, 0x2421);
    else if (c > 0x7F && (turns_text(c) || width_in_unicode(c) < 0)) {
        std::array<char, 16> escape{};
        std::snprintf(escape.data(), escape.size(), "\\u{%x}", static_cast<unsigned>(c));
        text = escape.data();
    } else
        append_utf8(text, c);
    return text;
}

std::string visible(std::string_view utf8) {
    std::string text;
    while (!utf8.empty())
        text += visible(take_code_point(utf8));
    return text;
}

unsigned columns(char32_t code_point) {
    if (code_point >= 0x20 && code_point < 0x7F)
        return 1;
    const int width = width_in_unicode(code_point);
    return width < 0 ? 1 : static_cast<unsigned>(width);
}

} // namespace htmlrenderer
