// The environment variable by which QtWebEngine is given Chromium's switches. Needs nothing of Qt.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::qt_webengine {

/// QtWebEngine reads it when it starts, which the program's first profile, page or view makes it
/// do. Where it is set, what stands behind --webEngineArgs in the program's arguments is not read.
inline constexpr const char* flags_variable = "QTWEBENGINE_CHROMIUM_FLAGS";

/// What `write_flags` gives.
struct flags_result {
    std::string text;  ///< the variable's value
    std::string error; ///< empty: good
};

/// The variable's value for these switches, each with its leading "--", behind those that it has:
/// QtWebEngine splits it at blanks, but not between quotes, and has no way to write a quote.
inline flags_result write_flags(std::span<const std::string> switches,
                                std::string_view before = {}) {
    // Linux passes no longer one on to a child, terminating NUL included: not even to
    // QtWebEngine's.
    constexpr std::size_t longest = 128 * 1024;
    flags_result out;
    out.text = before;
    for (const std::string& one : switches) {
        if (one.find('"') != one.npos) {
            out.error =
                "a switch with a quote cannot stand in " + std::string{flags_variable} + ": " + one;
            out.text.clear();
            return out;
        }
        const bool quoted = one.find(' ') != one.npos;
        out.text.append(out.text.empty() ? "" : " ").append(quoted ? "\"" : "");
        out.text.append(one).append(quoted ? "\"" : "");
    }
    if (out.text.size() + std::string_view{flags_variable}.size() + 2 > longest) {
        out.error = std::string{flags_variable} + " would be longer than a process can be given";
        out.text.clear();
    }
    return out;
}

} // namespace wsintercept::inline v0_1_0::qt_webengine
