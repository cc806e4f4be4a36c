// A URL policy: a list of whole URLs.
#pragma once

#include <wsintercept/url/literal_urls.hpp>

namespace wsintercept::inline v0_1_0 {

/// Rows are whole URLs, compared in normal form; a `*` is a `*`. The first row that is the URL
/// decides. Compiled once, then immutable: share it between threads. What a URL costs does not grow
/// with the rows.
class exact_urls : public detail::literal_urls_policy<exact_urls, true> {};

} // namespace wsintercept::inline v0_1_0
