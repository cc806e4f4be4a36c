// One connection of the loopback endpoint: requests one after another, then perhaps a WebSocket.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/event.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/loopback/answer.hpp>
#include <wsintercept/loopback/detail/link.hpp>
#include <wsintercept/loopback/options.hpp>
#include <wsintercept/loopback/peer.hpp>
#include <wsintercept/loopback/relay.hpp>
#include <wsintercept/loopback/request_reader.hpp>
#include <wsintercept/output_queue.hpp>
#include <wsintercept/request.hpp>
#include <wsintercept/rfc6455/refusal.hpp>
#include <wsintercept/socket_id.hpp>
#include <wsintercept/traits.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback {

/// Endpoint: see endpoint.hpp. All on its executor. What the interceptor and the relay tell is only
/// noted; `serve` acts on it when the turn ends.
template <class Endpoint>
class connection : public detail::link<connection<Endpoint>, Endpoint> {
    using base = detail::link<connection, Endpoint>;
    using base::arm, base::deadline_, base::disarm, base::settle, base::stream_;

  public:
    connection(Endpoint& owner, detail::tcp::socket socket)
        : base{std::move(socket)}, owner_{&owner} {}

    /// Its first call: who is there? Before that is known no byte is read or written.
    void start() {
        if (stream_.prepare(peer_))
            check_peer();
        else
            close();
        settle();
    }

    /// The peer may be served; it counts.
    bool is_admitted() const noexcept { return state_ != state::checking; }
    /// The one of all peers that it is.
    std::uint64_t party() const noexcept { return party_; }
    /// No request is under way: an engine's spare connection.
    bool is_spare() const noexcept {
        return state_ == state::reading && reader_.part() == request_part::none;
    }
    /// When a spare one would be closed.
    time_point deadline() const noexcept { return deadline_; }
    /// Bytes that it keeps for requests, answers and what is relayed.
    std::size_t held() const noexcept {
        return reader_.held() + answer_.size() + rest_.size() + (relay_ ? relay_->held() : 0);
    }

    /// Ends it, and tells nobody but the endpoint; it has no ID, or its ID is to be told yet.
    void close() {
        const auto self = this->shared_from_this();
        state_ = state::closed;
        let_relay_go();
        stream_.close();
        if (owner_ != nullptr)
            std::exchange(owner_, nullptr)->forget(*this);
    }

    /// Ends it at once, and tells nobody. What the interceptor still has of it.
    socket_id drop() noexcept {
        owner_ = nullptr;
        state_ = state::closed;
        let_relay_go();
        stream_.reset();
        return std::exchange(id_, {});
    }

    // The traits' calls, and the relay's.

    /// The interceptor has output; `serve` takes it.
    void output_ready() noexcept {
        output_waits_ = true;
        mark();
    }
    /// The interceptor takes bytes again; `serve` gives it what is kept.
    void input_ready() noexcept {
        input_waits_ = true;
        mark();
    }
    /// The answer of an HTTPRequest; it is written at `end`.
    void respond(const response& r) noexcept {
        answer_ = write_answer(r, !reader_.close_after());
        answered_ = true;
    }
    /// When the interceptor wants to be woken.
    void wake_at(time_point when) noexcept {
        if (state_ != state::closed)
            arm(when);
    }
    /// The interceptor is done with it: the ID counts for nothing from here on.
    void end(ending how) noexcept {
        id_ = {};
        if (how == ending::abort || !(is_socket_ || answered_))
            return abort();
        if (is_socket_)
            return finish();
        say(std::move(answer_), after_answer());
        mark();
    }
    /// The relay has something to say.
    void relay_ready() noexcept { mark(); }

    /// Acts on what was noted.
    void serve() {
        marked_ = false;
        if (std::exchange(input_waits_, false) && id_) {
            std::string rest = std::exchange(rest_, {});
            feed(rest);
        }
        if (std::exchange(output_waits_, false))
            flush();
        advance();
        settle();
    }

    // The link's calls.

    /// The endpoint that it belongs to; not to be called when it is over.
    Endpoint& house() noexcept { return *owner_; }
    /// Callbacks of the program may stop the endpoint: nothing is to be done then.
    bool over() const noexcept { return state_ == state::closed; }

    /// The endpoint is to call `serve`.
    bool is_marked() const noexcept { return marked_; }

    bool wants_bytes() const noexcept {
        switch (state_) {
        case state::checking:
        case state::closed: return false;
        case state::opened:
            if (is_socket_)
                return rest_.empty();
            [[fallthrough]];
        case state::answering: return reader_.size() < read_ahead; // sees the peer go away
        case state::relaying: return !peer_ended_ && reader_.size() < read_ahead;
        case state::securing:
        case state::reading:
        case state::draining: break;
        }
        return true;
    }

    /// Bytes of the peer, out of TLS where there is any; unmasked in place.
    void take(std::span<char> bytes) {
        switch (state_) {
        case state::opened:
            if (is_socket_)
                return feed(bytes);
            [[fallthrough]];
        case state::reading:
        case state::relaying:
        case state::answering: reader_.append({bytes.data(), bytes.size()}); return advance();
        case state::draining:
            drained_ += bytes.size();
            if (drained_ > drain_limit)
                abort();
            return;
        case state::securing:
        case state::checking:
        case state::closed: return;
        }
    }

    /// The peer's end went away; half of it counts as all, but for what is relayed.
    void gone(detail::error_code why) {
        const bool in_order = detail::is_end(why);
        if (in_order && state_ == state::relaying) {
            peer_ended_ = true;
            return advance();
        }
        if (in_order)
            flush(); // a close frame, perhaps
        if (over())
            return;
        auto& sockets = core();
        close();
        if (const socket_id id = std::exchange(id_, {}))
            sockets.closed(id, in_order ? std::error_code{} : detail::to_std(why));
    }

    /// TLS has shaken hands: the host of its SNI is compared with that of the tunnel.
    void secured() {
        await_request();
        const std::string_view sni = stream_.server_name();
        const std::optional<site>& tunnel = reader_.tunnel();
        if (tunnel && !sni.empty() && sni != tunnel->host)
            refuse(error::wrong_host, named(reader_.tunnel_name()));
        advance();
    }
    /// TLS has failed; the connection ends behind its alert.
    void tls_failed() {
        if (state_ == state::draining)
            return;
        owner_->refused(error::tls_failed, named(reader_.tunnel_name()) + ": " + stream_.problem());
        finish();
    }

    /// The peer has read something.
    void has_room() {
        flush();
        advance();
    }

    /// What was armed last is due.
    void time_came() {
        switch (state_) {
        case state::checking: return check_peer();
        case state::securing:
            owner_->refused(error::handshake_timed_out, named(reader_.tunnel_name()));
            return close();
        case state::reading: {
            const request_part part = reader_.part();
            if (part == request_part::none)
                return finish();
            if (part == request_part::head)
                refuse(error::handshake_timed_out, named(reader_.tunnel_name()));
            else
                refuse(error::request_timed_out, reader_.subject());
            return advance();
        }
        case state::opened:
            if (id_)
                core().wake(id_);
            return;
        case state::answering: return abort();
        case state::draining: return close();
        case state::relaying:
        case state::closed: return;
        }
    }

  private:
    enum class state : std::uint8_t {
        checking,  ///< who is there?
        securing,  ///< TLS shakes hands
        reading,   ///< a request, or waits for one
        opened,    ///< the interceptor has it
        answering, ///< writes an HTTP answer
        relaying,  ///< the network has it
        draining,  ///< FIN is sent: reads and drops what still comes, so that the peer is not reset
        closed,
    };

    static constexpr duration drain_time = std::chrono::seconds{2};
    static constexpr std::size_t drain_limit = 1024 * 1024;
    static constexpr duration stall_time = std::chrono::minutes{5}; ///< an answer nobody reads
    static constexpr std::size_t read_ahead = 64 * 1024;            ///< bytes kept behind a request

    auto& core() noexcept { return owner_->core_; }
    const options& settings() const noexcept { return owner_->options_; }

    // Who is there.

    void check_peer() {
        switch (owner_->peers_.judge(peer_, party_)) {
        case detail::verdict::admitted:
            if (!owner_->make_room(party_))
                return refuse_silently(error::too_many_connections);
            return await_request();
        case detail::verdict::not_seen:
            // A socket may be on its way from one process of an engine to another.
            if (checks_ < 4)
                return arm(clock::now() + std::chrono::milliseconds{1 << checks_++});
            [[fallthrough]];
        case detail::verdict::foreign: return refuse_silently(error::foreign_peer);
        }
    }

    void refuse_silently(error why) {
        owner_->refused(why, peer_name());
        close();
    }

    std::string peer_name() const { return "127.0.0.1:" + std::to_string(peer_.own_port); }
    std::string named(std::string what) const { return what.empty() ? peer_name() : what; }

    /// To the interceptor. What it does not take waits, and nothing is read until it wants more.
    void feed(std::span<char> bytes) {
        if (!rest_.empty()) {
            rest_.append(bytes.data(), bytes.size());
            return;
        }
        const std::size_t taken = bytes.empty() ? 0 : core().write(id_, bytes);
        if (id_ && taken < bytes.size())
            rest_.assign(bytes.data() + taken, bytes.size() - taken);
    }

    // Requests.

    /// Whatever can happen without new bytes.
    void advance() {
        bool more = true;
        while (more)
            more = state_ == state::reading     ? read_request()
                   : state_ == state::answering ? write()
                   : state_ == state::relaying  ? pass_on()
                                                : false;
    }

    void await_request() {
        state_ = state::reading;
        part_ = request_part::none;
        answered_ = false;
        arm(clock::now() + settings().preconnect);
    }

    /// False: needs more bytes.
    bool read_request() {
        if (owner_->has_no_memory_for(*this)) {
            refuse(error::memory_exhausted, named(reader_.subject()));
            return true;
        }
        switch (reader_.next(owner_->reading())) {
        case found::need_more: arm_for(reader_.part()); return false;
        case found::tls: meet_tls(); break;
        case found::tunnel: say({std::string{tunnel_established}, {}}, state::reading); break;
        case found::go_on: say({std::string{please_continue}, {}}, state::reading); break;
        case found::request: open(reader_.take_body()); break;
        case found::relay: relay_request(std::move(reader_.to_forward()), reader_.framing()); break;
        case found::relay_tunnel: relay_tunnel(*reader_.tunnel(), tunnel_established); break;
        case found::challenged:
            owner_->refused(reader_.reason(), named(reader_.subject()));
            say(proxy_challenge(reader_.method() == "HEAD", !reader_.close_after()),
                after_answer());
            break;
        case found::refused: refuse(reader_.reason(), named(reader_.subject())); break;
        }
        return true;
    }

    void arm_for(request_part part) {
        if (std::exchange(part_, part) == part)
            return;
        const limits& l = settings().limits;
        arm(clock::now() + (part == request_part::head ? l.handshake : l.message_time));
    }

    /// A ClientHello. Only what a row may take is opened; everything else stays what it is.
    void meet_tls() {
        const std::optional<site>& tunnel = reader_.tunnel();
        const bool ours = !tunnel || tunnel->host == settings().root ||
                          core().table()->may_match_host(tunnel->host, tunnel->port, true);
        const auto& wanted = settings().credentials;
        if (!ours && owner_->relays() && (!wanted || wanted->covers_tunnels()))
            return relay_tunnel(*tunnel, {});
        if (!ours || !Endpoint::tls_type::built_in) {
            owner_->refused(ours ? error::tls_not_supported : error::not_intercepted,
                            named(reader_.tunnel_name()));
            return finish();
        }
        state_ = state::securing;
        arm(clock::now() + settings().limits.handshake);
        const std::string begun = reader_.take_rest();
        reader_.secure();
        this->secure(owner_->tls_.accept(tunnel ? std::string_view{tunnel->host} : ""), begun);
    }

    /// A whole request: to the program's pages, or to the interceptor.
    void open(const std::string& body) {
        const arrival& a = reader_.what();
        if (a.at_root && !a.handshake && settings().pages) {
            std::optional<page> own = settings().pages(reader_.method(), a.url);
            if (over())
                return;
            if (own)
                return show(std::move(*own));
        }
        disarm();
        is_socket_ = a.handshake;
        state_ = state::opened;
        const opened o = core().open(this, {reader_.method(), a.url, reader_.shown_head(), body});
        if (over())
            return;
        if (o.id) {
            id_ = o.id;
            if (is_socket_) {
                std::string behind = reader_.take_rest();
                feed(behind);
            }
        } else if (o.reason != error{}) { // logged there
            owner_->refusals_.add(o.reason);
            answer_refusal({o.reason, o.status});
        } else if (a.at_root && !is_socket_) {
            owner_->log(log_topic::http, log_level::info, error::not_intercepted, a.url);
            show({404, "text/plain", {}, describe(error::not_intercepted)});
        } else {
            refuse(error::not_intercepted, a.url);
        }
    }

    void show(page&& own) {
        error bad{};
        answer bytes =
            write_answer(std::move(own), reader_.method() == "HEAD", !reader_.close_after(), bad);
        if (bad != error{})
            owner_->log(log_topic::endpoint, log_level::error, bad, reader_.what().url);
        say(std::move(bytes), after_answer());
    }

    void refuse(error why, std::string_view what) {
        owner_->refused(why, what);
        answer_refusal({told(why), status_of(why)});
    }
    void answer_refusal(const rfc6455::refusal& why) {
        say({rfc6455::refusal_response(why, reader_.method() == "HEAD"), {}}, state::draining);
    }

    // The network's.

    void relay_request(forwarded&& request, const body_framing& body) {
        if (!Endpoint::tls_type::built_in && request.secure)
            return refuse(error::tls_not_supported, request.url);
        begin_relay(relay_ && relay_->can_carry(request));
        relay_->ask(std::move(request), body);
    }
    void relay_tunnel(const site& to, std::string_view greeting) {
        begin_relay(false);
        relay_->open_tunnel(to, greeting);
    }
    void begin_relay(bool with_the_same) {
        disarm();
        state_ = state::relaying;
        if (with_the_same)
            return;
        let_relay_go();
        relay_ = std::make_shared<relay<Endpoint>>(*owner_, *this);
    }
    void let_relay_go() noexcept {
        if (relay_)
            relay_->drop();
        relay_.reset();
    }

    /// Between the peer and the relay; true: the state is another.
    bool pass_on() {
        const auto held = relay_;
        reader_.drop(relay_->put(reader_.rest()));
        if (peer_ended_)
            relay_->near_ended(reader_.size());
        while (!relay_->output().empty()) {
            detail::error_code failed;
            const std::array<std::string_view, 1> views{relay_->output()};
            const std::size_t n = stream_.write_now(views, failed);
            if (failed) {
                gone(failed);
                return false;
            }
            if (n == 0) {
                stream_.await_room(this->shared_from_this());
                break;
            }
            relay_->consumed(n);
        }
        if (relay_->far_ended() && !std::exchange(told_end_, true))
            stream_.finish();
        if (relay_->state() == relayed::working && owner_->has_no_memory_for(*this)) {
            owner_->refused(error::memory_exhausted, reader_.subject());
            abort();
            return false;
        }
        switch (relay_->state()) {
        case relayed::working: return false;
        case relayed::again:
            if (reader_.close_after())
                finish();
            else
                await_request();
            return true;
        case relayed::finish: finish(); return false;
        case relayed::retry: {
            const body_framing body = relay_->body();
            relay_request(relay_->take_request(), body);
            return true;
        }
        case relayed::refused:
            refuse(relay_->reason(), relay_->what());
            let_relay_go();
            return true;
        case relayed::abort:
            if (relay_->reason() != error{})
                owner_->refused(relay_->reason(), relay_->what());
            abort();
        }
        return false;
    }

    // Writing. At once, and where the peer does not keep up, when it does.

    state after_answer() const noexcept {
        return reader_.close_after() ? state::draining : state::reading;
    }

    void say(answer a, state next) {
        if (over())
            return;
        answer_ = std::move(a);
        written_ = 0;
        next_ = next;
        state_ = state::answering;
    }

    /// The HTTP answer; false: the peer has to read first.
    bool write() {
        while (written_ < answer_.size()) {
            detail::error_code failed;
            const std::size_t n = stream_.write_now(answer_.from(written_), failed);
            if (failed) {
                gone(failed);
                return false;
            }
            if (n == 0) {
                arm(clock::now() + stall_time);
                stream_.await_room(this->shared_from_this());
                return false;
            }
            written_ += n;
        }
        answer_ = {};
        if (next_ == state::draining)
            finish();
        else if (reader_.part() == request_part::body) // after a 100
            state_ = state::reading;
        else
            await_request();
        return true;
    }

    /// The interceptor's output.
    void flush() {
        for (int rounds = 0; id_; ++rounds) {
            const output_views out = core().output(id_);
            if (out.count == 0)
                return;
            detail::error_code failed;
            const bool pause = rounds == 64; // the others' turn
            const std::size_t n = pause ? 0 : stream_.write_now(out, failed);
            if (failed)
                return gone(failed);
            if (n == 0)
                return stream_.await_room(this->shared_from_this());
            core().consumed(id_, n);
        }
    }

    // Ends.

    /// RFC 6455 7.1.1: FIN at once, then what still comes is dropped, so that it resets nothing.
    void finish() {
        if (over())
            return;
        let_relay_go();
        stream_.finish();
        state_ = state::draining;
        drained_ = 0;
        reader_.clear();
        rest_.clear();
        arm(clock::now() + drain_time);
        mark();
    }

    void abort() {
        if (over())
            return;
        stream_.reset();
        close();
    }

    void mark() {
        if (owner_ != nullptr && !std::exchange(marked_, true))
            owner_->mark(this->shared_from_this());
    }

    Endpoint* owner_; ///< null: closed
    detail::tcp_pair peer_;
    std::uint64_t party_ = 0;
    state state_ = state::checking;
    state next_ = state::reading; ///< answering: what comes then
    request_part part_{};         ///< reading: what the timer is armed for
    int checks_ = 0;
    std::size_t drained_ = 0;

    request_reader reader_;
    answer answer_;
    std::size_t written_ = 0; ///< of answer_
    bool answered_ = false;

    std::shared_ptr<relay<Endpoint>> relay_; ///< kept between requests
    bool peer_ended_ = false;                ///< relaying: the peer sends no more
    bool told_end_ = false;                  ///< relaying: the peer was told of the far side's end

    socket_id id_;
    bool is_socket_ = false;
    std::string rest_; ///< bytes that the interceptor did not take yet

    bool input_waits_ = false;  ///< noted for serve
    bool output_waits_ = false; ///< noted for serve
    bool marked_ = false;
};

} // namespace wsintercept::inline v0_1_0::loopback
