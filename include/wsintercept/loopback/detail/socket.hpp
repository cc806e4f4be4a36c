// A non-blocking TCP socket with a timer: reads, gathered writes, ends. All on one executor.
#pragma once

#include <wsintercept/limits.hpp>
#include <wsintercept/loopback/detail/tcp_pair.hpp>

#include <utility> // Asio 1.74 needs it first

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#endif

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>

namespace wsintercept::inline v0_1_0::loopback::detail {

using tcp = boost::asio::ip::tcp;
using error_code = boost::system::error_code;

inline std::error_code to_std(const error_code& e) noexcept {
    return {e.value(), std::system_category()};
}
inline bool is_end(const error_code& e) noexcept {
    return e == boost::asio::error::eof;
}

/// A browser that this program starts must not hold its sockets after its end.
inline void keep_from_children([[maybe_unused]] tcp::socket::native_handle_type handle) noexcept {
#if defined(FD_CLOEXEC)
    ::fcntl(handle, F_SETFD, FD_CLOEXEC);
#endif
}

/// `Owner`: a shared pointer to what has the members on_read(error_code, span), on_room(),
/// on_time() and, where it connects, on_connected(error_code); operations under way keep it alive.
/// They are called later, never from inside a call.
class socket {
  public:
    static constexpr std::size_t small_read = 2048;

    explicit socket(tcp::socket s) : socket_{std::move(s)}, timer_{socket_.get_executor()} {}
    /// One that is to connect.
    explicit socket(boost::asio::io_context& io) : socket_{io}, timer_{io} {}

    /// Who is at the other end, as seen from there. False: it is gone already.
    bool prepare(tcp_pair& peer) {
        error_code failed;
        const tcp::endpoint here = socket_.local_endpoint(failed);
        const tcp::endpoint there = failed ? here : socket_.remote_endpoint(failed);
        if (failed || !here.address().is_v4() || !there.address().is_v4())
            return false;
        peer = {there.address().to_v4().to_uint(), there.port(), here.address().to_v4().to_uint(),
                here.port()};
        return prepare();
    }

    /// on_connected, once one of these addresses answers or none did.
    template <class Addresses, class Owner>
    void connect(const Addresses& addresses, Owner owner) {
        boost::asio::async_connect(
            socket_, addresses, [this, owner = std::move(owner)](error_code failed, const auto&) {
                if (!failed && !prepare())
                    failed = boost::asio::error::not_connected;
                owner->on_connected(failed);
            });
    }

    /// on_read with a few bytes, or an error; once. Nothing while one is under way.
    ///
    /// Asio looks at once, and a look that finds nothing costs as much as one that finds bytes. So
    /// where much came the last time, all else that is ready has its turn first.
    template <class Owner>
    void read(Owner owner) {
        if (std::exchange(reading_, true))
            return;
        if (last_read_ < much)
            return look(std::move(owner));
        // Its executor can be of any kind, and so would allocate; it is an io_context's.
        auto& io = static_cast<boost::asio::io_context&>(socket_.get_executor().context());
        boost::asio::post(io,
                          [this, owner = std::move(owner)]() mutable { look(std::move(owner)); });
    }

    /// More bytes, if they are there already.
    std::span<char> read_now(std::span<char> into, error_code& failed) {
        const std::size_t n =
            socket_.read_some(boost::asio::buffer(into.data(), into.size()), failed);
        return into.first(forgive(failed) ? 0 : n);
    }

    /// How many bytes were written; none: the peer has to read first.
    template <class Views>
    std::size_t write_now(const Views& views, error_code& failed) {
        gathered out;
        for (const std::string_view v : views)
            if (out.count < out.list.size())
                out.list[out.count++] = boost::asio::buffer(v.data(), v.size());
        // Of one buffer the kernel need not read a list.
        const std::size_t n = out.count == 1 ? socket_.write_some(out.list[0], failed)
                                             : socket_.write_some(out, failed);
        return forgive(failed) ? 0 : n;
    }

    /// on_room, once more can be written.
    template <class Owner>
    void await_room(Owner owner) {
        if (std::exchange(writing_, true))
            return;
        socket_.async_wait(tcp::socket::wait_write, [this, owner = std::move(owner)](error_code) {
            writing_ = false;
            owner->on_room();
        });
    }

    /// on_time then; replaces what was armed before, though that may still be on its way.
    template <class Owner>
    void wake_at(time_point when, Owner owner) {
        timer_.expires_at(when);
        timer_.async_wait([owner = std::move(owner)](error_code failed) {
            if (!failed)
                owner->on_time();
        });
    }
    void sleep() { timer_.cancel(); }

    /// FIN.
    void finish() noexcept {
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
    }
    void close() noexcept {
        error_code ignored;
        timer_.cancel();
        socket_.close(ignored);
    }
    /// RST.
    void reset() noexcept {
        error_code ignored;
        socket_.set_option(boost::asio::socket_base::linger{true, 0}, ignored);
        close();
    }

  private:
    static constexpr std::size_t much = 256; ///< bytes: several messages, mostly

    template <class Owner>
    void look(Owner owner) {
        auto done = [this, owner = std::move(owner)](error_code failed, std::size_t n) {
            reading_ = false;
            last_read_ = n;
            owner->on_read(failed, std::span{first_}.first(n));
        };
        socket_.async_read_some(boost::asio::buffer(first_), std::move(done));
    }

    bool prepare() {
        error_code failed;
        keep_from_children(socket_.native_handle());
        socket_.set_option(tcp::no_delay{true}, failed);
        socket_.non_blocking(true, failed);
        return !failed;
    }

    /// Buffers of one gathered write.
    struct gathered {
        std::array<boost::asio::const_buffer, 16> list;
        std::size_t count = 0;
        const boost::asio::const_buffer* begin() const noexcept { return list.data(); }
        const boost::asio::const_buffer* end() const noexcept { return list.data() + count; }
    };

    /// Nothing now is no error.
    static bool forgive(error_code& failed) noexcept {
        if (failed != boost::asio::error::would_block && failed != boost::asio::error::try_again)
            return false;
        failed = {};
        return true;
    }

    tcp::socket socket_;
    boost::asio::steady_timer timer_;
    std::array<char, small_read> first_; ///< a read's bytes; many more go into a shared buffer
    std::size_t last_read_ = 0;
    bool reading_ = false;
    bool writing_ = false;
};

} // namespace wsintercept::inline v0_1_0::loopback::detail
