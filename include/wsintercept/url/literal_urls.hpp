// URLs, or beginnings of URLs, in rows: what exact_urls and url_prefixes share.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/url/explain.hpp>
#include <wsintercept/url/literal_index.hpp>
#include <wsintercept/url/normal_form.hpp>
#include <wsintercept/url/packed_rows.hpp>
#include <wsintercept/url/pattern.hpp>
#include <wsintercept/url/row.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::detail {

/// Rows of URLs in normal form. What a URL costs grows with its length, not with the rows.
class literal_urls {
  public:
    static constexpr std::uint32_t none = literal_index::max_rows;

    literal_urls() = default;

    /// The row's texts are brought to normal form; what is wrong goes to `errors`.
    static literal_urls build(std::span<const row> rows, std::vector<row_problem>& errors) {
        literal_urls out;
        out.rows_ = packed_rows{rows.size()};
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const row& r = rows[i];
            const std::optional<std::string> url = normalise(r.pattern);
            if (i >= none || (url && !out.rows_.has_room(url->size()))) {
                report(errors, i, 0, error::table_too_large);
                break;
            }
            if (r.action > action::manual)
                report(errors, i, 0, error::pattern_bad_action);
            const std::optional<url_cut> cut = url ? cut_url(*url) : std::nullopt;
            if (!cut) {
                report(errors, i, 0, error::row_not_url);
                continue;
            }
            pattern_shape shape;
            shape.host = static_cast<std::uint32_t>(cut->authority_at);
            shape.schemes = static_cast<std::uint8_t>(1U << cut->scheme);
            out.rows_.add(*url, shape, r.action, r.options);
        }
        if (errors.empty())
            out.index();
        return out;
    }

    /// The first row whose text the URL is, or else begins with.
    std::uint32_t first(std::string_view url, bool whole) const noexcept {
        return first_in(urls_, url, none, [&](std::uint32_t row, const char*) {
            return whole ? url == rows_.text(row) : url.starts_with(rows_.text(row));
        });
    }

    /// Whether a row with action 1 or 2 is of this site, and no row before it has action 0 and,
    /// where rows are beginnings, takes the whole site.
    bool may_match(std::string_view site, bool whole) const noexcept {
        const std::uint32_t ours =
            first_in(sites_, site, none, [&](std::uint32_t row, const char*) {
                return rows_.action(row) != action::external && rows_.text(row).starts_with(site);
            });
        return ours != none &&
               (whole || first_in(urls_, site, ours, [&](std::uint32_t row, const char*) {
                             return rows_.action(row) == action::external &&
                                    rows_.text(row) == site;
                         }) == ours);
    }

    const packed_rows& rows() const noexcept { return rows_; }

  private:
    static std::uint32_t first_in(const literal_index& index, std::string_view text,
                                  std::uint32_t bound, row_check wanted) noexcept {
        // Each text of a row stands in the URL once, so that this cannot take much.
        index.find(text, 0, bound, static_cast<std::size_t>(-1), wanted);
        return bound;
    }

    void index() {
        rows_.shrink_to_fit();
        std::vector<literal_index::entry> all, sites;
        for (std::uint32_t i = 0; i < rows_.size(); ++i)
            all.push_back({rows_.text(i), i, true});
        keep_first(all);
        urls_ = literal_index{all};
        for (std::uint32_t i = 0; i < rows_.size(); ++i)
            if (rows_.action(i) != action::external)
                sites.push_back({rows_.text(i).substr(0, rows_.shape(i).rest + 1U), i, true});
        keep_first(sites);
        sites_ = literal_index{sites};
    }

    /// Of rows with the same literal.
    static void keep_first(std::vector<literal_index::entry>& all) {
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
            return a.literal != b.literal ? a.literal < b.literal : a.row < b.row;
        });
        const auto same = [](const auto& a, const auto& b) { return a.literal == b.literal; };
        all.erase(std::unique(all.begin(), all.end(), same), all.end());
    }

    packed_rows rows_;
    literal_index urls_, sites_;
};

/// What exact_urls and url_prefixes are.
template <class Policy, bool Whole>
class literal_urls_policy {
  public:
    using built = built_urls<Policy>;

    /// Compiles the rows.
    static built build(std::span<const row> rows) {
        built out;
        literal_urls urls = literal_urls::build(rows, out.errors);
        if (out.errors.empty()) {
            auto table = std::make_shared<Policy>();
            static_cast<literal_urls_policy&>(*table).urls_ = std::move(urls);
            out.table = std::move(table);
        }
        return out;
    }

    /// The first row for a URL in normal form (see normalise). Any thread.
    decision match(std::string_view url) const noexcept {
        const std::uint32_t i = urls_.first(url, Whole);
        if (i == literal_urls::none)
            return {};
        return {urls_.rows().action(i), i, urls_.rows().options(i)};
    }
    /// Whether a row with action 1 or 2 is of this host, port and scheme: ws or http, with tls wss
    /// or https. Any thread.
    bool may_match_host(std::string_view host, unsigned port, bool tls) const noexcept {
        for (const char* scheme : {tls ? "wss" : "ws", tls ? "https" : "http"})
            if (const site_url site{scheme, host, port};
                site.cut() && urls_.may_match(site.cut()->whole, Whole))
                return true;
        return false;
    }

    /// See explain_url.
    std::string explain(std::string_view url) const {
        return explain_url(static_cast<const Policy&>(*this), url);
    }
    std::size_t size() const noexcept { return urls_.rows().size(); }
    /// For explanations: a row's URL.
    std::string_view row_text(std::size_t row) const noexcept { return urls_.rows().text(row); }

  private:
    literal_urls urls_;
};

} // namespace wsintercept::inline v0_1_0::detail
