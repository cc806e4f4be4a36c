// Scenarios for a real CEF, each in a process of its own, since a process starts CEF once:
//   PROGRAM                      all of them, and "N passed, N failed" at the end
//   PROGRAM SCENARIO PROFILE     one, with that root_cache_path
#pragma once

#include "include/cef_app.h"
#include "include/cef_client.h"

#include "../host.hpp"

#include <wsintercept/renderer/cef.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace engines::cef {

using api = ws::cef::real_api;
using context_ref = CefRefPtr<CefRequestContext>;

inline void check(std::string_view cell, std::string_view name, std::string_view seen,
                  std::string_view expected) {
    const std::string line = "check\t" + std::string{cell} + '\t' + std::string{name} + '\t';
    print(line + (seen == expected ? "ok" : std::string{seen}));
}

/// Pages show what they saw as their titles.
inline constexpr std::string_view mark = "saw ";

/// A view that nobody sees. Both functions are called once, on TID_UI.
class view final : public ws::cef::counted<CefClient>,
                   public CefRenderHandler,
                   public CefDisplayHandler,
                   public CefLifeSpanHandler {
  public:
    view(std::function<void(std::string)> seen, std::function<void()> closed)
        : seen_{std::move(seen)}, closed_{std::move(closed)} {}

    void AddRef() const override { counted::AddRef(); }
    bool Release() const override { return counted::Release(); }
    bool HasOneRef() const override { return counted::HasOneRef(); }
    bool HasAtLeastOneRef() const override { return counted::HasAtLeastOneRef(); }

    CefRefPtr<CefRenderHandler> GetRenderHandler() override { return this; }
    CefRefPtr<CefDisplayHandler> GetDisplayHandler() override { return this; }
    CefRefPtr<CefLifeSpanHandler> GetLifeSpanHandler() override { return this; }

    void GetViewRect(CefRefPtr<CefBrowser>, CefRect& r) override { r = CefRect{0, 0, 800, 600}; }
    void OnPaint(CefRefPtr<CefBrowser>, PaintElementType, const RectList&, const void*, int,
                 int) override {}
    void OnTitleChange(CefRefPtr<CefBrowser>, const CefString& title) override {
        const std::string text = title.ToString();
        if (seen_ && text.starts_with(mark))
            std::exchange(seen_, {})(text.substr(mark.size()));
    }
    void OnBeforeClose(CefRefPtr<CefBrowser>) override { std::exchange(closed_, {})(); }

  private:
    std::function<void(std::string)> seen_;
    std::function<void()> closed_;
};

/// One start of CEF. On TID_UI.
class scenario {
  public:
    explicit scenario(std::filesystem::path profile) : profile_{std::move(profile)} {}
    virtual ~scenario() = default;
    virtual void before_command_line(CefRefPtr<CefCommandLine>) {}
    virtual void run() = 0; ///< in OnContextInitialized

    const ws::cef::executor<api> executor;

  protected:
    /// Opens the URL; `then` is told what the page saw, later than CEF's call. The page stays open.
    void visit(context_ref context, std::string_view url, std::function<void(std::string)> then) {
        CefWindowInfo window;
        window.SetAsWindowless(0);
        const auto seen = [this, then = std::move(then)](std::string what) {
            executor.post([then, what] { then(what); });
        };
        const auto closed = [this] {
            if (--open_ == 0)
                CefQuitMessageLoop();
        };
        ++open_;
        browsers_.push_back(CefBrowserHost::CreateBrowserSync(
            window, new view{seen, closed}, std::string{url}, {}, nullptr, context));
    }
    /// Closes what is open, and CEF ends.
    void finish() {
        print("done");
        for (const auto& b : std::exchange(browsers_, {}))
            b->GetHost()->CloseBrowser(true);
    }
    const std::filesystem::path& profile() const { return profile_; }

  private:
    const std::filesystem::path profile_;
    std::vector<CefRefPtr<CefBrowser>> browsers_;
    std::size_t open_ = 0;
};

/// All processes' app; `what` is the browser process's alone.
class app final : public ws::cef::counted<CefApp>, public CefBrowserProcessHandler {
  public:
    void AddRef() const override { counted::AddRef(); }
    bool Release() const override { return counted::Release(); }
    bool HasOneRef() const override { return counted::HasOneRef(); }
    bool HasAtLeastOneRef() const override { return counted::HasAtLeastOneRef(); }

    CefRefPtr<CefBrowserProcessHandler> GetBrowserProcessHandler() override { return this; }
    void OnRegisterCustomSchemes(CefRawPtr<CefSchemeRegistrar> registrar) override {
        registrar->AddCustomScheme("app", CEF_SCHEME_OPTION_STANDARD | CEF_SCHEME_OPTION_SECURE);
    }
    void OnBeforeCommandLineProcessing(const CefString& type,
                                       CefRefPtr<CefCommandLine> line) override {
        if (!type.empty())
            return;
        line->AppendSwitchWithValue("ozone-platform", "headless");
        line->AppendSwitch("disable-gpu");
        what->before_command_line(line);
    }
    void OnContextInitialized() override {
        what->executor.start();
        what->run();
        what->executor.post_after(std::chrono::minutes{1},
                                  [] { fail("it was not over in a minute"); });
    }

    scenario* what = nullptr;
};

/// Those whose names end with "-start" have one profile.
struct named {
    const char* name;
    std::unique_ptr<scenario> (*make)(const std::filesystem::path& profile);
};
template <class Scenario>
std::unique_ptr<scenario> make(const std::filesystem::path& profile) {
    return std::make_unique<Scenario>(profile);
}

inline void start(const CefMainArgs& arguments, CefRefPtr<app> program, const std::string& profile,
                  std::unique_ptr<scenario> what) {
    program->what = what.get();
    CefSettings settings;
    settings.no_sandbox = true;
    settings.windowless_rendering_enabled = true;
    const std::filesystem::path folder = std::filesystem::canonical("/proc/self/exe").parent_path();
    CefString(&settings.resources_dir_path) = folder.string();
    CefString(&settings.locales_dir_path) = (folder / "locales").string();
    CefString(&settings.root_cache_path) = profile;
    if (!CefInitialize(arguments, settings, program, nullptr))
        fail("CefInitialize failed");
    CefRunMessageLoop();
    what = nullptr;
    CefShutdown();
}

/// Starts this program anew for each scenario.
inline int start_all(std::span<const named> scenarios) {
    const std::filesystem::path profiles =
        std::filesystem::temp_directory_path() / ("wsi-cef-" + std::to_string(getpid()));
    const std::string program = std::filesystem::canonical("/proc/self/exe").string();
    int passed = 0;
    int failed = 0;
    for (const named& s : scenarios) {
        const std::string name = s.name;
        const auto profile = profiles / (name.ends_with("-start") ? "starts" : name);
        std::filesystem::create_directories(profile);
        std::FILE* lines =
            popen(('"' + program + "\" " + name + " \"" + profile.string() + '"').c_str(), "r");
        if (lines == nullptr)
            fail("no process");
        char* line = nullptr;
        std::size_t size = 0;
        bool done = false;
        for (ssize_t n = 0; (n = getline(&line, &size, lines)) > 0;) {
            const std::string_view text{line, static_cast<std::size_t>(n)};
            std::fwrite(text.data(), 1, text.size(), stdout);
            if (text.starts_with("check\t"))
                ++(text.ends_with("\tok\n") ? passed : failed);
            done = text == "done\n";
        }
        std::free(line);
        if (const int status = pclose(lines); status != 0 || !done) {
            print(name + " ended with status " + std::to_string(status));
            ++failed;
        }
    }
    std::error_code ignored;
    std::filesystem::remove_all(profiles, ignored);
    print(std::to_string(passed) + " passed, " + std::to_string(failed) + " failed");
    return failed == 0 ? 0 : 1;
}

inline int run(int argc, char** argv, std::span<const named> scenarios) {
    const CefMainArgs arguments{argc, argv};
    const CefRefPtr<app> program = new app;
    if (const int status = CefExecuteProcess(arguments, program, nullptr); status >= 0)
        return status;
    if (argc == 1)
        return start_all(scenarios);
    for (const named& s : scenarios)
        if (argc == 3 && argv[1] == std::string_view{s.name}) {
            start(arguments, program, argv[2], s.make(argv[2]));
            return 0;
        }
    std::fputs("usage: PROGRAM [SCENARIO PROFILE]\n", stderr);
    return 2;
}

} // namespace engines::cef
