// What the host program has no words for, for pages in a real browser: a host that pauses, and
// permessage-deflate.
//   endpoint_host FOLDER PID
// serves FOLDER's files to the browser that process PID starts; prints the browser's switch first.
// `ws://myapp/slow`: paused by its first message until `ws://myapp/control` hears "resume"; each
// message to control is answered with the number of bytes that slow has received.
// `ws://myapp/deflate` and `ws://myapp/deflate-small`: echoes, compressed.
#include "files.hpp"

#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/renderer/chromium.hpp>
#include <wsintercept/rfc7692/permessage_deflate.hpp>

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace ws = wsintercept;

namespace {

class host : public ws::ignore<ws::http_request, ws::websocket_close, ws::drained> {
  public:
    using ignore::on;
    using endpoint = ws::loopback::endpoint<host, ws::deflate_policies>;

    void serve(endpoint& e) noexcept { endpoint_ = &e; }

    void on(const ws::websocket_upgrade& e) noexcept {
        if (e.url == "ws://myapp/slow")
            slow_ = e.id;
        if (e.url == "ws://myapp/control")
            control_ = e.id;
    }
    void on(const ws::websocket_receive& e) noexcept {
        auto& sockets = endpoint_->sockets();
        if (e.id == slow_) {
            if (received_ == 0)
                tell(sockets.pause(e.id));
            received_ += e.data.size();
        } else if (e.id == control_) {
            if (e.data == "resume")
                tell(sockets.resume(slow_));
            tell(sockets.send(e.id, std::to_string(received_)));
        } else {
            tell(sockets.send(e.id, e.data, e.fin, e.type));
        }
    }
    void on(const ws::websocket_error& e) noexcept {
        std::fprintf(stderr, "%s\n", text(e.message));
    }
    void on(const ws::log_entry& e) noexcept { std::fprintf(stderr, "%s\n", text(e.text)); }

  private:
    static void tell(std::error_code failed) noexcept {
        if (failed)
            std::fprintf(stderr, "%s\n", failed.message().c_str());
    }
    const char* text(std::string_view view) noexcept { return (text_ = view).c_str(); }

    endpoint* endpoint_ = nullptr;
    ws::socket_id slow_, control_;
    std::size_t received_ = 0;
    std::string text_;
};

} // namespace

int main(int argc, char** argv) {
    long pid = 0;
    if (argc != 3 ||
        std::from_chars(argv[2], argv[2] + std::string_view{argv[2]}.size(), pid).ptr == argv[2]) {
        std::fputs("usage: endpoint_host FOLDER PID\n", stderr);
        return 2;
    }
    ws::row_options deflate, small;
    deflate.deflate.emplace();
    small.deflate.emplace();
    small.deflate->server_no_context_takeover = small.deflate->client_no_context_takeover = true;
    small.deflate->server_max_window_bits = small.deflate->client_max_window_bits = 9;
    small.deflate->compress_from = 0;
    const std::vector<ws::row> rows{{"ws://myapp/deflate", ws::action::automatic, deflate},
                                    {"ws://myapp/deflate-small", ws::action::automatic, small},
                                    {"*://myapp/*", ws::action::automatic, {}}};
    const auto table = ws::intercepted_urls::build(rows).table;

    ws::loopback::options options;
    options.peers = ws::loopback::peer_policy::descendants_of(pid);
    options.pages = [folder = std::string{argv[1]}](std::string_view, std::string_view url) {
        return hosts::file(folder, url);
    };
    boost::asio::io_context io;
    host handler;
    host::endpoint endpoint{io, handler, table, std::move(options)};
    handler.serve(endpoint);
    if (const std::error_code failed = endpoint.listen()) {
        std::fprintf(stderr, "endpoint_host: %s\n", failed.message().c_str());
        return 1;
    }
    for (const std::string& s : ws::chromium::switches(*table, endpoint.port()).switches)
        std::puts(s.c_str());
    std::fflush(stdout);
    io.run();
}
