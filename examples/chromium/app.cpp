#include "app.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <utility>

namespace examples {

using namespace std::chrono_literals;
using namespace wsintercept;

app::app(boost::asio::io_context& io, const intercepted_urls& table,
         const std::filesystem::path& folder)
    : io_{io}, table_{table}, own_{table.root()}, common_{table.root()},
      window_{io, table,
              [this](std::string_view problem) { end(problem.empty() ? status_ : fail(problem)); }},
      timer_{io} {
    own_.serve_folder(folder);
    common_.serve_folder(COMMON_PAGE_FOLDER);
}

loopback::options app::endpoint_options() {
    loopback::options o;
    o.root = table_.root();
    o.pages = [this](std::string_view method,
                     std::string_view url) -> std::optional<loopback::page> {
        if (const auto target = window_.redirect(url))
            return loopback::page{302, "text/plain", "Location: " + *target + "\r\n", ""};
        auto page = own_.find(method, url);
        if (!page)
            page = common_.find(method, url);
        if (!page)
            return std::nullopt;
        return loopback::page{page->status, page->media_type, page->fields, page->body};
    };
    return o;
}

int app::read_options(int argc, char** argv, window::settings& out) {
    CLI::App usage{"Shows a page whose WebSockets this program answers. What is no option of these "
                   "goes to the browser."};
    usage.add_flag("--headless", out.headless, "no window; ends by Ctrl-C");
    usage.add_option("--browser", out.program, "a Chromium, by path or name");
    usage.add_option("--screenshot", picture_,
                     "a picture of the page after 3 s (PNG), and the end");
    usage.allow_extras();
    try {
        usage.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return usage.exit(e) == 0 ? 0 : 2;
    }
    out.switches = usage.remaining();
    return -1;
}

int app::fail(std::string_view why) {
    std::cerr << why << std::endl;
    return 1;
}

void app::take_picture() {
    timer_.expires_after(3s);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled)
            return;
        window_.take_picture(picture_, [this](const std::string& problem) {
            if (problem.empty())
                std::cout << "Picture: " << picture_ << std::endl;
            end(problem.empty() ? 0 : fail(problem));
        });
    });
}

void app::end(int status) {
    status_ = status;
    if (std::exchange(ending_, true))
        return io_.stop();
    if (on_end)
        on_end();
    shut_down_();
    end_when_idle(clock::now() + 2s);
}

void app::end_when_idle(time_point limit) {
    if (is_idle_() || clock::now() > limit)
        return io_.stop();
    timer_.expires_after(5ms);
    timer_.async_wait([this, limit](const boost::system::error_code& cancelled) {
        if (!cancelled)
            end_when_idle(limit);
    });
}

} // namespace examples
