// The loopback route: how CEF is told to reach intercepted URLs through an endpoint.
#pragma once

#include <wsintercept/loopback/secret.hpp>
#include <wsintercept/renderer/cef/counted.hpp>
#include <wsintercept/renderer/cef/warm_up.hpp>
#include <wsintercept/renderer/chromium.hpp>
#include <wsintercept/url/intercepted_urls.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::cef {

/// The way to one endpoint, for the whole program (`append_switches`) or for some of its contexts
/// (`set_proxy`, `make_context`): never both, since CEF lets no preference change what a switch
/// says. A context each and an endpoint each keeps their sockets apart.
///
/// On TID_UI, in the browser process. Errors are texts, empty where there is none.
template <class Api>
class loopback_route {
    template <class T>
    using ref = typename Api::template CefRefPtr<T>;
    using string = typename Api::CefString;
    using command_line = typename Api::CefCommandLine;
    using context = typename Api::CefRequestContext;
    using context_handler = typename Api::CefRequestContextHandler;

  public:
    using completion = typename warm_up<Api>::completion;

    /// An endpoint on 127.0.0.1:port. secret: that of its credentials, credentials::proxy; empty:
    /// it asks for none. probe: whose URL its `options::pages` answers.
    loopback_route(const intercepted_urls& table, std::uint16_t port, const chromium::probe& probe,
                   loopback::launch_secret secret = {}, const chromium::switch_options& o = {})
        : shared_{std::make_shared<shared>()} {
        auto made = chromium::switches(table, port, o);
        shared_->error = std::move(made.error);
        shared_->switches = std::move(made.switches);
        shared_->port = port;
        shared_->secret = std::move(secret);
        shared_->probe = probe.url();
    }

    /// What is wrong with the table; nothing else does anything then.
    const std::string& error() const noexcept { return shared_->error; }

    /// The whole program: in OnBeforeCommandLineProcessing, for the process whose type is empty.
    void append_switches(ref<command_line> line) const {
        for (const std::string_view text : shared_->switches)
            append(line, text);
    }
    /// The part of it that lets wss and https come to contexts, for which there is no preference.
    /// Routes add to what others have said.
    void append_tls_switch(ref<command_line> line) const {
        for (const std::string_view text : shared_->switches)
            if (chromium::split_switch(text).first != proxy_switch)
                append(line, text);
    }

    /// One context: right after CreateContext where it is in memory, in OnRequestContextInitialized
    /// where it is on disk, in OnContextInitialized where it is the global one. To be called at
    /// each start: a profile on disk keeps the endpoint of the last. What is open stays.
    std::string set_proxy(ref<context> where) const {
        if (!shared_->error.empty())
            return shared_->error;
        const ref<typename Api::CefDictionaryValue> proxy = Api::CefDictionaryValue::Create();
        proxy->SetString(string{"mode"}, string{"pac_script"});
        proxy->SetString(string{"pac_url"}, string{shared_->pac_url()});
        const ref<typename Api::CefValue> value = Api::CefValue::Create();
        value->SetDictionary(proxy);
        return set(where, value);
    }
    /// The context goes straight to the network again.
    static std::string clear_proxy(ref<context> where) { return set(where, nullptr); }

    /// Tells a context the secret. Pages whose first request is a WebSocket wait for `done`.
    void warm(ref<context> where, completion done) const {
        if (!shared_->error.empty() || shared_->secret.empty())
            return done(shared_->error);
        std::erase_if(shared_->running, [](const auto& w) { return w->is_over(); });
        const ref<warm_up<Api>> one =
            new warm_up<Api>{shared_->probe, shared_->port, shared_->secret, std::move(done)};
        shared_->running.push_back(one);
        one->start(where);
    }

    /// A context of its own, in memory or on disk, with all of the above at the right time: open
    /// browsers in it once `ready` is called. handler: the program's own, or null.
    ref<context> make_context(const typename Api::CefRequestContextSettings& settings,
                              ref<context_handler> handler, completion ready) const {
        return context::CreateContext(settings, new initializer{*this, handler, std::move(ready)});
    }

    /// Before CefShutdown, which must find no request of ours.
    void stop() const {
        for (const ref<warm_up<Api>>& one : std::exchange(shared_->running, {}))
            one->cancel();
    }

  private:
    static constexpr std::string_view proxy_switch = "proxy-pac-url";

    struct shared {
        std::string error;
        std::vector<std::string> switches;
        std::uint16_t port = 0;
        loopback::launch_secret secret;
        std::string probe;
        std::vector<ref<warm_up<Api>>> running;

        std::string pac_url() const {
            return std::string{chromium::split_switch(switches.front()).second};
        }
    };

    class initializer final : public counted<context_handler> {
      public:
        initializer(loopback_route r, ref<context_handler> next, completion ready)
            : route_{std::move(r)}, next_{std::move(next)}, ready_{std::move(ready)} {}

        void OnRequestContextInitialized(ref<context> where) override {
            if (next_)
                next_->OnRequestContextInitialized(where);
            const completion ready = std::exchange(ready_, {});
            if (!ready)
                return;
            std::string why = route_.set_proxy(where);
            if (!why.empty())
                return ready(std::move(why));
            route_.warm(where, ready);
        }
        ref<typename Api::CefResourceRequestHandler> GetResourceRequestHandler(
            ref<typename Api::CefBrowser> browser, ref<typename Api::CefFrame> frame,
            ref<typename Api::CefRequest> request, bool is_navigation, bool is_download,
            const string& initiator, bool& disable_default_handling) override {
            if (!next_)
                return nullptr;
            return next_->GetResourceRequestHandler(browser, frame, request, is_navigation,
                                                    is_download, initiator,
                                                    disable_default_handling);
        }

      private:
        const loopback_route route_;
        const ref<context_handler> next_;
        completion ready_; ///< TID_UI
    };

    static void append(ref<command_line> line, std::string_view text) {
        const auto [name, value] = chromium::split_switch(text);
        const string key{std::string{name}};
        std::string all{value};
        if (name != proxy_switch && line->HasSwitch(key))
            all = line->GetSwitchValue(key).ToString() + "," + all;
        line->AppendSwitchWithValue(key, string{all});
    }

    static std::string set(ref<context> where, ref<typename Api::CefValue> value) {
        const string name{"proxy"};
        if (!where->CanSetPreference(name))
            return why_not(where);
        string problem;
        if (where->SetPreference(name, value, problem))
            return {};
        const std::string text = problem.ToString();
        return "CEF refused the preference \"proxy\": " +
               (text.empty() ? std::string{"it does not say why"} : text);
    }

    /// CEF itself says nothing.
    static std::string why_not(ref<context> where) {
        const ref<command_line> line = command_line::GetGlobalCommandLine();
        for (const char* name : {"proxy-pac-url", "proxy-server", "proxy-auto-detect",
                                 "no-proxy-server", "proxy-bypass-list"})
            if (line && line->HasSwitch(string{name}))
                return "the switch --" + std::string{name} +
                       " says where all contexts go: the preference \"proxy\" cannot be set";
        if (!where->GetCachePath().ToString().empty())
            return "the context is on disk and not initialised yet: the preference \"proxy\" can "
                   "be set in OnRequestContextInitialized";
        return "CEF does not let the preference \"proxy\" be set";
    }

    std::shared_ptr<shared> shared_;
};

} // namespace wsintercept::inline v0_1_0::cef
