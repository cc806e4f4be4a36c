// Whether a request is a valid opening handshake, RFC 6455 4.2.1, slow and simple.
#pragma once

#include "head.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

inline bool percents_are_whole(std::string_view text) {
    const auto is_hex = [](char c) { return any_of("0123456789abcdefABCDEF", c); };
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '%' &&
            (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])))
            return false;
    return true;
}

/// RFC 3986 3.2.2 and 3.2.3; the system knows what an IPv6 address is.
inline bool is_host(std::string_view text) {
    std::string_view name = text.substr(0, text.find(':')), port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == text.npos)
            return false;
        in6_addr ignored;
        const std::string address{text.substr(1, end - 1)};
        if (address.find('\0') != address.npos ||
            inet_pton(AF_INET6, address.c_str(), &ignored) != 1)
            return false;
        name = text.substr(0, end + 1);
    } else {
        for (const char c : name)
            if (!is_letter(c) && !is_digit(c) && !any_of("-._~!$&'()*+;=%", c))
                return false;
        if (name.empty() || !percents_are_whole(name))
            return false;
    }
    port = text.substr(name.size());
    if (port.empty())
        return true;
    return port[0] == ':' && port.size() >= 2 && port.size() <= 6 &&
           std::all_of(port.begin() + 1, port.end(), is_digit) &&
           std::stoi(std::string{port.substr(1)}) <= 65535;
}

inline bool is_upgrade_target(std::string_view target) {
    if (!percents_are_whole(target))
        return false;
    for (const char c : target)
        if (static_cast<unsigned char>(c) > 0x7E)
            return false;
    if (target.starts_with('/'))
        return true;
    for (const std::string_view scheme : {"ws://", "wss://", "http://", "https://"})
        if (lower(target.substr(0, scheme.size())) == scheme) {
            target.remove_prefix(scheme.size());
            return is_host(target.substr(0, target.find_first_of("/?")));
        }
    return false;
}

/// RFC 6454 7.1.
inline bool is_origin_list(std::string_view text) {
    if (text == "null")
        return true;
    for (const std::string_view origin : split(text, ' ', false)) {
        const std::size_t colon = origin.find("://");
        if (colon == origin.npos || colon == 0 || !is_letter(origin[0]))
            return false;
        const std::string_view scheme = origin.substr(0, colon), host = origin.substr(colon + 3);
        for (const char c : scheme)
            if (!is_letter(c) && !is_digit(c) && !any_of("+-.", c))
                return false;
        const bool web = lower(scheme) == "http" || lower(scheme) == "https";
        if (host.empty() ? web : !is_host(host))
            return false;
    }
    return true;
}

/// The base64 of 16 bytes, RFC 4648 4.
inline bool is_key(std::string_view key) {
    if (key.size() != 24 || key.substr(22) != "==" || !any_of("AQgw", key[21]))
        return false;
    for (const char c : key.substr(0, 22))
        if (!is_letter(c) && !is_digit(c) && !any_of("+/", c))
            return false;
    return true;
}

/// RFC 6455 9.1: extensions and their parameters.
inline bool is_extension_list(std::string_view list) {
    for (const std::string_view extension : elements(list)) {
        const auto parts = split(extension, ';');
        if (!is_token(trimmed(parts[0])))
            return false;
        for (std::size_t i = 1; i < parts.size(); ++i) {
            const std::size_t equal = parts[i].find('=');
            if (!is_token(trimmed(parts[i].substr(0, equal))))
                return false;
            if (equal == parts[i].npos)
                continue;
            const std::string_view value = trimmed(parts[i].substr(equal + 1));
            if (!value.starts_with('"')) {
                if (!is_token(value))
                    return false;
                continue;
            }
            if (value.size() < 3 || !value.ends_with('"'))
                return false;
            std::string plain; // what is quoted is a token once its escapes are undone
            for (std::size_t k = 1; k + 1 < value.size(); ++k) {
                if (value[k] == '\\' && ++k + 1 == value.size())
                    return false;
                else if (value[k] == '"' && value[k - 1] != '\\')
                    return false;
                plain += value[k];
            }
            if (!is_token(plain))
                return false;
        }
    }
    return !elements(list).empty();
}

/// `method` and `target`: of the request line, whose version is HTTP/1.1.
inline bool is_upgrade(const head& request) {
    const auto words = split(request.first, ' ', false);
    if (words[0] != "GET" || words[2] != "HTTP/1.1" || !is_upgrade_target(words[1]))
        return false;
    const auto one = [&](std::string_view name, auto&& good) {
        const auto values = request.values(name);
        return values.size() == 1 && good(values[0]);
    };
    const auto none_or_one = [&](std::string_view name, auto&& good) {
        return !request.has(name) || one(name, good);
    };
    if (!one("Host", is_host) ||
        !one("Upgrade", [](std::string_view v) { return lower(v) == "websocket"; }) ||
        !request.has_element("Connection", "upgrade") || !one("Sec-WebSocket-Key", is_key) ||
        !one("Sec-WebSocket-Version", [](std::string_view v) { return v == "13"; }) ||
        !none_or_one("Origin", is_origin_list) ||
        !none_or_one("Content-Length", [](std::string_view v) { return v == "0"; }) ||
        request.has("Transfer-Encoding"))
        return false;
    std::vector<std::string_view> offered;
    for (const std::string_view list : request.values("Sec-WebSocket-Protocol")) {
        if (elements(list).empty())
            return false;
        for (const std::string_view name : elements(list)) {
            if (!is_token(name) || std::count(offered.begin(), offered.end(), name) != 0)
                return false;
            offered.push_back(name);
        }
    }
    for (const std::string_view list : request.values("Sec-WebSocket-Extensions"))
        if (!is_extension_list(list))
            return false;
    return offered.size() <= 256;
}

} // namespace reference
