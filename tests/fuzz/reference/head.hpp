// Heads, slow and simple: RFC 9112 and RFC 9110 read line by line over the whole text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reference {

inline bool any_of(std::string_view set, char c) {
    return set.find(c) != set.npos;
}
inline bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
inline bool is_token(std::string_view text) {
    for (const char c : text)
        if (!is_letter(c) && !is_digit(c) && !any_of("!#$%&'*+-.^_`|~", c))
            return false;
    return !text.empty();
}
/// RFC 9110 5.5: visible, blank or obs-text.
inline bool is_text(std::string_view text) {
    for (const char c : text)
        if (c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F))
            return false;
    return true;
}
inline bool is_target(std::string_view text) {
    for (const char c : text)
        if (c <= 0x20 || c == 0x7F || c == '#')
            return false;
    return !text.empty();
}

inline std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + 32);
    return out;
}
inline std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Cut at a character that does not stand within quotes.
inline std::vector<std::string_view> split(std::string_view text, char at, bool quotes = true) {
    std::vector<std::string_view> out;
    bool quoted = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (quotes && text[i] == '"')
            quoted = !quoted;
        else if (quoted && text[i] == '\\')
            ++i;
        else if (!quoted && text[i] == at) {
            out.push_back(text.substr(begin, i - begin));
            begin = i + 1;
        }
    }
    out.push_back(text.substr(begin));
    return out;
}

/// The elements of a list, RFC 9110 5.6.1: trimmed, empty ones left out.
inline std::vector<std::string_view> elements(std::string_view list) {
    std::vector<std::string_view> out;
    for (const std::string_view e : split(list, ','))
        if (!trimmed(e).empty())
            out.push_back(trimmed(e));
    return out;
}

struct head {
    std::string_view bytes; ///< the blank line included
    std::string_view first; ///< the first line
    std::vector<std::pair<std::string_view, std::string_view>> fields;

    std::vector<std::string_view> values(std::string_view name) const {
        std::vector<std::string_view> out;
        for (const auto& [n, v] : fields)
            if (lower(n) == lower(name))
                out.push_back(v);
        return out;
    }
    bool has(std::string_view name) const { return !values(name).empty(); }
    /// Whether one of the lists has this token, in any case.
    bool has_element(std::string_view name, std::string_view token) const {
        for (const std::string_view v : values(name))
            for (const std::string_view e : elements(v))
                if (lower(e) == lower(token))
                    return true;
        return false;
    }
};

/// The head at the front of the text, but for its first line's own rules; nothing: none is there.
inline std::optional<head> read_head(std::string_view text, std::size_t most_bytes,
                                     std::size_t most_fields) {
    const std::size_t end = text.find("\r\n\r\n");
    if (end == text.npos || end + 4 > most_bytes)
        return std::nullopt;
    head out{text.substr(0, end + 4), {}, {}};
    std::string_view rest = text.substr(0, end + 2);
    for (bool first = true; !rest.empty(); first = false) {
        const std::size_t stop = rest.find("\r\n");
        const std::string_view line = rest.substr(0, stop);
        rest.remove_prefix(stop + 2);
        if (!is_text(line)) // no lone CR or LF
            return std::nullopt;
        if (first) {
            out.first = line;
            continue;
        }
        const std::size_t colon = line.find(':');
        if (colon == line.npos || !is_token(line.substr(0, colon)))
            return std::nullopt;
        out.fields.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    }
    return out.fields.size() <= most_fields ? std::optional{out} : std::nullopt;
}

inline bool is_version(std::string_view text) {
    return text == "HTTP/1.1" || text == "HTTP/1.0";
}

/// RFC 9112 3.
inline std::optional<head> read_request(std::string_view text, std::size_t most_bytes,
                                        std::size_t most_fields) {
    std::optional<head> out = read_head(text, most_bytes, most_fields);
    if (!out)
        return out;
    const auto words = split(out->first, ' ', false);
    const bool good =
        words.size() == 3 && is_token(words[0]) && is_target(words[1]) && is_version(words[2]);
    return good ? out : std::nullopt;
}

/// RFC 9112 4.
inline std::optional<head> read_status(std::string_view text, std::size_t most_bytes,
                                       std::size_t most_fields) {
    std::optional<head> out = read_head(text, most_bytes, most_fields);
    if (!out)
        return out;
    const std::string_view line = out->first;
    const bool good = line.size() >= 13 && is_version(line.substr(0, 8)) && line[8] == ' ' &&
                      is_digit(line[9]) && is_digit(line[10]) && is_digit(line[11]) &&
                      line[12] == ' ';
    return good ? out : std::nullopt;
}

} // namespace reference
