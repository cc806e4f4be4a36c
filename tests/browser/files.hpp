// The files of a folder as pages of http://myapp/, for the host programs of tests.
#pragma once

#include <wsintercept/loopback/options.hpp>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace hosts {

/// The last part of the URL's path names it; none: index.html.
inline std::optional<wsintercept::loopback::page> file(const std::string& folder,
                                                       std::string_view url) {
    const std::string name{url.substr(url.rfind('/') + 1)};
    std::ifstream in{folder + '/' + (name.empty() ? "index.html" : name), std::ios::binary};
    if (!in)
        return std::nullopt;
    wsintercept::loopback::page p;
    p.media_type = name.ends_with(".js") ? "text/javascript" : "text/html";
    p.body.assign(std::istreambuf_iterator<char>{in}, {});
    return p;
}

} // namespace hosts
