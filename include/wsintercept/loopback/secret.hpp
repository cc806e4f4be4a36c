// The launch secret: what only the engine that this program has told it can say.
#pragma once

#include <wsintercept/detail/random.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback {

/// A value; it never leaves this process but on its way to the engine. Not for command lines,
/// environments, files or logs, which others can read.
class launch_secret {
  public:
    static constexpr std::size_t min_size = 16;

    /// Empty: fits nothing.
    launch_secret() = default;
    /// One that the program has to carry from elsewhere: visible ASCII, at least `min_size` of it.
    /// Anything else gives an empty one.
    explicit launch_secret(std::string text) {
        for (const char c : text)
            if (c <= ' ' || c > '~')
                return;
        if (text.size() >= min_size)
            text_ = std::move(text);
    }
    /// 128 bits from the system's generator; an empty one where that fails. Any thread.
    static launch_secret make() { return launch_secret{wsintercept::detail::random_digits()}; }

    bool empty() const noexcept { return text_.empty(); }
    /// What the engine is told: 32 hexadecimal digits where it was made here.
    const std::string& text() const noexcept { return text_; }

  private:
    std::string text_;
};

} // namespace wsintercept::inline v0_1_0::loopback
