// An interceptor, its host and its pages; each event and each result is held against the life of
// its ID at once.
#pragma once

#include "../input.hpp"
#include "../reference/life.hpp"
#include "page.hpp"
#include "sites.hpp"

#include <wsintercept/interceptor.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace fuzz {

using ws::data_type;
using ws::error;

/// What the host does from inside an event.
enum class reaction : unsigned { none, echo, send_owned, close, pause, abort };
inline constexpr unsigned reaction_count = 6;

struct socket {
    fuzz::page page;
    reference::life life;
    const site* where = nullptr;
    const handshake* asked = nullptr;
    std::size_t largest = 0; ///< that the host tried to send
    ws::time_point heard{};  ///< the page's last bytes were taken, or it was opened
    ws::time_point closed{}; ///< the host began the closing handshake
    ws::time_point failed{}; ///< WebSocketError came
    bool hung_up = false;
};

class world;

/// Passes events on, as a handler must be complete before its interceptor is.
struct host {
    template <class Event>
    void on(const Event& event) noexcept;
    world* told;
};

/// One for all inputs, as a process has no more than 65,535 interceptors: an input ends all that it
/// opened.
class world {
  public:
    using interceptor = ws::interceptor<ws::memory::traits, ws::default_policies, host>;

    std::array<socket, 2> sockets;
    std::array<reaction, 3> reactions{}; ///< in turn

    void begin() {
        sockets = {};
        traits_.time = {};
    }
    const interceptor& core() const noexcept { return core_; }

    // Events.

    void on(const ws::http_request&) { require(false, "no HTTPRequest"); }
    void on(const ws::websocket_upgrade& e) {
        socket& s = of(e.id);
        require(s.asked->refused == nullptr, "an Upgrade is a valid handshake");
        require(e.headers == request_head(*s.asked), "Headers is the request's head");
        require(e.type == ws::upgrade_type::manual || core_.buffered_amount(e.id) == 0,
                "Upgrade comes when the 101 was taken");
        s.life.on_upgrade(e.type);
        s.heard = traits_.time;
        react(s, "on upgrade", true, data_type::text);
    }
    void on(const ws::websocket_receive& e) {
        socket& s = of(e.id);
        s.life.on_receive(e.data, e.fin, e.type);
        react(s, e.data, e.fin, e.type);
    }
    void on(const ws::websocket_close& e) {
        socket& s = of(e.id);
        s.life.on_close(e.code, e.reason);
        react(s, "on close", true, data_type::text);
    }
    void on(const ws::websocket_error& e) {
        socket& s = of(e.id);
        s.life.on_error(e.reason, e.message);
        s.failed = traits_.time;
        react(s, "on error", true, data_type::text);
    }
    void on(const ws::drained& e) {
        socket& s = of(e.id);
        s.life.on_drained();
        react(s, "on drained", true, data_type::text);
    }
    void on(const ws::log_entry&) {}

    // Methods.

    void send(socket& s, std::string_view data, bool fin, std::optional<data_type> type,
              bool owned = false) {
        const ws::socket_id id = s.page.stream.id;
        const error expected = life(s).send(data, fin, type, core_.buffered_amount(id));
        const std::error_code result =
            owned ? core_.send(id, ws::shared_buffer{std::string{data}}, fin, type)
                  : core_.send(id, data, fin, type);
        require(result == code(expected), "the result of send");
        // What is larger than the limit goes into an empty queue. Control frames have room of
        // their own: pongs up to 64 KiB, a ping, a close frame.
        s.largest = std::max(s.largest, data.size());
        const std::size_t most = std::max(s.life.queue, s.largest) + 10 + 65536 + 4 * 127;
        require(core_.buffered_amount(id) <= most, "the queue is bounded");
    }
    void close(socket& s, std::uint16_t status, std::string_view reason) {
        const error expected = life(s).close(status, reason);
        require(core_.close(s.page.stream.id, status, reason) == code(expected),
                "the result of close");
        if (expected == error{})
            s.closed = traits_.time;
    }
    void abort(socket& s) {
        const error expected = life(s).abort();
        require(core_.abort(s.page.stream.id) == code(expected), "the result of abort");
    }
    void answer(socket& s, const std::string& head, error wrong = {}) {
        const error expected = life(s).answer(wrong, head.starts_with("HTTP/1.1 101 "));
        require(core_.check_answer(s.page.stream.id, head) == code(expected),
                "the result of check_answer");
        require(core_.answer(s.page.stream.id, head) == code(expected), "the result of answer");
    }
    void pause(socket& s, bool on) {
        const error expected = life(s).pause(on);
        const ws::socket_id id = s.page.stream.id;
        require((on ? core_.pause(id) : core_.resume(id)) == code(expected),
                "the result of pause and resume");
    }

    // The page and the clock.

    void open(socket& s, const site& where, const handshake& asked) {
        const bool manual = where.action == ws::action::manual;
        s.where = &where;
        s.asked = &asked;
        s.life.type = manual ? ws::upgrade_type::manual : ws::upgrade_type::automatic;
        s.life.chunks = where.options.messages == ws::delivery::chunks;
        s.life.queue = where.options.limits->output;
        const std::string head = request_head(asked);
        const ws::opened o = core_.open(&s.page.stream, {"GET", where.url, head, {}});
        require(static_cast<bool>(o.id), "the URL is ours");
        s.page.stream.id = o.id;
    }
    void write(socket& s, std::string_view bytes) {
        s.page.stream.input += bytes;
        s.page.stream.input_waits = true;
    }
    void hang_up(socket& s) {
        if (s.page.stream.ended)
            return;
        s.page.stream.ended = ws::ending::abort;
        s.page.stream.wake_at = ws::time_point::max();
        s.hung_up = true;
        core_.closed(s.page.stream.id, std::make_error_code(std::errc::connection_reset));
    }
    /// Everything that can happen now.
    void run() {
        for (bool again = true; again;) {
            again = false;
            while (const std::optional<ws::task> work = traits_.next()) {
                (*work)();
                again = true;
            }
            for (socket& s : sockets) {
                const std::size_t taken = s.page.taken.size();
                again = s.page.feed(core_, [&] { return life(s).open(); }) || again;
                if (s.page.taken.size() != taken)
                    s.heard = traits_.time;
                again = s.page.drain(core_) || again;
            }
        }
    }
    void advance(ws::duration d) {
        const ws::time_point until = traits_.time + d;
        for (run();; run()) {
            const bool first = sockets[0].page.stream.wake_at <= sockets[1].page.stream.wake_at;
            ws::memory::stream& due = sockets[first ? 0 : 1].page.stream;
            if (due.wake_at > until)
                break;
            traits_.time = std::max(traits_.time, due.wake_at);
            due.wake_at = ws::time_point::max();
            core_.wake(due.id);
        }
        traits_.time = until;
    }

  private:
    static std::error_code code(error e) {
        return e == error{} ? std::error_code{} : make_error_code(e);
    }
    socket& of(ws::socket_id id) {
        const bool first = sockets[0].page.stream.id == id;
        require(first || sockets[1].page.stream.id == id,
                "an event names a socket that was opened");
        return sockets[first ? 0 : 1];
    }
    static reference::life& life(socket& s) {
        s.life.ended = s.page.stream.ended.has_value();
        return s.life;
    }
    void react(socket& s, std::string_view data, bool fin, data_type type) {
        const reaction how = reactions[0];
        std::rotate(reactions.begin(), reactions.begin() + 1, reactions.end());
        switch (how) {
        case reaction::none: return;
        case reaction::echo: return send(s, data, fin, type);
        case reaction::send_owned:
            return send(s, std::string(1500, 'o'), true, data_type::text, true);
        case reaction::close: return close(s, 3000, "reaction");
        case reaction::pause: return pause(s, true);
        case reaction::abort: return abort(s);
        }
    }

    ws::memory::traits traits_;
    host host_{this};
    interceptor core_{
        traits_, host_, make_table(), {small_limits(), ws::allowed_origins::anyone()}};
};

template <class Event>
void host::on(const Event& event) noexcept {
    told->on(event);
}

} // namespace fuzz
