// The demo: opens a page whose WebSockets this program answers, prints the events, and ends with
// the verdict that the page gives on what it saw.
#include "answers.hpp"
#include "app.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
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
    examples::window::settings window;
    std::string picture;
    std::string without;
    std::string pages = DEMO_PAGE_FOLDER;
};

class program {
  public:
    program(const options& o, std::shared_ptr<const intercepted_urls> table)
        : options_{o}, answers_{io_}, app_{io_, *table, o.pages},
          endpoint_{io_, answers_, table, app_.endpoint_options()}, timer_{io_} {
        answers_.serve(endpoint_);
        answers_.on_verdict = [this](std::string_view text) { take_verdict(text); };
        app_.on_end = [this] { answers_.stop(); };
    }

    /// The exit status.
    int run() {
        after(30s, [this] {
            say("no verdict after 30 s");
            if (options_.window.headless)
                app_.end(1);
        });
        const int status = app_.run(endpoint_, options_.window);
        return status == 0 && !passed_ ? 1 : status;
    }

  private:
    static void say(std::string_view text) { std::cerr << "demo: " << text << std::endl; }

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
            return options_.window.headless ? app_.end(0) : (void)timer_.cancel();
        after(2500ms, [this] { take_picture(); }); // then the chart is full
    }

    void take_picture() {
        after(10s, [this] {
            say("no picture after 10 s");
            app_.end(0);
        });
        app_.shown().take_picture(options_.picture, [this](const std::string& problem) {
            if (problem.empty())
                std::cout << "Picture: " << options_.picture << std::endl;
            else
                say(problem);
            if (options_.window.headless)
                app_.end(0);
            else
                timer_.cancel();
        });
    }

    const options& options_;
    boost::asio::io_context io_;
    demo::answers answers_;
    examples::app app_;
    demo::answers::endpoint endpoint_;
    boost::asio::steady_timer timer_;
    bool passed_ = false;
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
    return program{o, built.table}.run();
}
