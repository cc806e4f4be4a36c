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
    packed_rows() = default;
    /// For so many rows at most.
    explicit packed_rows(std::size_t rows) { begins_.reserve(rows + 1); }

    /// Whether one more pattern of this size has room.
    bool has_room(std::size_t text) const noexcept {
        return head_size + option_size + text <= 0xffffffff - text_.size();
    }
    [[gnu::cold]] void add(std::string_view text, const pattern_shape& shape, action what,
                           const row_options& options) {
        const bool is_literal = shape.site(text).find('*') == std::string_view::npos;
        const unsigned host = shape.schemes == 0 ? 0 : shape.host; // at most 15: "*h*t*t*p*s*://"
        unsigned head = host | unsigned{shape.schemes} << 4;
        head |= shape.default_port ? default_port : 0U;
        head |= is_literal ? literal_host : 0U;
        head |= static_cast<unsigned>(what) << action_bit;
        const bool has_own = options != row_options{};
        put(head | (has_own ? own_options : 0U), head_size);
        if (has_own) {
            if (options_.empty() || options_.back() != options)
                options_.push_back(options);
            put(static_cast<unsigned>(options_.size() - 1), option_size);
        }
        text_ += text;
        begins_.push_back(static_cast<std::uint32_t>(text_.size()));
    }
    /// A row of which `can_decide` is false from now on.
    void leave_out(std::size_t i) {
        char& upper = text_[begins_[i] + 1];
        upper = static_cast<char>(static_cast<unsigned char>(upper) | never >> 8);
    }
    void shrink_to_fit() { text_.shrink_to_fit(); }

    std::size_t size() const noexcept { return begins_.size() - 1; }
    std::string_view text(std::size_t i) const noexcept { return text(i, head(i)); }
    wsintercept::action action(std::size_t i) const noexcept {
        return static_cast<wsintercept::action>(head(i) >> action_bit & 3U);
    }
    /// Null: the defaults.
    const row_options* options(std::size_t i) const noexcept {
        return (head(i) & own_options) == 0 ? nullptr
                                            : &options_[get(begins_[i] + head_size, option_size)];
    }
    pattern_shape shape(std::size_t i) const noexcept {
        const unsigned own = head(i);
        pattern_shape s;
        s.host = own & 15U;
        s.schemes = static_cast<std::uint8_t>(own >> 4 & 15U);
        s.default_port = (own & default_port) != 0;
        if (s.host != 0) {
            const std::string_view t = text(i, own);
            s.rest = static_cast<std::uint32_t>((std::min)(t.find('/', s.host), t.size()));
        }
        return s;
    }

    /// False: no URL matches, or rows before it take all that do.
    bool can_decide(std::size_t i) const noexcept {
        return (head(i) >> 4 & 15U) != 0 && (head(i) & never) == 0;
    }
    /// `end`: where a literal of the row that stands in the URL ends, if it is known; else null.
    bool matches(std::size_t i, const url_cut& url, const char* end) const noexcept {
        const unsigned own = head(i), host = own & 15U;
        if ((own >> 4 >> url.scheme & 1U) == 0)
            return false;
        std::string_view pattern = text(i, own), whole = url.whole;
        if (host != 0 && (own & literal_host) == 0)
            return shape(i).matches(pattern, url, end);
        if (host != 0) { // a literal host, which no `*` can leave
            pattern.remove_prefix(host);
            whole.remove_prefix(url.authority_at);
        }
        return glob(pattern, whole, end);
    }

    /// Bytes, without what options hold on the heap.
    std::size_t memory() const noexcept {
        return text_.capacity() + begins_.capacity() * sizeof(std::uint32_t) +
               options_.capacity() * sizeof(row_options);
    }

  private:
    // A row's head, two bytes: where its host begins, its schemes, and these.
    static constexpr unsigned default_port = 1U << 8, literal_host = 1U << 9, action_bit = 10,
                              never = 1U << 12, own_options = 1U << 13;
    static constexpr std::size_t head_size = 2, option_size = 4;

    void put(unsigned value, std::size_t bytes) {
        for (; bytes-- != 0; value >>= 8)
            text_ += static_cast<char>(value & 255U);
    }
    unsigned get(std::size_t at, std::size_t bytes) const noexcept {
        unsigned value = 0;
        while (bytes-- != 0)
            value = value << 8 | static_cast<unsigned char>(text_[at + bytes]);
        return value;
    }
    unsigned head(std::size_t i) const noexcept { return get(begins_[i], head_size); }
    std::string_view text(std::size_t i, unsigned head) const noexcept {
        const std::size_t from =
            begins_[i] + head_size + ((head & own_options) != 0 ? option_size : 0);
        return {text_.data() + from, begins_[i + 1] - from};
    }

    std::string text_; ///< of each row its head, which of options_ it has of its own, its pattern
    std::vector<std::uint32_t> begins_{0};
    std::vector<row_options> options_; ///< what follows one another alike is kept once
};

} // namespace wsintercept::inline v0_1_0::detail
