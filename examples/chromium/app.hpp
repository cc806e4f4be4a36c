// What the examples in Chromium have in common: the files of a page, its window, and the end of
// both.
#pragma once

#include "pages.hpp"
#include "window.hpp"

#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/url/intercepted_urls.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>

namespace examples {

/// Shows http://myapp/ until its window is closed or Ctrl-C. All calls on the io_context's one
/// thread.
class app {
  public:
    /// table: what the browser is to bring to the endpoint, which outlives this. folder: of the
    /// page's files, beside those of examples/chromium/page.
    app(boost::asio::io_context& io, const wsintercept::intercepted_urls& table,
        const std::filesystem::path& folder);

    /// For the endpoint: the page's files, which are answered without an event.
    wsintercept::loopback::options endpoint_options();

    /// By the options of the command line; what is left of it goes to the browser. The exit status.
    template <class Endpoint>
    int run(Endpoint& endpoint, int argc, char** argv) {
        window::settings settings;
        if (const int status = read_options(argc, argv, settings); status >= 0)
            return status;
        return run(endpoint, settings);
    }
    template <class Endpoint>
    int run(Endpoint& endpoint, const window::settings& settings) {
        std::signal(SIGPIPE, SIG_IGN);
        shut_down_ = [&] { endpoint.sockets().shutdown(std::chrono::seconds{1}); };
        is_idle_ = [&] { return endpoint.sockets().idle(); };
        if (const std::error_code failed = endpoint.listen())
            return fail("cannot listen on 127.0.0.1: " + failed.message());
        const std::string problem = window_.open(settings, table_, endpoint.port());
        if (!problem.empty())
            return fail(problem);
        if (!picture_.empty())
            take_picture();
        io_.run();
        endpoint.stop();
        window_.close();
        return status_;
    }

    /// Closes the sockets, whose last events come before the end; called again: at once.
    void end(int status);
    std::function<void()> on_end; ///< called once, when the sockets are about to be closed

    window& shown() { return window_; }

  private:
    int read_options(int argc, char** argv, window::settings& out); ///< -1: go on
    static int fail(std::string_view why);
    void take_picture();
    void end_when_idle(wsintercept::time_point limit);

    boost::asio::io_context& io_;
    const wsintercept::intercepted_urls& table_;
    htmlrenderer::pages own_, common_;
    window window_;
    boost::asio::steady_timer timer_;
    std::function<void()> shut_down_;
    std::function<bool()> is_idle_;
    std::string picture_; ///< a file's name
    int status_ = 0;
    bool ending_ = false;
};

} // namespace examples
