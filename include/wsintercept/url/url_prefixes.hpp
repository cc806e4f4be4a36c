// A URL policy: a list of beginnings of URLs.
#pragma once

#include <wsintercept/url/literal_urls.hpp>

namespace wsintercept::inline v0_1_0 {

/// Rows are beginnings of URLs with a whole host, compared in normal form: "ws://myapp" is
/// "ws://myapp/" and takes all of this host, but nothing of "ws://myapp.evil.test/". A `*` is a
/// `*`. The first row with which the URL begins decides. Compiled once, then immutable: share it
/// between threads. What a URL costs does not grow with the rows.
class url_prefixes : public detail::literal_urls_policy<url_prefixes, false> {};

} // namespace wsintercept::inline v0_1_0
