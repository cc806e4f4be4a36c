"""Plants many faults at once, each asleep until a program finds its number in PLANTED_FAULT: one
build of a test does for all of them."""

NAMES = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal",
         "==": "equal", "!=": "not_equal"}

HEADER = """\
#pragma once
#include <cstdlib>
#include <type_traits>

namespace planted {

inline int number() noexcept {
    static const char* const text = std::getenv("PLANTED_FAULT");
    return text == nullptr ? 0 : std::atoi(text);
}
/// Never while a program is compiled: faults of constants are planted one at a time.
template <int N>
constexpr bool awake() noexcept {
    return !std::is_constant_evaluated() && number() == N;
}
template <int N, class T, class U>
constexpr std::common_type_t<T, U> limit(const T& sound, const U& faulty) noexcept {
    return awake<N>() ? faulty : sound;
}
""" + "".join(f"""\
template <int N>
constexpr bool {name}(const auto& a, const auto& b) noexcept {{
    return awake<N>() ? a {faulty} b : a {sound} b;
}}
""" for sound, faulty, name in [
    ("<", "<=", "less"), ("<=", "<", "less_equal"), (">", ">=", "greater"),
    (">=", ">", "greater_equal"), ("==", "!=", "equal"), ("!=", "==", "not_equal")]) + """
} // namespace planted
"""


def pieces(source, change, number):
    """What goes where: (start, end, text ahead, text behind), and what is replaced."""
    old = source[change.start:change.end]
    if change.kind == "return":
        return (change.start, change.end, f"{{ if (!planted::awake<{number}>()) ", " }"), []
    if change.kind == "limit":
        return (change.start, change.end, f"planted::limit<{number}>(", f", {change.new})"), []
    left, right = change.operands
    return (left, right, f" planted::{NAMES[old]}<{number}>(", ")"), [(change.start, change.end)]


def armed(source, numbered):
    """A header with its faults asleep. numbered: changes, each with its number."""
    around, replaced = [], []
    for change, number in numbered:
        outside, inside = pieces(source, change, number)
        around.append(outside)
        replaced += [(start, end, ",") for start, end in inside]
    # At one place what ends there comes first, inner ones ahead of outer ones; then what begins.
    events = [(end, 0, -start, behind) for start, end, _, behind in around]
    events += [(start, 1, -end, ahead) for start, end, ahead, _ in around]
    events += [(start, 2, end, text) for start, end, text in replaced]
    out, at = [], 0
    for where, order, other, text in sorted(events):
        out += [source[at:where], text]
        at = other if order == 2 else where
    out.append(source[at:])
    return "".join(out).replace("#pragma once\n", "#pragma once\n#include <planted.hpp>\n", 1)
