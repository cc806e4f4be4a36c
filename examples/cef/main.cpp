// A CEF window with the demo's page, whose WebSockets this program answers.
#include "include/cef_app.h"

#include "carried_answers.hpp"
#include "window.hpp"

#include <wsintercept/renderer/cef.hpp>
#include <wsintercept/renderer/cef/endpoint.hpp>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h> // geteuid, getpid

namespace {

namespace ws = wsintercept;
using api = ws::cef::real_api;

/// InterceptedURLs: whose the URLs of the page are. What no row matches goes to the network.
const std::vector<ws::row> rows{
    {"ws://myapp/chat", ws::action::manual},
    {"ws://myapp/private", ws::action::manual},
    {"ws://myapp/*", ws::action::automatic},
    {"http://myapp/api/*", ws::action::automatic},
};

int fail(const std::string& why) {
    std::cerr << "cef_demo: " << why << std::endl;
    return 1;
}

/// All processes' app; `start` makes the browser process of one.
class app final : public CefApp, public CefBrowserProcessHandler {
  public:
    /// In the browser process, before CefInitialize.
    std::error_code start(bool offscreen) {
        offscreen_ = offscreen;
        handler_.on_verdict = [this](std::string_view text) {
            std::cout << "\nThe page says: " << text << std::endl;
            if (offscreen_)
                end(text.starts_with("passed") ? 0 : 1);
        };
        ws::loopback::options options;
        options.pages = demo::page_file;
        endpoint_.emplace(executor_, handler_, ws::intercepted_urls::build(rows).table, options);
        handler_.use(endpoint_->sockets());
        return endpoint_->listen();
    }
    int status() const { return status_; }

    CefRefPtr<CefBrowserProcessHandler> GetBrowserProcessHandler() override { return this; }
    void OnBeforeCommandLineProcessing(const CefString& type,
                                       CefRefPtr<CefCommandLine> line) override {
        if (!type.empty())
            return;
        endpoint_->route().append_switches(line);
        if (offscreen_) {
            line->AppendSwitchWithValue("ozone-platform", "headless");
            line->AppendSwitch("disable-gpu");
        }
    }
    void OnContextInitialized() override {
        executor_.start();
        window_ = new cef_demo::window{[this] { stop(); }};
        endpoint_->route().warm(CefRequestContext::GetGlobalContext(),
                                [this](const std::string& why) {
                                    if (!why.empty()) {
                                        status_ = fail(why);
                                        return stop();
                                    }
                                    window_->open("http://myapp/", offscreen_);
                                });
        if (offscreen_)
            executor_.post_after(std::chrono::seconds{30},
                                 [this] { end(fail("no verdict after 30 s")); });
    }

  private:
    void end(int status) {
        status_ = status;
        executor_.post([this] {
            if (window_)
                window_->close();
        });
    }
    void stop() {
        window_ = nullptr;
        executor_.post([this] { endpoint_.reset(); });
        executor_.post([] { CefQuitMessageLoop(); });
    }

    const ws::cef::executor<api> executor_;
    demo::carried_answers handler_{
        [this](std::chrono::milliseconds delay, std::function<void()> work) {
            executor_.post_after(delay, std::move(work));
        }};
    std::optional<ws::cef::endpoint<api, demo::carried_answers>> endpoint_;
    CefRefPtr<cef_demo::window> window_;
    bool offscreen_ = false;
    int status_ = 0;

    IMPLEMENT_REFCOUNTING(app);
};

} // namespace

int main(int argc, char** argv) {
    const CefMainArgs arguments{argc, argv};
    const CefRefPtr<app> program = new app;
    if (const int status = CefExecuteProcess(arguments, program, nullptr); status >= 0)
        return status; // a process of the engine's

    const bool offscreen = argc == 2 && std::strcmp(argv[1], "--offscreen") == 0;
    if (argc > 1 && !offscreen) {
        std::cerr << "usage: cef_demo [--offscreen]\n"
                     "--offscreen: no window; ends with the page's verdict, 0 where it passed\n";
        return 2;
    }
    if (const std::error_code failed = program->start(offscreen))
        return fail("cannot listen on 127.0.0.1: " + failed.message());

    CefSettings settings;
    settings.no_sandbox = geteuid() == 0; // as user 0 Chromium's sandbox does not start
    settings.windowless_rendering_enabled = offscreen;
    const auto folder = std::filesystem::canonical("/proc/self/exe").parent_path();
    CefString(&settings.resources_dir_path) = folder.string();
    CefString(&settings.locales_dir_path) = (folder / "locales").string();
    const auto profile =
        std::filesystem::temp_directory_path() / ("cef_demo-" + std::to_string(getpid()));
    CefString(&settings.root_cache_path) = profile.string();
    if (!CefInitialize(arguments, settings, program, nullptr))
        return fail("CefInitialize failed");
    CefRunMessageLoop();
    CefShutdown();
    std::error_code ignored;
    std::filesystem::remove_all(profile, ignored);
    return program->status();
}
