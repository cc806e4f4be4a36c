// A digest of bytes, and a set of digests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace worlds {

/// 128 bits that stand for some bytes.
struct digest {
    std::uint64_t a = 0, b = 0;
    friend bool operator==(const digest&, const digest&) = default;
};

/// Sums up the products of pairs of words, each word with a key of its place.
class digester {
  public:
    void add(std::uint64_t first, std::uint64_t second) noexcept {
        __extension__ using wide = unsigned __int128;
        const wide product = wide{first ^ key_} * wide{second ^ ~(key_ << 32 | key_ >> 32)};
        sum_.a += static_cast<std::uint64_t>(product);
        sum_.b += static_cast<std::uint64_t>(product >> 64) ^ first;
        key_ += 0x9E3779B97F4A7C15;
    }
    digest sum() const noexcept { return sum_; }

  private:
    std::uint64_t key_ = 0xD1B54A32D192ED03;
    digest sum_;
};

/// Open addressing, at most half full.
class digest_set {
  public:
    /// Whether it was not in there.
    bool insert(const digest& d) {
        if (2 * (size_ + 1) > table_.size())
            grow();
        digest& place = find(d);
        if (place == d)
            return false;
        place = d;
        ++size_;
        return true;
    }
    std::size_t size() const noexcept { return size_; }
    void clear() noexcept {
        table_.clear();
        size_ = 0;
    }

  private:
    static constexpr digest none{};

    std::size_t mask() const noexcept { return table_.size() - 1; }
    /// Where it is, or would be.
    digest& find(const digest& d) noexcept {
        std::size_t i = static_cast<std::size_t>(d.a);
        while (table_[i & mask()] != none && table_[i & mask()] != d)
            ++i;
        return table_[i & mask()];
    }
    void grow() {
        std::vector<digest> old(table_.empty() ? 1024 : 2 * table_.size());
        old.swap(table_);
        for (const digest& d : old)
            if (d != none)
                find(d) = d;
    }

    std::vector<digest> table_;
    std::size_t size_ = 0;
};

} // namespace worlds
