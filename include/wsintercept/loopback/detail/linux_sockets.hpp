// Linux: whose a TCP socket is. Asks sock_diag, and where that is not to be had, /proc/net/tcp.
#pragma once

#if defined(__linux__)

#include <wsintercept/loopback/detail/tcp_pair.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::loopback::detail {

/// What the system knows of a socket.
struct socket_owner {
    std::uint32_t uid = 0;
    std::uint64_t inode = 0; ///< 0: no process holds it any more
};

/// A descriptor that closes itself.
class file {
  public:
    explicit file(int fd) noexcept : fd_{fd} {}
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    ~file() {
        if (fd_ >= 0)
            ::close(fd_);
    }
    int get() const noexcept { return fd_; }

  private:
    int fd_;
};

/// The whole of a small file, or "".
inline std::string read_file(const char* path) {
    std::string text;
    const file in{::open(path, O_RDONLY | O_CLOEXEC)};
    if (in.get() < 0)
        return text;
    char part[8192];
    for (ssize_t n = 0; (n = ::read(in.get(), part, sizeof part)) > 0;)
        text.append(part, static_cast<std::size_t>(n));
    return text;
}

/// Looks sockets up. Not for two threads at once.
class socket_finder {
  public:
    socket_finder() noexcept
        : netlink_{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)} {}

    /// The socket that has this end; nothing if there is none (yet, or any more).
    std::optional<socket_owner> find(const tcp_pair& at) {
        const std::optional<socket_owner> found = ask_diag(at);
        return found ? found : search_proc(at);
    }

    /// The slower way, by itself.
    static std::optional<socket_owner> search_proc(const tcp_pair& at) {
        char line[64];
        std::snprintf(line, sizeof line, "%08X:%04X %08X:%04X ", htonl(at.own_address), at.own_port,
                      htonl(at.other_address), at.other_port);
        if (const auto found = search_proc("/proc/net/tcp", line))
            return found;
        // An IPv6 socket that speaks IPv4: ::ffff:127.0.0.1.
        char mapped[128];
        const unsigned prefix = htonl(0xFFFF);
        std::snprintf(mapped, sizeof mapped, "0000000000000000%08X%.13s 0000000000000000%08X%.14s",
                      prefix, line, prefix, line + 14);
        return search_proc("/proc/net/tcp6", mapped);
    }

  private:
    struct request {
        nlmsghdr header;
        inet_diag_req_v2 body;
    };

    std::optional<socket_owner> ask_diag(const tcp_pair& at) noexcept {
        request r{};
        r.header.nlmsg_len = sizeof r;
        r.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
        r.header.nlmsg_flags = NLM_F_REQUEST;
        r.header.nlmsg_seq = ++sequence_;
        r.body.sdiag_family = AF_INET;
        r.body.sdiag_protocol = IPPROTO_TCP;
        r.body.idiag_states = ~0U;
        r.body.id.idiag_sport = htons(at.own_port);
        r.body.id.idiag_dport = htons(at.other_port);
        r.body.id.idiag_src[0] = htonl(at.own_address);
        r.body.id.idiag_dst[0] = htonl(at.other_address);
        r.body.id.idiag_cookie[0] = r.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
        if (::send(netlink_.get(), &r, sizeof r, MSG_NOSIGNAL) < 0)
            return std::nullopt;
        struct {
            nlmsghdr header;
            inet_diag_msg body;
            char attributes[1024];
        } answer; // is there when send returns
        ssize_t n = 0;
        do
            n = ::recv(netlink_.get(), &answer, sizeof answer, MSG_DONTWAIT);
        while (n >= ssize_t{sizeof answer.header} && answer.header.nlmsg_seq != sequence_);
        // Where no connection fits, a listener on the port is found: not what was asked for.
        if (n < ssize_t{sizeof answer.header + sizeof answer.body} ||
            answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
            answer.body.id.idiag_sport != r.body.id.idiag_sport ||
            answer.body.id.idiag_dport != r.body.id.idiag_dport || answer.body.idiag_inode == 0)
            return std::nullopt;
        return socket_owner{answer.body.idiag_uid, answer.body.idiag_inode};
    }

    /// "  sl  local rem st tx:rx tr:when retrnsmt uid timeout inode ..."
    static std::optional<socket_owner> search_proc(const char* path, std::string_view pair) {
        const std::string table = read_file(path);
        const std::size_t at = table.find(pair);
        if (at == std::string::npos)
            return std::nullopt;
        std::string_view rest = std::string_view{table}.substr(at + pair.size());
        rest = rest.substr(0, rest.find('\n'));
        socket_owner owner;
        std::string_view word;
        for (int column = 0; column < 7; ++column) {
            rest.remove_prefix((std::min)(rest.find_first_not_of(' '), rest.size()));
            word = rest.substr(0, rest.find(' '));
            rest.remove_prefix(word.size());
            if (column == 4)
                std::from_chars(word.data(), word.data() + word.size(), owner.uid);
        }
        std::from_chars(word.data(), word.data() + word.size(), owner.inode);
        return owner.inode == 0 ? std::nullopt : std::optional{owner};
    }

    file netlink_;
    std::uint32_t sequence_ = 0;
};

} // namespace wsintercept::inline v0_1_0::loopback::detail

#endif
