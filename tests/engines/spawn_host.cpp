// The host for browsers that are programs of their own:
//   spawn_host ROUTE SITE NETWORK PROGRAM [ARG...]
// starts PROGRAM with ARGs, the switches for the endpoint and the page's URL, and prints what the
// page tells. ROUTE: proxy. NETWORK: a server's ws URL, or "".
#include "host.hpp"

#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/loopback/tls.hpp>
#include <wsintercept/renderer/chromium.hpp>

#include <csignal>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct host;
using endpoint_type = engines::ws::loopback::endpoint<host, engines::ws::default_policies,
                                                      engines::ws::loopback::tls>;

/// The endpoint's methods; by name, since the endpoint is made of its handler.
struct methods {
    endpoint_type* endpoint = nullptr;
    void send(engines::ws::socket_id id, std::string_view data, bool fin = true,
              std::optional<engines::ws::data_type> type = std::nullopt) const;
    void close(engines::ws::socket_id id, std::uint16_t code, std::string_view reason) const;
    void answer(engines::ws::socket_id id, std::string_view head) const;
};
struct host : engines::handler<methods> {
    using handler::on;
};

void tell(std::error_code failed) {
    if (failed)
        std::fprintf(stderr, "%s\n", failed.message().c_str());
}
void methods::send(engines::ws::socket_id id, std::string_view data, bool fin,
                   std::optional<engines::ws::data_type> type) const {
    tell(endpoint->sockets().send(id, data, fin, type));
}
void methods::close(engines::ws::socket_id id, std::uint16_t code, std::string_view reason) const {
    tell(endpoint->sockets().close(id, code, reason));
}
void methods::answer(engines::ws::socket_id id, std::string_view head) const {
    tell(endpoint->sockets().answer(id, head));
}

pid_t start(std::vector<std::string> words) {
    std::vector<char*> pointers;
    for (std::string& word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
    pid_t pid = 0;
    if (posix_spawnp(&pid, pointers[0], &actions, nullptr, pointers.data(), environ) != 0)
        engines::fail("cannot start " + words[0]);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 5 || std::string_view{argv[1]} != "proxy") {
        std::fputs("usage: spawn_host proxy SITE NETWORK PROGRAM [ARG...]\n", stderr);
        return 2;
    }
    const std::string site = argv[2], network = argv[3];
    boost::asio::io_context io;
    host h;
    methods m;
    engines::ws::loopback::options options;
    options.pages = [&site](std::string_view, std::string_view url) {
        std::optional<engines::ws::loopback::page> out;
        if (const auto file = engines::file(site, url))
            out = {200, file->type, "", file->body};
        return out;
    };
    endpoint_type endpoint{io, h, engines::table(), std::move(options)};
    m.endpoint = &endpoint;
    h.to = &m;
    if (const std::error_code failed = endpoint.listen())
        engines::fail(failed.message());

    const std::vector<engines::visit> visits{
        {"http://myapp/", "page,iframe,worker,shared worker,wss"},
        {"https://myapp/", "https page,service worker"},
    };
    std::size_t left = visits.size();
    std::string url;
    for (auto v = visits.rbegin(); v != visits.rend(); ++v)
        url = engines::url_of(*v, network, url);

    std::vector<std::string> words{argv + 4, argv + argc};
    for (const std::string& s :
         engines::ws::chromium::switches(*engines::table(), endpoint.port(),
                                         {.spki_hash = endpoint.tls().spki_hash()})
             .switches)
        words.push_back(s);
    words.push_back(url);
    const pid_t browser = start(std::move(words));

    h.on_done = [&] {
        if (--left == 0)
            io.stop();
    };
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
