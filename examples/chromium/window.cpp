#include "window.hpp"

#include "encoding.hpp"

#include <csignal>
#include <fstream>
#include <iostream>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

namespace examples {

using namespace std::chrono_literals;

window::window(boost::asio::io_context& io, const wsintercept::intercepted_urls& table,
               std::function<void(std::string_view)> ended)
    : io_{io}, probe_{table}, start_url_{"http://" + std::string{table.root()} + "/"},
      ended_{std::move(ended)}, signals_{io, SIGINT, SIGTERM, SIGCHLD}, probe_timer_{io} {}

std::string window::open(const settings& s, const wsintercept::intercepted_urls& table,
                         std::uint16_t port) {
    const auto program = htmlrenderer::find_browser(s.program);
    if (!program)
        return htmlrenderer::no_browser(s.program);
    const auto proxy = wsintercept::chromium::switches(table, port);
    if (!proxy.error.empty())
        return proxy.error;
    if (geteuid() == 0)
        std::cerr << "running as user 0, so the browser runs without its sandbox\n";
    try {
        folder_.emplace();
        std::vector<std::string> arguments =
            htmlrenderer::usual_switches(folder_->path(), s.headless);
        arguments.insert(arguments.end(), proxy.switches.begin(), proxy.switches.end());
        arguments.emplace_back("--window-size=1280,856");
        arguments.insert(arguments.end(), s.switches.begin(), s.switches.end());
        arguments.push_back("--app=" +
                            probe_.url()); // no tabs and no address: an embedder's window
        wait_for_signals();
        browser_.start(*program, arguments,
                       htmlrenderer::usual_variables(folder_->path(), s.headless));
    } catch (const std::system_error& e) {
        return std::string{"the browser could not be started: "} + e.what();
    }
    htmlrenderer::devtools::callbacks call;
    call.page_attached = [] {};
    call.loaded = [](const std::string&) {};
    call.last_page_closed = [this] {
        if (probed_)
            ended_("");
    };
    call.console = [](const std::string& line) {
        std::cerr << "page: " << htmlrenderer::visible(line) << std::endl;
    };
    devtools_.emplace(io_, browser_.devtools_input(), browser_.devtools_output(), std::move(call));
    devtools_->start();
    probe_timer_.expires_after(20s);
    probe_timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled && !probed_)
            ended_("the browser did not ask us for its first page: it ignores our proxy script");
    });
    return {};
}

std::optional<std::string> window::redirect(std::string_view url) {
    if (!probe_.matches(url))
        return std::nullopt;
    probed_ = true;
    probe_timer_.cancel();
    return start_url_;
}

void window::take_picture(const std::filesystem::path& file,
                          std::function<void(std::string)> done) {
    devtools_->take_picture(
        [file, done = std::move(done)](const std::string& png, const std::string& error) {
            if (!error.empty())
                return done(error);
            std::ofstream out{file, std::ios::binary};
            out << png;
            out.close();
            done(out ? "" : "cannot write " + file.string());
        });
}

void window::close() {
    signals_.cancel();
    probe_timer_.cancel();
    browser_.stop(3s);
    devtools_.reset();
    folder_.reset();
}

void window::wait_for_signals() {
    signals_.async_wait([this](const boost::system::error_code& cancelled, int number) {
        if (cancelled)
            return;
        wait_for_signals();
        if (number != SIGCHLD)
            return ended_("");
        if (!browser_.reap())
            return;
        const std::string how = browser_.how_it_ended();
        if (!probed_)
            ended_("the browser ended (" + how + ") before it asked us for its first page");
        else
            ended_(browser_.failed() ? "the browser ended with " + how : "");
    });
}

} // namespace examples
