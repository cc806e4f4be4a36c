// An endpoint with TLS for clients that are no browser; see run.mjs.
//   network_host [--port N] [--intercept PATTERN=ACTION]... [--peers own-user|anyone|PID]
//       [--proxy HOST:PORT] [--certificate HOST=FILE]
// The first line says where it listens and with which key; then comes a line an event. Messages and
// bodies are sent back. http://myapp/state counts connections and refusals. PID: of whom clients
// are descendants. --certificate: writes what HOST is served with. SIGTERM stops the endpoint; the
// program ends when nothing of it is left.
#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/loopback/tls.hpp>

#include <boost/asio/signal_set.hpp>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ws = wsintercept;

namespace {

void print(std::string_view what, std::string_view text) {
    const std::string line = std::string{what} + ' ' + std::string{text} + '\n';
    std::fputs(line.c_str(), stdout);
    std::fflush(stdout);
}

class echo : public ws::ignore<ws::drained> {
  public:
    using ignore::on;
    using endpoint = ws::loopback::endpoint<echo, ws::default_policies, ws::loopback::tls>;

    void serve(endpoint& e) noexcept { endpoint_ = &e; }

    void on(const ws::websocket_upgrade& e) noexcept { print("open", e.url); }
    /// Who sends and does not read loses the socket.
    void on(const ws::websocket_receive& e) noexcept {
        auto& sockets = endpoint_->sockets();
        if (sockets.send(e.id, e.data, e.fin, e.type) == ws::error::queue_full)
            (void)sockets.abort(e.id);
    }
    void on(const ws::websocket_close& e) noexcept { print("closed", std::to_string(e.code)); }
    void on(const ws::websocket_error& e) noexcept { print("error", e.message); }
    void on(const ws::http_request& e) noexcept {
        ws::http_response answer;
        answer.media_type = "application/octet-stream";
        answer.body = e.body;
        (void)endpoint_->sockets().respond(e.id, answer);
    }
    void on(const ws::log_entry& e) noexcept { print("log", e.text); }

  private:
    endpoint* endpoint_ = nullptr;
};

struct arguments {
    std::vector<ws::row> rows;
    ws::loopback::options options;
    std::string host; ///< whose certificate is written
    std::string file;
};

template <class Number>
bool read(std::string_view text, Number& out) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    return failed == std::errc{} && end == text.data() + text.size();
}

std::optional<ws::loopback::peer_policy> read_peers(std::string_view text) {
    long pid = 0;
    if (text == "own-user")
        return ws::loopback::peer_policy::own_user();
    if (text == "anyone")
        return ws::loopback::peer_policy::anyone();
    if (read(text, pid) && pid > 0)
        return ws::loopback::peer_policy::descendants_of(pid);
    return std::nullopt;
}

bool read_option(std::string_view name, std::string_view value, arguments& out) {
    const std::size_t equals = value.rfind('=');
    const std::string left{value.substr(0, equals)};
    const std::string_view right = equals == value.npos ? "" : value.substr(equals + 1);
    if (name == "--port")
        return read(value, out.options.port);
    if (name == "--proxy") {
        out.options.relay->proxy = value;
    } else if (name == "--peers") {
        const auto peers = read_peers(value);
        if (peers)
            out.options.peers = *peers;
        return peers.has_value();
    } else if (name == "--intercept" && (right == "0" || right == "1")) {
        out.rows.push_back({left, right == "1" ? ws::action::automatic : ws::action::external, {}});
    } else if (name == "--certificate" && !right.empty()) {
        out.host = left;
        out.file = right;
    } else {
        return false;
    }
    return true;
}

std::optional<arguments> parse(const std::vector<std::string_view>& words) {
    arguments out;
    for (std::size_t i = 0; i < words.size(); i += 2)
        if (i + 1 == words.size() || !read_option(words[i], words[i + 1], out))
            return std::nullopt;
    return out;
}

ws::loopback::page state(const echo::endpoint& of) {
    ws::loopback::page out;
    out.media_type = "application/json";
    out.body = "{\"connections\":" + std::to_string(of.connections()) +
               ",\"foreign\":" + std::to_string(of.refusals().of(ws::error::foreign_peer)) +
               ",\"refused\":" + std::to_string(of.refusals().all()) + "}\n";
    return out;
}

} // namespace

int main(int argc, char** argv) {
    std::optional<arguments> given = parse({argv + 1, argv + argc});
    if (!given) {
        std::fputs("usage: network_host [--port N] [--intercept PATTERN=ACTION]...\n"
                   "    [--peers own-user|anyone|PID] [--proxy HOST:PORT]\n"
                   "    [--certificate HOST=FILE]\n",
                   stderr);
        return 2;
    }
    const auto table = ws::intercepted_urls::build(given->rows).table;
    boost::asio::io_context io;
    boost::asio::signal_set signals{io, SIGTERM};
    echo handler;
    echo::endpoint* served = nullptr;
    given->options.pages = [&](std::string_view,
                               std::string_view url) -> std::optional<ws::loopback::page> {
        return url == "http://myapp/state" ? std::optional{state(*served)} : std::nullopt;
    };
    echo::endpoint endpoint{io, handler, table, std::move(given->options)};
    served = &endpoint;
    handler.serve(endpoint);
    if (const std::error_code failed = endpoint.listen()) {
        std::fprintf(stderr, "network_host: %s\n", failed.message().c_str());
        return 1;
    }
    if (!given->file.empty())
        std::ofstream{given->file} << endpoint.tls().certificate(given->host);
    signals.async_wait([&](boost::system::error_code, int) { endpoint.stop(); });
    print("listening on 127.0.0.1:" + std::to_string(endpoint.port()) + " spki",
          endpoint.tls().spki_hash());
    io.run();
}
