// A URL in normal form, cut where policies look.
#pragma once

#include <wsintercept/url/normal_form.hpp>

#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>

namespace wsintercept::inline v0_1_0::detail {

/// A URL in normal form, cut as patterns are: "ws://host:81/path?query".
struct url_cut {
    std::string_view whole;
    std::size_t authority_at = 0;
    std::size_t target_at = 0;
    unsigned scheme = 0; ///< index into url_schemes

    /// "host:81"
    constexpr std::string_view authority() const noexcept {
        return {whole.data() + authority_at, target_at - authority_at};
    }
    /// "/path?query"
    constexpr std::string_view target() const noexcept {
        return {whole.data() + target_at, whole.size() - target_at};
    }
};

/// Inlined, since what is returned by way of memory takes longer than to find it.
[[gnu::always_inline]] constexpr std::optional<url_cut> cut_url(std::string_view url) noexcept {
    const auto at = [url](std::size_t i) { return i < url.size() ? url[i] : '\0'; };
    std::size_t colon = 0;
    if (at(0) == 'w' && at(1) == 's')
        colon = at(2) == 's' ? 3 : 2;
    else if (at(0) == 'h' && at(1) == 't' && at(2) == 't' && at(3) == 'p')
        colon = at(4) == 's' ? 5 : 4;
    if (colon == 0 || at(colon) != ':' || at(colon + 1) != '/' || at(colon + 2) != '/')
        return std::nullopt;
    const std::size_t begin = colon + 3, slash = url.find('/', begin);
    if (slash == std::string_view::npos)
        return std::nullopt;
    return url_cut{url, begin, slash, static_cast<unsigned>(colon - 2)};
}
static_assert(url_schemes[0].name == "ws" && url_schemes[1].name == "wss" &&
              url_schemes[2].name == "http" && url_schemes[3].name == "https");

inline constexpr std::size_t max_host = 1024; ///< DNS ends names at 253

/// The URL of a scheme, host and port, with the path "/".
class site_url {
  public:
    site_url(std::string_view scheme, std::string_view host, unsigned port) noexcept {
        const std::size_t index = scheme_index(scheme);
        if (index == url_schemes.size() || host.size() > max_host || port > 65535)
            return;
        add(scheme);
        add("://");
        add(host);
        if (port != url_schemes[index].port) {
            add(":");
            const auto digits = std::to_chars(text_ + size_, text_ + size_ + 5, port);
            size_ = static_cast<std::size_t>(digits.ptr - text_);
        }
        add("/");
        cut_ = cut_url({text_, size_});
        if (cut_ && cut_->target() != "/")
            cut_.reset();
    }
    site_url(const site_url&) = delete;
    site_url& operator=(const site_url&) = delete;

    /// Nothing if there is no such URL. Views into this.
    const std::optional<url_cut>& cut() const noexcept { return cut_; }

  private:
    void add(std::string_view part) noexcept {
        for (const char c : part)
            text_[size_++] = lower(c);
    }

    char text_[max_host + 16]; // "https://" HOST ":65535" "/"
    std::size_t size_ = 0;
    std::optional<url_cut> cut_;
};

} // namespace wsintercept::inline v0_1_0::detail
