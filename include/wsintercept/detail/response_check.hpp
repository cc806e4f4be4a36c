// Checks a host's answer to an HTTPRequest before a renderer sees it.
#pragma once

#include <wsintercept/request.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/traits.hpp>

#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::detail {

/// error{} if it is good; `out` then has it, its fields in `fields` without Content-Type.
inline error check_response(const http_response& r, std::string& fields, response& out) {
    if (r.status < 200 || r.status > 599)
        return error::response_bad_status;
    if (!rfc9112::is_field_value(r.reason))
        return error::response_bad_reason;
    if (!rfc9112::is_field_value(r.media_type))
        return error::response_bad_media_type;
    out = {r.status, r.reason, r.media_type, {}, r.body};
    std::string_view rest = r.fields;
    while (!rest.empty()) {
        const std::size_t end = rest.find("\r\n");
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 2);
        const std::size_t colon = line.find(':');
        if (colon == line.npos || !rfc9112::is_token(line.substr(0, colon)))
            return error::response_bad_field;
        const std::string_view name = line.substr(0, colon);
        std::string_view value = line.substr(colon + 1);
        while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
            value.remove_prefix(1);
        while (!value.empty() && (value.back() == ' ' || value.back() == '\t'))
            value.remove_suffix(1);
        if (!rfc9112::is_field_value(value))
            return error::response_bad_field;
        for (const std::string_view reserved :
             {"Content-Length", "Connection", "Transfer-Encoding"})
            if (rfc9112::equal_ignoring_case(name, reserved))
                return error::response_reserved_field;
        if (rfc9112::equal_ignoring_case(name, "Content-Type"))
            out.media_type = value;
        else
            fields.append(name).append(": ").append(value).append("\r\n");
    }
    out.fields = fields;
    return error{};
}

} // namespace wsintercept::inline v0_1_0::detail
