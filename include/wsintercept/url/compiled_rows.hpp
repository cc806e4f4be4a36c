// A table's rows with the indexes that find the one that decides.
#pragma once

#include <wsintercept/url/decision.hpp>
#include <wsintercept/url/packed_rows.hpp>
#include <wsintercept/url/pattern.hpp>
#include <wsintercept/url/row_index.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::detail {

/// A row that never decides, and the rows before it that together take each of its URLs: ascending,
/// at most one for each scheme.
struct covered_row {
    std::uint32_t row;
    std::size_t count = 0; ///< how many of `by`
    std::array<std::uint32_t, url_schemes.size()> by{};

    void add(std::uint32_t one) noexcept {
        std::uint32_t* const end = by.data() + count;
        std::uint32_t* const at = std::lower_bound(by.data(), end, one);
        if (at != end && *at == one)
            return;
        std::copy_backward(at, end, end + 1);
        *at = one;
        ++count;
    }
};

/// Immutable. Rows that never decide are in no index.
class compiled_rows {
  public:
    static constexpr std::uint32_t none = row_index::none;

    [[gnu::cold]] explicit compiled_rows(packed_rows rows) : rows_{std::move(rows)} {
        rows_.shrink_to_fit();
        std::vector<indexed_row> all = rows_that_can_decide();
        std::vector<literal_index::entry> literals = choose_literals(all);
        urls_ = row_index{literals};
        find_covered(all);
        if (!covered_.empty()) {
            all = rows_that_can_decide();
            literals = choose_literals(all);
            urls_ = row_index{literals};
        }
        index_sites(all, literals);
    }

    const packed_rows& rows() const noexcept { return rows_; }

    /// The rows that never decide, as far as it shows at once; gives them away.
    std::vector<covered_row> take_covered() { return std::exchange(covered_, {}); }

    /// The first row that matches, or `none`.
    std::uint32_t first(const url_cut& url) const noexcept {
        const auto matches = [&](std::uint32_t row, const char* end) {
            return rows_.matches(row, url, end);
        };
        return first_in(urls_, url, none, matches);
    }

    /// Whether a row with action 1 or 2 may match a URL of this site, and no row before it has
    /// action 0 and takes the whole site. The site's target is "/".
    bool may_match(const url_cut& site) const noexcept {
        const auto ours = [&](std::uint32_t row, const char*) {
            const pattern_shape shape = rows_.shape(row);
            return rows_.action(row) != action::external && shape.host != 0 &&
                   shape.may_match(rows_.text(row), site);
        };
        const auto takes_all = [&](std::uint32_t row, const char*) {
            return rows_.action(row) == action::external &&
                   rows_.shape(row).takes_all(rows_.text(row), site);
        };
        std::uint32_t row = first_in(urls_, site, any_host_[site.scheme], ours);
        row = first_in(sites_, site, row, ours);
        return row != none && first_in(urls_, site, row, takes_all) == row;
    }

    std::size_t memory() const noexcept {
        return rows_.memory() + urls_.memory() + sites_.memory();
    }

  private:
    std::uint32_t first_in(const row_index& index, const url_cut& url, std::uint32_t bound,
                           row_check wanted) const noexcept {
        const std::size_t effort = 1024 + 32 * url.whole.size();
        std::uint32_t found = bound;
        if (index.find(url.whole, url.authority_at, found, effort, wanted))
            return found;
        // So many literals stand in it that asking each row once is less.
        const auto end = (std::min)(bound, static_cast<std::uint32_t>(rows_.size()));
        for (std::uint32_t row = 0; row < end; ++row)
            if (wanted(row))
                return row;
        return bound;
    }

    std::vector<indexed_row> rows_that_can_decide() const {
        std::vector<indexed_row> all;
        for (std::uint32_t i = 0; i < rows_.size(); ++i)
            if (rows_.can_decide(i))
                all.push_back({i, rows_.text(i), rows_.shape(i)});
        return all;
    }

    /// Hosts of rows with action 1 and 2 whose literal in urls_ has more than host and port.
    [[gnu::cold]] void index_sites(const std::vector<indexed_row>& all,
                                   const std::vector<literal_index::entry>& literals) {
        std::vector<indexed_row> sites;
        // Numbers of sites, below a hash that brings equals together.
        std::vector<std::uint64_t> order;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const indexed_row& r = all[i];
            if (rows_.action(r.row) == action::external)
                continue;
            if (r.shape.host == 0) {
                for (std::size_t s = 0; s < any_host_.size(); ++s)
                    if ((r.shape.schemes >> s & 1U) != 0)
                        any_host_[s] = (std::min)(any_host_[s], r.row);
                continue;
            }
            // Up to the slash, which every URL of the site has, too.
            const std::string_view site = r.text.substr(0, std::size_t{r.shape.rest} + 1);
            const std::string_view literal = literals[i].literal;
            if (literal.empty() || literal.data() + literal.size() <= site.data() + site.size())
                continue;
            const std::size_t kind = r.shape.schemes | std::size_t{r.shape.default_port} << 8;
            const std::size_t hash = std::hash<std::string_view>{}(r.shape.site(r.text)) ^ kind;
            order.push_back(std::uint64_t{hash} << 32 | sites.size());
            sites.push_back({r.row, site, r.shape});
        }
        std::sort(order.begin(), order.end());
        const auto site_of = [&](std::size_t i) -> indexed_row& {
            return sites[static_cast<std::size_t>(order[i] & 0xffffffff)];
        };
        const auto same = [](const indexed_row& a, const indexed_row& b) {
            return a.shape.schemes == b.shape.schemes &&
                   a.shape.default_port == b.shape.default_port &&
                   a.shape.site(a.text) == b.shape.site(b.text);
        };
        for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
            if (same(site_of(first), site_of(i)))
                site_of(i).text = {};
            else
                first = i;
        }
        std::size_t count = 0;
        for (const indexed_row& r : sites)
            if (!r.text.empty())
                sites[count++] = r;
        sites_ = row_index{choose_literals({sites.data(), count})};
    }

    // A pattern takes all that another matches just if it matches the other's text, with a
    // character for each `*` that no pattern has: so the index finds it. (A free one, without
    // "://", is compared with free ones, and with those that take a whole scheme.)
    static constexpr char star = '\x01';

    static void replace_stars(std::string& text) {
        std::replace(text.begin(), text.end(), '*', star);
    }

    [[gnu::cold]] void find_covered(const std::vector<indexed_row>& all) {
        for (const indexed_row& r : all) {
            covered_row covered = covered_by_free(r);
            if (covered.count == 0)
                covered = covered_by_schemes(r);
            if (covered.count == 0)
                continue;
            covered_.push_back(covered);
            rows_.leave_out(r.row);
        }
    }

    [[gnu::cold]] covered_row covered_by_free(const indexed_row& r) const {
        covered_row out{r.row};
        if (r.shape.host != 0)
            return out;
        std::string text{r.text};
        replace_stars(text);
        const auto takes_all = [&](std::uint32_t row, const char*) {
            const pattern_shape shape = rows_.shape(row);
            return shape.host == 0 && (r.shape.schemes & ~unsigned{shape.schemes}) == 0 &&
                   glob(rows_.text(row), text);
        };
        std::uint32_t by = r.row;
        urls_.find(text, text.size(), by, cover_effort, takes_all);
        if (by != r.row)
            out.add(by);
        return out;
    }

    /// By a row for each scheme of the row; by none if one scheme is not covered.
    [[gnu::cold]] covered_row covered_by_schemes(const indexed_row& r) const {
        const std::string_view site = r.shape.host == 0 ? "*" : r.shape.site(r.text);
        const bool has_rest = r.shape.host != 0 && r.shape.rest < r.text.size();
        const bool any_port = !r.shape.default_port && site.find('*') != std::string_view::npos;
        covered_row out{r.row};
        std::string url;
        for (std::size_t i = 0; i < url_schemes.size(); ++i) {
            if ((r.shape.schemes >> i & 1U) == 0)
                continue;
            url.assign(url_schemes[i].name).append("://").append(site);
            url += has_rest ? r.text.substr(r.shape.rest) : "/*";
            replace_stars(url);
            const std::optional<url_cut> cut = cut_url(url);
            const auto takes_all = [&](std::uint32_t row, const char*) {
                const pattern_shape shape = rows_.shape(row);
                return !(shape.default_port && any_port) && shape.matches(rows_.text(row), *cut);
            };
            std::uint32_t by = r.row;
            if (cut)
                urls_.find(url, cut->authority_at, by, cover_effort, takes_all);
            if (by == r.row)
                return {r.row};
            out.add(by);
        }
        return out;
    }

    static constexpr std::size_t cover_effort = 4096; ///< for one row and scheme: then unknown

    packed_rows rows_;
    row_index urls_;  ///< all rows that can decide
    row_index sites_; ///< by host and port: see index_sites
    std::array<std::uint32_t, 4> any_host_{none, none, none, none}; ///< by scheme, the first such
    std::vector<covered_row> covered_;
};

} // namespace wsintercept::inline v0_1_0::detail
