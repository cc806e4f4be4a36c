// InterceptedURLs: the ordered table of patterns. The first row that matches decides.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/url/decision.hpp>
#include <wsintercept/url/pattern.hpp>

#include <charconv>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept {

/// A row: a pattern, what becomes of the URLs that it matches, and options.
struct row {
    std::string pattern;
    wsintercept::action action = wsintercept::action::automatic;
    row_options options{};
};

/// What is wrong, or doubtful, with a row.
struct row_problem {
    std::size_t row = 0;    ///< counted from 0; decision::no_row: ROOT, not a row
    std::size_t column = 0; ///< counted from 0, in bytes of the pattern
    std::error_code code{}; ///< set for an error; clear for a warning
    std::string text;       ///< "row 2, column 7: a control character in a pattern"
};

/// The table, compiled once, then immutable: share it between threads.
///
/// How far a `*` reaches: before a pattern's "://" within the scheme, from there to the next '/'
/// within host and port; as a pattern's last character, and everywhere else, over anything.
class intercepted_urls {
  public:
    struct built {
        std::shared_ptr<const intercepted_urls> table; ///< null if there is an error
        std::vector<row_problem> errors;
        std::vector<row_problem> warnings;
    };

    /// Compiles the rows. No rows: the single row `*://ROOT/*` = 1. ROOT is the application's
    /// virtual host; it is lower-cased.
    static built build(std::span<const row> rows, std::string_view root = "myapp");

    /// The first row that matches a URL in normal form (see normalise). Any thread.
    decision match(std::string_view url) const noexcept;

    /// Whether any row with action 1 or 2 can match a URL of this host, port and scheme: ws or
    /// http, with tls wss or https. Decides on a tunnel whose path is not known yet. Rows behind
    /// one with action 0 that takes the whole host do not count. Any thread.
    bool may_match_host(std::string_view host, unsigned port, bool tls) const noexcept;

    /// The same for one scheme: "ws", "wss", "http" or "https".
    bool may_match_site(std::string_view scheme, std::string_view host,
                        unsigned port) const noexcept;

    /// One line that says which row decides on a URL and why; its first word is `external`, `auto`
    /// or `manual`. The URL need not be in normal form.
    std::string explain(std::string_view url) const;

    std::span<const row> rows() const noexcept { return rows_; } ///< patterns in normal form
    std::string_view root() const noexcept { return root_; }

    /// How the pattern of a row is cut. For what is made from tables: PAC text, origins.
    const detail::pattern_shape& shape(std::size_t row) const noexcept { return shapes_[row]; }

  private:
    intercepted_urls() = default;

    std::vector<row> rows_;
    std::vector<detail::pattern_shape> shapes_; ///< beside rows_
    std::string root_;
};

namespace detail {

inline constexpr std::size_t max_rows = std::size_t{1} << 20;
inline constexpr std::size_t max_pattern = std::size_t{1} << 16;
inline constexpr std::size_t max_host = 1024; ///< DNS ends names at 253

constexpr std::string_view action_word(action a) noexcept {
    switch (a) {
    case action::external: return "external";
    case action::automatic: return "auto";
    case action::manual: return "manual";
    }
    return "external";
}

inline row_problem problem(std::size_t row, std::size_t column, std::error_code code,
                           std::string_view text) {
    return {row, column, code,
            "row " + std::to_string(row + 1) + ", column " + std::to_string(column + 1) + ": " +
                std::string{text}};
}
inline row_problem problem(std::size_t row, std::size_t column, error why) {
    return problem(row, column, why, describe(why));
}

} // namespace detail

inline intercepted_urls::built intercepted_urls::build(std::span<const row> rows,
                                                       std::string_view root) {
    built out;
    const std::shared_ptr<intercepted_urls> table{new intercepted_urls};
    if (std::optional<std::string> host = detail::parse_host(root);
        host && host->find('*') == std::string::npos)
        table->root_ = std::move(*host);
    else
        out.errors.push_back({decision::no_row, 0, error::root_not_host,
                              std::string{"root: "} + describe(error::root_not_host)});
    const row whole_root{"*://" + table->root_ + "/*", action::automatic, {}};
    if (rows.empty())
        rows = {&whole_root, 1};
    if (rows.size() > detail::max_rows) {
        out.errors.push_back(detail::problem(detail::max_rows, 0, error::table_too_large));
        return out;
    }

    table->rows_.reserve(rows.size());
    table->shapes_.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const row& r = rows[i];
        if (r.pattern.size() > detail::max_pattern) {
            out.errors.push_back(detail::problem(i, detail::max_pattern, error::pattern_too_long));
            continue;
        }
        detail::pattern p = detail::pattern_reader{r.pattern}.read();
        if (p.wrong)
            out.errors.push_back(detail::problem(i, p.column, *p.wrong));
        if (r.action > action::manual)
            out.errors.push_back(detail::problem(i, 0, error::pattern_bad_action));
        if (r.options.deflate && !r.options.deflate->in_range())
            out.errors.push_back(detail::problem(i, 0, error::row_bad_deflate));
        for (const detail::pattern_warning& w : p.warnings)
            out.warnings.push_back(detail::problem(i, w.column, {}, w.text));
        if (!p.wrong && !p.reach.empty() && r.action != action::external)
            out.warnings.push_back(detail::problem(
                i, 0, {}, std::string{p.reach} + " then comes through the endpoint"));
        table->rows_.push_back({std::move(p.text), r.action, r.options});
        table->shapes_.push_back(p.shape);
    }
    if (out.errors.empty())
        out.table = table;
    return out;
}

inline decision intercepted_urls::match(std::string_view url) const noexcept {
    const std::optional<detail::url_cut> cut = detail::cut_url(url);
    if (!cut)
        return {};
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (shapes_[i].matches(rows_[i].pattern, *cut))
            return {rows_[i].action, i, &rows_[i].options};
    return {};
}

inline bool intercepted_urls::may_match_site(std::string_view scheme, std::string_view host,
                                             unsigned port) const noexcept {
    const std::size_t index = detail::scheme_index(scheme);
    if (index == detail::url_schemes.size() || host.size() > detail::max_host || port > 65535)
        return false;
    char text[detail::max_host + 16]; // "https://" HOST ":65535" "/"
    std::size_t size = 0;
    const auto add = [&](std::string_view part) {
        for (const char c : part)
            text[size++] = detail::lower(c);
    };
    add(scheme);
    add("://");
    add(host);
    if (port != detail::url_schemes[index].port) {
        text[size++] = ':';
        size =
            static_cast<std::size_t>(std::to_chars(text + size, text + size + 5, port).ptr - text);
    }
    add("/");

    const std::optional<detail::url_cut> site = detail::cut_url({text, size});
    if (!site || site->target != "/")
        return false;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (rows_[i].action != action::external) {
            if (shapes_[i].may_match(rows_[i].pattern, *site))
                return true;
        } else if (shapes_[i].takes_all(rows_[i].pattern, *site)) {
            return false;
        }
    }
    return false;
}

inline bool intercepted_urls::may_match_host(std::string_view host, unsigned port,
                                             bool tls) const noexcept {
    return may_match_site(tls ? "wss" : "ws", host, port) ||
           may_match_site(tls ? "https" : "http", host, port);
}

inline std::string intercepted_urls::explain(std::string_view url) const {
    const std::optional<std::string> normal = normalise(url);
    if (!normal)
        return "external: not a URL with the scheme ws, wss, http or https and an ASCII host";
    const decision d = match(*normal);
    if (d.row == decision::no_row)
        return "external: no row matches";
    return std::string{detail::action_word(d.action)} + ": row " + std::to_string(d.row + 1) +
           ", `" + rows_[d.row].pattern + "` = " + std::to_string(static_cast<unsigned>(d.action));
}

} // namespace wsintercept
