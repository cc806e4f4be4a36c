// An echo server: the loopback endpoint. Prints its port.
#include <wsintercept/loopback/endpoint.hpp>

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace ws = wsintercept;

namespace {

struct echo : ws::ignore<ws::http_request, ws::websocket_upgrade, ws::websocket_close,
                         ws::websocket_error, ws::drained> {
    using ignore::on;
    void on(const ws::websocket_receive& e) noexcept {
        if (const auto failed = endpoint->sockets().send(e.id, e.data, e.fin, e.type)) {
            std::fprintf(stderr, "%s\n", failed.message().c_str());
            std::exit(1);
        }
    }
    void on(const ws::log_entry& e) noexcept {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(e.text.size()), e.text.data());
    }
    ws::loopback::endpoint<echo>* endpoint = nullptr;
};

} // namespace

int main() {
    ws::loopback::options options;
    options.peers = ws::loopback::peer_policy::own_user();
    options.origins = ws::allowed_origins::anyone();
    boost::asio::io_context io{1};
    echo handler;
    ws::loopback::endpoint<echo> endpoint{
        io, handler, ws::intercepted_urls::build(std::vector<ws::row>{{"*"}}).table,
        std::move(options)};
    handler.endpoint = &endpoint;
    if (endpoint.listen())
        return 1;
    std::printf("%u\n", unsigned{endpoint.port()});
    std::fflush(stdout);
    io.run();
}
