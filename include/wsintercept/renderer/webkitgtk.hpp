// WebKitGTK through the loopback endpoint, for the 4.1 API (GTK 3) and the 6.0 API (GTK 4).
#pragma once

#include <wsintercept/loopback/carried.hpp>
#include <wsintercept/loopback/credentials.hpp>
#include <wsintercept/loopback/secret.hpp>
#include <wsintercept/renderer/detail/glib.hpp>

#if __has_include(<webkit2/webkit2.h>)
#include <webkit2/webkit2.h>
#else
#include <webkit/webkit.h>
#endif

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsintercept::inline v0_1_0::webkitgtk {

#if GTK_CHECK_VERSION(4, 0, 0)
/// What has the proxy, of all its pages: in the API 4.1 a WebKitWebContext.
using session = WebKitNetworkSession;
#else
using session = WebKitWebContext;
#endif

/// An endpoint on a thread of its own that all pages of one session reach as their proxy; what the
/// table does not name is relayed. Events come on the thread that runs GTK, and methods are called
/// there or on any other. WebKit is told a secret of this launch, and everything is asked for it.
///
///     webkitgtk::endpoint<app> endpoint{handler, table};
///     if (const std::error_code failed = endpoint.listen(session)) ...
template <class Handler, class Policies = default_policies, class Tls = loopback::no_tls>
class endpoint {
    using carried = loopback::carried<Handler, Policies, Tls>;

  public:
    using url_table = typename Policies::url;

    /// Options without credentials get a new secret. context: of the thread that runs GTK; null for
    /// the default one.
    endpoint(Handler& handler, std::shared_ptr<const url_table> table, loopback::options o = {},
             GMainContext* context = nullptr)
        : secret_{loopback::launch_secret::make()}, carried_{handler, std::move(table),
                                                             with_secret(std::move(o), secret_),
                                                             poster(context)},
          renewal_{context, [this] { renew(); }} {}
    endpoint(const endpoint&) = delete;
    endpoint& operator=(const endpoint&) = delete;
    ~endpoint() {
        for (auto& [host, certificate] : trusted_)
            g_clear_object(&certificate);
        g_clear_object(&session_);
    }

    /// Begins to serve, and becomes the session's proxy; before its first page.
    std::error_code listen(session* of) {
        if (const std::error_code failed = carried_.listen())
            return failed;
        session_ = static_cast<session*>(g_object_ref(of));
        const std::string uri = "http://" + std::string{loopback::credentials::user} + ":" +
                                secret_.text() + "@127.0.0.1:" + std::to_string(carried_.port());
        WebKitNetworkProxySettings* const settings =
            webkit_network_proxy_settings_new(uri.c_str(), nullptr);
#if GTK_CHECK_VERSION(4, 0, 0)
        webkit_network_session_set_proxy_settings(of, WEBKIT_NETWORK_PROXY_MODE_CUSTOM, settings);
#else
        webkit_website_data_manager_set_network_proxy_settings(
            webkit_web_context_get_website_data_manager(of), WEBKIT_NETWORK_PROXY_MODE_CUSTOM,
            settings);
#endif
        webkit_network_proxy_settings_free(settings);
        return {};
    }

    /// wss and https of this host are shown to WebKit with a certificate that it then accepts, and
    /// for no other host. After `listen`, with loopback::tls; false: there is none for this host.
    bool trust(const std::string& host) {
        GTlsCertificate*& allowed = trusted_[host];
        std::string text;
        carried_.call([&](auto& served) { text = served.tls().certificate(host); });
        GTlsCertificate* const now =
            text.empty() ? nullptr : g_tls_certificate_new_from_pem(text.c_str(), -1, nullptr);
        if (now == nullptr)
            return false;
        if (allowed == nullptr || !g_tls_certificate_is_same(allowed, now)) {
#if GTK_CHECK_VERSION(4, 0, 0)
            webkit_network_session_allow_tls_certificate_for_host(session_, now, host.c_str());
#else
            webkit_web_context_allow_tls_certificate_for_host(session_, now, host.c_str());
#endif
        }
        g_clear_object(&allowed);
        allowed = now;
        renewal_.at(clock::now() + std::chrono::minutes{1});
        return true;
    }

    /// send, close, answer, respond: see loopback::carried_sockets.
    const typename carried::methods& sockets() const noexcept {
        return carried_.sockets();
    }
    std::uint16_t port() const noexcept {
        return carried_.port();
    }

  private:
    static loopback::options with_secret(loopback::options o, const loopback::launch_secret& s) {
        if (!o.credentials)
            o.credentials = loopback::credentials::proxy(s);
        return o;
    }
    static typename carried::post_function poster(GMainContext* context) {
        return [queue = std::make_shared<wsintercept::detail::loop_queue>(context)](
                   std::function<void()> work) { queue->post(std::move(work)); };
    }
    /// Certificates are renewed every 12 days.
    void renew() {
        for (const auto& [host, allowed] : trusted_)
            trust(host);
    }

    loopback::launch_secret secret_;
    carried carried_;
    session* session_ = nullptr;
    std::map<std::string, GTlsCertificate*> trusted_; ///< by host
    wsintercept::detail::loop_source renewal_;
};

} // namespace wsintercept::inline v0_1_0::webkitgtk
