// What an interceptor keeps of one connection.
#pragma once

#include <wsintercept/detail/opening.hpp>
#include <wsintercept/session.hpp>
#include <wsintercept/traits.hpp>
#include <wsintercept/url/decision.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace wsintercept::inline v0_1_0::detail {

enum class phase : std::uint8_t {
    request,   ///< HTTPRequest: waits for the host's answer
    automatic, ///< the 101 waits for the renderer to take it; the host knows nothing yet
    manual,    ///< waits for the host's answer
    accepted,  ///< the host's 101 waits for the renderer to take it
    open,      ///< a WebSocket
    denied,    ///< the host's other answer waits for the renderer to take it; no more events
    over,      ///< the last event was reported; output may still wait
};

template <class Connection, class TablePointer, class Frame>
struct connection_state {
    Connection where{};
    TablePointer table{}; ///< keeps `options` alive
    const row_options* options = nullptr;
    std::size_t row = decision::no_row; ///< what the table decided, for `explain`
    std::unique_ptr<detail::opening> opening;
    session<Frame> socket;
    time_point since{};          ///< the phase began
    time_point armed = never;    ///< what wake_at was told last
    std::uint32_t head_left = 0; ///< bytes of the 101 that the renderer has not taken
    detail::phase phase = detail::phase::request;
    wsintercept::action action = wsintercept::action::external; ///< what the table decided
    std::uint8_t origin = 0;                                    ///< by origin_names
    bool is_socket = false;
    ending how = ending::finish;
    bool fresh = true;        ///< no turn has followed its `open` yet
    bool touched = false;     ///< to be settled
    bool announced = false;   ///< output_ready was called, and output still waits
    bool short_write = false; ///< a write took less than all
    bool busy = false;        ///< receive is on the stack
    bool gone = false;        ///< the renderer reported it closed
    bool cut = false;         ///< to end now; output that waits is dropped
    bool reported = false;    ///< its last event was reported

    /// Nothing more will come.
    bool finished() const noexcept {
        return cut || socket.broken() ||
               ((phase == detail::phase::denied || phase == detail::phase::over) &&
                socket.buffered_amount() == 0);
    }
    void cut_off(ending e) noexcept {
        cut = true;
        how = e;
        socket.stop();
    }
};

} // namespace wsintercept::inline v0_1_0::detail
