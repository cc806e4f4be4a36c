// The rows of a table, in little memory.
#pragma once

#include <wsintercept/url/decision.hpp>
#include <wsintercept/url/pattern.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::detail {

/// Patterns in normal form, one behind the other; six bytes a row beside their text.
class packed_rows {
  public:
    /// Whether one more pattern of this size has room.
    bool has_room(std::size_t text) const noexcept { return text <= 0xffffffff - text_.size(); }
    void add(std::string_view text, const pattern_shape& shape, action what,
             const row_options& options) {
        text_ += text;
        begins_.push_back(static_cast<std::uint32_t>(text_.size()));
        const bool is_literal = shape.site(text).find('*') == std::string_view::npos;
        const unsigned host = shape.schemes == 0 ? 0 : shape.host; // at most 15: "*h*t*t*p*s*://"
        flags_.push_back(static_cast<std::uint16_t>(
            host | unsigned{shape.schemes} << 4 | unsigned{shape.default_port} << 8 |
            unsigned{is_literal} << 9 | static_cast<unsigned>(what) << 10));
        if (options == row_options{}) {
            if (!options_of_.empty())
                options_of_.push_back(0);
            return;
        }
        options_of_.resize(size());
        if (options_.empty() || options_.back() != options)
            options_.push_back(options);
        options_of_.back() = static_cast<std::uint32_t>(options_.size());
    }
    /// A row of which `can_decide` is false from now on.
    void leave_out(std::size_t i) { flags_[i] |= never; }
    void shrink_to_fit() {
        text_.shrink_to_fit();
        begins_.shrink_to_fit();
        flags_.shrink_to_fit();
        options_.shrink_to_fit();
        options_of_.shrink_to_fit();
    }

    std::size_t size() const noexcept { return flags_.size(); }
    std::string_view text(std::size_t i) const noexcept {
        return {text_.data() + begins_[i], begins_[i + 1] - begins_[i]};
    }
    wsintercept::action action(std::size_t i) const noexcept {
        return static_cast<wsintercept::action>(flags_[i] >> 10 & 3U);
    }
    /// Null: the defaults.
    const row_options* options(std::size_t i) const noexcept {
        return options_of_.empty() || options_of_[i] == 0 ? nullptr : &options_[options_of_[i] - 1];
    }
    pattern_shape shape(std::size_t i) const noexcept {
        pattern_shape s;
        s.host = flags_[i] & 15U;
        s.schemes = static_cast<std::uint8_t>(flags_[i] >> 4 & 15U);
        s.default_port = (flags_[i] >> 8 & 1U) != 0;
        if (s.host != 0) {
            const std::string_view own = text(i);
            s.rest = static_cast<std::uint32_t>((std::min)(own.find('/', s.host), own.size()));
        }
        return s;
    }

    /// False: no URL matches, or rows before it take all that do.
    bool can_decide(std::size_t i) const noexcept {
        return (flags_[i] >> 4 & 15U) != 0 && (flags_[i] & never) == 0;
    }
    bool matches(std::size_t i, const url_cut& url) const noexcept {
        const unsigned flags = flags_[i], host = flags & 15U;
        if ((flags >> 4 >> url.scheme & 1U) == 0)
            return false;
        if (host == 0)
            return glob(text(i), url.whole);
        if ((flags >> 9 & 1U) != 0) // a literal host, which no `*` can leave
            return glob(text(i).substr(host), url.whole.substr(url.authority_at()));
        return shape(i).matches(text(i), url);
    }

    /// Bytes, without what options hold on the heap.
    std::size_t memory() const noexcept {
        return text_.capacity() + begins_.capacity() * sizeof(std::uint32_t) +
               flags_.capacity() * sizeof(std::uint16_t) +
               options_.capacity() * sizeof(row_options) +
               options_of_.capacity() * sizeof(std::uint32_t);
    }

  private:
    static constexpr std::uint16_t never = 1U << 12;

    std::string text_;
    std::vector<std::uint32_t> begins_{0};
    std::vector<std::uint16_t> flags_;      ///< shape and action
    std::vector<row_options> options_;      ///< what follows one another alike is kept once
    std::vector<std::uint32_t> options_of_; ///< 0: the defaults; empty: all have them
};

} // namespace wsintercept::inline v0_1_0::detail
