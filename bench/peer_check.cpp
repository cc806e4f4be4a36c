// What it costs to find out who connects, beside the opening of the connection itself. Linux.
#include <wsintercept/loopback/peer.hpp>

#include <benchmark/benchmark.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace {

namespace loopback = wsintercept::loopback;
namespace detail = loopback::detail;
using loopback::peer_policy;

void must(bool so, const char* what) {
    if (!so) {
        std::perror(what);
        std::exit(1);
    }
}

class listener {
  public:
    listener() : fd_{::socket(AF_INET, SOCK_STREAM, 0)} {
        at_.sin_family = AF_INET;
        at_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at_;
        must(::bind(fd_, reinterpret_cast<const sockaddr*>(&at_), sizeof at_) == 0 &&
                 ::listen(fd_, 64) == 0 &&
                 ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at_), &size) == 0,
             "listen");
    }
    ~listener() { ::close(fd_); }
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    int connect() const {
        const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        must(::connect(fd, reinterpret_cast<const sockaddr*>(&at_), sizeof at_) == 0, "connect");
        return fd;
    }
    /// The accepted end, and its peer as seen from there.
    int accept(detail::tcp_pair& peer) const {
        sockaddr_in there{};
        socklen_t size = sizeof there;
        const int fd = ::accept(fd_, reinterpret_cast<sockaddr*>(&there), &size);
        must(fd >= 0, "accept");
        peer = {ntohl(there.sin_addr.s_addr), ntohs(there.sin_port), ntohl(at_.sin_addr.s_addr),
                ntohs(at_.sin_port)};
        return fd;
    }

  private:
    int fd_;
    sockaddr_in at_{};
};

/// A browser's network process: a child with many descriptors, one of which is the connection's.
class browser {
  public:
    browser(const listener& l, int descriptors) : pid_{::fork()} {
        if (pid_ == 0) {
            for (int i = 0; i < descriptors; ++i)
                must(::open("/dev/null", O_RDONLY) >= 0, "open");
            (void)l.connect();
            for (;;)
                ::pause();
        }
        accepted_ = l.accept(peer);
    }
    browser(const browser&) = delete;
    browser& operator=(const browser&) = delete;
    ~browser() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::close(accepted_);
    }
    detail::tcp_pair peer;

  private:
    pid_t pid_;
    int accepted_ = -1;
};

struct ours {};
struct opening {};

template <class Who>
void judge(benchmark::State& state);

/// What each socket costs anyway: connect, accept and close on loopback.
template <>
void judge<opening>(benchmark::State& state) {
    const listener l;
    detail::tcp_pair peer;
    for (auto _ : state) {
        const int there = l.connect(), here = l.accept(peer);
        ::close(here);
        ::close(there);
    }
}
BENCHMARK(judge<opening>);

/// The first socket of a browser, further ones, and any of the same user.
constexpr std::array<const char*, 3> sockets{"first", "further", "own_user"};

template <>
void judge<ours>(benchmark::State& state) {
    const auto which = static_cast<std::size_t>(state.range(0));
    const peer_policy policy = which == 2 ? peer_policy::own_user() : peer_policy::descendants();
    const listener l;
    const browser b{l, static_cast<int>(state.range(1))};
    std::optional<detail::peer_check> check{policy};
    std::uint64_t party = 0;
    state.SetLabel(sockets[which]);
    for (auto _ : state) {
        if (which == 0)
            check.emplace(policy);
        if (check->judge(b.peer, party) != detail::verdict::admitted)
            state.SkipWithError("the peer was not admitted");
    }
}
BENCHMARK(judge<ours>)
    ->ArgNames({"socket", "descriptors"})
    ->Args({0, 32})
    ->Args({0, 256})
    ->Args({1, 32})
    ->Args({1, 256})
    ->Args({2, 256});

} // namespace

BENCHMARK_MAIN();
