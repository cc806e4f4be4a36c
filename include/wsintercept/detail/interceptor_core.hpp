// What the renderer and the host call, behind interceptor.
#pragma once

#include <wsintercept/detail/connections.hpp>
#include <wsintercept/detail/opening.hpp>
#include <wsintercept/detail/origin_names.hpp>
#include <wsintercept/detail/response_check.hpp>
#include <wsintercept/url/explain.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace wsintercept::inline v0_1_0::detail {

template <class Traits, class Policies, class Handler>
class interceptor_core final : public connections<Traits, Policies, Handler> {
    using base = connections<Traits, Policies, Handler>;
    using base::aborted_, base::arrived_, base::handler_, base::mailbox_, base::now_;
    using base::answer_request, base::context, base::deadline, base::give_up, base::limits_of;
    using base::faults_, base::named, base::openings_;
    using base::live, base::may_call, base::peek, base::queue_head, base::refuse, base::refused;
    using base::options_, base::shutdown_at_, base::slots_;
    using base::report, base::take, base::time_out, base::touch;
    using typename base::frame, typename base::handshake, typename base::state;
    using typename base::host_turn, typename base::sink, typename base::timed, typename base::turn;

  public:
    using base::table;
    using typename base::connection, typename base::table_pointer;

    interceptor_core(Traits& traits, Handler& handler, table_pointer urls,
                     interceptor_options options)
        : base{traits, handler, std::move(urls), std::move(options)} {}
    ~interceptor_core() { this->end_all(); }

    decision decide(std::string_view url) const noexcept {
        const std::optional<std::string> normal = normalise(url);
        return normal ? table()->match(*normal) : decision{};
    }

    // The renderer's side.

    opened open(const connection& where, const request& r) noexcept {
        if (!may_call())
            return {{}, action::external, error::wrong_thread_turn, 500};
        const turn t{*this};
        std::unique_ptr<opening> o = openings_.take();
        const opened result = file(where, r, o);
        openings_.give_back(std::move(o)); // of a request that was not taken
        return result;
    }

    std::size_t write(socket_id id, std::span<char> bytes) noexcept {
        if (!may_call())
            return 0;
        const turn t{*this};
        state* s = named(id);
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
        if (s == nullptr || s->cut)
            return {};
        return s->socket.output();
    }

    void consumed(socket_id id, std::size_t n) noexcept {
        if (!may_call())
            return;
        const turn t{*this, timed::no};
        if (state* s = named(id))
            take(id, *s, n);
    }

    read_result read(socket_id id, std::span<char> buffer) noexcept {
        if (!may_call())
            return {};
        const turn t{*this, timed::no};
        state* s = named(id);
        if (s == nullptr || s->cut)
            return {0, true};
        std::size_t n = 0;
        while (n < buffer.size() && !s->cut) { // a handler may abort in between
            const output_views views = s->socket.output();
            std::size_t round = 0;
            for (const std::string_view v : views) {
                const std::size_t size = (std::min)(v.size(), buffer.size() - n - round);
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
        state* s = named(id);
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
        state* s = named(id);
        if (s == nullptr || s->cut)
            return;
        if (now_ < s->armed)
            ++faults_.early_wakes;
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
        const host_turn t{*this, timed::no};
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
        const auto checked = check(*s, head);
        if (checked.reason != error{}) {
            s->opening->last = checked.reason;
            return checked.reason;
        }
        queue_head(*s, checked.bytes);
        s->phase = checked.status == 101 ? phase::accepted : phase::denied;
        s->socket.agree(checked.agreed);
        return {};
    }

    std::error_code check_answer(socket_id id, std::string_view head) const noexcept {
        const state* s = const_cast<interceptor_core*>(this)->peek(id);
        if (s == nullptr)
            return error::unknown_id;
        if (s->phase != phase::manual)
            return error::already_answered;
        if (const error e = check(*s, head).reason; e != error{})
            return e;
        return {};
    }

    std::error_code respond(socket_id id, const http_response& r) noexcept {
        const host_turn t{*this};
        state* s = touch(id);
        if (s == nullptr || s->fresh || s->phase != phase::request || s->cut)
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

    std::string explain(socket_id id) const {
        const state* s = slots_.find(id);
        if (s == nullptr)
            return {};
        std::string out = explain_decision(*s->table, {s->action, s->row});
        out.append(", ").append(action_word(s->action));
        if (s->is_socket)
            out.append("; ").append(origins_.allowed(s->origin));
        return out;
    }

    void shutdown(duration limit) noexcept {
        const host_turn t{*this};
        shutdown_at_ = (std::min)(shutdown_at_, now_ + limit);
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
    auto check(const state& s, std::string_view head) const {
        return detail::check_answer<handshake>(*s.opening, head, s.options, limits_of(s));
    }

    /// Takes `o` where the request is ours.
    opened file(const connection& where, const request& r, std::unique_ptr<opening>& o) noexcept {
        if (const error bad = read_request(r, options_.limits, *o); bad != error{})
            return refused(bad, status_of(bad), r.url);
        table_pointer urls = table();
        const decision d = urls->match(o->url);
        if (d.action == action::external)
            return {};
        if (shutdown_at_ != never)
            return refused(error::shut_down, 503, o->url);
        if (slots_.size() >= options_.limits.connections)
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
        s.table = std::move(urls);
        s.options = d.options;
        s.row = d.row;
        s.action = d.action;
        s.is_socket = o->is_socket;
        if (const auto origin = rfc9112::find(o->parsed.fields, "Origin"); origin.count != 0)
            s.origin = origins_.number(origin.value);
        s.since = now_;
        s.phase = !o->is_socket                   ? phase::request
                  : d.action == action::automatic ? phase::automatic
                                                  : phase::manual;
        s.opening = std::move(o);
        arrived_.push_back(id);
        mailbox_->ask_for_turn();
        return {id, d.action, {}, 0};
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
        if (o.bad.reason == error{} && s.phase == phase::automatic) {
            answer_head_.clear();
            const auto agreed = accept<handshake>(o, s.options, answer_head_);
            if (o.bad.reason == error{}) {
                queue_head(s, answer_head_);
                s.socket.agree(agreed);
            }
        }
        if (o.bad.reason != error{}) {
            refuse(s, o.bad);
            report(id, s, o.bad.reason, o.url + ": " + describe(o.bad.reason));
        } else if (s.phase == phase::manual) {
            handler_.on(websocket_upgrade{id, o.url, o.head, upgrade_type::manual, {}});
        }
    }

    void perform(std::vector<mailbox::letter>& letters) noexcept override {
        const turn t{*this};
        const std::size_t due = arrived_.size(); // a handler may open more, for the next turn
        for (std::size_t i = 0; i < due; ++i) {
            const socket_id id = arrived_[i];
            if (state* s = touch(id); s != nullptr) {
                s->fresh = false;
                if (!s->gone)
                    begin(id, *s);
            }
        }
        arrived_.erase(arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(due));
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

    origin_names origins_;
    std::string answer_head_; ///< a 101 being written
};

} // namespace wsintercept::inline v0_1_0::detail
