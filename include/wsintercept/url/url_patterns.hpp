// A URL policy: the web's URLPattern, as far as it needs no regular expressions.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/url/explain.hpp>
#include <wsintercept/url/normal_form.hpp>
#include <wsintercept/url/pattern.hpp>
#include <wsintercept/url/row.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0 {

namespace detail {

/// One component of a URLPattern: literal text, `any` for a `*`, `segment` for a `:name`.
struct url_component {
    static constexpr char any = '\x01', segment = '\x02';
    static constexpr std::size_t max_size = 1023;

    std::string text;
    char delimiter = 0; ///< what a `segment` does not match

    /// Whether it matches the whole text. All ways at once: a step for each byte and place.
    bool matches(std::string_view of) const noexcept {
        places here;
        here.add(text, 0);
        for (const char c : of) {
            places next;
            for (std::size_t word = 0; word < here.bits.size(); ++word)
                for (std::uint64_t bits = here.bits[word]; bits != 0; bits &= bits - 1) {
                    const std::size_t at =
                        word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
                    if (at == text.size())
                        continue;
                    if (text[at] == any || (text[at] == segment && c != delimiter))
                        next.add(text, at);
                    if (text[at] == c || (text[at] == segment && c != delimiter))
                        next.add(text, at + 1);
                }
            here = next;
        }
        return here.has(text.size());
    }

  private:
    struct places {
        std::array<std::uint64_t, 16> bits{};
        void add(std::string_view component, std::size_t at) noexcept {
            bits[at / 64] |= std::uint64_t{1} << at % 64;
            if (at < component.size() && component[at] == any) // or nothing
                add(component, at + 1);
        }
        bool has(std::size_t at) const noexcept { return (bits[at / 64] >> at % 64 & 1U) != 0; }
    };
};

/// A whole one. A fragment is not part of it: URLs come without.
struct url_pattern {
    url_component protocol, hostname, port, pathname, search;

    bool matches_site(const url_cut& url) const noexcept {
        const std::size_t colon = port_colon(url.authority());
        return protocol.matches(url_schemes[url.scheme].name) &&
               hostname.matches(url.authority().substr(0, colon)) &&
               port.matches(colon == std::string_view::npos ? std::string_view{}
                                                            : url.authority().substr(colon + 1));
    }
    bool matches(const url_cut& url) const noexcept {
        const std::size_t query = (std::min)(url.target().find('?'), url.target().size());
        return matches_site(url) && pathname.matches(url.target().substr(0, query)) &&
               search.matches(url.target().substr((std::min)(query + 1, url.target().size())));
    }
};

/// Reads the constructor string of a URLPattern: WHATWG URL Pattern 2.1.
class url_pattern_reader {
  public:
    explicit url_pattern_reader(std::string_view source) noexcept : source_{source} {}

    std::optional<url_pattern> read() {
        url_pattern out;
        out.hostname.delimiter = '.';
        out.pathname.delimiter = '/';
        const std::size_t colon = source_.find("://");
        if (source_.empty())
            return fail(error::empty_pattern, {});
        if (colon == npos)
            return fail(error::pattern_unsupported, "it has to begin with its scheme, as in ws://");
        // A component without its predecessors is read to its end; those behind the last match all.
        if (!component(out.protocol, colon, {}, url_place::either))
            return std::nullopt;
        at_ = colon + 3;
        if (!component(out.hostname, npos, ":/?#", url_place::either))
            return std::nullopt;
        lower_case(out.protocol.text);
        lower_case(out.hostname.text);
        if (next() == ':') {
            ++at_;
            if (!component(out.port, npos, "/?#", url_place::either))
                return std::nullopt;
        }
        leave_out_default(out);
        out.pathname.text = out.search.text = std::string(1, url_component::any);
        if (next() == '/') {
            out.pathname.text.clear();
            if (!component(out.pathname, npos, "?#", url_place::path))
                return std::nullopt;
        } else if (next() == '?') {
            out.pathname.text = "/";
        }
        if (next() == '?') {
            at_ += source_[at_] == '\\' ? 2U : 1U;
            out.search.text.clear();
            if (!component(out.search, npos, "#", url_place::query))
                return std::nullopt;
        }
        if (next() == '#')
            return fail(error::pattern_unsupported, "a fragment: URLs come without one");
        for (const url_component* c :
             {&out.protocol, &out.hostname, &out.port, &out.pathname, &out.search})
            if (c->text.size() > url_component::max_size)
                return fail(error::pattern_unsupported, "a component longer than 1,023 bytes");
        return out;
    }

    error wrong = error{};
    std::size_t column = 0; ///< where, from 0
    std::string what;       ///< more of it, or empty

  private:
    static constexpr auto npos = std::string_view::npos;

    std::nullopt_t fail(error why, std::string more) {
        wrong = why;
        column = at_;
        what = std::move(more);
        return std::nullopt;
    }
    static constexpr bool begins_name(char c) noexcept {
        return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '$';
    }
    static void lower_case(std::string& text) {
        std::transform(text.begin(), text.end(), text.begin(), lower);
    }
    /// The byte that follows, escaped or not; 0 at the end.
    char next() const noexcept {
        const bool escaped = source_.substr(at_, 1) == "\\" && at_ + 1 < source_.size();
        return at_ == source_.size() ? '\0' : source_[at_ + (escaped ? 1U : 0U)];
    }

    /// Up to `end`, or to one of `stops`.
    bool component(url_component& out, std::size_t end, std::string_view stops, url_place place) {
        bool after_group = false;
        while (at_ < (std::min)(end, source_.size())) {
            const char c = source_[at_];
            if (c == '(') {
                fail(error::pattern_unsupported,
                     "a regexp group: only literals, * and :name are matched here");
                return false;
            }
            if (c == '{' || c == '}') {
                fail(error::pattern_unsupported, "a group in braces");
                return false;
            }
            if (after_group && (c == '?' || c == '+' || c == '*')) {
                fail(error::pattern_unsupported,
                     c == '?' ? "a modifier behind a group: write \\? where the query begins"
                              : "a modifier behind a group");
                return false;
            }
            const bool named =
                c == ':' && at_ + 1 < source_.size() && begins_name(source_[at_ + 1]);
            if (!named && stops.find(next()) != npos)
                return true;
            after_group = named || c == '*';
            if (named) {
                for (++at_;
                     at_ < source_.size() && (begins_name(source_[at_]) || is_digit(source_[at_]));)
                    ++at_;
                out.text += url_component::segment;
            } else if (c == '*') {
                ++at_;
                out.text += url_component::any;
            } else if (!literal(out, place)) {
                return false;
            }
        }
        return true;
    }
    bool literal(url_component& out, url_place place) {
        const char c = next();
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) {
            fail(error::pattern_control_character, {});
            return false;
        }
        if (!is_ascii(c) && place == url_place::either) {
            fail(error::pattern_not_ascii, {});
            return false;
        }
        append_escaped(out.text, std::string_view{&c, 1}, place);
        at_ += source_[at_] == '\\' && at_ + 1 < source_.size() ? 2U : 1U;
        return true;
    }
    /// URLs leave out their scheme's default port.
    static void leave_out_default(url_pattern& p) {
        const std::size_t scheme = scheme_index(p.protocol.text);
        const std::optional<unsigned> port = parse_port(p.port.text);
        if (port)
            p.port.text = std::to_string(*port);
        if (port && scheme < url_schemes.size() && url_schemes[scheme].port == *port)
            p.port.text.clear();
    }

    std::string_view source_;
    std::size_t at_ = 0;
};

} // namespace detail

/// Rows are constructor strings of URLPattern with literal, wildcard (`*`) and named (`:id`) parts;
/// the first that matches decides. `:id` is one or more bytes, of a path without '/', of a host
/// without '.'. Regexp groups, groups in braces and modifiers (`?`, `+`, `*` behind a group) are
/// errors, and so is a pattern without a scheme. Compiled once, then immutable: share it between
/// threads. Each row is asked in turn, none goes back and tries again.
class url_patterns {
  public:
    using built = built_urls<url_patterns>;

    /// Compiles the rows; a part that is not supported is an error, with its column.
    static built build(std::span<const row> rows) {
        built out;
        auto table = std::make_shared<url_patterns>();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i].action > action::manual)
                detail::report(out.errors, i, 0, error::pattern_bad_action);
            detail::url_pattern_reader reader{rows[i].pattern};
            if (std::optional<detail::url_pattern> p = reader.read())
                table->rows_.push_back({rows[i], std::move(*p)});
            else
                detail::report(out.errors, i, reader.column, reader.wrong,
                               describe(reader.wrong) +
                                   (reader.what.empty() ? "" : ": " + reader.what));
        }
        if (out.errors.empty())
            out.table = std::move(table);
        return out;
    }

    /// The first row for a URL in normal form (see normalise). Any thread.
    decision match(std::string_view url) const noexcept {
        const std::optional<detail::url_cut> cut = detail::cut_url(url);
        for (std::size_t i = 0; cut && i < rows_.size(); ++i)
            if (rows_[i].pattern.matches(*cut))
                return {rows_[i].of.action, i, &rows_[i].of.options};
        return {};
    }
    /// Whether a row with action 1 or 2 may match a URL of this host, port and scheme: ws or http,
    /// with tls wss or https. Any thread.
    bool may_match_host(std::string_view host, unsigned port, bool tls) const noexcept {
        for (const char* scheme : {tls ? "wss" : "ws", tls ? "https" : "http"}) {
            const detail::site_url site{scheme, host, port};
            const auto may = [&site](const compiled& r) {
                return r.of.action != action::external && r.pattern.matches_site(*site.cut());
            };
            if (site.cut() && std::any_of(rows_.begin(), rows_.end(), may))
                return true;
        }
        return false;
    }

    /// See explain_url.
    std::string explain(std::string_view url) const { return explain_url(*this, url); }
    std::size_t size() const noexcept { return rows_.size(); }
    /// For explanations: a row's pattern.
    std::string_view row_text(std::size_t row) const noexcept { return rows_[row].of.pattern; }

  private:
    struct compiled {
        row of;
        detail::url_pattern pattern;
    };

    std::vector<compiled> rows_;
};

} // namespace wsintercept::inline v0_1_0
