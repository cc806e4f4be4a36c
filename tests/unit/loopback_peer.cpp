#include <wsintercept/loopback/peer.hpp>

#include "catch.hpp"

#if defined(__linux__)

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

using namespace wsintercept::loopback;
using detail::tcp_pair;
using detail::verdict;

namespace {

std::pair<std::uint32_t, std::uint16_t> name_of(int fd, decltype(::getsockname)* which) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    REQUIRE(which(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    return {ntohl(at.sin_addr.s_addr), ntohs(at.sin_port)};
}

int listener(std::uint16_t& port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(fd, 8) == 0);
    port = name_of(fd, ::getsockname).second;
    return fd;
}

/// Connects over IPv4, or over IPv6 to the mapped address as some languages' sockets do.
int connect_to(std::uint16_t port, bool mapped = false) {
    const int fd = ::socket(mapped ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    int result = 0;
    if (mapped) {
        sockaddr_in6 at{};
        at.sin6_family = AF_INET6;
        at.sin6_port = htons(port);
        ::inet_pton(AF_INET6, "::ffff:127.0.0.1", &at.sin6_addr);
        result = ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at);
    } else {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(port);
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        result = ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at);
    }
    return result == 0 ? fd : -1;
}

/// The other end of an accepted connection, as seen from there.
tcp_pair peer_of(int accepted) {
    const auto here = name_of(accepted, ::getsockname);
    const auto there = name_of(accepted, ::getpeername);
    return {there.first, there.second, here.first, here.second};
}

/// A connection whose client is this process, a child, or a grandchild.
struct scene {
    explicit scene(int generations) {
        std::uint16_t port = 0;
        const int at = listener(port);
        if (generations == 0)
            client = connect_to(port);
        else
            child = spawn(generations, port);
        accepted = ::accept(at, nullptr, nullptr);
        REQUIRE(accepted >= 0);
        ::close(at);
    }
    scene(const scene&) = delete;
    scene& operator=(const scene&) = delete;
    ~scene() {
        if (child != 0) {
            ::kill(-child, SIGKILL); // its group
            ::waitpid(child, nullptr, 0);
        }
        ::close(accepted);
        if (client >= 0)
            ::close(client);
    }
    verdict judge(const peer_policy& p) const {
        std::uint64_t party = 0;
        return detail::peer_check{p}.judge(peer_of(accepted), party);
    }

    static pid_t spawn(int generations, std::uint16_t port) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::setpgid(0, 0);
            for (int i = 1; i < generations; ++i)
                if (::fork() != 0)
                    for (;;)
                        ::pause();
            if (connect_to(port) >= 0)
                for (;;)
                    ::pause();
            ::_exit(1);
        }
        return pid;
    }

    int client = -1;
    int accepted = -1;
    pid_t child = 0;
};

} // namespace

TEST_CASE("this process, a child and a grandchild are of the family") {
    for (const int generations : {0, 1, 2}) {
        const scene s{generations};
        REQUIRE(s.judge(peer_policy::descendants()) == verdict::admitted);
        REQUIRE(s.judge(peer_policy::descendants_of(::getpid())) == verdict::admitted);
        REQUIRE(s.judge(peer_policy::own_user()) == verdict::admitted);
        REQUIRE(s.judge(peer_policy::anyone()) == verdict::admitted);
    }
}

TEST_CASE("a parent and a sibling are not of a child's family") {
    const scene other{1};
    REQUIRE(scene{0}.judge(peer_policy::descendants_of(other.child)) == verdict::not_seen);
    REQUIRE(scene{1}.judge(peer_policy::descendants_of(other.child)) == verdict::not_seen);
    REQUIRE(other.judge(peer_policy::descendants_of(other.child)) == verdict::admitted);
    REQUIRE(scene{2}.judge(peer_policy::descendants_of(1 << 30)) == verdict::not_seen);
}

TEST_CASE("the owner that was found is tried first, and forgotten with its process") {
    detail::peer_check check{peer_policy::descendants()};
    const scene own{0};
    std::uint64_t party = 0;
    for (int i = 0; i < 3; ++i) {
        const scene s{1};
        REQUIRE(check.judge(peer_of(s.accepted), party) == verdict::admitted);
        REQUIRE(check.judge(peer_of(s.accepted), party) == verdict::admitted);
        REQUIRE(check.judge(peer_of(own.accepted), party) == verdict::admitted);
    }
}

TEST_CASE("a peer that has gone is nobody's") {
    scene s{0};
    ::close(std::exchange(s.client, -1));
    REQUIRE(s.judge(peer_policy::descendants()) == verdict::not_seen);
    REQUIRE(s.judge(peer_policy::own_user()) == verdict::not_seen);
}

TEST_CASE("sockets are found by sock_diag and by /proc alike, mapped ones too") {
    for (const bool mapped : {false, true}) {
        std::uint16_t port = 0;
        const int at = listener(port);
        const int client = connect_to(port, mapped);
        if (mapped && client < 0) { // no IPv6 here
            ::close(at);
            continue;
        }
        const int accepted = ::accept(at, nullptr, nullptr);
        const tcp_pair peer = peer_of(accepted);
        const auto found = detail::socket_finder{}.find(peer);
        const auto slow = detail::socket_finder::search_proc(peer);
        REQUIRE(found);
        REQUIRE(slow);
        REQUIRE(found->inode == slow->inode);
        REQUIRE(found->uid == slow->uid);
        REQUIRE(found->uid == ::geteuid());
        for (long near : {0L, 1000L, long{client}, client - 3L}) {
            REQUIRE(detail::holds_socket(::getpid(), found->inode, near));
            REQUIRE(near == client);
            REQUIRE_FALSE(detail::holds_socket(::getpid(), found->inode + 1000000, near));
        }
        tcp_pair wrong = peer; // a listener's port does not stand for a connection
        wrong.own_port = port;
        wrong.other_port = peer.own_port == 1 ? 2 : 1;
        REQUIRE_FALSE(detail::socket_finder{}.find(wrong));
        for (const int fd : {at, client, accepted})
            ::close(fd);
    }
}

TEST_CASE("processes are read, whatever their name") {
    const auto own = detail::read_process(::getpid());
    REQUIRE(own);
    REQUIRE(own->parent == ::getppid());
    REQUIRE(own->start != 0);
    REQUIRE_FALSE(detail::read_process(1 << 30));
}

#endif
