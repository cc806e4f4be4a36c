// One pattern of InterceptedURLs: its normal form, and what it can match.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/url/glob.hpp>
#include <wsintercept/url/normal_form.hpp>
#include <wsintercept/url/url_cut.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::detail {

/// Where the parts of a pattern's normal form lie. Kept apart from the text, so that it stays valid
/// wherever the text moves.
struct pattern_shape {
    std::uint32_t host = 0; ///< where host and port begin; 0: the pattern has no "://"
    std::uint32_t rest = 0; ///< where the first '/' behind them is; the text's size if it has none
    std::uint8_t schemes = 0;  ///< bit i: it may match url_schemes[i]
    bool default_port = false; ///< host and port end in the default port, which URLs leave out

    constexpr std::string_view authority(std::string_view text) const noexcept {
        return text.substr(host, rest - host);
    }
    /// Host and port as URLs have them.
    constexpr std::string_view site(std::string_view text) const noexcept {
        const std::string_view own = authority(text);
        return default_port ? own.substr(0, own.rfind(':')) : own;
    }
    /// Whether a pattern with this shape matches the URL. `end`: see glob.
    bool matches(std::string_view text, const url_cut& url,
                 const char* end = nullptr) const noexcept {
        if ((schemes >> url.scheme & 1U) == 0)
            return false;
        if (host == 0)
            return glob(text, url.whole, end);
        return matches_authority(text, url) &&
               (rest == text.size() || glob(text.substr(rest), url.target(), end));
    }
    /// Whether it matches some URL with this scheme, host and port.
    bool may_match(std::string_view text, const url_cut& site) const noexcept {
        return (schemes >> site.scheme & 1U) != 0 && (host == 0 || matches_authority(text, site));
    }
    /// Whether it matches every URL with this scheme, host and port. The URL's target is "/".
    bool takes_all(std::string_view text, const url_cut& site) const noexcept {
        return text.ends_with('*') && matches(text, site);
    }
    /// Whether host and port fit.
    bool matches_authority(std::string_view text, const url_cut& url) const noexcept {
        return !(default_port && port_colon(url.authority()) != std::string_view::npos) &&
               glob(site(text), url.authority());
    }
};

/// What is doubtful in a pattern, and in which of its columns (from 0).
struct pattern_warning {
    std::size_t column;
    std::string_view text; ///< static
};

/// A pattern, read.
struct pattern {
    std::string text; ///< in normal form
    pattern_shape shape{};
    std::optional<error> wrong{}; ///< the rest is then unusable
    std::size_t column = 0;       ///< where it is wrong, from 0
    std::vector<pattern_warning> warnings{};
    std::string_view reach{}; ///< said of a pattern that matches tunnels to any host; static
};

/// Reads one pattern. Brings to normal form what its literal text settles: a `*` in the path leaves
/// open whether path or query follows, and what has no "://" may lie anywhere in a URL.
class pattern_reader {
  public:
    explicit pattern_reader(std::string_view source) : source_{source} {}

    [[gnu::cold]] pattern read() {
        if (source_.empty())
            return fail(error::empty_pattern, 0);
        for (std::size_t i = 0; i < source_.size(); ++i)
            if (static_cast<unsigned char>(source_[i]) <= 0x20 || source_[i] == 0x7f)
                return fail(error::pattern_control_character, i);
        const std::size_t colon = source_.find("://");
        if (colon == npos)
            return read_free();
        read_scheme(colon);
        const std::size_t begin = colon + 3;
        const std::size_t end = (std::min)(source_.find_first_of("/\\?#", begin), source_.size());
        if (!read_authority(begin, end))
            return std::move(out_);
        if (end == source_.size() && source_.back() == '*')
            out_.shape.rest = static_cast<std::uint32_t>(out_.text.size());
        else
            read_rest(end);
        drop_double_stars();
        return std::move(out_);
    }

  private:
    static constexpr auto npos = std::string_view::npos;

    pattern fail(error why, std::size_t column) {
        out_.wrong = why;
        out_.column = column;
        return std::move(out_);
    }
    void warn(std::size_t column, std::string_view text) {
        out_.warnings.push_back({column, text});
    }

    void set_reach(std::string_view what) {
        for (std::size_t i = 0; i < url_schemes.size(); ++i)
            if (url_schemes[i].tls && (out_.shape.schemes >> i & 1U) != 0)
                out_.reach = what;
    }

    static constexpr bool begins_url(std::string_view scheme, std::string_view text) noexcept {
        return scheme.starts_with(text) ||
               (text.starts_with(scheme) &&
                std::string_view{"://"}.starts_with(text.substr(scheme.size())));
    }

    /// A `*` behind another says nothing.
    void drop_double_stars() {
        if (out_.text.find("**") == npos)
            return;
        const pattern_shape shape = out_.shape;
        std::size_t size = 0;
        char before = 0;
        for (std::size_t i = 0; i < out_.text.size(); ++i) {
            const char c = out_.text[i];
            if (c == '*' && before == '*') {
                out_.shape.host -= i < shape.host ? 1U : 0U;
                out_.shape.rest -= i < shape.rest ? 1U : 0U;
            } else {
                out_.text[size++] = c;
            }
            before = c;
        }
        out_.text.resize(size);
    }

    /// A pattern without "://": its stars run over everything.
    [[gnu::cold]] pattern read_free() {
        const std::size_t star = source_.find('*');
        const std::size_t path = (std::min)(source_.find_first_of("/?"), source_.size());
        for (std::size_t i = 0; i < path; ++i)
            if (!is_ascii(source_[i]))
                return fail(error::pattern_not_ascii, i);
        append_lower(out_.text, source_.substr(0, star));
        if (star != npos) {
            for (std::size_t i = 0; i < url_schemes.size(); ++i)
                if (begins_url(url_schemes[i].name, out_.text))
                    out_.shape.schemes |= static_cast<std::uint8_t>(1U << i);
            const std::size_t query = (std::min)(source_.find('?', star), source_.size());
            append_escaped(out_.text, source_.substr(star, query - star), url_place::either);
            append_escaped(out_.text, source_.substr(query), url_place::query);
            for (std::size_t i = star; i < path; ++i)
                if (lower(source_[i]) != source_[i]) {
                    warn(i, "a host has no upper-case letters: this matches behind it only");
                    break;
                }
        }
        if (out_.shape.schemes == 0) {
            warn(0, "no URL can match: a URL starts with its scheme, as in *://myapp/*");
        } else if (const std::size_t at = source_.find('#'); at != npos) {
            warn(at, "no URL can match: URLs come without a fragment");
            out_.shape.schemes = 0;
        }
        set_reach("every https and wss host");
        drop_double_stars();
        return std::move(out_);
    }

    void read_scheme(std::size_t colon) {
        append_lower(out_.text, source_.substr(0, colon));
        for (std::size_t i = 0; i < url_schemes.size(); ++i)
            if (glob(out_.text, url_schemes[i].name))
                out_.shape.schemes |= static_cast<std::uint8_t>(1U << i);
        scheme_ = scheme_index(out_.text);
        if (out_.shape.schemes == 0)
            warn(0, "no URL can match: the schemes are ws, wss, http and https");
        out_.text += "://";
        out_.shape.host = static_cast<std::uint32_t>(out_.text.size());
    }

    bool read_authority(std::size_t begin, std::size_t end) {
        std::string_view authority = source_.substr(begin, end - begin);
        if (const std::size_t at = authority.rfind('@'); at != npos) {
            warn(begin, "URLs come without user information: left out");
            authority.remove_prefix(at + 1);
            begin += at + 1;
        }
        const std::size_t colon = port_colon(authority);
        const std::string_view host = authority.substr(0, colon);
        if (!read_host(host, begin))
            return false;
        if (colon != npos)
            read_port(host, authority.substr(colon + 1), begin + colon + 1);
        return true;
    }

    [[gnu::cold]] bool read_host(std::string_view host, std::size_t column) {
        std::string decoded;
        append_percent_decoded(decoded, host);
        if (!std::all_of(decoded.begin(), decoded.end(), is_ascii)) {
            std::size_t at = 0; // of the byte, or else of the first that is percent-encoded
            while (at < host.size() && is_ascii(host[at]))
                ++at;
            fail(error::pattern_not_ascii, column + (std::min)(at, host.find('%')));
            return false;
        }
        const bool literal = host.find('*') == npos;
        if (const std::optional<std::string> whole = parse_host(host); whole && literal) {
            out_.text += *whole;
            return true;
        }
        const bool name = std::all_of(decoded.begin(), decoded.end(), is_host_character);
        if (literal || (!name && !host.starts_with('[')))
            warn(column, "no URL can match: this is no host");
        else if (host.find_first_not_of('*') == npos)
            set_reach("every https and wss host");
        append_lower(out_.text, name ? std::string_view{decoded} : host);
        return true;
    }

    [[gnu::cold]] void read_port(std::string_view host, std::string_view port, std::size_t column) {
        if (port.empty())
            return;
        const std::optional<unsigned> number = parse_port(port);
        bool is_default = false, is_other = false; // of the schemes that it may match
        for (std::size_t i = 0; number && i < url_schemes.size(); ++i)
            if ((out_.shape.schemes >> i & 1U) != 0)
                (url_schemes[i].port == *number ? is_default : is_other) = true;
        if (!number && port.find('*') == npos)
            warn(column, "no URL can match: this is no port");
        if (scheme_ < url_schemes.size() && is_default) {
            // Behind a `*` the port must stay: without it, the `*` would take any other port.
            if (host.find('*') == npos)
                return;
            out_.shape.default_port = true;
        } else if (is_default) {
            warn(column, is_other ? "URLs leave out their scheme's default port: this matches the "
                                    "other schemes only"
                                  : "no URL can match: URLs leave out their scheme's default port");
        }
        if (number && !out_.reach.empty())
            set_reach("every https and wss host on this port");
        if (number)
            append_port(out_.text, *number);
        else
            out_.text.append(":").append(port);
    }

    /// From the path on; `begin` is at a slash, '?', '#', or the end.
    [[gnu::cold]] void read_rest(std::size_t begin) {
        out_.shape.rest = static_cast<std::uint32_t>(out_.text.size());
        std::string_view rest = source_.substr(begin);
        if (const std::size_t fragment = rest.find('#'); fragment != npos) {
            warn(begin + fragment, "URLs come without a fragment: left out");
            rest = rest.substr(0, fragment);
        }
        const std::size_t stop = (std::min)(rest.find_first_of("*?"), rest.size());
        if (stop == rest.size() || rest[stop] == '?') {
            append_path(out_.text, rest.substr(0, stop));
            append_escaped(out_.text, rest.substr(stop, 1), url_place::either);
            if (stop < rest.size())
                append_escaped(out_.text, rest.substr(stop + 1), url_place::query);
            return;
        }
        // Dot segments go up to the segment with the first `*`, since that may stand for slashes.
        const std::size_t slash = rest.find_last_of("/\\", stop);
        append_path(out_.text, rest.substr(0, slash), false);
        out_.text += '/';
        append_escaped(out_.text, rest.substr(slash + 1, stop - slash - 1), url_place::path);
        const std::size_t query = (std::min)(rest.find('?', stop), rest.size());
        const std::string_view open = rest.substr(stop, query - stop);
        if (const std::size_t at = open.find_first_of("\\^`{|}'"); at != npos)
            warn(begin + stop + at, "paths and queries encode this character differently: this "
                                    "matches where it stands as it is");
        append_escaped(out_.text, open, url_place::either);
        append_escaped(out_.text, rest.substr(query), url_place::query);
    }

    std::string_view source_;
    pattern out_{};
    std::size_t scheme_ = url_schemes.size(); ///< index, if the scheme is literal
};

} // namespace wsintercept::inline v0_1_0::detail
