// What a URL policy decides, said in words.
#pragma once

#include <wsintercept/url/decision.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0 {

/// An action as explanations name it: "external", "auto" or "manual".
constexpr std::string_view action_word(action a) noexcept {
    switch (a) {
    case action::external: return "external";
    case action::automatic: return "auto";
    case action::manual: return "manual";
    }
    return "external";
}

/// Which row decided: "row 3, `*.myapp*` = 2", rows counted from 1. A policy says what stands in a
/// row by `row_text(row)`; one that does not has only its number.
template <class Policy>
std::string explain_decision(const Policy& policy, const decision& d) {
    if (d.row == decision::no_row)
        return d.action == action::external ? "no row matches" : "no row is named";
    std::string out = "row " + std::to_string(d.row + 1);
    if constexpr (requires { std::string{policy.row_text(d.row)}; })
        out.append(", `").append(policy.row_text(d.row)).append("`");
    return out + " = " + std::to_string(static_cast<unsigned>(d.action));
}

/// One line: what becomes of a URL, and why. Its first word is the action's. The URL need not be in
/// normal form; what is no URL is external.
template <class Policy>
std::string explain_url(const Policy& policy, std::string_view url) {
    const std::optional<std::string> normal = normalise(url);
    if (!normal)
        return "external: not a URL with the scheme ws, wss, http or https and an ASCII host";
    const decision d = policy.match(*normal);
    std::string out{action_word(d.action)};
    out.append(": ").append(explain_decision(policy, d));
    if (*normal != url)
        out.append(", as ").append(*normal);
    if constexpr (requires { std::string{policy.why_none(*normal)}; })
        if (d.row == decision::no_row)
            if (const std::string why{policy.why_none(*normal)}; !why.empty())
                out.append("; ").append(why);
    return out;
}

} // namespace wsintercept::inline v0_1_0
