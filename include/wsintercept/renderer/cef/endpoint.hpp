// An endpoint for CEF's pages, and the loopback route to it.
#pragma once

#include <wsintercept/loopback/carried.hpp>
#include <wsintercept/loopback/credentials.hpp>
#include <wsintercept/loopback/no_tls.hpp>
#include <wsintercept/loopback/options.hpp>
#include <wsintercept/loopback/secret.hpp>
#include <wsintercept/policies.hpp>
#include <wsintercept/renderer/cef/executor.hpp>
#include <wsintercept/renderer/cef/loopback_route.hpp>
#include <wsintercept/renderer/chromium.hpp>
#include <wsintercept/url/intercepted_urls.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsintercept::inline v0_1_0::cef {

/// For the whole program, in its browser process:
///
///     // Before CefInitialize:
///     cef::endpoint<cef::real_api, app> endpoint{executor, handler, table};
///     if (const auto failed = endpoint.listen()) ...
///     // In OnBeforeCommandLineProcessing:
///     endpoint.route().append_switches(line);
///     // In OnContextInitialized:
///     endpoint.route().warm(CefRequestContext::GetGlobalContext(), ready);
///
/// or one for each context: route().make_context.
///
/// Handler: see carried.hpp; its events and completions come to the executor's thread, and it
/// outlives this. Made there or before CEF starts; destroyed there before CefShutdown, or after it
/// where CefInitialize failed.
template <class Api, class Handler, class Policies = default_policies, class Tls = loopback::no_tls>
class endpoint : public loopback::carried<Handler, Policies, Tls> {
    using base = loopback::carried<Handler, Policies, Tls>;

  public:
    using typename base::url_table;

    /// table is not null. `o.credentials` is this class's; of `o.pages`, all but the URL of the
    /// warm-up. secret: empty, and the endpoint is told of its own pages by their process alone
    /// (options::peers).
    endpoint(const executor<Api>& e, Handler& handler, std::shared_ptr<const url_table> table,
             loopback::options o = {},
             loopback::launch_secret secret = loopback::launch_secret::make())
        : endpoint{e, handler, table, std::move(o), std::move(secret), chromium::probe{*table}} {}
    ~endpoint() { route_.stop(); }

    std::error_code listen() {
        const std::error_code failed = base::listen();
        route_ = make_route();
        return failed;
    }

    /// Ahead of `listen`, and where that failed, one that has an error.
    const loopback_route<Api>& route() const noexcept { return route_; }

  private:
    endpoint(const executor<Api>& e, Handler& handler, std::shared_ptr<const url_table> table,
             loopback::options&& o, loopback::launch_secret&& secret, const chromium::probe& probe)
        : base{handler, table, with(o, secret, probe), e.poster()}, table_{std::move(table)},
          relays_{o.relay.has_value()}, probe_{probe}, secret_{std::move(secret)} {}

    static loopback::options with(const loopback::options& given,
                                  const loopback::launch_secret& secret,
                                  const chromium::probe& probe) {
        loopback::options o = given;
        if (!secret.empty())
            o.credentials = loopback::credentials::proxy(secret);
        o.pages = [probe, next = given.pages](std::string_view method, std::string_view url) {
            if (probe.matches(url))
                return std::optional{loopback::page{204, "text/plain", "", ""}};
            return next ? next(method, url) : std::nullopt;
        };
        return o;
    }

    loopback_route<Api> make_route() const {
        chromium::switch_options o{.relays = relays_};
        std::string hash;
        if constexpr (Tls::built_in)
            o.spki_hash = hash = this->tls().spki_hash();
        return {*table_, this->port(), probe_, secret_, o};
    }

    const std::shared_ptr<const url_table> table_;
    const bool relays_;
    const chromium::probe probe_;
    const loopback::launch_secret secret_;
    loopback_route<Api> route_ = make_route();
};

} // namespace wsintercept::inline v0_1_0::cef
