// A TCP socket, and TLS over it where that was begun.
#pragma once

#include <wsintercept/loopback/detail/socket.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback::detail {

/// `Tls`: loopback::tls or loopback::no_tls. Bytes of the wire come by `socket`'s calls; with TLS
/// they go into `put`, and `read_plain` gives what they hold.
template <class Tls>
class stream : public socket {
  public:
    using socket::socket;

    /// From here on all is TLS.
    void secure(typename Tls::stream&& by) { tls_.emplace(std::move(by)); }
    bool is_secure() const noexcept { return tls_.has_value(); }
    /// The handshake is done.
    bool is_established() const noexcept { return tls_ && tls_->established(); }
    /// The peer said that no more will come, RFC 8446 6.1.
    bool is_ended() const noexcept { return tls_->ended(); }
    bool is_failed() const noexcept { return tls_->failed(); }
    /// Server side: the name that the peer asked for, or "".
    std::string_view server_name() const noexcept { return tls_->server_name(); }
    /// In words, what went wrong.
    std::string problem() const { return tls_->problem(); }

    /// Bytes that came. What there is to say to them waits to be pushed.
    void put(std::string_view wire) { tls_->put(wire); }
    std::size_t read_plain(std::span<char> into) { return tls_->read(into); }

    /// How many bytes were taken; none: the peer has to read first.
    template <class Views>
    std::size_t write_now(const Views& views, error_code& failed) {
        if (!tls_)
            return socket::write_now(views, failed);
        push(failed);
        if (failed || unsent())
            return 0;
        std::size_t taken = 0;
        for (std::string_view v : views)
            while (!v.empty() && taken < most_at_once) {
                const std::size_t n = tls_->write(v);
                if (n == 0)
                    break;
                taken += n;
                v.remove_prefix(n);
            }
        push(failed);
        return taken;
    }

    /// TLS has something to say that the peer has no room for.
    bool unsent() const noexcept { return tls_ && !tls_->output().empty(); }
    /// What TLS has to say, and then perhaps FIN.
    void push(error_code& failed) {
        while (unsent() && !failed) {
            const std::array<std::string_view, 1> out{tls_->output()};
            const std::size_t n = socket::write_now(out, failed);
            if (n == 0)
                return;
            tls_->consumed(n);
        }
        if (fin_waits_ && !failed) {
            fin_waits_ = false;
            socket::finish();
        }
    }

    /// FIN; with TLS behind a close_notify, once all was sent.
    void finish() {
        if (!tls_)
            return socket::finish();
        error_code ignored;
        tls_->close();
        fin_waits_ = true;
        push(ignored);
    }

  private:
    static constexpr std::size_t most_at_once = 64 * 1024;

    std::optional<typename Tls::stream> tls_;
    bool fin_waits_ = false;
};

} // namespace wsintercept::inline v0_1_0::loopback::detail
