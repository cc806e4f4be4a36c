// The host for QtWebEngine:
//   qt_host ROUTE SITE NETWORK
// ROUTE: redirect, the sockets are redirected; proxy, the endpoint is the engine's proxy. NETWORK:
// a server's ws URL, or "".
#include "../host.hpp"
#include "engine.hpp"
#include "own_scheme.hpp"

#include <wsintercept/loopback/tls.hpp>
#include <wsintercept/renderer/qt_webengine.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace wsintercept;

struct host;
using methods = loopback::carried_sockets<host>;
struct host : engines::handler<const methods> {
    using handler::on;
};

allowed_origins origins() {
    allowed_origins out{*engines::table()};
    out.allow("http://myapp");
    out.allow("https://myapp");
    out.allow("app://myapp");
    return out;
}

/// Opens one page after another, each when the one before is done.
class visitor {
  public:
    struct step {
        engines::visit visit;
        bool from_text = false;
    };
    visitor(QWebEnginePage& page, std::string site, std::string network, std::vector<step> steps)
        : page_{page}, site_{std::move(site)}, network_{std::move(network)}, steps_{std::move(
                                                                                 steps)} {}

    void next() {
        if (at_ == steps_.size())
            return QCoreApplication::quit();
        const step& s = steps_[at_++];
        const QUrl url{QString::fromStdString(engines::url_of(s.visit, network_))};
        if (s.from_text)
            page_.setHtml(QString::fromStdString(engines::whole_page(site_)), url);
        else
            page_.load(url);
    }

  private:
    QWebEnginePage& page_;
    const std::string site_, network_;
    const std::vector<step> steps_;
    std::size_t at_ = 0;
};

int serve(host& h, QWebEngineProfile& profile, const std::string& site, const std::string& network,
          std::vector<visitor::step> steps) {
    qt_tests::own_scheme scheme{[&site](const std::string& path) {
        auto file = engines::file(site, path);
        return file ? qt_tests::own_scheme::found{{file->type, file->body}} : std::nullopt;
    }};
    profile.installUrlSchemeHandler("app", &scheme);
    QWebEnginePage page{&profile};
    visitor v{page, site, network, std::move(steps)};
    h.on_done = [&] { QTimer::singleShot(0, &page, [&] { v.next(); }); };
    QTimer::singleShot(std::chrono::minutes{4}, &page,
                       [] { engines::fail("the page was not done in 4 minutes"); });
    v.next();
    QCoreApplication::exec();
    engines::print("done");
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::string route = argc == 4 ? argv[1] : "";
    if (route != "redirect" && route != "proxy") {
        std::fputs("usage: qt_host redirect|proxy SITE NETWORK\n", stderr);
        return 2;
    }
    const std::string site = argv[2], network = argv[3];
    qt_tests::prepare();
    qt_tests::own_scheme::declare();
    QApplication qt{argc, argv};
    engines::print_engine("QtWebEngine", std::string{qWebEngineVersion()} + ", Chromium " +
                                             qWebEngineChromiumVersion());
    host h;
    loopback::options options;
    options.origins = origins();
    if (route == "redirect") {
        qt_webengine::endpoint<host> endpoint{h, engines::table(), std::move(options)};
        h.to = &endpoint.sockets();
        if (const std::error_code failed = endpoint.listen())
            engines::fail(failed.message());
        QWebEngineProfile profile;
        profile.setUrlRequestInterceptor(endpoint.interceptor());
        for (const char* cell : {"shared worker", "service worker"})
            engines::print_cannot(cell, "QtWebEngine asks no interceptor about the sockets of "
                                        "shared and service workers: take the proxy script");
        return serve(h, profile, site, network,
                     {{{"http://myapp/", "page,wss"}, true},
                      {{"https://myapp/", "https page"}, true},
                      {{"app://myapp/", "own-scheme page,iframe,worker"}}});
    }
    options.pages = [&site](std::string_view, std::string_view url) {
        const auto file = engines::file(site, url);
        return file ? std::optional{loopback::page{200, file->type, "", file->body}} : std::nullopt;
    };
    qt_webengine::proxy<host, default_policies, loopback::tls> proxy{h, engines::table(),
                                                                     std::move(options)};
    h.to = &proxy.sockets();
    if (const std::error_code failed = proxy.listen())
        engines::fail(failed.message());
    const auto flags = proxy.flags(qgetenv(qt_webengine::flags_variable).toStdString());
    if (!flags.error.empty())
        engines::fail(flags.error);
    qputenv(qt_webengine::flags_variable, QByteArray::fromStdString(flags.text));
    QWebEngineProfile profile;
    return serve(h, profile, site, network,
                 {{{"http://myapp/", "page,iframe,worker,shared worker,wss"}},
                  {{"https://myapp/", "https page,service worker"}},
                  {{"app://myapp/", "own-scheme page"}}});
}
