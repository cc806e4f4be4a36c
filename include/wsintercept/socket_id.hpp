// The name of one socket or request: a number inside the program, hexadecimal digits in messages.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0 {

/// An interceptor's number in the process (16 bits), a slot (22) and the slot's generation (26).
/// Never reused in the life of the process. A default one names nothing.
class socket_id {
  public:
    static constexpr unsigned slot_bits = 22;
    static constexpr unsigned generation_bits = 26;

    constexpr socket_id() = default;
    constexpr socket_id(std::uint32_t interceptor, std::uint32_t slot,
                        std::uint32_t generation) noexcept
        : value_{std::uint64_t{interceptor} << (slot_bits + generation_bits) |
                 std::uint64_t{slot} << generation_bits | generation} {}
    explicit constexpr socket_id(std::uint64_t value) noexcept : value_{value} {}

    constexpr std::uint64_t value() const noexcept { return value_; }
    constexpr std::uint32_t interceptor() const noexcept {
        return static_cast<std::uint32_t>(value_ >> (slot_bits + generation_bits));
    }
    constexpr std::uint32_t slot() const noexcept {
        return static_cast<std::uint32_t>(value_ >> generation_bits) & ((1U << slot_bits) - 1);
    }
    constexpr std::uint32_t generation() const noexcept {
        return static_cast<std::uint32_t>(value_) & ((1U << generation_bits) - 1);
    }
    explicit constexpr operator bool() const noexcept { return value_ != 0; }
    friend constexpr auto operator<=>(socket_id, socket_id) noexcept = default;

  private:
    std::uint64_t value_ = 0;
};

/// The ID as messages carry it: hexadecimal digits.
inline std::string to_string(socket_id id) {
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4)
        text += "0123456789abcdef"[id.value() >> shift & 15];
    return text;
}

/// The ID that to_string wrote, or nothing.
constexpr std::optional<socket_id> parse_socket_id(std::string_view text) noexcept {
    if (text.size() != 16)
        return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return std::nullopt;
        value = value << 4 | static_cast<unsigned>(digit);
    }
    return socket_id{value};
}

} // namespace wsintercept::inline v0_1_0
