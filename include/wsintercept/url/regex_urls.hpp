// A URL policy: std::regex. Not part of wsintercept.hpp; needs exceptions, which std::regex throws.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/url/explain.hpp>
#include <wsintercept/url/normal_form.hpp>
#include <wsintercept/url/row.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <regex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0 {

/// A `url_policy` whose rows are ECMAScript expressions that match the whole URL in normal form;
/// the first one that does decides. Compiled once, then immutable: share it between threads.
///
/// Made to be convenient, not fast: each row is asked in turn, and a match allocates. An expression
/// says nothing of hosts, so that all https and wss hosts come through the endpoint. URLs longer
/// than `max_url`, and those for which std::regex gives up, match no row. With libstdc++ matching
/// takes a time that grows with the URL and the expression, whatever they are, and does not recurse
/// along the URL, which its usual way does until the stack is used up; back-references are then
/// errors. Other libraries may backtrack.
class regex_urls {
  public:
    static constexpr std::size_t max_url = 4096;
    /// Of an expression whose counted repetitions, as in {2,9}, are written out: std::regex
    /// recurses along it.
    static constexpr std::size_t max_expression = 2048;

    using built = built_urls<regex_urls>;

    /// Compiles the rows; a wrong one is an error, with what std::regex says of it.
    static built build(std::span<const row> rows) {
        built out;
        auto table = std::make_shared<regex_urls>();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const row& r = rows[i];
            if (r.action > action::manual)
                detail::report(out.errors, i, 0, error::pattern_bad_action);
            if (r.pattern.empty()) {
                detail::report(out.errors, i, 0, error::empty_pattern);
                continue;
            }
            if (written_out(r.pattern) > max_expression) {
                detail::report(out.errors, i, 0, error::bad_expression,
                               std::string{describe(error::bad_expression)} +
                                   ": it writes out to more than " +
                                   std::to_string(max_expression) + " steps");
                continue;
            }
            try {
                table->rows_.push_back({r, std::regex{r.pattern, flags}});
            } catch (const std::exception& why) {
                detail::report(out.errors, i, 0, error::bad_expression,
                               std::string{describe(error::bad_expression)} + ": " + why.what());
            }
        }
        if (!rows.empty())
            detail::report(out.warnings, 0, 0, {},
                           "every https and wss host then comes through the endpoint");
        if (out.errors.empty())
            out.table = std::move(table);
        return out;
    }

    decision match(std::string_view url) const noexcept {
        if (url.size() > max_url)
            return {};
        for (std::size_t i = 0; i < rows_.size(); ++i)
            if (matches(url, rows_[i].expression))
                return {rows_[i].of.action, i, &rows_[i].of.options};
        return {};
    }
    bool may_match_host(std::string_view, unsigned, bool) const noexcept {
        return std::any_of(rows_.begin(), rows_.end(),
                           [](const compiled& r) { return r.of.action != action::external; });
    }

    /// See explain_url.
    std::string explain(std::string_view url) const { return explain_url(*this, url); }
    std::size_t size() const noexcept { return rows_.size(); }
    /// For explanations: a row's expression.
    std::string_view row_text(std::size_t row) const noexcept { return rows_[row].of.pattern; }
    /// For explanations: why no row was asked about this URL; empty: all were.
    std::string why_none(std::string_view url) const {
        return url.size() > max_url
                   ? "it is longer than the " + std::to_string(max_url) + " bytes that are matched"
                   : std::string{};
    }

  private:
    struct compiled {
        row of;
        std::regex expression;
    };

#if defined(__GLIBCXX__)
    static constexpr auto flags =
        std::regex::ECMAScript | std::regex::nosubs | std::regex_constants::__polynomial;
#else
    static constexpr auto flags = std::regex::ECMAScript | std::regex::nosubs;
#endif

    static bool matches(std::string_view url, const std::regex& expression) noexcept {
        try {
            return std::regex_match(url.begin(), url.end(), expression);
        } catch (const std::exception&) {
            return false; // too complex, or no memory
        }
    }

    /// At most the size of an expression without counted repetitions; nested ones multiply.
    static std::size_t written_out(std::string_view expression) noexcept {
        std::size_t times = 1;
        for (std::size_t at = 0; at < expression.size(); ++at) {
            if (expression[at] != '{')
                continue;
            std::size_t most = 1;
            for (++at; at < expression.size() && expression[at] != '}'; ++at) {
                std::size_t n = 0;
                for (; at < expression.size() && detail::is_digit(expression[at]) &&
                       n <= max_expression;
                     ++at)
                    n = n * 10 + static_cast<std::size_t>(expression[at] - '0');
                most = (std::max)(most, n);
                if (n > max_expression || at >= expression.size() || expression[at] == '}')
                    break;
            }
            if (times * most > max_expression)
                return max_expression + 1;
            times *= most;
        }
        return times * expression.size();
    }

    std::vector<compiled> rows_;
};

} // namespace wsintercept::inline v0_1_0
