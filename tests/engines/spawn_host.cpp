// The host for browsers that are programs of their own:
//   spawn_host ROUTE SITE NETWORK PROGRAM [ARG...]
// starts PROGRAM with ARGs, the switches of the route and the page's URL, and prints what the page
// tells. ROUTE: proxy, an endpoint; scheme, --bridge=SERVER, for a PROGRAM whose scheme handlers
// answer with what that HTTP server says. NETWORK: a server's ws URL, or "".
#include "../browser/methods.hpp"
#include "../browser/scheme_server.hpp"
#include "host.hpp"

#include <wsintercept/bridge/page_script.hpp>
#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/loopback/tls.hpp>
#include <wsintercept/renderer/chromium.hpp>

#include <csignal>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace ws = wsintercept;

struct host : engines::handler<hosts::methods> {
    using handler::on;
};

using words = std::vector<std::string>;

pid_t start(words command) {
    std::vector<char*> pointers;
    for (std::string& word : command)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
    pid_t pid = 0;
    if (posix_spawnp(&pid, pointers[0], &actions, nullptr, pointers.data(), environ) != 0)
        engines::fail("cannot start " + command[0]);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

/// Opens the pages in the browser, until the last says that it is done.
void run(boost::asio::io_context& io, host& h, words command,
         const std::vector<engines::visit>& visits, const std::string& network) {
    std::string url;
    for (auto v = visits.rbegin(); v != visits.rend(); ++v)
        url = engines::url_of(*v, network, url);
    command.push_back(url);
    std::size_t left = visits.size();
    h.on_done = [&] {
        if (--left == 0)
            io.stop();
    };
    const pid_t browser = start(std::move(command));
    boost::asio::steady_timer limit{io, std::chrono::minutes{4}};
    limit.async_wait([&](boost::system::error_code) { io.stop(); });
    io.run();
    kill(browser, SIGTERM);
    int status = 0;
    for (int i = 0; i < 50 && waitpid(browser, &status, WNOHANG) == 0; ++i)
        usleep(100'000);
    kill(browser, SIGKILL);
    waitpid(browser, &status, 0);
    if (left != 0)
        engines::fail("the page was not done in 4 minutes");
    engines::print("done");
}

void run_proxy(const std::string& site, const std::string& network, words command) {
    boost::asio::io_context io;
    host h;
    ws::loopback::options options;
    options.pages = [&site](std::string_view, std::string_view url) {
        std::optional<ws::loopback::page> out;
        if (const auto file = engines::file(site, url))
            out = {200, file->type, "", file->body};
        return out;
    };
    ws::loopback::endpoint<host, ws::default_policies, ws::loopback::tls> endpoint{
        io, h, engines::table(), std::move(options)};
    hosts::methods_of m{endpoint.sockets()};
    h.to = &m;
    if (const std::error_code failed = endpoint.listen())
        engines::fail(failed.message());
    for (const std::string& s : ws::chromium::switches(*engines::table(), endpoint.port(),
                                                       {.spki_hash = endpoint.tls().spki_hash()})
                                    .switches)
        command.push_back(s);
    run(io, h, std::move(command),
        {{"http://myapp/", "page,iframe,worker,shared worker,wss"},
         {"https://myapp/", "https page,service worker"}},
        network);
}

void run_scheme(const std::string& site, const std::string& network, words command) {
    boost::asio::io_context io;
    host h;
    const auto table = engines::table();
    ws::allowed_origins origins{*table};
    for (const char* origin : {"http://myapp", "https://myapp", "app://myapp"})
        origins.allow(origin);
    bridge_test::scheme_server<host> server{io, h, table, {{}, std::move(origins)}};
    hosts::methods_of m{server.sockets()};
    h.to = &m;
    // Ahead of the page's own scripts.
    const std::string script =
        "<script>" +
        ws::bridge::page_script(*table, ws::bridge::channel::fetch, "wsintercept://bridge") +
        "</script>";
    server.pages = [&](std::string_view target) {
        std::optional<ws::loopback::page> out;
        if (auto file = engines::file(site, target)) {
            if (file->type == "text/html")
                file->body.insert(file->body.find("<meta"), script);
            out = {200, file->type, "", file->body};
        }
        return out;
    };
    for (const char* cell : {"worker", "shared worker", "service worker"})
        engines::print_cannot(cell, engines::no_workers);
    command.push_back("--bridge=" + server.base());
    run(io, h, std::move(command),
        {{"http://myapp/", "page,iframe,wss"},
         {"https://myapp/", "https page"},
         {"app://myapp/", "own-scheme page"}},
        network);
}

} // namespace

int main(int argc, char** argv) {
    const std::string route = argc < 5 ? "" : argv[1];
    if (route != "proxy" && route != "scheme") {
        std::fputs("usage: spawn_host proxy|scheme SITE NETWORK PROGRAM [ARG...]\n", stderr);
        return 2;
    }
    (route == "proxy" ? run_proxy : run_scheme)(argv[2], argv[3], {argv + 4, argv + argc});
}
