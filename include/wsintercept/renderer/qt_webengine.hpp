// QtWebEngine, Qt 6: the WebSockets of its pages, as events on a thread of Qt's. Two ways: its
// sockets are redirected to an endpoint (the better one), or an endpoint is its proxy.
//
// Include it before or after Qt's headers, with QT_NO_KEYWORDS or without; there is nothing for
// moc.
#pragma once

#include <wsintercept/loopback/carried.hpp>
#include <wsintercept/loopback/credentials.hpp>
#include <wsintercept/loopback/no_tls.hpp>
#include <wsintercept/loopback/options.hpp>
#include <wsintercept/loopback/secret.hpp>
#include <wsintercept/policies.hpp>
#include <wsintercept/renderer/chromium.hpp>
#include <wsintercept/renderer/qt_webengine_flags.hpp>
#include <wsintercept/url/decision.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <QtCore/qbytearray.h>
#include <QtCore/qobject.h>
#include <QtCore/qstring.h>
#include <QtCore/qurl.h>
#include <QtWebEngineCore/qwebengineurlrequestinfo.h>
#include <QtWebEngineCore/qwebengineurlrequestinterceptor.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::qt_webengine {

namespace detail {

/// What is posted to it runs on the thread that made it, if that one's event loop runs; what has
/// not run when it is destroyed does not run.
class event_loop {
  public:
    std::function<void(std::function<void()>)> poster() {
        return [at = &here_](std::function<void()> work) {
            QMetaObject::invokeMethod(at, std::move(work), Qt::QueuedConnection);
        };
    }

  private:
    QObject here_;
};

} // namespace detail

/// Sockets that are redirected to an endpoint, one for each profile that is to be told apart:
///
///     qt_webengine::endpoint<app> endpoint{handler, table};
///     if (const auto failed = endpoint.listen()) ...
///     profile.setUrlRequestInterceptor(endpoint.interceptor());
///
/// The engine needs no proxy and no certificate: wss is ours as well as ws, and each socket carries
/// the launch secret, which no page sees. It reaches pages, their frames and their workers; not
/// shared workers and service workers, of which QtWebEngine asks no interceptor (seen in 6.4). Rows
/// for http and https have no effect: QtWebEngine cannot be given an answer in this way.
///
/// A page from https may open wss sockets only, as everywhere: `new WebSocket("ws://...")` throws
/// there before anybody is asked. Cookies of the page's host are not sent. The URL is as QUrl has
/// it: a `|`, and a `%` that begins no escape, come as %7C and %25, and %2f as %2F.
///
/// Handler: see carried.hpp. Made, used and destroyed on one thread with an event loop of Qt's, to
/// which events and completions come; handler outlives it. Profiles may outlive it. The program's
/// other threads use a copy of `sockets()`.
template <class Handler, class Policies = default_policies>
class endpoint : detail::event_loop, public loopback::carried<Handler, Policies> {
    using base = loopback::carried<Handler, Policies>;

  public:
    using typename base::url_table;

    /// table is not null. `o.credentials` and `o.relay` are this class's.
    endpoint(Handler& handler, std::shared_ptr<const url_table> table, loopback::options o = {})
        : endpoint{handler, std::move(table), std::move(o), loopback::launch_secret::make()} {}

    /// For QWebEngineProfile::setUrlRequestInterceptor, or a page's. Valid as long as this.
    QWebEngineUrlRequestInterceptor* interceptor() noexcept { return &interceptor_; }

    /// For a program that has an interceptor of its own: in its interceptRequest, on whichever
    /// thread. True: it was one of our sockets, and is redirected.
    bool redirect(QWebEngineUrlRequestInfo& info) const {
        const QUrl asked = info.requestUrl();
        if (asked.scheme() != QLatin1String{"ws"} && asked.scheme() != QLatin1String{"wss"})
            return false;
        const QByteArray url = asked.toEncoded();
        const std::optional<std::string> normal =
            normalise({url.constData(), static_cast<std::size_t>(url.size())});
        if (!normal || table_->match(*normal).action == action::external)
            return false;
        info.setHttpHeader(secret_field, QByteArray::fromStdString(secret_.text()));
        info.setHttpHeader(url_field, url);
        QUrl here;
        here.setScheme(QStringLiteral("ws"));
        here.setHost(QStringLiteral("127.0.0.1"));
        here.setPort(this->port());
        here.setPath(QStringLiteral("/"));
        info.redirect(here);
        return true;
    }

  private:
    static constexpr const char* secret_field = "X-Wsintercept-Secret";
    static constexpr const char* url_field = "X-Wsintercept-Url";

    struct redirector final : QWebEngineUrlRequestInterceptor {
        explicit redirector(const endpoint& owner) : of{owner} {}
        void interceptRequest(QWebEngineUrlRequestInfo& info) override { of.redirect(info); }
        const endpoint& of;
    };

    endpoint(Handler& handler, std::shared_ptr<const url_table> table, loopback::options&& o,
             loopback::launch_secret secret)
        : base{handler, table, with(std::move(o), secret), this->poster()},
          table_{std::move(table)}, secret_{std::move(secret)} {}

    static loopback::options with(loopback::options&& o, const loopback::launch_secret& secret) {
        o.credentials = loopback::credentials::redirect(secret_field, url_field, secret);
        o.relay.reset();
        return std::move(o);
    }

    const std::shared_ptr<const url_table> table_;
    const loopback::launch_secret secret_;
    redirector interceptor_{*this};
};

template <class Handler, class... Options>
endpoint(Handler&, std::shared_ptr<const intercepted_urls>, Options&&...) -> endpoint<Handler>;

/// An endpoint that is the proxy of what the table names, for all profiles of the program: pages
/// and API calls from http://ROOT/ too, and shared and service workers. In main, before the first
/// profile, page or view:
///
///     qt_webengine::proxy<app> proxy{handler, table};
///     if (const auto failed = proxy.listen()) ...
///     const auto flags = proxy.flags(qgetenv(qt_webengine::flags_variable));
///     if (!flags.error.empty()) ...
///     qputenv(qt_webengine::flags_variable, QByteArray::fromStdString(flags.text));
///
/// For wss and https: `Tls` = loopback::tls. chromium::probe tells whether the script is in force.
/// No QNetworkProxyFactory of the application's may be set, which would win over it. The engine
/// carries no secret here: it is told from other programs by its process (options::peers).
///
/// Threads and lifetimes: as `endpoint`. An engine that is still there when this is destroyed does
/// not reach what the table names.
template <class Handler, class Policies = default_policies, class Tls = loopback::no_tls>
class proxy : detail::event_loop, public loopback::carried<Handler, Policies, Tls> {
    using base = loopback::carried<Handler, Policies, Tls>;

  public:
    using typename base::url_table;

    /// table is not null.
    proxy(Handler& handler, std::shared_ptr<const url_table> table, loopback::options o = {})
        : proxy{handler, std::move(table), std::move(o), o.relay.has_value()} {}

    /// What QTWEBENGINE_CHROMIUM_FLAGS is to be, after `listen`. before: what it is. external: see
    /// chromium::switch_options.
    flags_result flags(std::string_view before = {}, std::string_view external = "DIRECT") const {
        chromium::switch_options o{.external = external, .relays = relays_};
        std::string hash;
        if constexpr (Tls::built_in)
            o.spki_hash = hash = this->tls().spki_hash();
        const chromium::switches_result wanted = chromium::switches(*table_, this->port(), o);
        return wanted.error.empty() ? write_flags(wanted.switches, before)
                                    : flags_result{{}, wanted.error};
    }

  private:
    proxy(Handler& handler, std::shared_ptr<const url_table> table, loopback::options&& o,
          bool relays)
        : base{handler, table, std::move(o), this->poster()}, table_{std::move(table)},
          relays_{relays} {}

    const std::shared_ptr<const url_table> table_;
    const bool relays_;
};

template <class Handler, class... Options>
proxy(Handler&, std::shared_ptr<const intercepted_urls>, Options&&...) -> proxy<Handler>;

} // namespace wsintercept::inline v0_1_0::qt_webengine
