// A page from the program's own files, and its WebSocket, with no server at all: WebKitGTK asks the
// program for app://notes/ by a URI scheme, and carries the socket by script messages.
#include <wsintercept/renderer/webkitgtk_scheme.hpp>
#include <wsintercept/wsintercept.hpp>

#include <webkit/webkit.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace ws = wsintercept;
namespace fs = std::filesystem;

namespace {

/// How many sockets of this process have an address of TCP, in any state.
std::size_t tcp_sockets() {
    std::set<std::string> numbers;
    for (const char* table : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
        std::ifstream lines{table};
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words{line};
            const std::vector<std::string> word{std::istream_iterator<std::string>{words}, {}};
            if (word.size() > 9)
                numbers.insert("socket:[" + word[9] + "]");
        }
    }
    std::size_t count = 0;
    std::error_code gone; // between the list and the look
    for (const auto& open : fs::directory_iterator{"/proc/self/fd", gone})
        count += numbers.count(fs::read_symlink(open, gone).string());
    return count;
}

class app : public ws::ignore<ws::drained> {
  public:
    ws::webkitgtk::scheme<app>* scheme = nullptr;
    std::function<void(bool passed)> on_verdict;

    using ignore::on;
    /// The page's files: app://notes/NAME comes as https://notes/NAME.
    void on(const ws::http_request& e) noexcept {
        static const std::map<std::string_view, std::pair<const char*, const char*>> files{
            {"https://notes/", {"index.html", "text/html; charset=utf-8"}},
            {"https://notes/notes.css", {"notes.css", "text/css"}},
            {"https://notes/notes.js", {"notes.js", "text/javascript"}},
        };
        ws::http_response response;
        std::string body;
        const auto file = files.find(e.url.substr(0, e.url.find('?')));
        response.handled = file != files.end();
        if (response.handled) {
            std::ifstream in{fs::path{PAGE_FOLDER} / file->second.first, std::ios::binary};
            body.assign(std::istreambuf_iterator<char>{in}, {});
            response.media_type = file->second.second;
            response.body = body;
        }
        tell(scheme->sockets().respond(e.id, response));
    }
    void on(const ws::websocket_upgrade& e) noexcept {
        open_.insert(e.id);
        tell(scheme->sockets().send(e.id, "sockets " + std::to_string(tcp_sockets())));
        for (const std::string& note : notes_)
            tell(scheme->sockets().send(e.id, note));
    }
    /// A note, which all pages get; or what the page thinks of what it got.
    void on(const ws::websocket_receive& e) noexcept {
        if (e.data.starts_with("verdict "))
            return on_verdict(e.data == "verdict passed");
        notes_.emplace_back(e.data); // "note ..."
        for (const ws::socket_id id : open_)
            tell(scheme->sockets().send(id, e.data));
    }
    void on(const ws::websocket_close& e) noexcept { open_.erase(e.id); }
    void on(const ws::websocket_error& e) noexcept {
        open_.erase(e.id);
        std::cerr << e.message << '\n';
    }
    void on(const ws::log_entry& e) noexcept { std::cerr << e.text << '\n'; }

  private:
    static void tell(std::error_code failed) {
        if (failed)
            std::cerr << failed.message() << '\n';
    }
    std::set<ws::socket_id> open_;
    std::vector<std::string> notes_;
};

} // namespace

int main(int argc, char** argv) {
    const bool check = argc == 2 && std::strcmp(argv[1], "--check") == 0;
    if (!gtk_init_check())
        return std::cerr << "no display\n", 1;
    GMainLoop* const loop = g_main_loop_new(nullptr, FALSE);
    int status = check ? 1 : 0; // --check: of a page that says nothing

    const std::vector<ws::row> rows{{"ws://notes/live", ws::action::automatic},
                                    {"https://notes/*", ws::action::automatic}};
    const auto urls = ws::intercepted_urls::build(rows, "notes").table;
    ws::interceptor_options options;
    options.origins.allow("app://notes");
    app handler;
    ws::webkitgtk::scheme<app> scheme{handler, urls, options};
    handler.scheme = &scheme;
    handler.on_verdict = [&](bool passed) {
        std::cout << (passed ? "The page passed." : "The page failed.") << std::endl;
        status = passed ? 0 : 1;
        if (check)
            g_main_loop_quit(loop);
    };

    WebKitWebContext* const context = webkit_web_context_new();
    scheme.attach(context);
    scheme.serve(context, "app");
    auto* const view =
        WEBKIT_WEB_VIEW(g_object_new(WEBKIT_TYPE_WEB_VIEW, "web-context", context, nullptr));
    scheme.attach(webkit_web_view_get_user_content_manager(view), *urls);
    GtkWidget* const window = gtk_window_new();
    gtk_window_set_child(GTK_WINDOW(window), GTK_WIDGET(view));
    gtk_window_set_default_size(GTK_WINDOW(window), 900, 640);
    g_signal_connect_swapped(window, "destroy", G_CALLBACK(g_main_loop_quit), loop);
    gtk_window_present(GTK_WINDOW(window));
    webkit_web_view_load_uri(view, check ? "app://notes/?check" : "app://notes/");
    g_main_loop_run(loop);
    return status;
}
