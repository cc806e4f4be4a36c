// The Origins of live sockets, for `explain`: few differ, so each is kept once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wsintercept::inline v0_1_0::detail {

class origin_names {
  public:
    static constexpr std::uint8_t none = 0;      ///< a request without an Origin
    static constexpr std::uint8_t nameless = 64; ///< one of too many

    /// The number of an Origin.
    std::uint8_t number(std::string_view origin) {
        const auto at = std::find(names_.begin(), names_.end(), origin);
        const auto n = static_cast<std::size_t>(at - names_.begin()) + 1;
        if (n >= nameless)
            return nameless;
        if (at == names_.end())
            names_.emplace_back(origin);
        return static_cast<std::uint8_t>(n);
    }

    /// "Origin http://myapp allowed"
    std::string allowed(std::uint8_t number) const {
        if (number == none)
            return "no Origin, allowed";
        const std::string name = number == nameless ? "" : names_[number - 1U] + " ";
        return "Origin " + name + "allowed";
    }

  private:
    std::vector<std::string> names_;
};

} // namespace wsintercept::inline v0_1_0::detail
