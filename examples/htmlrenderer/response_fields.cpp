#include "response_fields.hpp"

#include <wsintercept/rfc9112/head.hpp>

#include <algorithm>
#include <cctype>

namespace htmlrenderer {
namespace {

std::string_view trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == text.npos)
        return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string lower(std::string_view text) {
    std::string result{text};
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

} // namespace

response_fields fields_of(const wsintercept::respond_call& call, std::string_view request_head) {
    response_fields result{call.media_type, {}};
    std::string_view rest = call.head == request_head ? std::string_view{} : call.head;
    while (!rest.empty()) {
        const std::size_t end = rest.find("\r\n");
        const std::string_view line = rest.substr(0, end == rest.npos ? end : end + 2);
        const std::size_t colon = line.find(':');
        rest.remove_prefix(line.size());
        if (colon != line.npos &&
            wsintercept::rfc9112::equal_ignoring_case(line.substr(0, colon), "Content-Type")) {
            std::string_view value = line.substr(colon + 1);
            if (value.ends_with("\r\n"))
                value.remove_suffix(2);
            result.media_type = trim(value);
        } else
            result.others += line;
    }
    if (result.media_type.empty())
        result.media_type = "text/html";
    const std::string type = lower(result.media_type);
    if (call.body_is_text && type.starts_with("text/") && type.find("charset=") == type.npos)
        result.media_type += "; charset=utf-8";
    return result;
}

} // namespace htmlrenderer
