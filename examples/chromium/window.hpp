// A Chromium that shows http://myapp/, and whose intercepted URLs reach this program's endpoint.
#pragma once

#include "browser.hpp"
#include "devtools.hpp"

#include <wsintercept/renderer/chromium.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace examples {

/// All calls and callbacks on the io_context's one thread.
class window {
  public:
    struct settings {
        std::string program; ///< empty: the first Chromium that is found
        bool headless = false;
        std::vector<std::string> switches{}; ///< more of them, with their dashes
    };

    /// `ended` is called when the user closed the window or pressed Ctrl-C, and not after `close`;
    /// with a text where something went wrong.
    window(boost::asio::io_context& io, const wsintercept::intercepted_urls& table,
           std::function<void(std::string_view problem)> ended);

    /// Starts the browser, which asks for the probe first. An error's text, or nothing.
    std::string open(const settings& s, const wsintercept::intercepted_urls& table,
                     std::uint16_t port);
    /// Where the probe's URL leads to; nothing for other URLs.
    std::optional<std::string> redirect(std::string_view url);
    /// Writes what the window shows to a file; an error's text, or nothing.
    void take_picture(const std::filesystem::path& file,
                      std::function<void(std::string problem)> done);
    /// Ends the browser; returns when no process and no folder of it is left.
    void close();

  private:
    void wait_for_signals();

    boost::asio::io_context& io_;
    wsintercept::chromium::probe probe_;
    std::string start_url_;
    std::function<void(std::string_view problem)> ended_;
    std::optional<htmlrenderer::temporary_folder> folder_; ///< goes after the browser
    htmlrenderer::browser browser_;
    std::optional<htmlrenderer::devtools> devtools_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer probe_timer_;
    bool probed_ = false;
};

} // namespace examples
