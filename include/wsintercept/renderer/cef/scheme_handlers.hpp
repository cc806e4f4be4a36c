// The scheme-handler route: requests of pages, and the sockets of the page-side class, without a
// port. For what CEF's factories see: no WebSocket of the browser's own.
#pragma once

#include <wsintercept/bridge/framing.hpp>
#include <wsintercept/bridge/requests.hpp>
#include <wsintercept/bridge/uplink.hpp>
#include <wsintercept/interceptor.hpp>
#include <wsintercept/renderer/cef/counted.hpp>
#include <wsintercept/renderer/cef/exchange.hpp>
#include <wsintercept/renderer/cef/executor.hpp>
#include <wsintercept/renderer/cef/resource.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace wsintercept::inline v0_1_0::cef {

/// An interceptor on a thread of CEF's, and the factory of its resource handlers. Register that for
/// each scheme and domain whose requests the table decides, and for the page-side class:
///
///     OnRegisterCustomSchemes  add_bridge_scheme(registrar), in all processes
///     OnContextInitialized     context->RegisterSchemeHandlerFactory(scheme, domain, factory()):
///                              for "https" and "myapp", say, and "wsintercept" and "bridge"
///     OnContextCreated         frame->ExecuteJavaScript(script, "", 0), in render processes:
///                              bridge::page_script(table, channel::fetch, bridge_base)
///
/// Workers keep the browser's own class; their plain requests come here too.
template <class Api, class Handler, class Policies = bridge::policies>
class scheme_handlers {
    template <class T>
    using ref = typename Api::template CefRefPtr<T>;
    using exchange_type = exchange<Api, scheme_handlers>;
    using gate = cef::gate<Api, scheme_handlers>;
    using factory_type = typename Api::CefSchemeHandlerFactory;

    /// How the interceptor reaches its connections. What has to call it back is posted.
    struct traits {
        using connection = std::shared_ptr<exchange_type>;
        cef::executor<Api> executor;

        time_point now() noexcept { return Api::now(); }
        void post(const task& work) noexcept { executor.post(work); }
        void output_ready(const connection& c) noexcept {
            executor.post([c] { c->serve(); });
        }
        void input_ready(const connection& c) noexcept {
            executor.post([c] { c->feed(); });
        }
        void respond(const connection& c, const response& r) noexcept { c->respond(r); }
        void wake_at(const connection& c, time_point when) noexcept { c->wake_at(when); }
        void end(const connection& c, ending how) noexcept { c->end(how); }
    };

  public:
    using interceptor = wsintercept::interceptor<traits, Policies, Handler>;

    /// On the executor's thread, where all events come; handler outlives it. table is not null.
    scheme_handlers(const executor<Api>& e, Handler& handler,
                    typename interceptor::table_pointer table, interceptor_options options = {})
        : handler_{handler}, gate_{std::make_shared<gate>(e, options.limits)}, traits_{e},
          core_{traits_, handler, std::move(table), std::move(options)} {
        gate_->adapter = this;
    }
    scheme_handlers(const scheme_handlers&) = delete;
    scheme_handlers& operator=(const scheme_handlers&) = delete;
    /// On the executor's thread, not from a handler. What is open ends, without an event; later
    /// requests go to the network, or fail.
    ~scheme_handlers() {
        const std::lock_guard lock{gate_->mutex};
        gate_->closed = true;
    }

    /// send, close, answer, respond, shutdown and the rest; `sockets().remote()` is for other
    /// threads.
    interceptor& sockets() noexcept { return core_; }

    /// May outlive this. Any thread.
    ref<factory_type> factory() const { return new handler_factory{gate_}; }

    /// In CefApp::OnRegisterCustomSchemes of every process. False: CEF refused it.
    static bool add_bridge_scheme(
        typename Api::template CefRawPtr<typename Api::CefSchemeRegistrar> registrar) {
        return registrar->AddCustomScheme(
            typename Api::CefString{std::string{bridge_scheme}},
            Api::CEF_SCHEME_OPTION_STANDARD | Api::CEF_SCHEME_OPTION_SECURE |
                Api::CEF_SCHEME_OPTION_CORS_ENABLED | Api::CEF_SCHEME_OPTION_FETCH_ENABLED);
    }

  private:
    friend exchange_type;

    class handler_factory final : public counted<factory_type> {
      public:
        explicit handler_factory(std::shared_ptr<gate> g) : gate_{std::move(g)} {}

        /// TID_IO. Null: what is not ours goes on to the network. Requests of workers have neither
        /// browser nor frame.
        ref<typename Api::CefResourceHandler>
        Create(ref<typename Api::CefBrowser>, ref<typename Api::CefFrame>,
               const typename Api::CefString& scheme,
               ref<typename Api::CefRequest> request) override {
            const bool for_bridge = scheme.ToString() == bridge_scheme;
            {
                const std::lock_guard lock{gate_->mutex};
                if (gate_->closed || !(for_bridge || is_ours(request->GetURL().ToString())))
                    return nullptr;
            }
            return new resource<Api, scheme_handlers>{gate_, for_bridge};
        }

      private:
        bool is_ours(const std::string& url) const {
            return gate_->adapter->core_.decide(url).action != action::external;
        }

        const std::shared_ptr<gate> gate_;
    };

    /// The last to go: nothing finds us any more.
    struct leave {
        gate& at;
        ~leave() { at.adapter = nullptr; }
    };

    Handler& handler_;
    const std::shared_ptr<gate> gate_;
    const leave leave_{*gate_};
    bridge::tokens<std::shared_ptr<exchange_type>> tokens_;
    traits traits_;
    interceptor core_; ///< ends what is open, which uses the others
};

} // namespace wsintercept::inline v0_1_0::cef
