// One connection of the loopback endpoint: requests one after another, then perhaps a WebSocket.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/event.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/loopback/answer.hpp>
#include <wsintercept/loopback/detail/socket.hpp>
#include <wsintercept/loopback/options.hpp>
#include <wsintercept/loopback/peer.hpp>
#include <wsintercept/loopback/request_reader.hpp>
#include <wsintercept/output_queue.hpp>
#include <wsintercept/request.hpp>
#include <wsintercept/rfc6455/refusal.hpp>
#include <wsintercept/socket_id.hpp>
#include <wsintercept/traits.hpp>

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

namespace wsintercept::loopback {

/// Endpoint: see endpoint.hpp. All on its executor. What the interceptor tells (the calls of the
/// traits) is only noted; `serve` acts on it when the turn ends.
template <class Endpoint>
class connection : public std::enable_shared_from_this<connection<Endpoint>> {
  public:
    connection(Endpoint& owner, detail::tcp::socket socket)
        : owner_{&owner}, socket_{std::move(socket)} {}

    /// Its first call: who is there? Before that is known no byte is read or written.
    void start() {
        if (socket_.prepare(peer_))
            check_peer();
        else
            close();
    }

    /// The peer may be served; it counts.
    bool is_admitted() const noexcept { return state_ != state::checking; }
    /// No request is under way: an engine's spare connection.
    bool is_spare() const noexcept {
        return state_ == state::reading && reader_.part() == request_part::none;
    }
    /// When a spare one would be closed.
    time_point deadline() const noexcept { return deadline_; }

    /// Ends it, and tells nobody but the endpoint; it has no ID, or its ID is to be told yet.
    void close() {
        const auto self = this->shared_from_this();
        state_ = state::closed;
        socket_.close();
        if (owner_ != nullptr)
            std::exchange(owner_, nullptr)->forget(*this);
    }

    /// Ends it at once, and tells nobody. What the interceptor still has of it.
    socket_id drop() noexcept {
        owner_ = nullptr;
        state_ = state::closed;
        socket_.reset();
        return std::exchange(id_, {});
    }

    // The traits' calls.

    void output_ready() noexcept {
        output_waits_ = true;
        mark();
    }
    void input_ready() noexcept {
        input_waits_ = true;
        mark();
    }
    void respond(const response& r) noexcept {
        answer_ = write_answer(r, !reader_.close_after());
        answered_ = true;
    }
    void wake_at(time_point when) noexcept {
        if (state_ != state::closed)
            arm(when);
    }
    void end(ending how) noexcept {
        id_ = {};
        if (how == ending::abort || !(is_socket_ || answered_))
            return abort();
        if (is_socket_)
            return finish();
        say(std::move(answer_), after_answer());
        mark();
    }

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
        read();
    }

    // The socket's calls.

    /// Bytes of the peer, or why there are none.
    void on_read(detail::error_code failed, std::span<char> bytes) {
        if (over())
            return;
        Endpoint& house = *owner_;
        const typename Endpoint::turn t{house};
        if (failed)
            return gone(failed);
        take(bytes);
        // There may be more than a connection's own small buffer held.
        bool more = bytes.size() == detail::socket::small_read;
        for (int rounds = 0; more && rounds < 4 && wants_bytes(); ++rounds) {
            const std::span<char> part = socket_.read_now(house.buffer_, failed);
            if (failed)
                return gone(failed);
            more = part.size() == house.buffer_.size();
            if (!part.empty())
                take(part);
        }
        read();
    }

    /// The peer has read something.
    void on_room() {
        if (over())
            return;
        const typename Endpoint::turn t{*owner_};
        flush();
        advance();
        read();
    }

    void on_time() {
        if (over() || clock::now() < deadline_) // armed anew while this was on its way
            return;
        const typename Endpoint::turn t{*owner_};
        switch (state_) {
        case state::checking: return check_peer();
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
        case state::closed: return;
        }
    }

  private:
    enum class state : std::uint8_t {
        checking,  ///< who is there?
        reading,   ///< a request, or waits for one
        opened,    ///< the interceptor has it
        answering, ///< writes an HTTP answer
        draining,  ///< FIN is sent: reads and drops what still comes, so that the peer is not reset
        closed,
    };

    static constexpr duration drain_time = std::chrono::seconds{2};
    static constexpr std::size_t drain_limit = 1024 * 1024;
    static constexpr duration stall_time = std::chrono::minutes{5}; ///< an answer nobody reads
    static constexpr std::size_t read_ahead = 64 * 1024;            ///< bytes kept behind a request

    auto& core() noexcept { return owner_->core_; }
    const options& settings() const noexcept { return owner_->options_; }
    /// Callbacks of the program may stop the endpoint: nothing is to be done then.
    bool over() const noexcept { return state_ == state::closed; }

    // Who is there.

    void check_peer() {
        switch (owner_->peers_.judge(peer_)) {
        case detail::verdict::admitted:
            if (!owner_->make_room())
                return refuse_silently(error::too_many_connections);
            await_request();
            return read();
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

    // Reading.

    bool wants_bytes() const noexcept {
        switch (state_) {
        case state::checking:
        case state::closed: return false;
        case state::opened:
            if (is_socket_)
                return rest_.empty();
            [[fallthrough]];
        case state::answering: return reader_.size() < read_ahead; // sees the peer go away
        case state::reading:
        case state::draining: break;
        }
        return true;
    }

    void read() {
        if (wants_bytes())
            socket_.read(this->shared_from_this());
    }

    void take(std::span<char> bytes) {
        switch (state_) {
        case state::opened:
            if (is_socket_)
                return feed(bytes);
            [[fallthrough]];
        case state::reading:
        case state::answering: reader_.append({bytes.data(), bytes.size()}); return advance();
        case state::draining:
            drained_ += bytes.size();
            if (drained_ > drain_limit)
                abort();
            return;
        case state::checking:
        case state::closed: return;
        }
    }

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

    /// The peer's end went away; half of it counts as all.
    void gone(detail::error_code why) {
        const bool in_order = detail::is_end(why);
        if (in_order)
            flush(); // a close frame, perhaps
        if (over())
            return;
        auto& sockets = core();
        close();
        if (const socket_id id = std::exchange(id_, {}))
            sockets.closed(id, in_order ? std::error_code{} : detail::to_std(why));
    }

    // Requests.

    /// Whatever can happen without new bytes.
    void advance() {
        bool more = true;
        while (more)
            more = state_ == state::reading     ? read_request()
                   : state_ == state::answering ? write()
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
        switch (reader_.next(settings().limits, *core().table(), settings().root,
                             settings().credentials)) {
        case found::need_more: arm_for(reader_.part()); return false;
        case found::tls:
            owner_->refused(error::tls_not_supported, named(reader_.tunnel_name()));
            finish();
            break;
        case found::tunnel: say({std::string{tunnel_established}, {}}, state::reading); break;
        case found::go_on: say({std::string{please_continue}, {}}, state::reading); break;
        case found::request: open(reader_.take_body()); break;
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
            const std::size_t n = socket_.write_now(answer_.from(written_), failed);
            if (failed) {
                gone(failed);
                return false;
            }
            if (n == 0) {
                arm(clock::now() + stall_time);
                socket_.await_room(this->shared_from_this());
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
            const std::size_t n = pause ? 0 : socket_.write_now(out, failed);
            if (failed)
                return gone(failed);
            if (n == 0)
                return socket_.await_room(this->shared_from_this());
            core().consumed(id_, n);
        }
    }

    // Ends, and time.

    /// RFC 6455 7.1.1: FIN at once, then what still comes is dropped, so that it resets nothing.
    void finish() {
        if (over())
            return;
        socket_.finish();
        state_ = state::draining;
        drained_ = 0;
        (void)reader_.take_rest();
        rest_.clear();
        arm(clock::now() + drain_time);
        mark();
    }

    void abort() {
        if (over())
            return;
        socket_.reset();
        close();
    }

    void arm(time_point when) {
        deadline_ = when;
        socket_.wake_at(when, this->shared_from_this());
    }
    void disarm() {
        deadline_ = time_point::max();
        socket_.sleep();
    }

    void mark() {
        if (owner_ != nullptr && !std::exchange(marked_, true))
            owner_->mark(this->shared_from_this());
    }

    Endpoint* owner_; ///< null: closed
    detail::socket socket_;
    detail::tcp_pair peer_;
    state state_ = state::checking;
    state next_ = state::reading;             ///< answering: what comes then
    request_part part_{};                     ///< reading: what the timer is armed for
    time_point deadline_ = time_point::max(); ///< what the timer is armed for
    int checks_ = 0;
    std::size_t drained_ = 0;

    request_reader reader_;
    answer answer_;
    std::size_t written_ = 0; ///< of answer_
    bool answered_ = false;

    socket_id id_;
    bool is_socket_ = false;
    std::string rest_; ///< bytes that the interceptor did not take yet

    bool input_waits_ = false;  ///< noted for serve
    bool output_waits_ = false; ///< noted for serve
    bool marked_ = false;
};

} // namespace wsintercept::loopback
