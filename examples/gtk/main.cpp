// A GTK window whose page opens ws://myapp/echo: this program answers.
//   gtk [URL]
// shows http://myapp/, or the URL: the sockets of its pages are intercepted all the same.
#include <wsintercept/renderer/webkitgtk.hpp>

#include <iostream>

namespace ws = wsintercept;

namespace {

struct app;
using endpoint_type = ws::webkitgtk::endpoint<app>;

struct app : ws::ignore<ws::http_request, ws::websocket_close, ws::drained> {
    using ignore::on;
    void on(const ws::websocket_upgrade& e) noexcept { std::cerr << e.url << " is open\n"; }
    void on(const ws::websocket_receive& e) noexcept;
    void on(const ws::websocket_error& e) noexcept { std::cerr << e.message << '\n'; }
    void on(const ws::log_entry& e) noexcept { std::cerr << e.text << '\n'; }
    endpoint_type* endpoint = nullptr;
};
void app::on(const ws::websocket_receive& e) noexcept {
    endpoint->sockets().send(e.id, e.data, e.fin, e.type);
}

constexpr const char* page = R"(<!doctype html><title>connecting</title><pre></pre><script>
const socket = new WebSocket("ws://myapp/echo"), say = (text) =>
  document.querySelector("pre").append((document.title = text) + "\n");
socket.onopen = () => (say("open"), socket.send("Hello"));
socket.onmessage = (e) => say(e.data + ", says the program");
socket.onclose = (e) => say("closed with " + e.code);
</script>)";

} // namespace

int main(int argc, char** argv) {
    if (!gtk_init_check(&argc, &argv))
        return std::cerr << "no display\n", 1;
    const std::vector<ws::row> rows{{"ws://myapp/*", ws::action::automatic}};
    ws::loopback::options options;
    options.pages = [](std::string_view, std::string_view) {
        return ws::loopback::page{200, "text/html", {}, page};
    };
    app handler;
    endpoint_type endpoint{handler, ws::intercepted_urls::build(rows).table, std::move(options)};
    handler.endpoint = &endpoint;
    WebKitWebContext* const context = webkit_web_context_new_ephemeral();
    if (const std::error_code failed = endpoint.listen(context))
        return std::cerr << failed.message() << '\n', 1;

    GtkWidget* const window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
    WebKitWebView* const view = WEBKIT_WEB_VIEW(webkit_web_view_new_with_context(context));
    gtk_container_add(GTK_CONTAINER(window), GTK_WIDGET(view));
    g_signal_connect(window, "destroy", G_CALLBACK(gtk_main_quit), nullptr);
    g_signal_connect(view, "notify::title", G_CALLBACK(+[](WebKitWebView* v) {
                         std::cerr << "page: " << webkit_web_view_get_title(v) << '\n';
                     }),
                     nullptr);
    webkit_web_view_load_uri(view, argc > 1 ? argv[1] : "http://myapp/");
    gtk_widget_show_all(window);
    gtk_main();
}
