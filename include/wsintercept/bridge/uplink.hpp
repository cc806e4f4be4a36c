// What the page-side class sends to the program: each post is a request of its own, and an engine
// may hand them over out of order (CEF 146: 1 to 44 of 400).
#pragma once

#include <wsintercept/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace wsintercept::inline v0_1_0::bridge {

/// The posts of one socket, put in order. On the interceptor's executor.
class uplink {
  public:
    using completion = std::function<void(bool taken)>;

    static constexpr std::uint32_t window = 16; ///< posts that may be on their way; the class: 4
    static constexpr std::size_t most_held = std::size_t{16} << 20; ///< bytes of all of them

    /// Keeps a post for its turn; `done` is called once: when the interceptor took all of it, or
    /// the socket ended first. An error: the page does not speak as the class does, and the socket
    /// is to be ended (`interceptor::closed`); `done` is not called.
    error add(std::uint32_t number, std::string bytes, completion done) {
        std::optional<post>& place = posts_[number % window];
        if (ended_)
            return error::peer_gone;
        if (number - next_ >= window || place)
            return error::post_out_of_turn;
        if (bytes.size() > most_held - held_)
            return error::memory_exhausted;
        held_ += bytes.size();
        place = post{std::move(bytes), 0, std::move(done)};
        return {};
    }

    /// Gives `write(std::span<char>) -> std::size_t`, interceptor::write, what is in turn, until it
    /// takes less than all: then again after input_ready. `write` may end the socket.
    template <class Write>
    void feed(Write&& write) {
        if (std::exchange(feeding_, true))
            return;
        while (!ended_ && posts_[next_ % window]) {
            std::optional<post>& place = posts_[next_ % window];
            const std::size_t taken = write(std::span{place->bytes}.subspan(place->taken));
            place->taken += taken;
            held_ -= taken;
            if (ended_ || place->taken != place->bytes.size())
                break;
            const completion done = std::move(place->done);
            place.reset();
            ++next_;
            done(true);
        }
        feeding_ = false;
        if (ended_)
            end();
    }

    /// The socket has ended: what waits was not taken.
    void end() {
        ended_ = true;
        if (feeding_)
            return; // it goes on there
        held_ = 0;
        for (std::optional<post>& place : posts_)
            if (place)
                std::exchange(place, std::nullopt)->done(false);
    }

    std::size_t held() const noexcept { return held_; } ///< bytes

  private:
    struct post {
        std::string bytes;
        std::size_t taken;
        completion done;
    };

    std::array<std::optional<post>, window> posts_; ///< by number
    std::uint32_t next_ = 0;
    std::size_t held_ = 0;
    bool feeding_ = false;
    bool ended_ = false;
};

} // namespace wsintercept::inline v0_1_0::bridge
