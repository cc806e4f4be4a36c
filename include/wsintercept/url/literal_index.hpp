// A dictionary of literals: which of them stand in a text, and whose they are.
#pragma once

#include <wsintercept/url/byte_search.hpp>
#include <wsintercept/url/literal_fronts.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace wsintercept::inline v0_1_0::detail {

/// Whether a row is wanted, whose literal ends at a place of the text: null where that is not
/// known. Refers to a callable, which outlives it.
class row_check {
  public:
    template <class Wanted>
    row_check(const Wanted& wanted) noexcept
        : wanted_{&wanted}, call_{[](const void* w, std::uint32_t row, const char* end) {
              return (*static_cast<const Wanted*>(w))(row, end);
          }} {}
    bool operator()(std::uint32_t row, const char* end = nullptr) const noexcept {
        return call_(wanted_, row, end);
    }

  private:
    const void* wanted_;
    bool (*call_)(const void*, std::uint32_t, const char*);
};

/// The rows of a table by one literal of each. Literals are kept as a trie whose steps are eight
/// bytes and whose nodes lie in one hash table: what a look-up costs grows with the text, not with
/// the number of literals. Of the bytes only hashes are kept: whoever asks has to check what is
/// found.
class literal_index {
  public:
    struct entry {
        std::string_view literal; ///< not empty
        std::uint32_t row = 0;
        bool at_start = false; ///< stands at the place that `find` is given; else anywhere
    };
    /// Rows are below it.
    static constexpr std::uint32_t max_rows = std::uint32_t{1} << 20;
    explicit literal_index(std::span<const entry> entries = {}) {
        if (!entries.empty())
            build(entries);
    }

    /// The first row below `bound` whose literal stands in the text and that is `wanted`: it
    /// becomes the bound. False: this took more than `effort` steps and was given up; `bound` may
    /// be any row that is wanted. Rows of one literal are asked in order, and few of them twice.
    bool find(std::string_view text, std::size_t start, std::uint32_t& bound, std::size_t effort,
              row_check wanted) const noexcept {
        search s{*this, text, bound, effort, wanted};
        if (start < text.size() && first_[at_start] < bound)
            s.walk(at_start, start);
        if (first_[anywhere] < bound)
            fronts_.find(text, [&](std::size_t at) {
                const char* const here = text.data() + at;
                const std::size_t left = text.size() - at;
                if (fours_.may_begin(here, left) || pairs_.may_begin(here, left) || has_single_)
                    s.walk(anywhere, at);
                return s.effort != 0;
            });
        return s.effort != 0;
    }

    std::size_t memory() const noexcept {
        return slots_.capacity() * sizeof(slot) + rows_.capacity() * sizeof(std::uint32_t) +
               fours_.memory() + pairs_.memory();
    }

  private:
    enum kind : std::uint8_t { at_start, anywhere, kinds };

    /// A node of the trie: its key above, a value below, which is not 0. The value's low byte says
    /// what follows: bit 0 eight more bytes, bit n a literal that ends after n bytes. Above it
    /// stands whose literal ends here: 0 nobody's, a row + 1, or where a list of rows begins.
    using slot = std::uint64_t; // 0: empty
    static constexpr slot slot_of(std::uint64_t node, std::uint32_t value) noexcept {
        return node >> 32 << 32 | value;
    }
    static constexpr std::uint32_t key_of(slot s) noexcept {
        return static_cast<std::uint32_t>(s >> 32);
    }
    static constexpr std::uint32_t value_of(slot s) noexcept {
        return static_cast<std::uint32_t>(s);
    }
    static constexpr std::uint32_t list_bit = std::uint32_t{1} << 31;
    static constexpr std::uint32_t last_bit = std::uint32_t{1} << 31; ///< in a list: its last row

    static constexpr std::uint64_t step(std::uint64_t node, std::uint64_t block) noexcept {
        const std::uint64_t h = (std::rotl(node, 32) ^ block) * 0xD6E8FEB86659FD93;
        return h ^ h >> 31;
    }
    /// The node after fewer than eight bytes.
    static constexpr std::uint64_t last_step(std::uint64_t node, std::uint64_t block,
                                             unsigned n) noexcept {
        return step(node ^ n * 0xA0761D6478BD642F, first_bytes(block, n));
    }
    static constexpr std::uint64_t root(kind k) noexcept { return step(0x51ED270B, k); }

    /// Eight bytes of a text, zeros behind its end.
    static std::uint64_t load(const char* from, std::size_t left) noexcept {
        std::uint64_t block = 0;
        if (left >= 8) {
            std::memcpy(&block, from, 8);
        } else {
            char bytes[8] = {};
            for (std::size_t i = 0; i < left; ++i)
                bytes[i] = from[i];
            std::memcpy(&block, bytes, 8);
        }
        return block;
    }
    static constexpr std::uint64_t first_bytes(std::uint64_t block, unsigned n) noexcept {
        const std::uint64_t all = ~std::uint64_t{0};
        return block & (std::endian::native == std::endian::little ? all >> (64 - 8 * n)
                                                                   : all << (64 - 8 * n));
    }

    /// What follows where so many bytes are left of a literal.
    static constexpr std::uint32_t follows(std::size_t left) noexcept {
        return left >= 8 ? 1U : left != 0 ? 1U << left : 0U;
    }

    [[gnu::cold]] void build(std::span<const entry> entries) {
        std::vector<slot> nodes, ends; // of ends the value is a row
        ends.reserve(entries.size());
        for (const entry& e : entries) {
            const kind k = e.at_start ? at_start : anywhere;
            first_[k] = (std::min)(first_[k], e.row);
            follows_[k] |= follows(e.literal.size());
            std::uint64_t node = root(k);
            for (std::string_view left = e.literal; !left.empty();) {
                const auto n = static_cast<unsigned>(std::min<std::size_t>(left.size(), 8));
                const std::uint64_t block = load(left.data(), n);
                node = n == 8 ? step(node, block) : last_step(node, block, n);
                left.remove_prefix(n);
                nodes.push_back(slot_of(node, follows(left.size())));
            }
            ends.push_back(slot_of(node, e.row));
        }
        std::sort(nodes.begin(), nodes.end());
        std::sort(ends.begin(), ends.end());
        std::size_t count = 0;
        for (const slot n : nodes) { // what follows a node, from all who share it
            if (count == 0 || key_of(nodes[count - 1]) != key_of(n))
                nodes[count++] = n;
            nodes[count - 1] |= value_of(n);
        }

        slots_.resize(2 * count + 1); // half of them empty: who is not there is soon missed
        for (std::size_t n = 0, e = 0; n < count; ++n) {
            slot node = nodes[n];
            const std::size_t from = e;
            while (e < ends.size() && key_of(ends[e]) == key_of(node))
                ++e;
            if (e - from == 1) {
                node |= (value_of(ends[from]) + 1) << 8;
            } else if (e != from) {
                node |= list_bit | static_cast<std::uint32_t>(rows_.size()) << 8;
                for (std::size_t i = from; i < e; ++i)
                    rows_.push_back(value_of(ends[i]));
                rows_.back() |= last_bit;
            }
            std::size_t at = place(key_of(node));
            while (slots_[at] != 0)
                at = at + 1 == slots_.size() ? 0 : at + 1;
            slots_[at] = node;
        }
        rows_.shrink_to_fit();

        build_filters(entries);
    }

    [[gnu::cold]] void build_filters(std::span<const entry> entries) {
        std::size_t fours = 0, pairs = 0;
        for (const entry& e : entries)
            if (!e.at_start)
                (e.literal.size() >= 4 ? fours : pairs) += e.literal.size() >= 2;
        fours_ = gram_filter<std::uint32_t>{fours};
        pairs_ = gram_filter<std::uint16_t>{pairs};
        for (const entry& e : entries) {
            if (e.at_start)
                continue;
            fronts_.add(e.literal);
            if (e.literal.size() >= 4)
                fours_.add(e.literal.data());
            else if (e.literal.size() >= 2)
                pairs_.add(e.literal.data());
            else
                has_single_ = true;
        }
    }

    std::size_t place(std::uint32_t key) const noexcept {
        return static_cast<std::size_t>(std::uint64_t{key} * slots_.size() >> 32);
    }
    const slot* find_slot(std::uint64_t node) const noexcept {
        const std::uint32_t key = key_of(node);
        const slot* const end = slots_.data() + slots_.size();
        for (const slot* s = slots_.data() + place(key);; s = slots_.data()) // round the end
            for (; s != end; ++s)
                if (key_of(*s) == key || *s == 0)
                    return *s != 0 ? s : nullptr;
    }

    struct search {
        const literal_index& index;
        std::string_view text;
        std::uint32_t& bound;
        std::size_t effort;
        row_check wanted;
        std::uint64_t any_seen = 0; ///< which of `seen` have a value
        std::uint32_t seen[64];     ///< nodes whose rows were asked

        search(const literal_index& i, std::string_view t, std::uint32_t& b, std::size_t e,
               row_check w) noexcept
            : index{i}, text{t}, bound{b}, effort{e}, wanted{w} {}

        /// All literals that begin at a place.
        void walk(kind k, std::size_t from) noexcept {
            std::uint64_t at = root(k);
            std::uint32_t follows = index.follows_[k];
            const char* bytes = text.data() + from;
            for (std::size_t left = text.size() - from; effort != 0; bytes += 8, left -= 8) {
                --effort;
                const std::uint64_t block = load(bytes, left);
                for (std::uint32_t tails = follows & 0xfe; tails != 0; tails &= tails - 1) {
                    const auto n = static_cast<unsigned>(std::countr_zero(tails));
                    if (n > left)
                        break;
                    if (const slot* s = index.find_slot(last_step(at, block, n)))
                        ask(s, bytes + n);
                }
                if ((follows & 1) == 0 || left < 8)
                    return;
                at = step(at, block);
                const slot* s = index.find_slot(at);
                if (s == nullptr)
                    return;
                ask(s, bytes + 8);
                follows = value_of(*s) & 0xff;
            }
        }

        void ask(const slot* s, const char* end) noexcept {
            const std::uint32_t value = value_of(*s), whose = value & ~list_bit;
            if (whose >> 8 == 0 && whose == value)
                return;
            const auto place = static_cast<std::uint32_t>(s - index.slots_.data());
            const std::uint64_t bit = std::uint64_t{1} << (place & 63);
            if ((any_seen & bit) != 0 && seen[place & 63] == place)
                return;
            any_seen |= bit;
            seen[place & 63] = place;
            if (whose == value) {
                ask((whose >> 8) - 1, end);
                return;
            }
            for (const std::uint32_t* row = index.rows_.data() + (whose >> 8);; ++row)
                if (!ask(*row & ~last_bit, end) || (*row & last_bit) != 0)
                    return;
        }
        /// Whether a later row may still be the first.
        bool ask(std::uint32_t row, const char* end) noexcept {
            if (row >= bound || effort == 0)
                return false;
            effort -= (std::min)(effort, 1 + text.size() / 64);
            if (!wanted(row, end))
                return true;
            bound = row;
            return false;
        }
    };

    std::vector<slot> slots_;
    std::vector<std::uint32_t> rows_;                   ///< lists of rows that share a literal
    std::uint32_t follows_[kinds] = {};                 ///< what follows each root
    std::uint32_t first_[kinds] = {max_rows, max_rows}; ///< first row of each
    // What stands anywhere shows by its first bytes one by one, and by all of the first four, or
    // two.
    literal_fronts fronts_;
    gram_filter<std::uint32_t> fours_;
    gram_filter<std::uint16_t> pairs_;
    bool has_single_ = false; ///< one of a single byte
};

} // namespace wsintercept::inline v0_1_0::detail
