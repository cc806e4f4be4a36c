// A bound for echo servers: what a server cannot do without, and nothing else. Each read's frames,
// unfragmented text alone, are decoded and sent back with one write. Prints its port. Linux.
#include <wsintercept/policies.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

namespace rfc6455 = wsintercept::rfc6455;

struct client {
    bool open = false;
    std::string head;
    rfc6455::decoder decoder;
};

/// False: the connection is to end.
bool serve(int fd, client& c) {
    static std::array<char, 64 << 10> buffer;
    static std::string out;
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0)
        return false;
    out.clear();
    std::span<char> in{buffer.data(), static_cast<std::size_t>(n)};
    if (!c.open) {
        c.head.append(in.data(), in.size());
        constexpr std::string_view field = "Sec-WebSocket-Key: ";
        const std::size_t at = c.head.find(field);
        if (!c.head.ends_with("\r\n\r\n"))
            return true;
        if (at == std::string::npos)
            return false;
        const auto accept =
            rfc6455::accept_key::compute(std::string_view{c.head}.substr(at + field.size(), 24));
        out = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
              "Connection: Upgrade\r\nSec-WebSocket-Accept: ";
        out.append(accept.data(), accept.size()).append("\r\n\r\n");
        c.open = true;
        in = {};
    }
    while (!in.empty()) {
        const rfc6455::decoded d = c.decoder.next(in, {1 << 20, 1 << 20, 1});
        if (d.kind == rfc6455::decoded_kind::need_more)
            break;
        if (d.kind != rfc6455::decoded_kind::data || !d.begins || !d.fin)
            return false; // parts of a message are beyond it
        out += rfc6455::encode_header(rfc6455::opcode::text, true, d.payload.size()).view();
        out += d.payload;
    }
    return ::send(fd, out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
}

} // namespace

int main() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0), poll = ::epoll_create1(0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    const auto watch = [poll](int fd) {
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.fd = fd;
        return ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &wanted) == 0;
    };
    if (::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(listener, 512) != 0 ||
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) != 0 || !watch(listener))
        return 1;
    std::printf("%u\n", unsigned{ntohs(at.sin_port)});
    std::fflush(stdout);

    std::unordered_map<int, client> clients;
    for (;;) {
        std::array<epoll_event, 64> ready;
        const int n = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), -1);
        for (int i = 0; i < n; ++i) {
            const int fd = ready[static_cast<std::size_t>(i)].data.fd;
            if (fd != listener) {
                if (!serve(fd, clients[fd])) {
                    clients.erase(fd);
                    ::close(fd);
                }
                continue;
            }
            const int accepted = ::accept(listener, nullptr, nullptr), on = 1;
            if (accepted < 0 || !watch(accepted) ||
                ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
                return 1;
        }
    }
}
