// The media type and the fields of a page's answer, from elements 7 and 9 of its message.
#pragma once

#include <wsintercept/message.hpp>

#include <string>
#include <string_view>

namespace htmlrenderer {

struct response_fields {
    std::string media_type;
    std::string others; ///< element 9 without its Content-Type; nothing if it is the request's head
};

/// A Content-Type in element 9 beats element 7, and where neither is there it is text/html. Text
/// whose body came as a string is UTF-8, and says so where no charset is named.
response_fields fields_of(const wsintercept::respond_call& call, std::string_view request_head);

} // namespace htmlrenderer
