#include "program.hpp"

#include "encoding.hpp"

#include <wsintercept/loopback/credentials.hpp>

#include <boost/asio/post.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <system_error>
#include <utility>

#include <csignal>
#include <unistd.h>

namespace htmlrenderer {
namespace {

using namespace std::chrono_literals;
using wsintercept::loopback::credentials;
using wsintercept::loopback::launch_secret;

constexpr auto probe_patience = 20s;    ///< from the browser's start to the probe's request
constexpr auto devtools_patience = 10s; ///< from then on to an answer on the pipe
constexpr auto picture_patience = 5s;
constexpr auto closing_patience = 3s; ///< for closing handshakes
constexpr auto browser_patience = 3s; ///< between SIGTERM and SIGKILL

constexpr const char* silent_devtools = "the browser does not speak on the DevTools pipe";
constexpr const char* goes_without = "--no-secret goes without one";

void say(const std::string& text) {
    std::cerr << "htmlrenderer: " << text << std::endl;
}

/// Written beside it first, so that there is never half a picture.
bool write_file(const std::filesystem::path& file, const std::string& bytes) {
    std::filesystem::path part = file;
    part += ".part";
    std::ofstream out{part, std::ios::binary};
    out << bytes;
    out.close();
    std::error_code failed;
    if (out)
        std::filesystem::rename(part, file, failed);
    if (out && !failed)
        return true;
    std::filesystem::remove(part, failed);
    return false;
}

} // namespace

program::program(const options& o)
    : options_{o}, out_{1, [this] { output_lost(); }}, pages_{o.table->root()}, probe_{*o.table},
      secret_{o.secret ? std::optional{launch_secret::make()} : std::nullopt},
      host_{io_, o, out_,
            [this](std::string_view method, std::string_view url) { return own_page(method, url); },
            secret_},
      signals_{io_}, start_timer_{io_}, page_timer_{io_}, end_timer_{io_} {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD})
        signals_.add(number);
    if (!o.html.empty())
        pages_.serve_html(o.html);
    if (!o.dir.empty())
        pages_.serve_folder(o.dir);
}

int program::run() {
    std::signal(SIGPIPE, SIG_IGN); // writes say so themselves
    std::signal(SIGTTIN, SIG_IGN); // in the background there is no input, and that is all
    const auto file = find_browser(options_.browser);
    if (!file) {
        say(no_browser(options_.browser));
        return 1;
    }
    if (secret_ && secret_->empty()) {
        say("the system gives no random bits for a secret");
        return 1;
    }
    if (const std::error_code failed = host_.listen()) {
        say("cannot listen on 127.0.0.1: " + failed.message());
        return 1;
    }
    wait_for_signals();
    if (!start_browser(*file))
        return 1;
    {
        const line_reader lines{io_, 0, [this](std::string_view line) { host_.take_line(line); }};
        io_.run();
    }
    host_.stop();
    browser_.stop(browser_patience);
    return status_;
}

bool program::start_browser(const std::filesystem::path& file) {
    const std::string key = host_.spki_hash();
    const std::string external = options_.proxy.empty() ? "DIRECT" : "PROXY " + options_.proxy;
    const auto proxy = wsintercept::chromium::switches(*options_.table, host_.port(),
                                                       {.external = external, .spki_hash = key});
    if (!proxy.error.empty()) {
        say(proxy.error);
        return false;
    }
    if (!options_.headless && std::getenv("DISPLAY") == nullptr &&
        std::getenv("WAYLAND_DISPLAY") == nullptr)
        say("warning: there is no display; --headless needs none");
    if (geteuid() == 0)
        say("warning: running as user 0, so the browser runs without its sandbox");
    try {
        folder_.emplace();
        browser_.start(file, browser_arguments(proxy.switches),
                       usual_variables(folder_->path(), options_.headless));
    } catch (const std::system_error& e) {
        say(std::string{"the browser could not be started: "} + e.what());
        return false;
    }
    say("started " + file.string() +
        "; it reaches us on 127.0.0.1:" + std::to_string(host_.port()));
    devtools_.emplace(
        io_, browser_.devtools_input(), browser_.devtools_output(),
        devtools::callbacks{
            [this] { navigate_when_ready(); }, [this] { last_page_closed(); },
            [this](const std::string& url) { page_loaded(url); },
            [](const std::string& line) { std::cerr << "page: " << visible(line) << std::endl; },
            [this](const std::string& why, bool asked) { login_failed(why, asked); }});
    devtools_->start(login());
    start_timer_.expires_after(probe_patience);
    start_timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled || stage_ != stage::starting)
            return;
        if (secret_ && !devtools_->speaks())
            return fail(std::string{silent_devtools} + ", so it cannot be told our secret; " +
                        goes_without);
        fail(no_probe());
    });
    return true;
}

std::string program::no_probe() const {
    return "the browser did not ask us for http://" + std::string{options_.table->root()} +
           "/: it does not use our proxy script";
}

std::optional<proxy_login::settings> program::login() const {
    if (!secret_)
        return std::nullopt;
    return proxy_login::settings{probe_.url(), "http://127.0.0.1:" + std::to_string(host_.port()),
                                 std::string{credentials::realm}, std::string{credentials::user},
                                 secret_->text()};
}

void program::login_failed(const std::string& why, bool asked) {
    const std::string what = "the browser could not be told our secret: " + why;
    const bool went_elsewhere = !asked && why.starts_with("net::");
    if (stage_ == stage::starting)
        fail(went_elsewhere ? no_probe() + " (" + why + ")" : what + "; " + goes_without);
    else if (stage_ == stage::probed)
        say("warning: " + what);
}

std::vector<std::string>
program::browser_arguments(const std::vector<std::string>& proxy_switches) const {
    std::vector<std::string> arguments = usual_switches(folder_->path(), options_.headless);
    arguments.emplace_back("--window-size=1280,800");
    arguments.insert(arguments.end(), proxy_switches.begin(), proxy_switches.end());
    arguments.insert(arguments.end(), options_.browser_arguments.begin(),
                     options_.browser_arguments.end());
    // With a secret the browser opens the probe when it is told it.
    arguments.push_back(secret_ ? "about:blank" : probe_.url());
    return arguments;
}

std::optional<served_page> program::own_page(std::string_view method, std::string_view url) {
    if (!probe_.matches(url))
        return pages_.find(method, url);
    probe_came();
    const std::string no_store = "Cache-Control: no-store\r\n";
    if (!starts_by_devtools())
        return served_page{
            302, "text/plain", no_store + "Location: " + options_.start_url + "\r\n", {}};
    return served_page{200, "text/html", no_store, "<!doctype html><title>...</title>"};
}

void program::probe_came() {
    if (stage_ != stage::starting)
        return;
    stage_ = stage::probed;
    navigate_when_ready();
    start_timer_.expires_after(devtools_patience);
    start_timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled || devtools_->speaks() || stage_ == stage::ending)
            return;
        const std::string silent{silent_devtools};
        if (!options_.start_by_proxy)
            return fail(silent + ", so it cannot be brought to " + options_.start_url);
        say("warning: " + silent + ": no pictures and no console lines");
    });
}

void program::navigate_when_ready() {
    if (starts_by_devtools() && stage_ == stage::probed && devtools_->has_page() &&
        !std::exchange(navigated_, true))
        devtools_->navigate(options_.start_url);
}

void program::page_loaded(const std::string& url) {
    const bool is_blank = url == "about:blank" && options_.start_url != url;
    if (loaded_ || is_blank || probe_.matches(url) || stage_ != stage::probed)
        return;
    loaded_ = true;
    say("loaded " + visible(std::string_view{url}.substr(0, 200)));
    if (!options_.screenshot.empty())
        take_picture([] {});
}

/// Without a window the browser would stay. A page that is replaced is there again at once.
void program::last_page_closed() {
    page_timer_.expires_after(500ms);
    page_timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled && !devtools_->has_page() && stage_ == stage::probed) {
            say("the page was closed");
            end(0);
        }
    });
}

/// Calls `then` exactly once, whether there is a picture or not.
void program::take_picture(std::function<void()> then) {
    devtools_->take_picture(
        [this, then = std::move(then)](const std::string& png, const std::string& error) {
            if (!error.empty())
                say("no picture: " + error);
            else if (write_file(options_.screenshot, png))
                say("picture in " + options_.screenshot.string());
            else
                say("cannot write " + options_.screenshot.string());
            then();
        });
}

void program::wait_for_signals() {
    signals_.async_wait([this](const boost::system::error_code& cancelled, int number) {
        if (cancelled)
            return;
        wait_for_signals();
        if (number != SIGCHLD)
            return stage_ == stage::ending ? io_.stop() : end(0);
        if (browser_.reap() && stage_ != stage::ending)
            browser_ended();
    });
}

void program::browser_ended() {
    if (stage_ == stage::starting)
        return fail("the browser ended (" + browser_.how_it_ended() +
                    ") before it asked us for a page");
    if (browser_.failed())
        return fail("the browser failed: it ended with " + browser_.how_it_ended());
    end(0);
}

void program::output_lost() {
    boost::asio::post(io_, [this] {
        say("nobody reads standard output any more");
        end(0);
    });
}

void program::fail(const std::string& why) {
    say(why);
    end(1);
}

void program::end(int status) {
    if (stage_ == stage::ending)
        return;
    const bool can_take_picture =
        stage_ == stage::probed && !options_.screenshot.empty() && devtools_->has_page();
    stage_ = stage::ending;
    status_ = status;
    start_timer_.cancel();
    if (!can_take_picture)
        return close_sockets();
    // The page as it was, before its sockets close.
    end_timer_.expires_after(picture_patience);
    end_timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled)
            close_sockets();
    });
    take_picture([this] {
        if (end_timer_.cancel() != 0)
            close_sockets();
    });
}

void program::close_sockets() {
    end_of_patience_ = std::chrono::steady_clock::now() + closing_patience + 1s;
    host_.shutdown(closing_patience);
    stop_when_idle();
}

/// The last events come before the end.
void program::stop_when_idle() {
    if (host_.idle() || std::chrono::steady_clock::now() >= end_of_patience_)
        return boost::asio::post(io_, [this] { io_.stop(); });
    end_timer_.expires_after(5ms);
    end_timer_.async_wait([this](const boost::system::error_code&) { stop_when_idle(); });
}

} // namespace htmlrenderer
