// The life of the program: the browser is started, the probe comes, the page loads, all ends.
#pragma once

#include "browser.hpp"
#include "devtools.hpp"
#include "host.hpp"
#include "options.hpp"
#include "pages.hpp"
#include "standard_streams.hpp"

#include <wsintercept/loopback/secret.hpp>
#include <wsintercept/renderer/chromium.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace htmlrenderer {

class program {
  public:
    explicit program(const options& o);

    /// Returns the exit status, when no process and no folder of ours is left.
    int run();

  private:
    enum class stage { starting, probed, ending };

    bool start_browser(const std::filesystem::path& file);
    std::vector<std::string>
    browser_arguments(const std::vector<std::string>& proxy_switches) const;
    std::optional<served_page> own_page(std::string_view method, std::string_view url);
    void probe_came();
    std::string no_probe() const;
    std::optional<proxy_login::settings> login() const;
    void login_failed(const std::string& why, bool asked);
    bool starts_by_devtools() const { return secret_ || !options_.start_by_proxy; }
    void navigate_when_ready();
    void page_loaded(const std::string& url);
    void last_page_closed();
    void take_picture(std::function<void()> then);
    void wait_for_signals();
    void browser_ended();
    void output_lost();
    void fail(const std::string& why);
    void end(int status);
    void close_sockets();
    void stop_when_idle();

    const options& options_;
    boost::asio::io_context io_;
    line_writer out_;
    pages pages_;
    wsintercept::chromium::probe probe_;
    const std::optional<wsintercept::loopback::launch_secret> secret_;
    host host_;
    std::optional<temporary_folder> folder_; ///< goes after the browser, whose profile it holds
    browser browser_;
    std::optional<devtools> devtools_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer start_timer_; ///< the probe's, then the wait for DevTools
    boost::asio::steady_timer page_timer_;  ///< between a page's end and what comes in its place
    boost::asio::steady_timer end_timer_;
    std::chrono::steady_clock::time_point end_of_patience_;
    stage stage_ = stage::starting;
    bool navigated_ = false;
    bool loaded_ = false;
    int status_ = 0;
};

} // namespace htmlrenderer
