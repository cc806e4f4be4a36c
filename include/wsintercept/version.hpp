// The version of these headers, for the preprocessor and for programs.
#pragma once

#include <string_view>

// As of semantic versioning. tools/version.py sets these and whatever else names the version.
#define WSINTERCEPT_VERSION_MAJOR 0 ///< raised where a program may have to change
#define WSINTERCEPT_VERSION_MINOR 1 ///< raised where there is more; while MAJOR is 0, as MAJOR is
#define WSINTERCEPT_VERSION_PATCH 0 ///< raised where only faults were mended

/// The inline namespace carries the version: headers of another one, in another library of the same
/// process, are other types and other functions. Programs leave it out: wsintercept::socket_id.
namespace wsintercept::inline v0_1_0 {

/// "MAJOR.MINOR.PATCH".
inline constexpr std::string_view version = "0.1.0";

} // namespace wsintercept::inline v0_1_0
