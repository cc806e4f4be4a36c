// Finds the first of many rows whose pattern matches a text, without asking each.
#pragma once

#include <wsintercept/url/literal_index.hpp>
#include <wsintercept/url/pattern.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace wsintercept::inline v0_1_0::detail {

/// A row and its pattern, for an index. The views need only live until it is built.
struct indexed_row {
    std::uint32_t row = 0;
    std::string_view text{};
    pattern_shape shape{};
};

/// Bytes of which a text has not many: a literal that begins with one is found soon.
constexpr bool is_rare_byte(char c) noexcept {
    return std::string_view{"/.?=&:-_%"}.find(c) != std::string_view::npos;
}

/// Appends what stands between the stars of a text, and what of it begins with a rare byte.
[[gnu::cold]] inline void append_literals(std::vector<literal_index::entry>& out, std::uint32_t row,
                                          std::string_view text, bool at_start) {
    while (!text.empty()) {
        const std::string_view literal = text.substr(0, text.find('*'));
        if (!literal.empty())
            out.push_back({literal, row, at_start});
        unsigned more = 4;
        for (std::size_t i = 1; i < literal.size() && !at_start && more != 0; ++i)
            if (is_rare_byte(literal[i])) {
                out.push_back({literal.substr(i), row, false});
                --more;
            }
        at_start = false;
        text.remove_prefix((std::min)(text.size(), literal.size() + 1));
    }
}

/// The same of a pattern. At the start: of host and port. The scheme is no literal: there are four.
inline void append_literals(std::vector<literal_index::entry>& out, const indexed_row& r) {
    if (r.shape.host == 0) {
        append_literals(out, r.row, r.text.substr((std::min)(r.text.find('*'), r.text.size())),
                        false);
    } else if (!r.shape.default_port) {
        append_literals(out, r.row, r.text.substr(r.shape.host), true);
    } else { // URLs leave out what stands between host and path
        append_literals(out, r.row, r.shape.site(r.text), true);
        append_literals(out, r.row, r.text.substr(r.shape.rest), false);
    }
}

/// For each row the literal that says most: best one that few others have.
[[gnu::cold]] inline std::vector<literal_index::entry>
choose_literals(std::span<const indexed_row> rows) {
    std::vector<literal_index::entry> all;
    for (const indexed_row& r : rows)
        append_literals(all, r);
    // How many have a literal, counted by its hash: where two hashes meet, both seem more frequent.
    std::vector<std::uint32_t> counts(std::bit_ceil(4096 + 8 * (all.size() + 1)));
    const auto count = [&](const literal_index::entry& e) -> std::uint32_t& {
        const std::size_t h = std::hash<std::string_view>{}(e.literal) + (e.at_start ? 1 : 0);
        return counts[h & (counts.size() - 1)];
    };
    for (const literal_index::entry& e : all)
        ++count(e);

    std::vector<literal_index::entry> chosen;
    chosen.reserve(rows.size());
    auto next = all.begin();
    for (const indexed_row& r : rows) {
        literal_index::entry best{{}, r.row, false};
        std::size_t least = 0;
        for (; next != all.end() && next->row == r.row; ++next) {
            // One at the start costs no look through the text, one of letters a long look.
            const std::size_t look = next->at_start ? 0 : is_rare_byte(next->literal[0]) ? 8 : 64;
            const std::size_t cost = count(*next) + look + (next->literal.size() < 4 ? 8 : 0);
            if (best.literal.empty() || cost < least ||
                (cost == least && next->literal.size() > best.literal.size())) {
                best = *next;
                least = cost;
            }
        }
        chosen.push_back(best);
    }
    return chosen;
}

/// Rows by their literals; the few without a good one are asked one by one.
class row_index {
  public:
    static constexpr std::uint32_t none = literal_index::max_rows;

    row_index() = default;
    /// In the rows' order. An empty literal is none.
    [[gnu::cold]] explicit row_index(std::vector<literal_index::entry> entries) {
        const auto is_common = [](const literal_index::entry& e) {
            return !e.literal.empty() && !e.at_start && !is_rare_byte(e.literal[0]);
        };
        const auto common = std::count_if(entries.begin(), entries.end(), is_common);
        const auto asked = [&](const literal_index::entry& e) {
            return e.literal.empty() || entries.size() <= few ||
                   (is_common(e) && static_cast<std::size_t>(common) <= few);
        };
        std::size_t count = 0;
        for (const literal_index::entry& e : entries) {
            if (asked(e))
                asked_.push_back(e.row);
            else
                entries[count++] = e;
        }
        asked_.shrink_to_fit();
        literals_ = literal_index{{entries.data(), count}};
    }

    /// The first row below `bound` that is `wanted`, or else `bound`. Asked are rows whose literal
    /// stands in the text (at `start`, where it is one of the start). False: it would have taken
    /// more than `effort` steps; what was found need not be the first.
    bool find(std::string_view text, std::size_t start, std::uint32_t& bound, std::size_t effort,
              row_check wanted) const noexcept {
        for (const std::uint32_t row : asked_) {
            if (row >= bound)
                break;
            if (wanted(row)) {
                bound = row;
                break;
            }
        }
        return literals_.find(text, start, bound, effort, wanted);
    }

    std::size_t memory() const noexcept {
        return asked_.capacity() * sizeof(std::uint32_t) + literals_.memory();
    }

  private:
    static constexpr std::size_t few = 4; ///< so many are asked sooner than looked for

    std::vector<std::uint32_t> asked_; ///< ascending
    literal_index literals_;
};

} // namespace wsintercept::inline v0_1_0::detail
