// What a real CEF does with contexts, switches and warm-ups, as the adapter relies on it; the unit
// tests have only stand-ins of CEF's classes.
#include "bodies.hpp"
#include "scenario.hpp"

#include "include/wrapper/cef_stream_resource_handler.h"

#include <wsintercept/renderer/cef.hpp>
#include <wsintercept/renderer/cef/endpoint.hpp>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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
using namespace engines::cef;

/// A page that comes from no endpoint: its first request to one is a WebSocket.
constexpr const char* page_url = "app://myapp/";
constexpr std::string_view page = R"(<!doctype html><script>
const s = new WebSocket("ws://myapp/socket");
s.onmessage = e => { document.title = "saw " + e.data; };
s.onerror = () => { document.title = "saw an error"; };
</script>)";

class page_factory final : public ws::cef::counted<CefSchemeHandlerFactory> {
  public:
    CefRefPtr<CefResourceHandler> Create(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame>,
                                         const CefString&, CefRefPtr<CefRequest>) override {
        std::string text{page};
        return new CefStreamResourceHandler{
            "text/html", CefStreamReader::CreateForData(text.data(), text.size())};
    }
};

/// Tells when a context is initialised.
class initialised final : public ws::cef::counted<CefRequestContextHandler> {
  public:
    explicit initialised(std::function<void(context_ref)> then) : then_{std::move(then)} {}
    void OnRequestContextInitialized(context_ref context) override {
        std::exchange(then_, {})(context);
    }

  private:
    std::function<void(context_ref)> then_;
};

class with_page : public scenario {
  public:
    using scenario::scenario;

  protected:
    /// Opens the page; `then` is told what its WebSocket brought.
    void open(context_ref context, std::function<void(std::string)> then) {
        context->RegisterSchemeHandlerFactory("app", "myapp", new page_factory);
        visit(context, page_url, std::move(then));
    }
    CefRequestContextSettings on_disk() const {
        CefRequestContextSettings out;
        CefString(&out.cache_path) = (profile() / "context").string();
        return out;
    }
    std::filesystem::path port_file() const { return profile() / "port"; }
};

/// An endpoint that tells each socket its name.
class place {
    struct host : ws::ignore<ws::http_request, ws::websocket_receive, ws::websocket_close,
                             ws::websocket_error, ws::drained, ws::log_entry> {
        using ignore::on;
        void on(const ws::websocket_upgrade& e) noexcept { to->send(e.id, name); }
        const ws::loopback::carried_sockets<host>* to = nullptr;
        std::string name;
    };

  public:
    place(const ws::cef::executor<api>& e, std::string name, ws::loopback::launch_secret secret,
          std::uint16_t port = 0)
        : endpoint_{e, handler_, engines::table(), options(port), std::move(secret)} {
        handler_.name = std::move(name);
        handler_.to = &endpoint_.sockets();
        if (const std::error_code failed = endpoint_.listen())
            engines::fail(handler_.name + ": " + failed.message());
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;

    const ws::cef::loopback_route<api>& route() const { return endpoint_.route(); }
    std::uint16_t port() const { return endpoint_.port(); }

  private:
    static ws::loopback::options options(std::uint16_t port) {
        ws::loopback::options o;
        o.port = port;
        o.origins = ws::allowed_origins{*engines::table()};
        o.origins->allow("app://myapp");
        return o;
    }

    host handler_;
    ws::cef::endpoint<api, host> endpoint_;
};

/// Tells a context on disk of an endpoint.
class first_start final : public with_page {
  public:
    using with_page::with_page;
    void run() override {
        context_ = first_.route().make_context(on_disk(), nullptr, [this](std::string why) {
            check("context on disk", "make_context", why, "");
            std::ofstream{port_file()} << first_.port();
            open(context_, [this](std::string seen) {
                check("context on disk", "the first start's endpoint", seen, "first");
                finish();
            });
        });
    }

  private:
    place first_{executor, "first", {}};
    context_ref context_;
};

/// The next start: both endpoints are there, so that the context could reach either.
class second_start final : public with_page {
  public:
    explicit second_start(const std::filesystem::path& profile) : with_page{profile} {
        std::uint16_t port = 0;
        std::ifstream{port_file()} >> port;
        first_.emplace(executor, "first", ws::loopback::launch_secret{}, port);
        second_.emplace(executor, "second", ws::loopback::launch_secret{});
    }
    void run() override {
        const auto told = [this](std::string seen) {
            check("context on disk", "set_proxy replaces it", seen, "second");
            finish();
        };
        const auto untold = [this, told](std::string seen) {
            check("context on disk", "it keeps the endpoint of an earlier start", seen, "first");
            check("context on disk", "set_proxy", second_->route().set_proxy(context_), "");
            open(context_, told);
        };
        const auto ready = [this, untold](context_ref context) {
            context_ = context;
            open(context, untold);
        };
        CefRequestContext::CreateContext(on_disk(), new initialised{ready});
    }

  private:
    std::optional<place> first_, second_;
    context_ref context_;
};

class proxy_switch final : public with_page {
  public:
    using with_page::with_page;
    void before_command_line(CefRefPtr<CefCommandLine> line) override {
        by_switch_.route().append_switches(line);
    }
    void run() override {
        constexpr std::string_view why = "the switch --proxy-pac-url says where all contexts go: "
                                         "the preference \"proxy\" cannot be set";
        const auto global = CefRequestContext::GetGlobalContext();
        check("proxy switch", "set_proxy says why not", other_.route().set_proxy(global), why);
        context_ = other_.route().make_context({}, nullptr, [this, why](std::string said) {
            check("proxy switch", "make_context says why not", said, why);
            open(context_, [this](std::string seen) {
                check("proxy switch", "a context of its own has the switch's endpoint", seen,
                      "by switch");
                finish();
            });
        });
    }

  private:
    place by_switch_{executor, "by switch", {}};
    place other_{executor, "other", {}};
    context_ref context_;
};

/// Contexts in memory.
class two_contexts final : public with_page {
  public:
    using with_page::with_page;
    void run() override {
        const auto again = [this](std::string seen) {
            check("two contexts", "the first, while the second is in use", seen, "a");
            finish();
        };
        const auto second = [this, again](std::string seen) {
            check("two contexts", "the second", seen, "b");
            open(of_a_, again);
        };
        const auto first = [this, second](std::string seen) {
            check("two contexts", "the first", seen, "a");
            open(of_b_, second);
        };
        const auto ready = [this, first](std::string why) {
            check("two contexts", "make_context", why, "");
            if (++ready_ == 2)
                open(of_a_, first);
        };
        of_a_ = a_.route().make_context({}, nullptr, ready);
        of_b_ = b_.route().make_context({}, nullptr, ready);
    }

  private:
    place a_{executor, "a", ws::loopback::launch_secret::make()};
    place b_{executor, "b", ws::loopback::launch_secret::make()};
    context_ref of_a_, of_b_;
    int ready_ = 0;
};

/// Pages whose first request is a WebSocket.
class warm_up final : public with_page {
  public:
    using with_page::with_page;
    void run() override {
        const auto at_last = [this](std::string seen) {
            check("warm-up", "it has its socket once it is warm, too", seen, "asks");
            finish();
        };
        const auto refused = [this, at_last](std::string seen) {
            check("warm-up", "a cold context fails", seen, "an error");
            asks_.route().warm(cold_, [this, at_last](std::string why) {
                check("warm-up", "warm", why, "");
                open(cold_, at_last);
            });
        };
        const auto served = [this, refused](std::string seen) {
            check("warm-up", "a warm context has its socket", seen, "asks");
            cold_ = CefRequestContext::CreateContext(CefRequestContextSettings{}, nullptr);
            check("warm-up", "set_proxy", asks_.route().set_proxy(cold_), "");
            open(cold_, refused);
        };
        warm_ = asks_.route().make_context({}, nullptr, [this, served](std::string why) {
            check("warm-up", "make_context", why, "");
            open(warm_, served);
        });
    }

  private:
    place asks_{executor, "asks", ws::loopback::launch_secret::make()};
    context_ref warm_, cold_;
};

constexpr named scenarios[] = {
    {"first-start", make<first_start>},   {"second-start", make<second_start>},
    {"proxy-switch", make<proxy_switch>}, {"two-contexts", make<two_contexts>},
    {"warm-up", make<warm_up>},           {"bodies", make<bodies>},
};

} // namespace

int main(int argc, char** argv) {
    return run(argc, argv, scenarios);
}
