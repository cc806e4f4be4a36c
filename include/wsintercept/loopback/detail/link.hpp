// One end of what the endpoint carries: reading with and without TLS, room, time.
#pragma once

#include <wsintercept/limits.hpp>
#include <wsintercept/loopback/detail/stream.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback::detail {

/// `Self` derives from it and has: house(), over() (nothing is to be done any more), wants_bytes(),
/// is_marked() (to be served when the turn ends), take(bytes), gone(why: no more will come),
/// secured() (TLS has shaken hands), tls_failed(), has_room() and time_came(). All on the
/// endpoint's executor, within a turn.
template <class Self, class Endpoint>
class link : public std::enable_shared_from_this<Self> {
  public:
    explicit link(tcp::socket socket) : stream_{std::move(socket)} {}
    explicit link(boost::asio::io_context& io) : stream_{io} {}

    // The socket's calls.

    /// Bytes of the peer, or why there are none.
    void on_read(error_code failed, std::span<char> bytes) {
        if (self().over())
            return;
        Endpoint& house = self().house();
        const typename Endpoint::turn t{house};
        if (failed)
            return self().gone(failed);
        take_in(bytes);
        // There may be more than a link's own small buffer held.
        bool more = bytes.size() == socket::small_read;
        for (int rounds = 0; more && rounds < 4 && wants(); ++rounds) {
            const std::span<char> part = stream_.read_now(house.buffer_, failed);
            if (failed)
                return self().gone(failed);
            more = part.size() == house.buffer_.size();
            if (!part.empty())
                take_in(part);
        }
        settle();
    }

    /// The peer has read something.
    void on_room() {
        if (self().over())
            return;
        const typename Endpoint::turn t{self().house()};
        error_code failed;
        stream_.push(failed);
        if (failed)
            return self().gone(failed);
        self().has_room();
        settle();
    }

    void on_time() {
        if (self().over() || clock::now() < deadline_) // armed anew while this was on its way
            return;
        const typename Endpoint::turn t{self().house()};
        self().time_came();
        settle();
    }

  protected:
    /// What every call of the socket's ends with: reads on, and waits where TLS has no room. What
    /// is to be written goes first: the peer waits for it, and perhaps there is nothing to read.
    void settle() {
        if (self().is_marked())
            return; // to be served, which ends with this, too
        if (stream_.is_secure())
            take_plain();
        if (self().over())
            return;
        if (self().wants_bytes())
            stream_.read(this->shared_from_this());
        if (stream_.unsent())
            stream_.await_room(this->shared_from_this());
    }

    /// From here on all is TLS; `begun`: what the peer sent of it.
    void secure(typename Endpoint::tls_type::stream&& by, std::string_view begun) {
        stream_.secure(std::move(by));
        take_secure(begun);
    }

    void arm(time_point when) {
        deadline_ = when;
        stream_.wake_at(when, this->shared_from_this());
    }
    void disarm() {
        deadline_ = (time_point::max)();
        stream_.sleep();
    }

    stream<typename Endpoint::tls_type> stream_;
    time_point deadline_ = (time_point::max)(); ///< what the timer is armed for

  private:
    Self& self() noexcept { return static_cast<Self&>(*this); }
    bool wants() noexcept { return !self().over() && self().wants_bytes(); }

    void take_in(std::span<char> bytes) {
        if (stream_.is_secure())
            take_secure({bytes.data(), bytes.size()});
        else
            self().take(bytes);
    }

    void take_secure(std::string_view wire) {
        const bool was_established = stream_.is_established();
        stream_.put(wire);
        if (!was_established && stream_.is_established())
            self().secured();
        take_plain();
        error_code failed;
        if (!self().over())
            stream_.push(failed);
    }

    void take_plain() {
        while (wants()) {
            const std::span<char> room{self().house().plain_};
            const std::size_t n = stream_.read_plain(room);
            if (n == 0) {
                if (stream_.is_failed())
                    self().tls_failed();
                else if (stream_.is_ended())
                    self().gone(boost::asio::error::eof);
                return;
            }
            self().take(room.first(n));
        }
    }
};

} // namespace wsintercept::inline v0_1_0::loopback::detail
