// Loads an echo server: so many sockets, so many messages of 20 bytes on the way on each. Once all
// are open it says "open" and waits for a line; at the end it prints how many messages came back,
// in how many seconds, and the 50th and 99th percentile of their round trips in nanoseconds. Linux.
//   client HOST PORT SOCKETS DEEP SECONDS
#include <wsintercept/rfc6455/frame_header.hpp>
#include <wsintercept/rfc6455/masking.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace rfc6455 = wsintercept::rfc6455;
using clock_type = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "client: %s: %s\n", what, std::strerror(errno));
    std::exit(1);
}

constexpr std::string_view message = "twenty bytes of text";
static_assert(message.size() == 20);

std::string frame(bool masked) {
    rfc6455::frame_header header;
    header.masked = masked;
    header.key = {0x12, 0x34, 0x56, 0x78};
    header.payload_length = message.size();
    std::array<char, rfc6455::max_header_size> bytes{};
    std::string out{bytes.data(), rfc6455::encode(header, bytes.data())};
    std::string payload{message};
    if (masked)
        rfc6455::mask(payload, header.key, 0);
    return out + payload;
}

class connection {
  public:
    connection(const char* host, const char* port) {
        addrinfo* found = nullptr;
        addrinfo wanted{};
        wanted.ai_family = AF_INET;
        wanted.ai_socktype = SOCK_STREAM;
        if (::getaddrinfo(host, port, &wanted, &found) != 0)
            fail("no such host");
        fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
        const int on = 1;
        const timeval patience{.tv_sec = 5, .tv_usec = 0};
        if (fd_ < 0 ||
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
            ::connect(fd_, found->ai_addr, found->ai_addrlen) != 0 ||
            ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
            fail("connect");
        ::freeaddrinfo(found);
        const std::string at = std::string{host} + ":" + port;
        write("GET / HTTP/1.1\r\nHost: " + at + "\r\nOrigin: http://" + at +
              "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        std::string head;
        for (char c = 0; !head.ends_with("\r\n\r\n"); head += c)
            if (::recv(fd_, &c, 1, 0) != 1)
                fail("no answer to the handshake");
        if (!head.starts_with("HTTP/1.1 101 "))
            fail("the handshake was refused");
    }

    int fd() const { return fd_; }

    void send(std::size_t n) {
        static const std::string one = frame(true);
        out_.clear();
        for (std::size_t i = 0; i < n; ++i)
            out_ += one;
        sent_.insert(sent_.end(), n, clock_type::now());
        write(out_);
    }

    /// How many messages came back; their round trips.
    std::size_t receive(std::vector<std::uint32_t>& trips) {
        static const std::string one = frame(false);
        const ssize_t n = ::recv(fd_, in_.data() + have_, in_.size() - have_, 0);
        if (n <= 0)
            fail("the server hung up");
        have_ += static_cast<std::size_t>(n);
        const auto now = clock_type::now();
        std::size_t done = 0;
        for (; have_ - done * one.size() >= one.size(); ++done) {
            if (sent_.empty() ||
                std::memcmp(in_.data() + done * one.size(), one.data(), one.size()) != 0)
                fail("not what was sent came back");
            trips.push_back(
                static_cast<std::uint32_t>(std::chrono::nanoseconds{now - sent_.front()}.count()));
            sent_.pop_front();
        }
        have_ -= done * one.size();
        std::memmove(in_.data(), in_.data() + done * one.size(), have_);
        return done;
    }

  private:
    void write(std::string_view bytes) const {
        if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(bytes.size()))
            fail("send");
    }

    int fd_ = -1;
    std::deque<clock_type::time_point> sent_;
    std::string out_;
    std::string in_ = std::string(64 << 10, '\0');
    std::size_t have_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fputs("usage: client HOST PORT SOCKETS DEEP SECONDS\n", stderr);
        return 2;
    }
    const std::size_t sockets = std::strtoul(argv[3], nullptr, 10);
    const std::size_t deep = std::strtoul(argv[4], nullptr, 10);
    const std::chrono::duration<double> limit{std::strtod(argv[5], nullptr)};

    const int poll = ::epoll_create1(0);
    std::vector<connection> all;
    for (std::size_t i = 0; i < sockets; ++i) {
        all.emplace_back(argv[1], argv[2]);
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.u64 = i;
        if (::epoll_ctl(poll, EPOLL_CTL_ADD, all.back().fd(), &wanted) != 0)
            fail("epoll_ctl");
    }
    std::puts("open");
    std::fflush(stdout);
    if (std::getchar() == EOF)
        return 0;

    std::vector<std::uint32_t> trips;
    trips.reserve(1 << 20);
    const auto start = clock_type::now();
    for (connection& each : all)
        each.send(deep);
    std::chrono::duration<double> taken{};
    while (taken < limit) {
        std::array<epoll_event, 64> ready;
        const int n = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), 5000);
        if (n <= 0)
            fail("nothing came back for 5 s");
        for (int i = 0; i < n; ++i) {
            connection& one = all[ready[static_cast<std::size_t>(i)].data.u64];
            if (const std::size_t done = one.receive(trips); done != 0)
                one.send(done);
        }
        taken = clock_type::now() - start;
    }
    if (trips.empty())
        fail("no message came back in time");
    const auto percentile = [&trips](std::size_t p) {
        const auto at = trips.begin() + static_cast<std::ptrdiff_t>(trips.size() * p / 100);
        std::nth_element(trips.begin(), at, trips.end());
        return *at;
    };
    const std::uint32_t p50 = percentile(50), p99 = percentile(99);
    std::printf("%zu %.6f %u %u\n", trips.size(), taken.count(), p50, p99);
}
