// The kit over the loopback endpoint: real TCP on 127.0.0.1, and a page that arrives as Chromium
// does through a proxy (CONNECT for sockets, absolute form for plain requests), or whose sockets
// QtWebEngine redirects.
#pragma once

#include "traits_fixture.hpp"

#include <wsintercept/loopback/endpoint.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace wsintercept::inline v0_1_0::kit {

class loopback_fixture {
    using endpoint = loopback::endpoint<host>;

    struct client {
        int fd = -1;
        bool is_socket = false, head_only = false, reads = true;
        std::string head;    ///< of the request; sent when the tunnel stands
        bool tunnel = false; ///< it stands, or none is needed
        std::string to_send, received;
        std::optional<ending> told;
        rfc9112::status_head answer; ///< views `received`
    };

  public:
    enum class arrives { by_proxy, redirected };

    using page = client*;
    static constexpr duration unit = std::chrono::milliseconds{100};
    static constexpr int patience = 40000;

    loopback_fixture(host& h, const table_pointer& table, const interceptor_options& options,
                     arrives how = arrives::by_proxy)
        : how_{how}, endpoint_{io_, h, table, settings(options, how)} {
        std::signal(SIGPIPE, SIG_IGN);
        listens_ = !endpoint_.listen();
    }
    ~loopback_fixture() {
        for (client& c : clients_)
            close(c);
    }

    auto& core() { return endpoint_.sockets(); }

    page open(const page_request& r) {
        client& c = clients_.emplace_back();
        c.is_socket = r.is_socket();
        c.head_only = r.method == "HEAD";
        c.head = r.head();
        c.tunnel = !c.is_socket || how_ == arrives::redirected;
        if (how_ == arrives::redirected)
            c.head.insert(c.head.find("\r\n") + 2,
                          "X-Secret: " + std::string{secret} +
                              (c.is_socket ? "\r\nX-Url: " + r.url + "\r\n" : "\r\n"));
        if (c.is_socket && how_ == arrives::redirected) {
            const std::size_t target = c.head.find(' ') + 1;
            c.head.replace(target, c.head.find(' ', target) - target, "/");
            const std::size_t host = c.head.find("Host: ") + 6;
            c.head.replace(host, c.head.find("\r\n", host) - host,
                           "127.0.0.1:" + std::to_string(endpoint_.port()));
            c.to_send = c.head;
        } else if (c.is_socket) {
            c.to_send = "CONNECT myapp:80 HTTP/1.1\r\nHost: myapp:80\r\n\r\n";
        } else {
            const std::size_t target = c.head.find(' ') + 1;
            c.to_send = c.head.insert(target, "http://myapp") + r.body;
        }
        connect(c);
        return &c;
    }
    void write(page p, std::string_view bytes) {
        (p->tunnel ? p->to_send : p->head) += bytes;
        run();
    }
    void reads(page p, bool on) { p->reads = on; }
    page_view seen(page p) {
        page_view v;
        v.received = p->tunnel && p->is_socket ? std::string_view{p->received} : v.received;
        v.ended = p->told;
        p->answer = {};
        if (rfc9112::parse_status(p->received, {}, p->answer).state != rfc9112::parse_state::done ||
            p->answer.status == 101 || !p->tunnel)
            return v;
        v.status = p->answer.status;
        v.reason = p->answer.reason;
        v.media_type = rfc9112::find(p->answer.fields, "Content-Type").value;
        v.fields = p->answer.bytes;
        v.body = std::string_view{p->received}.substr(p->answer.bytes.size());
        return v;
    }
    void hang_up(page p) {
        close(*p);
        run();
    }
    void post(const task& work) { loopback::traits<endpoint>{endpoint_}.post(work); }
    time_point now() { return clock::now(); }

    void run() {
        if (io_.stopped())
            io_.restart();
        bool moved = io_.poll() != 0;
        for (client& c : clients_)
            moved = serve(c) || moved;
        if (!moved)
            std::this_thread::sleep_for(std::chrono::microseconds{250});
    }
    void advance(duration d) {
        for (const time_point until = now() + d; now() < until;)
            run();
    }

  private:
    static constexpr std::string_view secret = "0123456789abcdef";

    static loopback::options settings(const interceptor_options& given, arrives how) {
        loopback::options o;
        o.limits = given.limits;
        o.origins = given.origins;
        if (how == arrives::redirected)
            o.credentials = loopback::credentials::redirect(
                "X-Secret", "X-Url", loopback::launch_secret{std::string{secret}});
        return o;
    }

    void connect(client& c) const {
        c.fd = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        where.sin_port = htons(endpoint_.port());
        if (!listens_ ||
            ::connect(c.fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0)
            return close(c);
        ::fcntl(c.fd, F_SETFL, ::fcntl(c.fd, F_GETFL) | O_NONBLOCK);
    }
    static void close(client& c) {
        if (c.fd >= 0)
            ::close(c.fd);
        c.fd = -1;
    }

    /// Moves bytes both ways. False: none moved.
    static bool serve(client& c) {
        if (c.fd < 0)
            return false;
        bool moved = false;
        if (!c.to_send.empty()) {
            const ssize_t n = ::send(c.fd, c.to_send.data(), c.to_send.size(), 0);
            if (n > 0)
                c.to_send.erase(0, static_cast<std::size_t>(n));
            moved = n > 0;
        }
        char buffer[16 * 1024];
        if (!c.reads || c.told)
            return moved;
        const ssize_t n = ::recv(c.fd, buffer, sizeof buffer, 0);
        if (n < 0 && errno == EAGAIN)
            return moved;
        if (n > 0)
            c.received.append(buffer, static_cast<std::size_t>(n));
        else
            c.told = n == 0 ? ending::finish : ending::abort;
        if (!c.tunnel && c.received.starts_with("HTTP/1.1 200 ")) {
            const std::size_t end = c.received.find("\r\n\r\n");
            if (end != std::string::npos) {
                c.received.erase(0, end + 4);
                c.to_send += c.head;
                c.tunnel = true;
            }
        }
        return true;
    }

    const arrives how_;
    boost::asio::io_context io_{1};
    endpoint endpoint_;
    bool listens_ = false;
    std::deque<client> clients_;
};

} // namespace wsintercept::inline v0_1_0::kit
