// A host that knows what each of its calls must give, and what it may be told.
#pragma once

#include "page.hpp"
#include "setting.hpp"

#include <wsintercept/wsintercept.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace worlds {

struct core;
using wsintercept::error;

/// What the host does inside its next event, with the very ID, in this order.
struct plan {
    bool answer = false, send = false, pause = false, close = false, abort = false;
};

/// What the host knows of its socket, from its calls and events alone.
struct knowledge {
    bool upgrade = false;  ///< the event came
    bool accepted = false; ///< manual: its answer was a 101
    bool denied = false;   ///< manual: by its answer, close or shutdown; no event follows
    bool closing = false;  ///< by its close or shutdown
    bool aborted = false;
    bool ended = false;  ///< the last event came
    bool closed = false; ///< and was a Close
    bool paused = false;
    bool shut_down = false;
    error reason{};               ///< of its Error
    std::uint16_t close_code = 0; ///< its own
    std::uint16_t refused = 0;    ///< size of what found the queue full
    std::uint8_t letters = 0;     ///< of the page's messages
    std::uint8_t messages = 0;
};

class host {
  public:
    host(verdict& where, const setting& s, page& p) noexcept : v_{where}, setting_{s}, page_{p} {}

    // Its calls. What they give is checked, and what follows from it noted.

    void send(std::size_t size) noexcept;
    void close() noexcept;
    void abort() noexcept;
    void pause(bool on) noexcept;
    void answer(std::string_view head) noexcept;
    void shutdown(wsintercept::duration limit) noexcept;
    /// Of an ID that it does not know yet, or no more: no method succeeds.
    void expect_unknown() noexcept;

    // What calls gave, its own and those of other threads.

    void send_gave(std::error_code got, std::size_t size, bool may_be_full) noexcept;
    void close_gave(std::error_code got) noexcept;
    void answer_gave(std::error_code got, std::string_view head) noexcept;

    // What it is told.

    void on(const wsintercept::websocket_upgrade& e) noexcept;
    void on(const wsintercept::websocket_receive& e) noexcept;
    void on(const wsintercept::websocket_close& e) noexcept;
    void on(const wsintercept::websocket_error& e) noexcept;
    void on(const wsintercept::drained& e) noexcept;
    void on(const wsintercept::http_request&) noexcept {
        v_.expect(false, "a handshake is no HTTPRequest");
    }
    void on(const wsintercept::log_entry&) noexcept {}

    /// All messages have come: nothing of them is to be remembered.
    void forget_messages() noexcept { knows_.letters = knows_.messages = 0; }

    const knowledge& knows() const noexcept { return knows_; }
    bool unknown() const noexcept {
        return !knows_.upgrade || knows_.ended || knows_.aborted || page_.over();
    }
    /// Whether the queue takes a message of this size.
    bool fits(std::size_t size) const noexcept;

    core* sockets = nullptr;
    plan next{};
    bool begun = false;          ///< a turn has followed `open`
    std::uint16_t queued = 0;    ///< bytes of output that its calls made, since last set to 0
    std::uint16_t abandoned = 0; ///< bytes of output that waited when it aborted

  private:
    bool unanswered() const noexcept {
        return setting_.manual && !knows_.accepted && !knows_.denied;
    }
    error answer_due(std::string_view head) const noexcept;
    void expect(std::error_code got, error due, const char* call, const char* must) noexcept;
    std::size_t waiting() const noexcept;
    bool fits_the_end(error reason) const noexcept;
    void event(wsintercept::socket_id id) noexcept;
    void last_event() noexcept;
    void act() noexcept;

    verdict& v_;
    const setting& setting_;
    page& page_;
    knowledge knows_{};
};

/// What is under test.
struct core : wsintercept::interceptor<loop, wsintercept::default_policies, host> {
    using interceptor::interceptor;
};

} // namespace worlds
