// The fields of a head, and finding one of them by name: RFC 9112 5, RFC 9110 5. No allocation.
#pragma once

#include <wsintercept/rfc9112/words.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc9112 {

/// A field line. Views into the bytes that were parsed; the value without surrounding blanks.
struct field {
    std::string_view name;
    std::string_view value;
};

inline constexpr std::size_t max_fields = 128; ///< the absolute cap on fields

/// The fields of a head, in their order.
struct fields {
    union { // the first `count` are set; to clear the rest, too, takes longer than a head's parsing
        std::array<field, max_fields> list;
    };
    std::size_t count = 0;

    fields() noexcept {}
    const field* begin() const noexcept { return list.data(); }
    const field* end() const noexcept { return list.data() + count; }
};

/// How often a field occurs; its first value.
struct occurrence {
    std::size_t count = 0;
    std::string_view value;
};
/// The fields of this name, in any case.
inline occurrence find(const fields& in, std::string_view name) noexcept {
    occurrence found;
    for (const field& f : in)
        if (equal_ignoring_case(f.name, name) && found.count++ == 0)
            found.value = f.value;
    return found;
}

/// Whether a comma-separated list field has this token, in any case, on any of its lines.
inline bool has_token(const fields& in, std::string_view name, std::string_view token) noexcept {
    const auto is_it = [token](std::string_view element) noexcept {
        return equal_ignoring_case(element, token);
    };
    for (const field& f : in)
        if (equal_ignoring_case(f.name, name) && detail::any_element(f.value, is_it))
            return true;
    return false;
}

} // namespace wsintercept::inline v0_1_0::rfc9112
