// Heads as bytes: from structured parts, for adapters whose engine has no bytes of one; and what is
// left of one without some of its fields.
#pragma once

#include <wsintercept/rfc9112/head.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc9112 {

/// "METHOD TARGET HTTP/1.1", Host (where `fields` has none), the fields in their order, the blank
/// line. Nothing if a part would not read back as what it is (CR, LF, NUL, a name that is no
/// token).
inline std::optional<std::string> write_head(std::string_view method, std::string_view target,
                                             std::string_view host, std::span<const field> fields) {
    if (!is_token(method) || target.empty() || !is_host(host))
        return std::nullopt;
    for (const char c : target)
        if (c <= ' ' || c > '~')
            return std::nullopt;
    std::string head;
    head.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
    bool has_host = false;
    for (const field& f : fields) {
        if (!is_token(f.name) || !is_field_value(f.value))
            return std::nullopt;
        has_host = has_host || equal_ignoring_case(f.name, "Host");
    }
    if (!has_host)
        head.append("Host: ").append(host).append("\r\n");
    for (const field& f : fields)
        head.append(f.name).append(": ").append(f.value).append("\r\n");
    return head.append("\r\n");
}

/// A parsed head, byte for byte, without the lines of those fields whose name `leave_out` says true
/// to. bytes: what the fields view, up to and with the blank line; it may begin behind the first
/// line.
template <class LeaveOut>
std::string without_fields(std::string_view bytes, const fields& in, LeaveOut&& leave_out) {
    std::string out;
    out.reserve(bytes.size());
    const char* from = bytes.data();
    for (const field& f : in) {
        if (!leave_out(f.name))
            continue;
        out.append(from, f.name.data());
        const auto at = static_cast<std::size_t>(f.name.data() - bytes.data());
        from = bytes.data() + bytes.find("\r\n", at) + 2;
    }
    return out.append(from, bytes.data() + bytes.size());
}

} // namespace wsintercept::inline v0_1_0::rfc9112
