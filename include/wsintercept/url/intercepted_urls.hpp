// InterceptedURLs: the ordered table of patterns. The first row that matches decides.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/url/compiled_rows.hpp>
#include <wsintercept/url/decision.hpp>
#include <wsintercept/url/explain.hpp>
#include <wsintercept/url/pattern.hpp>
#include <wsintercept/url/row.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0 {

/// The table, compiled once, then immutable: share it between threads.
///
/// How far a `*` reaches: before a pattern's "://" within the scheme, from there to the next '/'
/// within host and port; as a pattern's last character, and everywhere else, over anything.
///
/// What a URL costs does not grow with the rows: one pass over it, in steps, finds the few rows of
/// which a telling literal stands in it, and only these are compared. Rows that share all their
/// literals with others are compared one by one where those stand in the URL, and in the worst case
/// every row is compared twice; none ever goes back and tries again. No call but `build` and
/// `explain` allocates.
class intercepted_urls {
  public:
    using built = built_urls<intercepted_urls>;

    /// Compiles the rows. No rows: the single row `*://ROOT/*` = 1. ROOT is the application's
    /// virtual host; it is lower-cased. Warns of rows that can never match, and of those that never
    /// decide since rows before them take each of their URLs (not of all such rows: of those for
    /// which this shows at once).
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

    /// One line that says which row decides on a URL and why, or why none does; its first word is
    /// `external`, `auto` or `manual`. The URL need not be in normal form.
    std::string explain(std::string_view url) const { return explain_url(*this, url); }

    /// For explanations: a row's pattern.
    std::string_view row_text(std::size_t row) const noexcept { return pattern(row); }
    /// For explanations: which row came nearest to a URL that none matches.
    std::string why_none(std::string_view url) const;

    std::size_t size() const noexcept { return rows().size(); }
    /// Of a row, in normal form; valid as long as the table.
    std::string_view pattern(std::size_t row) const noexcept { return rows().text(row); }
    /// What a row decides.
    wsintercept::action action(std::size_t row) const noexcept { return rows().action(row); }
    /// Null: the defaults. Valid as long as the table.
    const row_options* options(std::size_t row) const noexcept { return rows().options(row); }
    std::string_view root() const noexcept { return root_; }

    /// False: no URL matches, or rows before it take all that do (see build).
    bool can_decide(std::size_t row) const noexcept { return rows().can_decide(row); }

    /// How the pattern of a row is cut. For what is made from tables: PAC text, origins.
    detail::pattern_shape shape(std::size_t row) const noexcept { return rows().shape(row); }

    /// Bytes that it holds, without what options hold on the heap.
    std::size_t memory() const noexcept { return sizeof *this + compiled_.memory(); }

  private:
    intercepted_urls(detail::packed_rows rows, std::string root)
        : compiled_{std::move(rows)}, root_{std::move(root)} {}

    const detail::packed_rows& rows() const noexcept { return compiled_.rows(); }

    detail::compiled_rows compiled_;
    std::string root_;
};

namespace detail {

/// "never decides: ... row 3, `ws://myapp/*`" or "... rows 1 and 2"
[[gnu::cold]] inline std::string describe(const covered_row& covered, const packed_rows& rows) {
    std::string out = "never decides: all of its URLs are taken by row";
    out += covered.count == 1 ? " " : "s ";
    for (std::size_t i = 0; i < covered.count; ++i) {
        if (i != 0)
            out += i + 1 == covered.count ? " and " : ", ";
        append_number(out, covered.by[i] + 1);
    }
    if (covered.count == 1)
        out.append(", `").append(rows.text(covered.by[0])).append("`");
    return out;
}

} // namespace detail

[[gnu::cold]] inline intercepted_urls::built intercepted_urls::build(std::span<const row> rows,
                                                                     std::string_view root) {
    built out;
    std::string host;
    if (!detail::append_host(host, root) || host.find('*') != std::string::npos) {
        detail::report(out.errors, decision::no_row, 0, error::root_not_host);
        host.clear();
    }
    const row whole_root{"*://" + host + "/*", action::automatic, {}};
    if (rows.empty())
        rows = {&whole_root, 1};

    detail::packed_rows packed{rows.size()};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const row& r = rows[i];
        if (r.pattern.size() > detail::max_pattern) {
            detail::report(out.errors, i, detail::max_pattern, error::pattern_too_long);
            continue;
        }
        const detail::pattern p = detail::pattern_reader{r.pattern}.read();
        if (i >= detail::compiled_rows::none || !packed.has_room(p.text.size())) {
            detail::report(out.errors, i, 0, error::table_too_large);
            break;
        }
        if (p.wrong)
            detail::report(out.errors, i, p.column, *p.wrong);
        if (r.action > action::manual)
            detail::report(out.errors, i, 0, error::pattern_bad_action);
        if (r.options.deflate && !r.options.deflate->in_range())
            detail::report(out.errors, i, 0, error::row_bad_deflate);
        for (const detail::pattern_warning& w : p.warnings)
            detail::report(out.warnings, i, w.column, {}, w.text);
        if (!p.wrong && !p.reach.empty() && r.action != action::external)
            detail::report(out.warnings, i, 0, {},
                           std::string{p.reach} + " then comes through the endpoint");
        if (out.errors.empty())
            packed.add(p.text, p.shape, r.action, r.options);
    }
    if (!out.errors.empty())
        return out;
    const std::shared_ptr<intercepted_urls> table{
        new intercepted_urls{std::move(packed), std::move(host)}};
    out.table = table;

    std::vector<row_problem> of_patterns = std::exchange(out.warnings, {});
    auto next = of_patterns.begin();
    const auto take_to = [&](std::size_t row) {
        for (; next != of_patterns.end() && next->row <= row; ++next)
            out.warnings.push_back(std::move(*next));
    };
    for (const detail::covered_row& c : table->compiled_.take_covered()) {
        take_to(c.row);
        detail::report(out.warnings, c.row, 0, {}, detail::describe(c, table->rows()));
    }
    take_to(rows.size());
    return out;
}

inline decision intercepted_urls::match(std::string_view url) const noexcept {
    const std::optional<detail::url_cut> cut = detail::cut_url(url);
    const std::uint32_t i = cut ? compiled_.first(*cut) : detail::compiled_rows::none;
    return i == detail::compiled_rows::none ? decision{} : decision{action(i), i, options(i)};
}

inline bool intercepted_urls::may_match_site(std::string_view scheme, std::string_view host,
                                             unsigned port) const noexcept {
    const detail::site_url site{scheme, host, port};
    return site.cut() && compiled_.may_match(*site.cut());
}

inline bool intercepted_urls::may_match_host(std::string_view host, unsigned port,
                                             bool tls) const noexcept {
    return may_match_site(tls ? "wss" : "ws", host, port) ||
           may_match_site(tls ? "https" : "http", host, port);
}

inline std::string intercepted_urls::why_none(std::string_view url) const {
    const std::optional<detail::url_cut> cut = detail::cut_url(url);
    if (!cut)
        return "this is no URL in normal form";
    const auto host_of = [](std::string_view site) {
        return site.substr(0, detail::port_colon(site));
    };
    enum nearness { nowhere, other_port, other_scheme, other_path } best = nowhere;
    std::size_t nearest = 0;
    for (std::size_t i = 0; i < size(); ++i) {
        const detail::pattern_shape s = shape(i);
        if (s.host == 0)
            continue;
        const std::string_view site = s.site(pattern(i));
        const nearness n = s.may_match(pattern(i), *cut)                            ? other_path
                           : s.matches_authority(pattern(i), *cut)                  ? other_scheme
                           : detail::glob(host_of(site), host_of(cut->authority())) ? other_port
                                                                                    : nowhere;
        if (n > best) {
            best = n;
            nearest = i;
        }
    }
    if (best == nowhere)
        return "no row has this host";
    return "nearest is row " + std::to_string(nearest + 1) + ", `" + std::string{pattern(nearest)} +
           "`, which has " +
           (best == other_path     ? "another path or query"
            : best == other_scheme ? "another scheme"
                                   : "another port");
}

} // namespace wsintercept::inline v0_1_0
