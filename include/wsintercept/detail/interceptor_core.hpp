// The machine behind interceptor: connections by ID, turns, and what each turn tells whom.
#pragma once

#include <wsintercept/detail/connection_state.hpp>
#include <wsintercept/detail/response_check.hpp>
#include <wsintercept/error.hpp>
#include <wsintercept/event.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/remote.hpp>
#include <wsintercept/request.hpp>
#include <wsintercept/slot_table.hpp>
#include <wsintercept/traits.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::detail {

// Every call from outside is a turn. Within one, events are delivered as they arise; a connection
// that anything happened to is touched, and when the outermost turn ends, settled: the traits are
// told once what is new. So no traits call can find the interceptor half way through something.
template <class Traits, class Policies, class Handler>
class interceptor_core final : public mailbox::reader {
  public:
    using connection = typename Traits::connection;
    using table_pointer = std::shared_ptr<const typename Policies::url>;

    interceptor_core(Traits& traits, Handler& handler, table_pointer table,
                     interceptor_options options)
        : traits_{traits}, handler_{handler}, options_{std::move(options)},
          table_{std::move(table)}, mailbox_{std::make_shared<mailbox>(*this)} {}
    interceptor_core(const interceptor_core&) = delete;
    interceptor_core& operator=(const interceptor_core&) = delete;

    ~interceptor_core() {
        mailbox_->detach();
        now_ = traits_.now();
        slots_.for_each([&](socket_id, state& s) {
            if (!s.gone)
                traits_.end(s.where, ending::abort);
            session_context at = context(s);
            s.socket.drop(at);
        });
    }

    table_pointer table() const noexcept {
        const std::lock_guard lock{table_mutex_};
        return table_;
    }

    void replace_table(table_pointer table, allowed_origins origins) noexcept {
        options_.origins = std::move(origins);
        const std::lock_guard lock{table_mutex_};
        table_.swap(table);
    }

    decision decide(std::string_view url) const noexcept {
        const std::optional<std::string> normal = normalise(url);
        return normal ? table()->match(*normal) : decision{};
    }

    std::shared_ptr<mailbox> box() const noexcept { return mailbox_; }
    bool idle() const noexcept { return slots_.size() == 0; }
    std::size_t refused_turns() const noexcept { return refused_turns_; }

    // The renderer's side.

    opened open(const connection& where, const request& r) noexcept {
        if (!may_call())
            return {{}, action::external, error::wrong_thread_turn, 500};
        const turn t{*this};
        auto o = std::make_unique<opening>();
        if (const error bad = read_request(r, options_.limits, *o); bad != error{})
            return refused(bad, status_of(bad), r.url);
        table_pointer table = this->table();
        const decision d = table->match(o->url);
        if (d.action == action::external)
            return {};
        if (shutdown_at_ != never || slots_.size() >= options_.limits.connections)
            return refused(error::too_many_connections, 503, o->url);
        if (o->is_socket) {
            if (const error bad = check_origin(*o, options_.origins); bad != error{})
                return refused(bad, 403, o->url);
            o->bad = handshake::validate(o->parsed, o->upgrade);
        }
        const socket_id id = slots_.insert();
        if (!id)
            return refused(error::too_many_connections, 503, o->url);
        state& s = *slots_.find(id);
        s.where = where;
        s.table = std::move(table);
        s.options = d.options;
        s.since = now_;
        s.phase = !o->is_socket                   ? phase::request
                  : d.action == action::automatic ? phase::automatic
                                                  : phase::manual;
        s.opening = std::move(o);
        arrived_.push_back(id);
        mailbox_->ask_for_turn();
        return {id, d.action, {}, 0};
    }

    std::size_t write(socket_id id, std::span<char> bytes) noexcept {
        if (!may_call())
            return 0;
        const turn t{*this};
        state* s = touch(id);
        if (s == nullptr || s->phase == phase::request || s->phase == phase::denied ||
            s->phase == phase::over)
            return bytes.size();
        std::size_t taken = 0;
        if (s->phase == phase::open && !s->busy) {
            s->busy = true;
            session_context at = context(*s);
            taken = s->socket.receive(bytes, at, sink{*this, id, *s});
            s->busy = false;
        }
        s->short_write = s->short_write || taken < bytes.size();
        return taken;
    }

    output_views output(socket_id id) const noexcept {
        const state* s = slots_.find(id);
        return s == nullptr || s->cut ? output_views{} : s->socket.output();
    }

    void consumed(socket_id id, std::size_t n) noexcept {
        if (!may_call())
            return;
        const turn t{*this};
        if (state* s = touch(id))
            take(id, *s, n);
    }

    read_result read(socket_id id, std::span<char> buffer) noexcept {
        if (!may_call())
            return {};
        const turn t{*this};
        state* s = touch(id);
        if (s == nullptr || s->cut)
            return {0, true};
        std::size_t n = 0;
        while (n < buffer.size()) {
            const output_views views = s->socket.output();
            std::size_t round = 0;
            for (const std::string_view v : views) {
                const std::size_t size = std::min(v.size(), buffer.size() - n - round);
                std::memcpy(buffer.data() + n + round, v.data(), size);
                round += size;
            }
            if (round == 0)
                break;
            n += round;
            take(id, *s, round);
        }
        return {n, s->finished()};
    }

    void closed(socket_id id, std::error_code why) noexcept {
        if (!may_call())
            return;
        const turn t{*this};
        state* s = touch(id);
        if (s == nullptr)
            return;
        s->gone = true;
        s->cut_off(ending::abort);
        if (s->phase == phase::request || s->phase == phase::denied || s->reported)
            return;
        std::string text = s->opening ? s->opening->url + ": " : std::string{};
        text += describe(error::peer_gone);
        if (why)
            text += " (" + why.message() + ")";
        report(id, *s, error::peer_gone, text);
    }

    void wake(socket_id id) noexcept {
        if (!may_call())
            return;
        const turn t{*this};
        state* s = touch(id);
        if (s == nullptr || s->cut)
            return;
        s->armed = never;
        if (s->phase == phase::open && now_ < shutdown_at_) {
            session_context at = context(*s);
            s->socket.check_time(at, sink{*this, id, *s});
        } else if (now_ >= deadline(*s))
            time_out(id, *s);
    }

    // The host's side.

    template <class Data>
    std::error_code send(socket_id id, Data&& data, bool fin,
                         std::optional<data_type> type) noexcept {
        const host_turn t{*this};
        state* s = live(id);
        if (s == nullptr)
            return error::unknown_id;
        if (s->phase == phase::manual || s->phase == phase::denied)
            return error::not_open;
        session_context at = context(*s);
        return s->socket.send(std::forward<Data>(data), fin, type, at);
    }

    std::error_code close(socket_id id, std::uint16_t code, std::string_view reason) noexcept {
        const host_turn t{*this};
        state* s = live(id);
        if (s == nullptr)
            return error::unknown_id;
        if (s->phase == phase::denied)
            return error::closing;
        session_context at = context(*s);
        if (s->phase != phase::manual)
            return s->socket.close(code, reason, at);
        if (const error bad = session<frame>::check_close(code, reason); bad != error{})
            return bad;
        refuse(*s, {error::aborted_by_host, 403});
        return {};
    }

    std::error_code abort(socket_id id) noexcept {
        const host_turn t{*this};
        state* s = live(id);
        if (s == nullptr)
            return error::unknown_id;
        std::string text = s->opening ? s->opening->url + ": " : std::string{};
        text += describe(error::aborted_by_host);
        s->cut_off(ending::abort);
        if (s->phase != phase::denied)
            aborted_.push_back({id, std::move(text)});
        s->phase = phase::over;
        s->reported = true;
        return {};
    }

    std::error_code answer(socket_id id, std::string_view head) noexcept {
        const host_turn t{*this};
        state* s = live(id);
        if (s == nullptr)
            return error::unknown_id;
        if (s->phase != phase::manual)
            return error::already_answered;
        const auto checked = detail::check_answer<handshake>(*s->opening, head, limits_of(*s));
        if (checked.reason != error{}) {
            s->opening->last = checked.reason;
            return checked.reason;
        }
        queue_head(*s, checked.bytes);
        s->phase = checked.status == 101 ? phase::accepted : phase::denied;
        return {};
    }

    std::error_code check_answer(socket_id id, std::string_view head) const noexcept {
        const state* s = const_cast<interceptor_core*>(this)->peek(id);
        if (s == nullptr)
            return error::unknown_id;
        if (s->phase != phase::manual)
            return error::already_answered;
        if (const error e =
                detail::check_answer<handshake>(*s->opening, head, limits_of(*s)).reason;
            e != error{})
            return e;
        return {};
    }

    std::error_code respond(socket_id id, const http_response& r) noexcept {
        const host_turn t{*this};
        state* s = touch(id);
        if (s == nullptr || s->phase != phase::request || s->cut)
            return error::no_open_request;
        if (!r.handled)
            return give_up(*s, error::not_handled, 404);
        std::string fields;
        response out;
        if (const error e = check_response(r, fields, out); e != error{})
            return e;
        answer_request(*s, out);
        return {};
    }

    std::error_code pause(socket_id id, bool on) noexcept {
        const host_turn t{*this};
        state* s = live(id);
        if (s == nullptr)
            return error::unknown_id;
        if (s->phase != phase::open && s->phase != phase::accepted)
            return error::not_open;
        on ? s->socket.pause(now_) : s->socket.resume(now_);
        return {};
    }

    std::size_t buffered_amount(socket_id id) const noexcept {
        const state* s = const_cast<interceptor_core*>(this)->peek(id);
        return s == nullptr ? 0 : s->socket.buffered_amount();
    }

    void shutdown(duration limit) noexcept {
        const host_turn t{*this};
        shutdown_at_ = std::min(shutdown_at_, now_ + limit);
        slots_.for_each([&](socket_id id, state& s) {
            if (s.fresh)
                return; // refused when its turn comes
            touch(id);
            session_context at = context(s);
            if (s.phase == phase::request)
                give_up(s, error::shut_down, 503);
            else if (s.phase == phase::manual)
                refuse(s, {error::shut_down, 503});
            else if (s.phase != phase::denied && s.phase != phase::over)
                s.socket.close(rfc6455::going_away, {}, at);
        });
    }

  private:
    using frame = typename Policies::frame;
    using handshake = typename Policies::handshake;
    using state = connection_state<connection, table_pointer, frame>;

    struct turn {
        interceptor_core& core;
        explicit turn(interceptor_core& c) noexcept : core{c} {
            if (core.depth_++ == 0)
                core.now_ = core.traits_.now();
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
        explicit host_turn(interceptor_core& c) noexcept : outermost{c.depth_ == 0}, inner{c} {
            if (outermost)
                c.events_wait_ = true;
        }
    };

    /// What a session tells, passed on as events.
    struct sink {
        interceptor_core& core;
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

    struct final_error {
        socket_id id;
        std::string text;
    };

    /// Traits calls may not call back: refused, and counted for the kit.
    bool may_call() noexcept {
        if (telling_)
            ++refused_turns_;
        return !telling_;
    }

    const wsintercept::limits& limits_of(const state& s) const noexcept {
        return s.options != nullptr && s.options->limits ? *s.options->limits : options_.limits;
    }
    session_context context(state& s) noexcept {
        return {limits_of(s), s.options != nullptr ? s.options->messages : delivery::whole, now_,
                pool_, unfinished_};
    }

    state* touch(socket_id id) noexcept {
        state* s = slots_.find(id);
        if (s != nullptr && !std::exchange(s->touched, true))
            touched_.push_back(id);
        return s;
    }
    /// A socket that the host knows and whose last event it has not had.
    state* peek(socket_id id) noexcept {
        state* s = slots_.find(id);
        const bool known = s != nullptr && !s->fresh && !s->reported &&
                           s->phase != phase::request && s->phase != phase::automatic;
        return known ? s : nullptr;
    }
    state* live(socket_id id) noexcept { return peek(id) != nullptr ? touch(id) : nullptr; }

    opened refused(error why, unsigned status, std::string_view url) noexcept {
        log(log_topic::refused, log_level::warning, why, url);
        return {{}, action::external, why, status};
    }

    void log(log_topic topic, log_level level, error why, std::string_view url) noexcept {
        const std::string text = std::string{url} + ": " + describe(why);
        handler_.on(log_entry{topic, level, why, text});
    }

    /// The first turn after `open`: the events that it gave rise to.
    void begin(socket_id id, state& s) noexcept {
        opening& o = *s.opening;
        if (shutdown_at_ != never && s.phase == phase::request) {
            give_up(s, error::shut_down, 503);
            return;
        }
        if (shutdown_at_ != never && o.bad.reason == error{})
            o.bad = {error::shut_down, 503};
        if (s.phase == phase::request) {
            handler_.on(http_request{id, o.parsed.method, o.url, o.head, o.body});
            return;
        }
        if (o.bad.reason == error{} && s.phase == phase::automatic)
            queue_head(s, accept<handshake>(o, s.options));
        if (o.bad.reason != error{}) {
            refuse(s, o.bad);
            report(id, s, o.bad.reason, o.url + ": " + describe(o.bad.reason));
        } else if (s.phase == phase::manual) {
            handler_.on(websocket_upgrade{id, o.url, o.head, upgrade_type::manual, {}});
        }
    }

    /// The answer of an opening handshake, for the renderer to take.
    void queue_head(state& s, std::string_view head) noexcept {
        session_context at = context(s);
        s.socket.append_head(head, at);
        s.head_left = head.size();
        s.since = now_;
    }

    /// An HTTP answer that is no upgrade, and no event.
    void refuse(state& s, const rfc6455::refusal& why) noexcept {
        queue_head(s, rfc6455::refusal_response(why));
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
        session_context at = context(s);
        const bool room = s.socket.consumed(n, at);
        if (s.socket.buffered_amount() == 0)
            s.announced = false;
        s.head_left -= std::min(s.head_left, n);
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
        case phase::manual: return std::min(s.since + l.answer, shutdown_at_);
        case phase::automatic:
        case phase::accepted: return std::min(s.since + l.handshake, shutdown_at_);
        case phase::denied: return std::min(s.since + l.closing, shutdown_at_);
        case phase::over:
            if (!s.socket.ended())
                return std::min(s.since + l.closing, shutdown_at_);
            [[fallthrough]];
        case phase::open: return std::min(s.socket.deadline(l), shutdown_at_);
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
            settle(touched_[i]);
        touched_.clear();
    }

    void settle(socket_id id) noexcept {
        state* s = slots_.find(id);
        if (s == nullptr)
            return;
        s->touched = false;
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
        if (s->phase == phase::open || s->phase == phase::denied)
            s->opening.reset();
        if (!s->announced && s->socket.buffered_amount() != 0) {
            s->announced = true;
            traits_.output_ready(s->where);
        }
        if (s->short_write && s->phase == phase::open && s->socket.reading()) {
            s->short_write = false;
            traits_.input_ready(s->where);
        }
        if (const time_point when = deadline(*s); when < s->armed) {
            s->armed = when;
            traits_.wake_at(s->where, when);
        }
        telling_ = false;
    }

    void erase(socket_id id, state& s) noexcept {
        session_context at = context(s);
        s.socket.drop(at);
        slots_.erase(id);
    }

    // mailbox::reader

    void post(const task& work) noexcept override { traits_.post(work); }

    void perform(std::vector<mailbox::letter>& letters) noexcept override {
        const turn t{*this};
        for (const socket_id id : std::exchange(arrived_, {}))
            if (state* s = touch(id); s != nullptr) {
                s->fresh = false;
                if (!s->gone)
                    begin(id, *s);
            }
        for (mailbox::letter& l : letters) {
            const std::error_code result =
                std::visit([&](const auto& call) { return run(call); }, l.what);
            if (l.done)
                l.done(result);
        }
    }

    std::error_code run(const send_call& c) noexcept {
        return send(c.id, std::string_view{c.data}, c.fin, c.opcode);
    }
    std::error_code run(const close_call& c) noexcept { return close(c.id, c.code, c.reason); }
    std::error_code run(const abort_call& c) noexcept { return abort(c.id); }
    std::error_code run(const answer_call& c) noexcept { return answer(c.id, c.head); }
    std::error_code run(const respond_by_id& c) noexcept {
        return respond(c.id, {c.handled, c.status, c.reason, c.media_type, c.fields, c.body});
    }

    Traits& traits_;
    Handler& handler_;
    interceptor_options options_;
    mutable std::mutex table_mutex_; ///< `decide` reads table_ from any thread
    table_pointer table_;
    block_pool pool_;
    slot_table<state> slots_;
    std::shared_ptr<mailbox> mailbox_;
    std::vector<socket_id> touched_;   ///< to be settled when the outermost turn ends
    std::vector<socket_id> arrived_;   ///< opened; their events come in the next turn
    std::vector<final_error> aborted_; ///< the last events of what the host aborted
    std::size_t unfinished_ = 0;       ///< bytes that all unfinished messages hold
    std::size_t refused_turns_ = 0;
    time_point now_{};
    time_point shutdown_at_ = never;
    unsigned depth_ = 0;
    bool telling_ = false;     ///< a traits call is under way
    bool events_wait_ = false; ///< the outermost turn is a host's call
};

} // namespace wsintercept::detail
