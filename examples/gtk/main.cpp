// A GTK window with the demo's page, whose WebSockets this program answers.
#include "carried_answers.hpp"
#include "window.hpp"

#include <wsintercept/renderer/webkitgtk.hpp>

#include <chrono>
#include <cstring>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace wsintercept;

/// InterceptedURLs: whose the URLs of the page are. What no row matches goes to the network.
const std::vector<row> rows{
    {"ws://myapp/chat", action::manual},
    {"ws://myapp/private", action::manual},
    {"ws://myapp/*", action::automatic},
    {"http://myapp/api/*", action::automatic},
};

int fail(const std::string& why) {
    std::cerr << "gtk_demo: " << why << std::endl;
    return 1;
}

/// A timer of GLib's main loop.
void post_after(std::chrono::milliseconds delay, std::function<void()> work) {
    using function = std::function<void()>;
    const auto run = [](gpointer data) -> gboolean {
        (*static_cast<function*>(data))();
        return G_SOURCE_REMOVE;
    };
    g_timeout_add_full(G_PRIORITY_DEFAULT, static_cast<guint>(delay.count()), run,
                       new function{std::move(work)},
                       [](gpointer data) { delete static_cast<function*>(data); });
}

} // namespace

int main(int argc, char** argv) {
    const bool check = argc == 2 && std::strcmp(argv[1], "--check") == 0;
    if (argc > 1 && !check) {
        std::cerr << "usage: gtk_demo [--check]\n"
                     "--check: ends with the page's verdict, 0 where it passed\n";
        return 2;
    }
    if (!gtk_demo::window::start())
        return fail("no display");
    GMainLoop* const loop = g_main_loop_new(nullptr, FALSE);
    int status = 0;
    const auto end = [&](int with) {
        status = with;
        g_main_loop_quit(loop);
    };
    gtk_demo::window window;

    // From here on it is ours, until the window is shown.
    const auto table = intercepted_urls::build(rows).table;
    loopback::options options;
    options.pages = demo::page_file;
    demo::carried_answers handler{post_after};
    webkitgtk::endpoint<demo::carried_answers> endpoint{handler, table, options};
    if (const std::error_code failed = endpoint.listen(window.session()))
        return fail("cannot listen on 127.0.0.1: " + failed.message());
    handler.use(endpoint.sockets());

    handler.on_verdict = [&](std::string_view text) {
        std::cout << "\nThe page says: " << text << std::endl;
        if (check)
            end(text.starts_with("passed") ? 0 : 1);
    };
    if (check)
        post_after(std::chrono::seconds{30}, [&] { end(fail("no verdict after 30 s")); });
    window.show([&] { end(check ? fail("the window was closed") : 0); });
    webkit_web_view_load_uri(window.view(), "http://myapp/");
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
    return status;
}
