// Limits and time-outs. Every one is finite by default, and none can be switched off altogether.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace wsintercept::inline v0_1_0 {

/// The clock of all time-outs; adapters say the time in it.
using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = clock::duration;

/// What a peer may use up. Sizes are bytes. What is passed ends one connection.
struct limits {
    std::size_t head = 16 * 1024;               ///< a request head, or a host's answer
    std::size_t fields = 100;                   ///< fields in a request head
    std::uint64_t frame = 16 * 1024 * 1024;     ///< payload of a frame (WebKit sends 16 MiB in one)
    std::uint64_t message = 16 * 1024 * 1024;   ///< payload of a message, all fragments together
    std::uint32_t fragments = 4096;             ///< frames a message
    std::size_t output = 16 * 1024 * 1024;      ///< bytes queued for one socket
    std::size_t body = 16 * 1024 * 1024;        ///< body of an HTTPRequest
    std::size_t connections = 1024;             ///< sockets and requests at a time
    std::size_t unfinished = 256 * 1024 * 1024; ///< all unfinished messages together
    duration handshake = std::chrono::seconds{10};    ///< an opening handshake in all
    duration answer = std::chrono::seconds{10};       ///< a host's manual answer
    duration response = std::chrono::seconds{30};     ///< a host's answer to an HTTPRequest
    duration message_time = std::chrono::seconds{60}; ///< from a message's first byte to its last
    duration closing = std::chrono::seconds{5}; ///< a closing handshake; then the transport ends
    duration ping = duration::zero();           ///< silence before a ping; zero: no pings
    duration idle = duration::zero();           ///< silence before the end; zero: no such time-out

    friend bool operator==(const limits&, const limits&) = default;
};

/// The cap that even a raised limit keeps: no message, frame or queue is larger.
inline constexpr std::uint64_t absolute_cap = std::uint64_t{1} << 40;

} // namespace wsintercept::inline v0_1_0
