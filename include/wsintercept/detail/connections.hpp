// The connections of an interceptor by their IDs, its turns, and what each turn tells whom.
#pragma once

#include <wsintercept/detail/connection_state.hpp>
#include <wsintercept/detail/mailbox.hpp>
#include <wsintercept/detail/opening.hpp>
#include <wsintercept/error.hpp>
#include <wsintercept/event.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/request.hpp>
#include <wsintercept/slot_table.hpp>
#include <wsintercept/traits.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::detail {

// Every call from outside is a turn. Within one, events are delivered as they arise; a connection
// that anything happened to is touched, and when the outermost turn ends, settled: the traits are
// told once what is new. So no traits call can find the interceptor half way through something.
template <class Traits, class Policies, class Handler>
class connections : public mailbox::reader {
  public:
    using connection = typename Traits::connection;
    using table_pointer = std::shared_ptr<const typename Policies::url>;

    connections(Traits& traits, Handler& handler, table_pointer table, interceptor_options options)
        : traits_{traits}, handler_{handler}, options_{std::move(options)},
          table_{std::move(table)}, mailbox_{std::make_shared<mailbox>(*this)} {}
    connections(const connections&) = delete;
    connections& operator=(const connections&) = delete;

    table_pointer table() const noexcept {
        const std::lock_guard lock{table_mutex_};
        return table_;
    }

    void replace_table(table_pointer table, allowed_origins origins) noexcept {
        options_.origins = std::move(origins);
        const std::lock_guard lock{table_mutex_};
        table_.swap(table);
    }

    std::shared_ptr<mailbox> box() const noexcept { return mailbox_; }
    bool idle() const noexcept { return slots_.size() == 0; }
    const adapter_faults& faults() const noexcept { return faults_; }

  protected:
    using frame = typename Policies::frame;
    using handshake = typename Policies::handshake;
    using state = connection_state<connection, table_pointer, frame>;

    /// Whether a call needs the time. One that moves messages does not, but for the closing ones.
    enum class timed : bool { no, yes };

    struct turn {
        connections& core;
        explicit turn(connections& c, timed needs_time = timed::yes) noexcept : core{c} {
            if (core.depth_++ == 0)
                core.timed_ = false;
            if (needs_time == timed::yes)
                core.look_at_clock();
        }
        ~turn() {
            if (core.depth_ == 1)
                core.settle();
            --core.depth_;
        }
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
    };

    /// Events that a host's own call gives rise to wait until it has returned.
    struct host_turn {
        bool outermost;
        turn inner;
        explicit host_turn(connections& c, timed needs_time = timed::yes) noexcept
            : outermost{c.depth_ == 0}, inner{c, needs_time} {
            if (outermost)
                c.events_wait_ = true;
        }
    };

    /// What a session tells, passed on as events.
    struct sink {
        connections& core;
        socket_id id;
        state& s;
        void on_message(std::string_view data, bool fin, data_type type) {
            core.handler_.on(websocket_receive{id, data, fin, type});
        }
        void on_close(std::uint16_t code, std::string_view reason) {
            s.reported = true;
            s.phase = phase::over;
            core.handler_.on(websocket_close{id, code, reason});
        }
        void on_failed(error why) {
            std::string text = describe(why);
            if (kind(why) == condition::protocol_violation)
                text += ", in the first " + std::to_string(s.socket.position()) + " bytes";
            if (s.socket.broken())
                s.how = ending::abort;
            core.report(id, s, why, text);
        }
    };

    struct touched {
        socket_id id;
        state* s;
    };

    struct final_error {
        socket_id id;
        std::string text;
    };

    /// Traits calls may not call back.
    bool may_call() noexcept {
        if (telling_)
            ++faults_.calls_from_traits;
        return !telling_;
    }

    /// Once a turn.
    void look_at_clock() noexcept {
        if (!std::exchange(timed_, true))
            now_ = traits_.now();
    }

    const wsintercept::limits& limits_of(const state& s) const noexcept {
        return s.options != nullptr && s.options->limits ? *s.options->limits : options_.limits;
    }
    session_context context(state& s) noexcept {
        return {limits_of(s), s.options != nullptr ? s.options->messages : delivery::whole, now_,
                pool_, unfinished_};
    }

    state* touch(socket_id id) noexcept { return touch(id, slots_.find(id)); }
    state* touch(socket_id id, state* s) noexcept {
        if (s != nullptr && !std::exchange(s->touched, true))
            touched_.push_back({id, s});
        return s;
    }
    /// What a call of the renderer names.
    state* named(socket_id id) noexcept {
        state* s = touch(id);
        if (s == nullptr)
            ++faults_.calls_after_end;
        return s;
    }
    /// A socket that the host knows and whose last event it has not had.
    state* peek(socket_id id) noexcept {
        state* s = slots_.find(id);
        const bool known = s != nullptr && !s->fresh && !s->reported &&
                           s->phase != phase::request && s->phase != phase::automatic;
        return known ? s : nullptr;
    }
    state* live(socket_id id) noexcept { return touch(id, peek(id)); }

    opened refused(error why, unsigned status, std::string_view url) noexcept {
        log(log_topic::refused, log_level::warning, why, url);
        return {{}, action::external, why, status};
    }

    void log(log_topic topic, log_level level, error why, std::string_view url) noexcept {
        const std::string text = std::string{url} + ": " + describe(why);
        handler_.on(log_entry{topic, level, why, text});
    }

    /// By the last destructor, before any part is gone that another thread's `post` may use.
    void end_all() noexcept {
        mailbox_->detach();
        now_ = traits_.now();
        slots_.for_each([&](socket_id, state& s) {
            if (!s.gone)
                traits_.end(s.where, ending::abort);
            session_context at = context(s);
            s.socket.drop(at);
        });
    }

    /// The answer of an opening handshake, for the renderer to take.
    void queue_head(state& s, std::string_view head) noexcept {
        session_context at = context(s);
        s.socket.append_head(head, at);
        s.head_left = static_cast<std::uint32_t>(head.size());
        s.since = now_;
    }

    /// An HTTP answer that is no upgrade, and no event.
    void refuse(state& s, const rfc6455::refusal& why) noexcept {
        queue_head(s, rfc6455::refusal_response(why, s.opening->parsed.method == "HEAD"));
        s.phase = phase::denied;
    }

    /// The last event.
    void report(socket_id id, state& s, error why, std::string_view text) noexcept {
        s.reported = true;
        s.phase = phase::over;
        s.since = now_;
        handler_.on(websocket_error{id, text, why});
    }

    void answer_request(state& s, response out) noexcept {
        if (out.reason.empty())
            out.reason = rfc9112::standard_reason(out.status);
        out.head_only =
            s.opening->parsed.method == "HEAD" || out.status == 204 || out.status == 304;
        telling_ = true;
        traits_.respond(s.where, out);
        telling_ = false;
        s.phase = phase::over;
        s.reported = true;
    }

    /// An HTTPRequest that the host did not answer.
    std::error_code give_up(state& s, error why, unsigned status) noexcept {
        log(log_topic::http, log_level::warning, why, s.opening->url);
        answer_request(s, {status, {}, "text/plain", {}, describe(why)});
        return {};
    }

    /// The renderer took output: the head of an upgrade first, then frames.
    void take(socket_id id, state& s, std::size_t n) noexcept {
        if (s.phase != phase::open || s.socket.closing())
            look_at_clock();
        session_context at = context(s);
        const bool room = s.socket.consumed(n, at);
        if (s.socket.buffered_amount() == 0)
            s.announced = false;
        if (s.phase == phase::denied || s.phase == phase::over)
            s.since = now_;
        s.head_left -= static_cast<std::uint32_t>((std::min)(std::size_t{s.head_left}, n));
        if (s.head_left == 0 && (s.phase == phase::automatic || s.phase == phase::accepted)) {
            const bool automatic = s.phase == phase::automatic;
            s.phase = phase::open;
            s.since = now_;
            s.socket.start(now_);
            if (automatic)
                handler_.on(websocket_upgrade{id, s.opening->url, s.opening->head,
                                              upgrade_type::automatic, s.opening->subprotocol});
        }
        if (room && !s.reported)
            handler_.on(drained{id});
    }

    time_point deadline(const state& s) const noexcept {
        const wsintercept::limits& l = limits_of(s);
        switch (s.phase) {
        case phase::request: return s.since + l.response;
        case phase::manual: return (std::min)(s.since + l.answer, shutdown_at_);
        case phase::automatic:
        case phase::accepted: return (std::min)(s.since + l.handshake, shutdown_at_);
        case phase::denied: return (std::min)(s.since + l.closing, shutdown_at_);
        case phase::over:
            if (!s.socket.ended())
                return (std::min)(s.since + l.closing, shutdown_at_);
            [[fallthrough]];
        case phase::open: return (std::min)(s.socket.deadline(l), shutdown_at_);
        }
        return never;
    }

    void time_out(socket_id id, state& s) noexcept {
        if (s.phase == phase::request) {
            give_up(s, error::response_timed_out, 504);
            return;
        }
        const phase was = s.phase;
        s.cut_off(was == phase::manual ? ending::finish : ending::abort);
        if (was == phase::denied || was == phase::over)
            return;
        if (was == phase::open)
            return report(id, s, error::close_timed_out, describe(error::close_timed_out));
        std::string text = s.opening->url + ": " + describe(error::handshake_timed_out);
        if (was == phase::manual)
            text += std::string{": "} + describe(s.opening->last);
        report(id, s, error::handshake_timed_out, text);
    }

    /// The outermost call ends. Traits calls come last, when nothing else is under way.
    void settle() noexcept {
        const bool wait = std::exchange(events_wait_, false);
        if (wait && !aborted_.empty())
            mailbox_->ask_for_turn();
        while (!wait && !aborted_.empty())
            for (const final_error& e : std::exchange(aborted_, {}))
                handler_.on(websocket_error{e.id, e.text, error::aborted_by_host});
        for (std::size_t i = 0; i < touched_.size(); ++i)
            settle(touched_[i].id, touched_[i].s);
        touched_.clear();
    }

    void settle(socket_id id, state* s) noexcept {
        if (!std::exchange(s->touched, false))
            return; // it has ended since
        if (s->gone)
            return erase(id, *s);
        if (s->fresh)
            return;
        telling_ = true;
        if (s->finished()) {
            traits_.end(s->where, s->how);
            telling_ = false;
            return erase(id, *s);
        }
        if (s->opening && (s->phase == phase::open || s->phase == phase::denied))
            openings_.give_back(std::move(s->opening));
        if (!s->announced && s->socket.buffered_amount() != 0) {
            s->announced = true;
            traits_.output_ready(s->where);
        }
        if (s->short_write && s->phase == phase::open && s->socket.reading()) {
            s->short_write = false;
            traits_.input_ready(s->where);
        }
        // Without the time no deadline was changed.
        if (const time_point when = timed_ ? deadline(*s) : never; when < s->armed) {
            s->armed = when;
            traits_.wake_at(s->where, when);
        }
        telling_ = false;
    }

    void erase(socket_id id, state& s) noexcept {
        session_context at = context(s);
        s.socket.drop(at);
        openings_.give_back(std::move(s.opening));
        slots_.erase(id);
    }

    void post(const task& work) noexcept final { traits_.post(work); }

    Traits& traits_;
    Handler& handler_;
    interceptor_options options_;
    mutable std::mutex table_mutex_; ///< `decide` reads table_ from any thread
    table_pointer table_;
    block_pool pool_;
    opening_pool openings_;
    slot_table<state> slots_;
    std::shared_ptr<mailbox> mailbox_;
    std::vector<touched> touched_;     ///< to be settled when the outermost turn ends
    std::vector<socket_id> arrived_;   ///< opened; their events come in the next turn
    std::vector<final_error> aborted_; ///< the last events of what the host aborted
    std::size_t unfinished_ = 0;       ///< bytes that all unfinished messages hold
    adapter_faults faults_;
    time_point now_{}; ///< of the turn, where it has looked at the clock
    time_point shutdown_at_ = never;
    unsigned depth_ = 0;
    bool timed_ = false;       ///< the turn has looked at the clock
    bool telling_ = false;     ///< a traits call is under way
    bool events_wait_ = false; ///< the outermost turn is a host's call
};

} // namespace wsintercept::inline v0_1_0::detail
