// A server of the network, for what is relayed.
#pragma once

#include "loopback_support.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace test {

/// A server of the network on a port of this machine: what it gets, and what the test has it say.
class destination {
  public:
    explicit destination(host_loop& w, bool listens = true) : destination{listens} { world_ = &w; }
    /// Before the world that it lives in.
    explicit destination(bool listens = true) : fd_{::socket(AF_INET, SOCK_STREAM, 0)} {
        sockaddr_in at = address_of(0);
        REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
        socklen_t size = sizeof at;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
        port = ntohs(at.sin_port);
        ::fcntl(fd_, F_SETFL, O_NONBLOCK);
        if (listens)
            REQUIRE(::listen(fd_, 16) == 0);
    }
    destination(const destination&) = delete;
    destination& operator=(const destination&) = delete;
    ~destination() {
        hang_up();
        ::close(fd_);
    }

    void live_in(host_loop& w) { world_ = &w; }
    std::string name(std::string_view host = "127.0.0.1") const {
        return std::string{host} + ":" + std::to_string(port);
    }

    /// The next connection.
    bool until_called() {
        hang_up();
        got.clear();
        ended = false;
        const bool called =
            world_->until([&] { return (peer_ = ::accept(fd_, nullptr, nullptr)) >= 0; });
        if (called) {
            ::fcntl(peer_, F_SETFL, O_NONBLOCK);
            ++calls;
        }
        return called;
    }
    bool is_called() {
        const int more = ::accept(fd_, nullptr, nullptr);
        ::close(more);
        return more >= 0;
    }
    const std::string& read() {
        static char part[1 << 16];
        ssize_t n = 0;
        while (reads && !ended && (n = ::recv(peer_, part, sizeof part, 0)) != -1) {
            ended = n == 0;
            got.append(part, static_cast<std::size_t>(n));
        }
        if (n == -1 && errno != EAGAIN)
            ended = true;
        return got;
    }
    bool until_got(std::string_view bytes) {
        return world_->until([&] { return read().size() >= bytes.size() || ended; }) &&
               got == bytes;
    }
    bool until_has(std::string_view text) {
        return world_->until([&] { return read().find(text) != got.npos || ended; }) &&
               got.find(text) != got.npos;
    }
    bool until_ended() {
        return world_->until([&] { return read(), ended; });
    }
    destination& say(std::string_view bytes) {
        REQUIRE(world_->until([&] {
            const ssize_t n = ::send(peer_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n > 0)
                bytes.remove_prefix(static_cast<std::size_t>(n));
            return bytes.empty() || (n < 0 && errno != EAGAIN);
        }));
        return *this;
    }
    /// As much as the way takes while nobody reads at its end.
    std::size_t flood(std::size_t most) {
        const std::string part(1 << 16, 'x');
        std::size_t sent = 0;
        for (int idle = 0; idle < 50 && sent < most;) {
            const ssize_t n = ::send(peer_, part.data(), part.size(), MSG_NOSIGNAL);
            idle = n > 0 ? 0 : idle + 1;
            sent += n > 0 ? static_cast<std::size_t>(n) : 0;
            world_->run_for(std::chrono::milliseconds{n > 0 ? 0 : 2});
        }
        return sent;
    }
    void half_close() { ::shutdown(peer_, SHUT_WR); }
    void hang_up(bool with_reset = false) {
        if (peer_ < 0)
            return;
        const linger now{1, 0};
        if (with_reset)
            ::setsockopt(peer_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        ::close(std::exchange(peer_, -1));
    }

    std::uint16_t port = 0;
    std::string got;
    bool ended = false;
    bool reads = true;
    int calls = 0;

  private:
    host_loop* world_ = nullptr;
    int fd_;
    int peer_ = -1;
};

} // namespace test
