// The server under test: sends every message back. See README.md beside it.
//   echo_host [--port N] [--deflate] [--max-message BYTES]
#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/rfc7692/permessage_deflate.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ws = wsintercept;

namespace {

/// Echoes whole messages. What does not fit into a socket's queue is kept, and the socket paused.
class echo : public ws::ignore<ws::websocket_upgrade, ws::log_entry> {
  public:
    using ignore::on;
    using endpoint = ws::loopback::endpoint<echo, ws::deflate_policies>;

    void serve(endpoint& e) noexcept { endpoint_ = &e; }

    void on(const ws::websocket_receive& e) noexcept {
        const std::error_code refused = endpoint_->sockets().send(e.id, e.data, e.fin, e.type);
        if (refused != ws::error::queue_full)
            return; // sent, or its connection is closing
        kept_.insert_or_assign(e.id.value(), message{std::string{e.data}, e.type});
        (void)endpoint_->sockets().pause(e.id);
    }
    void on(const ws::drained& e) noexcept {
        const auto found = kept_.find(e.id.value());
        if (found == kept_.end())
            return;
        const message& m = found->second;
        if (endpoint_->sockets().send(e.id, m.data, true, m.type) == ws::error::queue_full)
            return;
        kept_.erase(found);
        (void)endpoint_->sockets().resume(e.id);
    }
    void on(const ws::websocket_close& e) noexcept { kept_.erase(e.id.value()); }
    void on(const ws::websocket_error& e) noexcept { kept_.erase(e.id.value()); }

    /// There are sockets here only: RFC 9110 15.5.22.
    void on(const ws::http_request& e) noexcept {
        ws::http_response answer;
        answer.status = e.method == "GET" ? 426 : 405;
        answer.media_type = "text/plain";
        answer.fields = e.method == "GET" ? "Upgrade: websocket\r\n" : "Allow: GET\r\n";
        answer.body = "WebSockets only\n";
        (void)endpoint_->sockets().respond(e.id, answer);
    }

  private:
    struct message {
        std::string data;
        ws::data_type type;
    };

    endpoint* endpoint_ = nullptr;
    std::unordered_map<std::uint64_t, message> kept_; ///< by socket
};

struct arguments {
    std::uint16_t port = 0;
    bool deflate = false;
    std::uint64_t max_message = std::uint64_t{64} << 20;
};

template <class Number>
bool read(std::string_view text, Number& out) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    return failed == std::errc{} && end == text.data() + text.size();
}

std::optional<arguments> parse(const std::vector<std::string_view>& words) {
    arguments out;
    for (auto word = words.begin(); word != words.end(); ++word) {
        if (*word == "--deflate") {
            out.deflate = true;
            continue;
        }
        const auto value = word + 1;
        if (value == words.end())
            return std::nullopt;
        if (!(*word == "--port" && read(*value, out.port)) &&
            !(*word == "--max-message" && read(*value, out.max_message)))
            return std::nullopt;
        word = value;
    }
    return out;
}

} // namespace

int main(int argc, char** argv) {
    const std::optional<arguments> given = parse({argv + 1, argv + argc});
    if (!given) {
        std::fputs("usage: echo_host [--port N] [--deflate] [--max-message BYTES]\n", stderr);
        return 2;
    }
    ws::row_options any;
    any.subprotocols = {"echo"};
    any.subprotocol_optional = true;
    if (given->deflate)
        any.deflate.emplace().level = 1; // what matters here is not how small it becomes
    const auto table =
        ws::intercepted_urls::build(std::vector<ws::row>{{"*", ws::action::automatic, any}}).table;

    ws::loopback::options options;
    options.peers = ws::loopback::peer_policy::anyone();
    options.origins = ws::allowed_origins::anyone();
    options.port = given->port;
    options.limits.message = options.limits.frame = given->max_message;
    options.limits.fragments = 1 << 20; // the corpus sends 4 MiB in frames of 64 octets
    options.limits.unfinished =
        std::max(options.limits.unfinished, static_cast<std::size_t>(4 * given->max_message));

    boost::asio::io_context io;
    echo handler;
    echo::endpoint endpoint{io, handler, table, std::move(options)};
    handler.serve(endpoint);
    if (const std::error_code failed = endpoint.listen()) {
        std::fprintf(stderr, "echo_host: %s\n", failed.message().c_str());
        return 1;
    }
    std::printf("listening on 127.0.0.1:%u\n", unsigned{endpoint.port()});
    std::fflush(stdout);
    io.run();
}
