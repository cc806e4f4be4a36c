// The host's handler: an overload of `on` for each event.
#pragma once

#include <wsintercept/event.hpp>

namespace wsintercept::inline v0_1_0 {

/// A base for handlers that have no use for some events:
///
///     struct host : wsintercept::ignore<drained, log_entry> {
///         using ignore::on;
///         void on(const websocket_upgrade& event) noexcept;
///         ...
///     };
template <class... Events>
struct ignore : ignore<Events>... {
    using ignore<Events>::on...;
};
/// `ignore` of a single event.
template <class Event>
struct ignore<Event> {
    /// Does nothing.
    void on(const Event&) noexcept {}
};

/// An overload that takes just this event, noexcept.
template <class T, class Event>
concept handles = requires(T& handler, const Event& event) {
    { handler.on(event) }
    noexcept;
};

/// All events. Called on the interceptor's executor; a handler may call any method, `close` on the
/// very ID being reported included, and may not destroy the interceptor.
template <class T>
concept event_handler = handles<T, http_request> && handles<T, websocket_upgrade> &&
    handles<T, websocket_receive> && handles<T, websocket_close> && handles<T, websocket_error> &&
    handles<T, drained> && handles<T, log_entry>;

} // namespace wsintercept::inline v0_1_0
