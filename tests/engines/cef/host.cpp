// The host for CEF, off screen:
//   cef_host ROUTE SITE NETWORK
// ROUTE: proxy, an endpoint that contexts are told of; scheme, no port. NETWORK: a server's ws URL,
// or "".
#include "include/cef_app.h"
#include "include/cef_client.h"
#include "include/cef_version_info.h"
#include "include/wrapper/cef_stream_resource_handler.h"

#include "../host.hpp"

#include <wsintercept/bridge/page_script.hpp>
#include <wsintercept/loopback/tls.hpp>
#include <wsintercept/renderer/cef.hpp>
#include <wsintercept/renderer/cef/endpoint.hpp>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

// What Boost asks for where there are no exceptions.
namespace boost {
struct source_location;
void throw_exception(const std::exception&) {
    std::abort();
}
void throw_exception(const std::exception&, const source_location&) {
    std::abort();
}
} // namespace boost

namespace {

namespace ws = wsintercept;
using api = ws::cef::real_api;

/// A file of the site for each request of its scheme.
class site_factory final : public ws::cef::counted<CefSchemeHandlerFactory> {
  public:
    explicit site_factory(std::string site) : site_{std::move(site)} {}
    CefRefPtr<CefResourceHandler> Create(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame>,
                                         const CefString&, CefRefPtr<CefRequest> r) override {
        auto file = engines::file(site_, r->GetURL().ToString());
        if (!file)
            return nullptr;
        return new CefStreamResourceHandler{
            file->type, CefStreamReader::CreateForData(file->body.data(), file->body.size())};
    }

  private:
    const std::string site_;
};

/// A view that nobody sees.
class client final : public ws::cef::counted<CefClient>, public CefRenderHandler {
  public:
    void AddRef() const override { counted::AddRef(); }
    bool Release() const override { return counted::Release(); }
    bool HasOneRef() const override { return counted::HasOneRef(); }
    bool HasAtLeastOneRef() const override { return counted::HasAtLeastOneRef(); }

    CefRefPtr<CefRenderHandler> GetRenderHandler() override { return this; }
    void GetViewRect(CefRefPtr<CefBrowser>, CefRect& r) override { r = CefRect{0, 0, 800, 600}; }
    void OnPaint(CefRefPtr<CefBrowser>, PaintElementType, const RectList&, const void*, int,
                 int) override {}
};

using visits = std::vector<engines::visit>;

/// What a route is to the program below.
struct route {
    virtual ~route() = default;
    virtual void before_command_line(CefRefPtr<CefCommandLine>) {}
    /// Makes the context that pages are opened in.
    virtual void open(std::function<void(CefRefPtr<CefRequestContext>)> ready) = 0;
    virtual visits pages() const = 0;
    virtual void stop() = 0;
    std::function<void()> on_done;
};

ws::allowed_origins origins() {
    ws::allowed_origins out{*engines::table()};
    for (const char* origin : {"http://myapp", "https://myapp", "app://myapp"})
        out.allow(origin);
    return out;
}

class proxy final : public route {
    struct host;
    using methods = ws::loopback::carried_sockets<host>;
    struct host : engines::handler<const methods> {
        using handler::on;
    };
    using endpoint = ws::cef::endpoint<api, host, ws::default_policies, ws::loopback::tls>;

  public:
    proxy(const ws::cef::executor<api>& e, std::string site) : site_{site} {
        ws::loopback::options o;
        o.origins = origins();
        o.pages = [site](std::string_view, std::string_view url) {
            std::optional<ws::loopback::page> out;
            if (const auto file = engines::file(site, url))
                out = ws::loopback::page{200, file->type, "", file->body};
            return out;
        };
        endpoint_.emplace(e, handler_, engines::table(), std::move(o));
        handler_.to = &endpoint_->sockets();
        handler_.on_done = [this] { on_done(); };
        if (const std::error_code failed = endpoint_->listen())
            engines::fail(failed.message());
    }
    void before_command_line(CefRefPtr<CefCommandLine> line) override {
        endpoint_->route().append_tls_switch(line);
    }
    void open(std::function<void(CefRefPtr<CefRequestContext>)> ready) override {
        context_ =
            endpoint_->route().make_context({}, nullptr, [this, ready](const std::string& why) {
                if (!why.empty())
                    engines::fail(why);
                context_->RegisterSchemeHandlerFactory("app", "myapp", new site_factory{site_});
                ready(context_);
            });
    }
    visits pages() const override {
        return {{"http://myapp/", "page,iframe,worker,shared worker,wss"},
                {"https://myapp/", "https page,service worker"},
                {"app://myapp/", "own-scheme page"}};
    }
    void stop() override {
        context_ = nullptr;
        endpoint_.reset();
    }

  private:
    const std::string site_;
    host handler_;
    std::optional<endpoint> endpoint_;
    CefRefPtr<CefRequestContext> context_;
};

class scheme final : public route {
    struct host : engines::handler<const ws::remote> {
        using handler::on;
    };

  public:
    scheme(const ws::cef::executor<api>& e, std::string site)
        : executor_{e}, site_{std::move(site)} {}
    void open(std::function<void(CefRefPtr<CefRequestContext>)> ready) override {
        handlers_.emplace(executor_, handler_, engines::table(),
                          ws::interceptor_options{{}, origins()});
        remote_.emplace(handlers_->sockets().remote());
        handler_.to = &*remote_;
        handler_.on_done = [this] { on_done(); };
        const auto context = CefRequestContext::GetGlobalContext();
        context->RegisterSchemeHandlerFactory("wsintercept", "bridge", handlers_->factory());
        for (const char* name : {"http", "https", "app"})
            context->RegisterSchemeHandlerFactory(name, "myapp", new site_factory{site_});
        for (const char* cell : {"worker", "shared worker", "service worker"})
            engines::print_cannot(cell, engines::no_workers);
        ready(nullptr);
    }
    visits pages() const override {
        return {{"http://myapp/", "page,iframe,wss"},
                {"https://myapp/", "https page"},
                {"app://myapp/", "own-scheme page"}};
    }
    void stop() override {
        CefRequestContext::GetGlobalContext()->ClearSchemeHandlerFactories();
        handlers_.reset();
    }

  private:
    const ws::cef::executor<api> executor_;
    const std::string site_;
    host handler_;
    std::optional<ws::remote> remote_;
    std::optional<ws::cef::scheme_handlers<api, host>> handlers_;
};

/// All processes' app; `way` is the browser process's alone.
class app final : public ws::cef::counted<CefApp>,
                  public CefBrowserProcessHandler,
                  public CefRenderProcessHandler {
  public:
    void AddRef() const override { counted::AddRef(); }
    bool Release() const override { return counted::Release(); }
    bool HasOneRef() const override { return counted::HasOneRef(); }
    bool HasAtLeastOneRef() const override { return counted::HasAtLeastOneRef(); }

    CefRefPtr<CefBrowserProcessHandler> GetBrowserProcessHandler() override { return this; }
    CefRefPtr<CefRenderProcessHandler> GetRenderProcessHandler() override { return this; }

    void OnRegisterCustomSchemes(CefRawPtr<CefSchemeRegistrar> registrar) override {
        ws::cef::scheme_handlers<api, nobody>::add_bridge_scheme(registrar);
        registrar->AddCustomScheme("app", CEF_SCHEME_OPTION_STANDARD | CEF_SCHEME_OPTION_SECURE |
                                              CEF_SCHEME_OPTION_CORS_ENABLED |
                                              CEF_SCHEME_OPTION_FETCH_ENABLED);
    }
    void OnBeforeCommandLineProcessing(const CefString& type,
                                       CefRefPtr<CefCommandLine> line) override {
        if (!type.empty())
            return;
        line->AppendSwitch("disable-gpu");
        way->before_command_line(line);
    }
    /// Render processes have the route's name on their command line.
    void OnBeforeChildProcessLaunch(CefRefPtr<CefCommandLine> line) override {
        if (injects)
            line->AppendSwitch("inject-class");
    }
    void OnContextCreated(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame> frame,
                          CefRefPtr<CefV8Context>) override {
        if (CefCommandLine::GetGlobalCommandLine()->HasSwitch("inject-class"))
            frame->ExecuteJavaScript(ws::bridge::page_script(*engines::table(),
                                                             ws::bridge::channel::fetch,
                                                             std::string{ws::cef::bridge_base}),
                                     "", 0);
    }
    void OnContextInitialized() override {
        executor->start();
        left_ = way->pages().size();
        way->on_done = [this] {
            if (--left_ == 0)
                executor->post([this] { close(); });
        };
        way->open([this](CefRefPtr<CefRequestContext> context) {
            std::string url;
            const visits all = way->pages();
            for (auto v = all.rbegin(); v != all.rend(); ++v)
                url = engines::url_of(*v, network, url);
            CefWindowInfo window;
            window.SetAsWindowless(0);
            browser_ =
                CefBrowserHost::CreateBrowserSync(window, new client, url, {}, nullptr, context);
        });
        executor->post_after(std::chrono::minutes{4},
                             [] { engines::fail("the page was not done in 4 minutes"); });
    }

    route* way = nullptr;
    const ws::cef::executor<api>* executor = nullptr;
    bool injects = false;
    std::string network;

  private:
    struct nobody
        : ws::ignore<ws::http_request, ws::websocket_upgrade, ws::websocket_receive,
                     ws::websocket_close, ws::websocket_error, ws::drained, ws::log_entry> {
        using ignore::on;
    };
    void close() {
        engines::print("done");
        browser_->GetHost()->CloseBrowser(true);
        browser_ = nullptr;
        way->stop();
        executor->post_after(std::chrono::milliseconds{500}, [] { CefQuitMessageLoop(); });
    }

    std::size_t left_ = 0;
    CefRefPtr<CefBrowser> browser_;
};

} // namespace

int main(int argc, char** argv) {
    const CefMainArgs arguments{argc, argv};
    const CefRefPtr<app> program = new app;
    if (const int status = CefExecuteProcess(arguments, program, nullptr); status >= 0)
        return status;
    const std::string name = argc == 4 ? argv[1] : "";
    if (name != "proxy" && name != "scheme") {
        std::fputs("usage: cef_host proxy|scheme SITE NETWORK\n", stderr);
        return 2;
    }
    const auto number = [](int entry) { return std::to_string(cef_version_info(entry)); };
    engines::print_engine("CEF", number(0) + "." + number(1) + "." + number(2) + ", Chromium " +
                                     number(4) + "." + number(5) + "." + number(6) + "." +
                                     number(7));
    const ws::cef::executor<api> executor;
    std::unique_ptr<route> way;
    if (name == "proxy")
        way = std::make_unique<proxy>(executor, argv[2]);
    else
        way = std::make_unique<scheme>(executor, argv[2]);
    program->way = way.get();
    program->executor = &executor;
    program->injects = name == "scheme";
    program->network = argv[3];

    CefSettings settings;
    settings.no_sandbox = true;
    settings.windowless_rendering_enabled = true;
    const std::filesystem::path folder = std::filesystem::canonical("/proc/self/exe").parent_path();
    CefString(&settings.resources_dir_path) = folder.string();
    CefString(&settings.locales_dir_path) = (folder / "locales").string();
    const std::string profile = "/tmp/wsi-cef-" + std::to_string(getpid());
    CefString(&settings.root_cache_path) = profile;
    if (!CefInitialize(arguments, settings, program, nullptr))
        engines::fail("CefInitialize failed");
    CefRunMessageLoop();
    CefShutdown();
    std::error_code ignored;
    std::filesystem::remove_all(profile, ignored);
}
