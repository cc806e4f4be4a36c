// A minimal echo on the whole core: one socket of a table of URLs, its opening handshake and frames
// on standard input, the answers on standard output.
#include <wsintercept/wsintercept.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace ws = wsintercept;

namespace {

struct renderer {
    using connection = int;
    ws::time_point now() noexcept { return ws::clock::now(); }
    void post(const ws::task& work) noexcept { posted = work; }
    void output_ready(int) noexcept {}
    void input_ready(int) noexcept {}
    void respond(int, const ws::response&) noexcept { ended = true; }
    void wake_at(int, ws::time_point) noexcept {}
    void end(int, ws::ending) noexcept { ended = true; }

    std::optional<ws::task> posted;
    bool ended = false;
};

/// By name only, since the handler is not complete while it is written.
template <class Handler>
struct sockets {
    ws::interceptor<renderer, ws::default_policies, Handler> core;
};

struct echo : ws::ignore<ws::websocket_upgrade, ws::http_request, ws::websocket_close,
                         ws::websocket_error, ws::drained, ws::log_entry> {
    using ignore::on;
    void on(const ws::websocket_receive& e) noexcept {
        (void)at->core.send(e.id, e.data, e.fin, e.type);
    }
    sockets<echo>* at = nullptr;
};

} // namespace

int main() {
    const auto table = ws::intercepted_urls::build(std::vector<ws::row>{{"ws://myapp/*"}}).table;
    renderer where;
    echo handler;
    sockets<echo> all{{where, handler, table, {{}, ws::allowed_origins{*table}}}};
    handler.at = &all;
    auto& core = all.core;

    std::string in;
    std::array<char, 4096> buffer{};
    std::size_t head = std::string::npos;
    ws::socket_id id;
    while (!where.ended) {
        const ssize_t n = ::read(0, buffer.data(), buffer.size());
        if (n <= 0)
            break;
        in.append(buffer.data(), static_cast<std::size_t>(n));
        if (head == std::string::npos) {
            head = in.find("\r\n\r\n");
            if (head == std::string::npos)
                continue;
            id = core.open(1, {"GET", "ws://myapp/", std::string_view{in}.substr(0, head + 4), {}})
                     .id;
            in.erase(0, head + 4);
        }
        if (where.posted)
            (*where.posted)();
        for (bool more = true; more;) {
            in.erase(0, core.write(id, in));
            const ws::read_result out = core.read(id, buffer);
            more = out.size != 0 && ::write(1, buffer.data(), out.size) > 0;
        }
    }
}
