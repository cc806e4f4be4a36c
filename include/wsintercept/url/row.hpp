// Rows of URL policies, and what is wrong with them.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/url/decision.hpp>
#include <wsintercept/url/host.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0 {

/// A row: a pattern, what becomes of the URLs that it matches, and options. What a pattern is, the
/// policy says.
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

/// What a policy's `build` gives.
template <class Policy>
struct built_urls {
    std::shared_ptr<const Policy> table; ///< null if there is an error
    std::vector<row_problem> errors;
    std::vector<row_problem> warnings; ///< in the rows' order
};

namespace detail {

inline constexpr std::size_t max_pattern = std::size_t{1} << 16;

/// Adds a problem of a row, or of ROOT.
[[gnu::cold]] inline void report(std::vector<row_problem>& to, std::size_t row, std::size_t column,
                                 std::error_code code, std::string_view text) {
    std::string line = "root: ";
    if (row != decision::no_row) {
        line = "row ";
        append_number(line, row + 1);
        line += ", column ";
        append_number(line, column + 1);
        line += ": ";
    }
    line += text;
    to.push_back({row, column, code, std::move(line)});
}
inline void report(std::vector<row_problem>& to, std::size_t row, std::size_t column, error why) {
    report(to, row, column, why, describe(why));
}

} // namespace detail

} // namespace wsintercept::inline v0_1_0
