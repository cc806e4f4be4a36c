// The demo: opens a page whose WebSockets this program answers, prints the events, and ends with
// the verdict that the page gives on what it saw.
#include "answers.hpp"
#include "pages.hpp"
#include "window.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace wsintercept;

/// InterceptedURLs: whose the URLs of the page are. What no row matches goes to the network.
const std::vector<row> all_rows{
    {"ws://myapp/echo/*", action::automatic},  {"ws://myapp/feed", action::automatic},
    {"ws://myapp/goodbye", action::automatic}, {"ws://myapp/worker", action::automatic},
    {"ws://myapp/chat", action::manual},       {"ws://myapp/private", action::manual},
    {"http://myapp/api/*", action::automatic}, // the page's report to us
};

struct options {
    demo::window::settings window;
    std::string picture;
    std::string without;
    std::string pages = DEMO_PAGE_FOLDER;
};

class program {
  public:
    program(const options& o, std::shared_ptr<const intercepted_urls> table)
        : options_{o}, table_{std::move(table)}, answers_{io_},
          window_{io_, *table_, [this](std::string_view problem) { window_ended(problem); }},
          endpoint_{io_, answers_, table_, endpoint_options()}, timer_{io_} {
        pages_.serve_folder(o.pages);
        answers_.serve(endpoint_);
        answers_.on_verdict = [this](std::string_view text) { take_verdict(text); };
    }

    /// The exit status.
    int run() {
        if (const std::error_code failed = endpoint_.listen())
            return say("cannot listen on 127.0.0.1: " + failed.message()), 1;
        const std::string problem = window_.open(options_.window, *table_, endpoint_.port());
        if (!problem.empty())
            return say(problem), 1;
        after(30s, [this] {
            say("no verdict after 30 s");
            if (options_.window.headless)
                end();
        });
        io_.run();
        endpoint_.stop();
        window_.close();
        return passed_ ? 0 : 1;
    }

  private:
    static void say(std::string_view text) { std::cerr << "demo: " << text << std::endl; }

    loopback::options endpoint_options() {
        loopback::options o;
        o.root = table_->root();
        o.pages = [this](std::string_view method,
                         std::string_view url) -> std::optional<loopback::page> {
            if (const auto target = window_.redirect(url))
                return loopback::page{302, "text/plain", "Location: " + *target + "\r\n", ""};
            auto page = pages_.find(method, url);
            if (!page)
                return std::nullopt;
            return loopback::page{page->status, page->media_type, page->fields, page->body};
        };
        return o;
    }

    template <class Function>
    void after(clock::duration time, Function run) {
        timer_.expires_after(time);
        timer_.async_wait([run](const boost::system::error_code& cancelled) {
            if (!cancelled)
                run();
        });
    }

    void take_verdict(std::string_view text) {
        passed_ = text.substr(0, text.find('\n')) == "passed";
        std::cout << "\nThe page says: " << text << "\n" << std::endl;
        if (options_.picture.empty())
            return options_.window.headless ? end() : (void)timer_.cancel();
        after(2500ms, [this] { take_picture(); }); // then the chart is full
    }

    void take_picture() {
        after(10s, [this] {
            say("no picture after 10 s");
            end();
        });
        window_.take_picture(options_.picture, [this](const std::string& problem) {
            if (problem.empty())
                std::cout << "Picture: " << options_.picture << std::endl;
            else
                say(problem);
            if (options_.window.headless)
                end();
            else
                timer_.cancel();
        });
    }

    void window_ended(std::string_view problem) {
        if (!problem.empty()) {
            say(problem);
            passed_ = false;
        }
        end();
    }

    /// Closes the sockets; their last events come before the end.
    void end() {
        if (std::exchange(ending_, true))
            return io_.stop();
        answers_.stop();
        endpoint_.sockets().shutdown(1s);
        end_when_idle(clock::now() + 2s);
    }

    void end_when_idle(time_point limit) {
        if (endpoint_.sockets().idle() || clock::now() > limit)
            return io_.stop();
        after(5ms, [this, limit] { end_when_idle(limit); });
    }

    const options& options_;
    std::shared_ptr<const intercepted_urls> table_;
    boost::asio::io_context io_;
    htmlrenderer::pages pages_{"myapp"};
    demo::answers answers_;
    demo::window window_;
    demo::answers::endpoint endpoint_;
    boost::asio::steady_timer timer_;
    bool passed_ = false;
    bool ending_ = false;
};

} // namespace

int main(int argc, char** argv) {
    options o;
    CLI::App app{"Opens a page whose WebSockets this program answers. Exit status: 0 where all of "
                 "the page's checks passed, 1 where not, 2 for usage."};
    app.add_flag("--headless", o.window.headless, "no window; ends after the verdict");
    app.add_option("--screenshot", o.picture, "a picture of the page after the verdict (PNG)");
    app.add_option("--without", o.without, "takes the row with this pattern out of the table");
    app.add_option("--browser", o.window.program, "a Chromium, by path or name");
    app.add_option("--pages", o.pages, "the folder of the page")->check(CLI::ExistingDirectory);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }

    std::vector<row> rows = all_rows;
    if (!o.without.empty() &&
        std::erase_if(rows, [&](const row& r) { return r.pattern == o.without; }) == 0) {
        std::cerr << "demo: --without '" << o.without << "': no such row. There are:\n";
        for (const row& r : rows)
            std::cerr << "  " << r.pattern << '\n';
        return 2;
    }
    const auto built = intercepted_urls::build(rows, "myapp");
    if (!built.table) {
        std::cerr << "demo: " << built.errors.front().text << '\n';
        return 1;
    }
    std::signal(SIGPIPE, SIG_IGN);
    return program{o, built.table}.run();
}
