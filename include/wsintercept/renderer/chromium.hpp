// Chromium and CEF: the switches that bring intercepted URLs to an endpoint, and the proof that
// they do. For CEF's OnBeforeCommandLineProcessing and for a spawned browser alike.
#pragma once

#include <wsintercept/url/intercepted_urls.hpp>
#include <wsintercept/url/pac.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::chromium {

/// Switches, each with its leading "--"; none if there is an error.
struct switches_result {
    std::vector<std::string> switches;
    std::string error; ///< empty: good
};

/// What the endpoint and the program are like, for `switches`.
struct switch_options {
    /// Where to what the table leaves external goes: DIRECT, or a proxy in the words of PAC scripts
    /// ("PROXY proxy.test:3128"). What is relayed goes to relay_options::proxy.
    std::string_view external = "DIRECT";
    /// loopback::tls::spki_hash(), for wss and https: certificates with that key are trusted. Only
    /// a browser that is also given a --user-data-dir heeds it. Empty: an endpoint without TLS.
    std::string_view spki_hash = {};
    /// Whether the endpoint relays what is not intercepted (options::relay). Where it does not, it
    /// is an error if a script would send it such ws or http URLs.
    bool relays = true;
};

/// The switches for an endpoint on 127.0.0.1:port; an error for port 0, that of one that does not
/// listen. Where the table is too large for a script that decides as it does, more is sent to the
/// endpoint, which relays it.
inline switches_result switches(const intercepted_urls& table, std::uint16_t port,
                                const switch_options& options = {}) {
    switches_result result;
    if (port == 0) {
        result.error = "the endpoint does not listen: its port is 0";
        return result;
    }
    const pac_script script =
        make_pac(table, "127.0.0.1:" + std::to_string(port), options.external);
    if (!script.exact && !options.relays) {
        result.error = "the table is too large: its " + std::to_string(table.size()) +
                       " rows do not fit into a proxy script of " +
                       std::to_string(pac_size / 1024) +
                       " KiB, and URLs that it would send here in vain are not relayed";
        return result;
    }
    result.switches.push_back("--proxy-pac-url=" + pac_data_url(script.text));
    if (!options.spki_hash.empty())
        result.switches.push_back("--ignore-certificate-errors-spki-list=" +
                                  std::string{options.spki_hash});
    return result;
}

/// A switch as CefCommandLine::AppendSwitchWithValue takes it: name without dashes, value.
inline std::pair<std::string_view, std::string_view> split_switch(std::string_view text) noexcept {
    text.remove_prefix(text.substr(0, 2) == "--" ? 2 : 0);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos)
        return {text, {}};
    return {text.substr(0, equals), text.substr(equals + 1)};
}

/// The start-up probe: a URL under http://ROOT/ that only a script in force brings to the endpoint,
/// since no such host need exist. Open the browser there, answer it (loopback::options::pages) with
/// a redirect to the real page, and fail the start if it does not come. The token only keeps an
/// application's own URLs apart from it; it is no secret.
class probe {
  public:
    explicit probe(const intercepted_urls& table) : url_{"http://"} {
        url_.append(table.root()).append("/wsintercept-probe-");
        std::random_device random;
        for (int word = 0; word < 4; ++word) {
            const std::uint32_t bits = random();
            for (int shift = 28; shift >= 0; shift -= 4)
                url_ += "0123456789abcdef"[bits >> shift & 15];
        }
    }

    const std::string& url() const noexcept { return url_; }

    /// `url` in normal form, as an endpoint gives it. Any thread.
    bool matches(std::string_view url) const noexcept { return url == url_; }

  private:
    std::string url_;
};

} // namespace wsintercept::inline v0_1_0::chromium
