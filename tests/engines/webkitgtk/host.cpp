// WebKitGTK, by either API: host ROUTE SITE NETWORK
// ROUTE: proxy, through the endpoint; scheme, without a port. NETWORK: a server's ws URL, or "".
#include "../host.hpp"
#include "page.hpp"

#include <wsintercept/loopback/tls.hpp>
#include <wsintercept/renderer/webkitgtk.hpp>
#include <wsintercept/renderer/webkitgtk_scheme.hpp>

namespace ws = wsintercept;

namespace {

struct host;
using proxy_type = ws::webkitgtk::endpoint<host, ws::default_policies, ws::loopback::tls>;
using scheme_type = ws::webkitgtk::scheme<host>;

/// The methods of the one route or the other.
struct methods {
    proxy_type* proxy = nullptr;
    scheme_type* scheme = nullptr;
    void send(ws::socket_id id, std::string_view data, bool fin = true,
              std::optional<ws::data_type> type = std::nullopt) const;
    void close(ws::socket_id id, std::uint16_t code, std::string_view reason) const;
    void answer(ws::socket_id id, std::string_view head) const;
    void respond(ws::socket_id id, const ws::http_response& r) const;
};
struct host : engines::handler<methods> {
    using handler::on;
    void on(const ws::http_request& e) noexcept {
        ws::http_response r;
        const auto file = engines::file(site, e.url);
        r.status = file ? 200 : 404;
        r.media_type = file ? std::string_view{file->type} : "text/plain";
        r.body = file ? std::string_view{file->body} : "";
        to->respond(e.id, r);
    }
    std::string site;
};

void tell(std::error_code failed) {
    if (failed)
        std::fprintf(stderr, "%s\n", failed.message().c_str());
}
void methods::send(ws::socket_id id, std::string_view data, bool fin,
                   std::optional<ws::data_type> type) const {
    if (scheme != nullptr)
        return tell(scheme->sockets().send(id, data, fin, type));
    proxy->sockets().send(id, data, fin, type, tell);
}
void methods::close(ws::socket_id id, std::uint16_t code, std::string_view reason) const {
    if (scheme != nullptr)
        return tell(scheme->sockets().close(id, code, reason));
    proxy->sockets().close(id, code, reason, tell);
}
void methods::answer(ws::socket_id id, std::string_view head) const {
    if (scheme != nullptr)
        return tell(scheme->sockets().answer(id, head));
    proxy->sockets().answer(id, head, tell);
}
void methods::respond(ws::socket_id id, const ws::http_response& r) const {
    if (scheme != nullptr)
        tell(scheme->sockets().respond(id, r));
}

/// app://myapp/... for the proxy's route, which leaves schemes to the program.
void serve_file(WebKitURISchemeRequest* r, gpointer site) {
    const auto file =
        engines::file(static_cast<const char*>(site), webkit_uri_scheme_request_get_uri(r));
    const std::string body = file ? file->body : "";
    GBytes* const bytes = g_bytes_new(body.data(), body.size());
    GInputStream* const stream = g_memory_input_stream_new_from_bytes(bytes);
    webkit_uri_scheme_request_finish(r, stream, static_cast<gint64>(body.size()),
                                     file ? file->type.c_str() : "text/plain");
    g_object_unref(stream);
    g_bytes_unref(bytes);
}

/// Opens one page after another; plain ones by their text, where the route does not bring them.
void run(gtk_demo::window& w, host& h, const std::vector<engines::visit>& visits,
         std::string_view network, bool from_text = false) {
    GMainLoop* const loop = g_main_loop_new(nullptr, FALSE);
    std::size_t next = 0;
    const auto open = [&] {
        const std::string url = engines::url_of(visits[next], network);
        if (from_text && url.starts_with("http"))
            webkit_web_view_load_html(w.view(), engines::whole_page(h.site).c_str(), url.c_str());
        else
            webkit_web_view_load_uri(w.view(), url.c_str());
    };
    h.on_done = [&] {
        if (++next == visits.size())
            g_main_loop_quit(loop);
        else
            open();
    };
    open();
    const auto late = [](gpointer) -> gboolean {
        engines::fail("the page was not done in 4 minutes");
    };
    g_timeout_add_seconds(240, late, nullptr);
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
}

void run_proxy(gtk_demo::window& w, host& h, methods& m, std::string& site,
               std::string_view network) {
    ws::loopback::options options;
    options.origins = ws::allowed_origins{*engines::table()};
    options.origins->allow("app://myapp");
    options.pages = [site](std::string_view, std::string_view url) {
        std::optional<ws::loopback::page> out;
        if (const auto file = engines::file(site, url))
            out = {200, file->type, "", file->body};
        return out;
    };
    proxy_type endpoint{h, engines::table(), std::move(options)};
    m.proxy = &endpoint;
    if (const std::error_code failed = endpoint.listen(w.session()))
        engines::fail(failed.message());
    if (!endpoint.trust("myapp"))
        engines::fail("no certificate for myapp");
    webkit_web_context_register_uri_scheme(w.context(), "app", serve_file, site.data(), nullptr);
    w.show();
    run(w, h,
        {{"http://myapp/", "page,iframe,worker,shared worker,wss"},
         {"https://myapp/", "https page,service worker"},
         {"app://myapp/", "own-scheme page"}},
        network);
}

void run_scheme(gtk_demo::window& w, host& h, methods& m, std::string_view network) {
    ws::interceptor_options options;
    options.origins = ws::allowed_origins{*engines::table()};
    options.origins.allow("app://myapp");
    scheme_type scheme{h, engines::table(), std::move(options)};
    m.scheme = &scheme;
    scheme.attach(w.context());
    scheme.serve(w.context(), "app");
    w.show();
    scheme.attach(webkit_web_view_get_user_content_manager(w.view()), *engines::table());
    for (const char* cell : {"worker", "shared worker", "service worker"})
        engines::print_cannot(cell, engines::no_workers);
    run(w, h,
        {{"http://myapp/", "page,wss"},
         {"https://myapp/", "https page"},
         {"app://myapp/", "own-scheme page,iframe"}},
        network, true);
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view route = argc == 4 ? argv[1] : "";
    if (route != "proxy" && route != "scheme") {
        std::fputs("usage: host proxy|scheme SITE NETWORK\n", stderr);
        return 2;
    }
    if (!gtk_demo::window::start())
        engines::fail("no display");
    engines::print_engine(webkitgtk_tests::engine_name(), webkitgtk_tests::engine_version());
    gtk_demo::window w;
    host h;
    methods m;
    h.to = &m;
    h.site = argv[2];
    if (route == "proxy")
        run_proxy(w, h, m, h.site, argv[3]);
    else
        run_scheme(w, h, m, argv[3]);
    engines::print("done");
    std::fflush(stdout);
    std::_Exit(0); // WebKit's processes end with this one
}
