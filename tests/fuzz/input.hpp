// What a target makes of the fuzzer's bytes: choices, sizes of chunks, text; and what ends it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

/// What must be true of the code under test. If it is not, the input is a finding.
inline void require(bool truth, const char* what) {
    if (truth)
        return;
    std::fprintf(stderr, "not so: %s\n", what);
    std::abort();
}

/// Gives text from the front and choices from the end, so that an input begins with what it is
/// about. Where it is used up, choices are 0.
class input {
  public:
    input(const std::uint8_t* data, std::size_t size) noexcept
        : rest_{reinterpret_cast<const char*>(data), size} {}

    unsigned choice() noexcept {
        if (rest_.empty())
            return 0;
        const auto value = static_cast<unsigned char>(rest_.back());
        rest_.remove_suffix(1);
        return value;
    }
    /// Less than count; digits stand for themselves.
    unsigned choice(std::size_t count) noexcept {
        return rest_.empty() ? 0 : (choice() + 256 - '0') % 256 % static_cast<unsigned>(count);
    }

    unsigned octet() noexcept {
        const std::string_view front = take(1);
        return front.empty() ? 0 : static_cast<unsigned char>(front[0]);
    }
    std::string_view take(std::size_t size) noexcept {
        const std::string_view front = rest_.substr(0, size);
        rest_.remove_prefix(front.size());
        return front;
    }
    /// Up to a character, which is dropped; all there is where there is none.
    std::string_view line(char end = '\n') noexcept {
        const std::string_view front = take(std::min(rest_.find(end), rest_.size()));
        take(1);
        return front;
    }
    std::string_view rest() const noexcept { return rest_; }
    bool empty() const noexcept { return rest_.empty(); }

  private:
    std::string_view rest_;
};

/// Sizes of chunks, from an input's end; used over and over. 0 stands for all that is left.
class chunk_sizes {
  public:
    chunk_sizes() = default;                                   ///< all at once
    explicit chunk_sizes(unsigned char size) : sizes_{size} {} ///< all alike
    explicit chunk_sizes(input& in) {
        sizes_.resize(in.choice(8) + 1);
        for (unsigned char& size : sizes_)
            size = static_cast<unsigned char>(in.choice());
    }

    /// The next one, no larger than what is left.
    std::size_t next(std::size_t left) noexcept {
        if (sizes_.empty())
            return left;
        const std::size_t size = sizes_[at_++ % sizes_.size()];
        return size == 0 ? left : std::min(size, left);
    }

    /// Calls visit(std::span<char>) with each chunk of a copy of the bytes, alone in its memory, so
    /// that what reads past its end is seen. Of many bytes the chunks are larger.
    template <class Visit>
    void cut(std::string_view bytes, Visit&& visit) {
        const std::size_t scale = 1 + bytes.size() / 2048;
        while (!bytes.empty()) {
            const std::string_view front = bytes.substr(0, scale * next(bytes.size()));
            bytes.remove_prefix(front.size());
            std::vector<char> chunk(front.begin(), front.end());
            visit(std::span<char>{chunk});
        }
    }

  private:
    std::vector<unsigned char> sizes_;
    std::size_t at_ = 0;
};

} // namespace fuzz
