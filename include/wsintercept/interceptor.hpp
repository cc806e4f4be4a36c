// The front door: URLs, handshakes, sockets by ID, methods and events.
#pragma once

#include <wsintercept/detail/interceptor_core.hpp>
#include <wsintercept/handler.hpp>
#include <wsintercept/output_queue.hpp>
#include <wsintercept/policies.hpp>
#include <wsintercept/remote.hpp>
#include <wsintercept/request.hpp>
#include <wsintercept/traits.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsintercept::inline v0_1_0 {

/// Traits: the renderer (traits.hpp). Policies: how URLs, handshakes and frames are read
/// (policies.hpp). Handler: the host's (handler.hpp). All calls on one executor, but for `decide`,
/// `table` and what `remote` gives. What an `open` gives rise to comes in a later turn: nothing is
/// called for a connection before its `open` returned.
template <renderer_traits Traits, policy_set Policies, event_handler Handler>
class interceptor {
  public:
    using connection = typename Traits::connection;
    using table_pointer = std::shared_ptr<const typename Policies::url>;

    /// traits and handler outlive it; table is not null. A handler that owns its interceptor holds
    /// it by pointer, since it is not complete before the handler is.
    interceptor(Traits& traits, Handler& handler, table_pointer table,
                interceptor_options options = {})
        : core_{traits, handler, std::move(table), std::move(options)} {}
    /// Not from a handler. What is open is aborted, without an event.
    ~interceptor() = default;

    // The renderer's side.

    /// Whose a URL is, before any connection exists. Any thread. `options` is valid as long as the
    /// table.
    decision decide(std::string_view url) const noexcept { return core_.decide(url); }
    /// A request: an opening handshake or plain HTTP.
    opened open(const connection& where, const request& r) noexcept { return core_.open(where, r); }
    /// The engine's bytes behind the head, unmasked in place; how many were taken. Less than all:
    /// keep the rest until input_ready. For an ID that has ended they are taken and dropped.
    std::size_t write(socket_id id, std::span<char> bytes) noexcept {
        return core_.write(id, bytes);
    }
    /// What waits for the engine; valid until `consumed`, `read`, `closed` or the traits' `end`.
    output_views output(socket_id id) const noexcept { return core_.output(id); }
    /// The engine has taken the first n bytes of `output`; n is at most what that gave.
    void consumed(socket_id id, std::size_t n) noexcept { core_.consumed(id, n); }
    /// output and consumed in one, for renderers that pull.
    read_result read(socket_id id, std::span<char> buffer) noexcept {
        return core_.read(id, buffer);
    }
    /// The engine's end went away. Nothing is called for the connection from here on.
    void closed(socket_id id, std::error_code why = {}) noexcept { core_.closed(id, why); }
    /// The time that wake_at named has come. Too early does no harm.
    void wake(socket_id id) noexcept { core_.wake(id); }

    // The host's side: methods. Each gives an error of condition host_call or bad_answer, and has
    // then changed nothing. Events that a call gives rise to come after it has returned.

    /// Copies. A message may go in fragments: `fin` false until its last, `type` then left out or
    /// the same. Default type: text. After queue_full, `drained` tells when there is room.
    std::error_code send(socket_id id, std::string_view data, bool fin = true,
                         std::optional<data_type> type = std::nullopt) noexcept {
        return core_.send(id, data, fin, type);
    }
    /// Takes the buffer and copies nothing (but for small ones).
    std::error_code send(socket_id id, shared_buffer data, bool fin = true,
                         std::optional<data_type> type = std::nullopt) noexcept {
        return core_.send(id, std::move(data), fin, type);
    }
    /// Begins the closing handshake, RFC 6455 7.1.2. Before an answer: refuses the upgrade, 403.
    std::error_code close(socket_id id, std::uint16_t code = 1000,
                          std::string_view reason = {}) noexcept {
        return core_.close(id, code, reason);
    }
    /// Ends the transport without a closing handshake; the ID ends in a WebSocketError.
    std::error_code abort(socket_id id) noexcept { return core_.abort(id); }
    /// The whole response head of a manual handshake. An error says what is wrong with it; the
    /// host may answer again until the time-out.
    std::error_code answer(socket_id id, std::string_view head) noexcept {
        return core_.answer(id, head);
    }
    /// What `answer` would say.
    std::error_code check_answer(socket_id id, std::string_view head) const noexcept {
        return core_.check_answer(id, head);
    }
    /// The answer of an HTTPRequest.
    std::error_code respond(socket_id id, const http_response& r) noexcept {
        return core_.respond(id, r);
    }
    /// No more messages, and no more of the page's bytes, until `resume`.
    std::error_code pause(socket_id id) noexcept { return core_.pause(id, true); }
    /// Ends a `pause`.
    std::error_code resume(socket_id id) noexcept { return core_.pause(id, false); }
    /// Bytes that wait for the renderer, frame headers included.
    std::size_t buffered_amount(socket_id id) const noexcept { return core_.buffered_amount(id); }
    /// Why it came here: "row 3, `*.myapp*` = 2, manual; Origin http://myapp allowed", by the table
    /// that decided. Of an ID that is not known: empty.
    std::string explain(socket_id id) const { return core_.explain(id); }
    /// 1001 to all; what has not ended by then is ended. New requests are refused with 503.
    void shutdown(duration limit) noexcept { core_.shutdown(limit); }
    /// Nothing is open.
    bool idle() const noexcept { return core_.idle(); }

    /// The same methods for other threads. May outlive the interceptor.
    wsintercept::remote remote() const { return wsintercept::remote{core_.box()}; }

    /// For requests from now on; what is open keeps its decision.
    void replace_table(table_pointer table, allowed_origins origins) noexcept {
        core_.replace_table(std::move(table), std::move(origins));
    }
    table_pointer table() const noexcept { return core_.table(); } ///< any thread

    const adapter_faults& faults() const noexcept { return core_.faults(); }

  private:
    detail::interceptor_core<Traits, Policies, Handler> core_;
};

template <class Traits, class Handler, class... Options>
interceptor(Traits&, Handler&, std::shared_ptr<const intercepted_urls>, Options&&...)
    -> interceptor<Traits, default_policies, Handler>;

} // namespace wsintercept::inline v0_1_0
