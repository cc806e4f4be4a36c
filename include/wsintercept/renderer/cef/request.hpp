// A CefRequest as values, to be taken to the executor.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/rfc9112/write_head.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::cef {

/// A request as CEF hands it over, copied out of it.
struct page_request {
    std::string method, url;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
    error reason{}; ///< not error{}: why the body is not whole

    /// The first field of this name, in any case; nothing: there is none.
    std::optional<std::string_view> field(std::string_view name) const {
        for (const auto& [n, value] : fields)
            if (rfc9112::equal_ignoring_case(n, name))
                return value;
        return std::nullopt;
    }
    /// The head that events show. Empty: some part of it cannot stand in one.
    std::string head() const {
        const std::string normal = normalise(url).value_or(std::string{});
        const url_parts parts = split_url(normal).value_or(url_parts{});
        std::vector<rfc9112::field> list;
        for (const auto& [name, value] : fields)
            list.push_back({name, value});
        return rfc9112::write_head(method, parts.target, parts.host, list).value_or(std::string{});
    }
};

/// Not error{}: why the body was not read. CEF gives a Blob or a stream as an element without
/// bytes, and a file by its name only: rather than lose them, the request is refused.
template <class Api>
error read_body(typename Api::template CefRefPtr<typename Api::CefPostData> data, std::size_t limit,
                std::string& out) {
    if (!data)
        return error{};
    typename Api::CefPostData::ElementVector elements;
    data->GetElements(elements);
    std::size_t size = 0;
    for (const auto& element : elements) {
        const std::size_t n = element->GetBytesCount();
        if (element->GetType() != Api::PDE_TYPE_BYTES || n == 0)
            return error::body_lost;
        if (n > limit - size)
            return error::body_too_large;
        size += n;
    }
    if (data->HasExcludedElements())
        return error::body_lost;
    out.resize(size);
    std::size_t at = 0;
    for (const auto& element : elements)
        at += element->GetBytes(element->GetBytesCount(), out.data() + at);
    return at == size ? error{} : error::body_lost;
}

/// Any thread.
template <class Api>
page_request read_request(typename Api::template CefRefPtr<typename Api::CefRequest> request,
                          std::size_t body_limit) {
    page_request out;
    out.method = request->GetMethod().ToString();
    out.url = request->GetURL().ToString();
    typename Api::CefRequest::HeaderMap fields;
    request->GetHeaderMap(fields);
    for (const auto& [name, value] : fields)
        out.fields.emplace_back(name.ToString(), value.ToString());
    out.reason = read_body<Api>(request->GetPostData(), body_limit, out.body);
    return out;
}

} // namespace wsintercept::inline v0_1_0::cef
