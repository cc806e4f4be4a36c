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

    /// The first row below `bound` whose literal stands in the text and that `matches`: it becomes
    /// the bound. False: this took more than `effort` steps and was given up; `bound` may be any
    /// row that matches. Rows of one literal are asked in order, and few of them twice.
    template <class Matches>
    bool find(std::string_view text, std::size_t start, std::uint32_t& bound, std::size_t effort,
              Matches&& matches) const noexcept {
        search<Matches> s{*this, text, bound, effort, matches};
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

    /// A node of the trie. The value's low byte says what follows: bit 0 eight more bytes, bit n a
    /// literal that ends after n bytes. Above it stands whose literal ends here: 0 nobody's, a
    /// row + 1, or where a list of rows begins.
    struct slot {
        std::uint32_t key = 0;
        std::uint32_t value = 0; ///< 0: empty
    };
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
    static constexpr std::uint32_t key_of(std::uint64_t node) noexcept {
        return static_cast<std::uint32_t>(node >> 32);
    }

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

    void build(std::span<const entry> entries) {
        struct link { // sorts by node
            std::uint32_t key, value;
            bool operator<(const link& o) const noexcept {
                return key != o.key ? key < o.key : value < o.value;
            }
        };
        std::vector<link> nodes, ends;
        ends.reserve(entries.size());
        for (const entry& e : entries) {
            const kind k = e.at_start ? at_start : anywhere;
            std::uint64_t node = root(k);
            std::uint32_t* follows = &follows_[k];
            std::string_view left = e.literal;
            for (; left.size() >= 8; left.remove_prefix(8)) {
                *follows |= 1;
                node = step(node, load(left.data(), 8));
                nodes.push_back({key_of(node), 0});
                follows = &nodes.back().value;
            }
            if (const auto n = static_cast<unsigned>(left.size()); n != 0) {
                *follows |= 1U << n;
                node = last_step(node, load(left.data(), n), n);
                nodes.push_back({key_of(node), 0});
            }
            ends.push_back({key_of(node), e.row});
            first_[k] = (std::min)(first_[k], e.row);
        }
        std::sort(nodes.begin(), nodes.end());
        std::size_t count = 0;
        for (const link& n : nodes) { // what follows a node, from all who share it
            if (count == 0 || nodes[count - 1].key != n.key)
                nodes[count++] = n;
            nodes[count - 1].value |= n.value;
        }
        nodes.resize(count);
        std::sort(ends.begin(), ends.end());

        slots_.resize(2 * count + 1); // half of them empty: who is not there is soon missed
        for (std::size_t n = 0, e = 0; n < count; ++n) {
            std::uint32_t value = nodes[n].value;
            const std::size_t from = e;
            while (e < ends.size() && ends[e].key == nodes[n].key)
                ++e;
            if (e - from == 1) {
                value |= (ends[from].value + 1) << 8;
            } else if (e != from) {
                value |= list_bit | static_cast<std::uint32_t>(rows_.size()) << 8;
                for (std::size_t i = from; i < e; ++i)
                    rows_.push_back(ends[i].value);
                rows_.back() |= last_bit;
            }
            std::size_t at = place(nodes[n].key);
            while (slots_[at].value != 0)
                at = at + 1 == slots_.size() ? 0 : at + 1;
            slots_[at] = {nodes[n].key, value};
        }
        rows_.shrink_to_fit();

        build_filters(entries);
    }

    void build_filters(std::span<const entry> entries) {
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
    const slot* node(std::uint64_t at) const noexcept {
        const std::uint32_t key = key_of(at);
        const slot* const end = slots_.data() + slots_.size();
        for (const slot* s = slots_.data() + place(key);; s = slots_.data()) // round the end
            for (; s != end; ++s)
                if (s->key == key || s->value == 0)
                    return s->value != 0 ? s : nullptr;
    }

    template <class Matches>
    struct search {
        const literal_index& index;
        std::string_view text;
        std::uint32_t& bound;
        std::size_t effort;
        Matches& matches;
        std::uint64_t any_seen = 0; ///< which of `seen` have a value
        std::uint32_t seen[64];     ///< nodes whose rows were asked

        search(const literal_index& i, std::string_view t, std::uint32_t& b, std::size_t e,
               Matches& m) noexcept
            : index{i}, text{t}, bound{b}, effort{e}, matches{m} {}

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
                    if (const slot* s = index.node(last_step(at, block, n)))
                        ask(*s);
                }
                if ((follows & 1) == 0 || left < 8)
                    return;
                at = step(at, block);
                const slot* s = index.node(at);
                if (s == nullptr)
                    return;
                ask(*s);
                follows = s->value & 0xff;
            }
        }

        void ask(const slot& s) noexcept {
            const std::uint32_t whose = s.value & ~list_bit;
            if (whose >> 8 == 0 && whose == s.value)
                return;
            const auto place = static_cast<std::uint32_t>(&s - index.slots_.data());
            const std::uint64_t bit = std::uint64_t{1} << (place & 63);
            if ((any_seen & bit) != 0 && seen[place & 63] == place)
                return;
            any_seen |= bit;
            seen[place & 63] = place;
            if (whose == s.value) {
                ask((whose >> 8) - 1);
                return;
            }
            for (const std::uint32_t* row = index.rows_.data() + (whose >> 8);; ++row)
                if (!ask(*row & ~last_bit) || (*row & last_bit) != 0)
                    return;
        }
        /// Whether a later row may still be the first.
        bool ask(std::uint32_t row) noexcept {
            if (row >= bound || effort == 0)
                return false;
            effort -= (std::min)(effort, 1 + text.size() / 64);
            if (!matches(row))
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
