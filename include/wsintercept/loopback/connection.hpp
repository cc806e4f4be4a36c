// One connection of the loopback endpoint: requests one after another, then perhaps a WebSocket.
#pragma once

#include <wsintercept/loopback/answer.hpp>
#include <wsintercept/loopback/arrival.hpp>
#include <wsintercept/loopback/body.hpp>
#include <wsintercept/loopback/peer.hpp>
#include <wsintercept/request.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/socket_id.hpp>
#include <wsintercept/traits.hpp>

#include <utility> // Asio 1.74 needs it first

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>

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

namespace wsintercept::loopback {

/// Endpoint: see endpoint.hpp; null once it is gone or has stopped. All on its executor. What the
/// interceptor tells (the members that the traits call) is only noted; `serve` acts on it when the
/// turn ends.
template <class Endpoint>
class connection : public std::enable_shared_from_this<connection<Endpoint>> {
  public:
    using tcp = boost::asio::ip::tcp;

    connection(Endpoint& owner, tcp::socket socket)
        : owner_{&owner}, socket_{std::move(socket)}, timer_{socket_.get_executor()} {}

    /// Its first call: who is there? Before that is known no byte is read or written.
    void start() {
        error_code failed;
        const tcp::endpoint here = socket_.local_endpoint(failed);
        const tcp::endpoint there = failed ? here : socket_.remote_endpoint(failed);
        if (failed || !here.address().is_v4() || !there.address().is_v4())
            return close();
        socket_.set_option(tcp::no_delay{true}, failed);
        socket_.non_blocking(true, failed);
        peer_ = {there.address().to_v4().to_uint(), there.port(), here.address().to_v4().to_uint(),
                 here.port()};
        check_peer();
    }

    /// No request is under way: an engine's spare connection.
    bool is_spare() const noexcept { return state_ == state::head && in_.empty(); }
    /// When a spare one would be closed.
    time_point deadline() const noexcept { return deadline_; }

    /// The peer may be served; it counts.
    bool is_admitted() const noexcept { return state_ != state::checking; }

    /// Ends it at once, and tells nobody. What the interceptor still has of it.
    socket_id drop() noexcept {
        owner_ = nullptr;
        state_ = state::closed;
        shut(true);
        return std::exchange(id_, {});
    }

    /// Ends it at once, without an event; for those that are not open.
    void close() {
        const auto self = this->shared_from_this();
        state_ = state::closed;
        shut(false);
        if (owner_ != nullptr)
            std::exchange(owner_, nullptr)->forget(*self);
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
        answer_ = write_answer(r, !close_after_);
        answered_ = true;
    }
    void wake_at(time_point when) noexcept {
        if (state_ != state::closed)
            arm(when);
    }
    void end(ending how) noexcept {
        id_ = {};
        if (state_ == state::closed)
            return;
        if (how == ending::abort || !(is_socket_ || answered_))
            return abort();
        if (is_socket_)
            return finish();
        say(std::move(answer_), close_after_ ? state::draining : state::head);
        mark();
    }

    /// Acts on what was noted.
    void serve() {
        marked_ = false;
        if (std::exchange(input_waits_, false) && id_) {
            std::string rest = std::exchange(rest_, {});
            feed(rest);
        }
        if (std::exchange(output_waits_, false) && id_)
            flush();
        advance();
        read();
    }

  private:
    using error_code = boost::system::error_code;

    enum class state : std::uint8_t {
        checking,  ///< who is there?
        head,      ///< reads a request's head, or waits for one
        body,      ///< reads its body
        opened,    ///< the interceptor has it
        answering, ///< writes an HTTP answer
        draining,  ///< FIN is sent: reads and drops what still comes, so that the peer is not reset
        closed,
    };

    static constexpr duration drain_time = std::chrono::seconds{2};
    static constexpr std::size_t drain_limit = 1024 * 1024;
    static constexpr duration stall_time = std::chrono::minutes{5}; ///< an answer nobody reads
    static constexpr std::size_t read_ahead = 64 * 1024;            ///< bytes kept behind a request

    auto& core() noexcept { return owner_->sockets(); }
    const options& house() const noexcept { return owner_->settings(); }

    // Who is there.

    void check_peer() {
        switch (owner_->judge(peer_)) {
        case detail::verdict::admitted:
            if (!owner_->admit(*this))
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

    std::string peer_name() const { return "127.0.0.1:" + std::to_string(peer_.own_port); }

    void refuse_silently(error why) {
        owner_->refused(why, peer_name());
        close();
    }

    // Reading.

    bool wants_bytes() const noexcept {
        switch (state_) {
        case state::checking:
        case state::closed: return false;
        case state::opened:
            if (is_socket_)
                return rest_.empty();
            [[fallthrough]];
        case state::answering: return in_.size() < read_ahead; // to see the peer go away
        default: return true;
        }
    }

    void read() {
        if (reading_ || !wants_bytes())
            return;
        reading_ = true;
        socket_.async_read_some(boost::asio::buffer(first_), [self = this->shared_from_this()](
                                                                 error_code failed, std::size_t n) {
            self->on_read(failed, n);
        });
    }

    void on_read(error_code failed, std::size_t n) {
        reading_ = false;
        if (owner_ == nullptr || state_ == state::closed)
            return;
        const typename Endpoint::turn t{*owner_};
        const std::span<char> large = owner_->read_buffer();
        if (failed)
            return gone(failed);
        take({first_.data(), n});
        // There may be more than a connection's own small buffer holds.
        for (int rounds = 0; n == first_.size() && rounds < 4 && wants_bytes(); ++rounds) {
            const std::size_t more =
                socket_.read_some(boost::asio::buffer(large.data(), large.size()), failed);
            if (failed == boost::asio::error::would_block)
                break;
            if (failed)
                return gone(failed);
            take(large.first(more));
            if (more < large.size())
                break;
        }
        read();
    }

    void take(std::span<char> bytes) {
        switch (state_) {
        case state::opened:
            if (is_socket_)
                return feed(bytes);
            [[fallthrough]];
        case state::answering: in_.append(bytes.data(), bytes.size()); return;
        case state::head:
        case state::body: in_.append(bytes.data(), bytes.size()); return advance();
        case state::draining:
            drained_ += bytes.size();
            if (drained_ > drain_limit)
                abort();
            return;
        default: return;
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
    void gone(error_code why) {
        const bool in_order = why == boost::asio::error::eof;
        if (id_ && in_order)
            flush(); // a close frame, perhaps
        const socket_id id = id_;
        if (state_ == state::closed)
            return;
        auto& sockets = core();
        close();
        id_ = {};
        if (id)
            sockets.closed(id, in_order ? std::error_code{}
                                        : std::error_code{why.value(), std::system_category()});
    }

    // Requests.

    /// Whatever can happen without new bytes.
    void advance() {
        for (;;) {
            switch (state_) {
            case state::head:
                if (!read_head())
                    return;
                break;
            case state::body:
                if (!read_body())
                    return;
                break;
            case state::answering:
                if (!write())
                    return;
                break;
            default: return;
            }
        }
    }

    void await_request() {
        state_ = state::head;
        scanned_ = 0;
        past_blank_line_ = false;
        answered_ = false;
        arm(clock::now() + house().preconnect);
    }

    /// False: needs more bytes.
    bool read_head() {
        if (in_.empty())
            return false;
        if (in_[0] == 0x16) { // a TLS record of the type handshake
            owner_->refused(error::tls_not_supported,
                            tunnel_ ? tunnel_->host + ':' + std::to_string(tunnel_->port)
                                    : peer_name());
            finish();
            return true;
        }
        // RFC 9112 2.2: one empty line ahead of a request is ignored.
        if (in_.starts_with("\r\n") && !std::exchange(past_blank_line_, true)) {
            in_.erase(0, 2);
            scanned_ = 0;
            return !in_.empty();
        }
        const limits& l = house().limits;
        if (scanned_ == 0)
            arm(clock::now() + l.handshake);
        const bool line = in_.find('\n', scanned_) != in_.npos;
        scanned_ = in_.size();
        if (!line && in_.size() < l.head)
            return false;
        rfc9112::request_head head;
        const rfc9112::parse_result parsed = rfc9112::parse_request(in_, {l.head, l.fields}, head);
        if (parsed.state == rfc9112::parse_state::need_more)
            return false;
        method_.clear();
        if (parsed.state == rfc9112::parse_state::failed)
            refuse(parsed.reason, peer_name());
        else
            arrive(head);
        return true;
    }

    void arrive(const rfc9112::request_head& head) {
        const std::size_t size = head.bytes.size();
        method_ = head.method;
        arrival_ = read_arrival(head, tunnel_ ? &*tunnel_ : nullptr, *core().table(), house().root);
        switch (arrival_.kind) {
        case arrival::kind::refused:
            return refuse(arrival_.reason, !arrival_.url.empty()          ? arrival_.url
                                           : !arrival_.where.host.empty() ? arrival_.where.host
                                                                          : peer_name());
        case arrival::kind::tunnel:
            tunnel_ = arrival_.where;
            in_.erase(0, size);
            return say({std::string{tunnel_established}, {}}, state::head);
        case arrival::kind::request: break;
        }
        shown_head_ = shown_head(head);
        close_after_ = rfc9112::has_token(head.fields, "Connection", "close") ||
                       rfc9112::has_token(head.fields, "Proxy-Connection", "close");
        // A handshake has no body; one that claims to is refused by the interceptor.
        const error bad = arrival_.handshake ? error{} : body_.start(head, house().limits.body);
        in_.erase(0, size);
        if (bad != error{})
            return refuse(bad, arrival_.url);
        if (arrival_.handshake || body_.done())
            return open(arrival_.handshake ? std::string{} : body_.take());
        arm(clock::now() + house().limits.message_time);
        state_ = state::body;
        if (body_.wants_continue() && in_.empty())
            say({std::string{go_on}, {}}, state::body);
    }

    /// False: needs more bytes.
    bool read_body() {
        error bad{};
        in_.erase(0, body_.put(in_, bad));
        if (bad != error{})
            refuse(bad, arrival_.url);
        else if (body_.done())
            open(body_.take());
        else
            return false;
        return true;
    }

    /// A whole request: to the program's pages, or to the interceptor.
    void open(std::string body) {
        if (arrival_.at_root && !arrival_.handshake && house().pages) {
            std::optional<page> own = house().pages(method_, arrival_.url);
            if (state_ == state::closed)
                return;
            if (own)
                return show(std::move(*own));
        }
        timer_.cancel();
        deadline_ = time_point::max();
        is_socket_ = arrival_.handshake;
        state_ = state::opened;
        const opened o = core().open(this, {method_, arrival_.url, shown_head_, body});
        if (state_ == state::closed)
            return;
        if (o.id) {
            id_ = o.id;
            if (is_socket_) {
                std::string behind = std::exchange(in_, {});
                feed(behind);
            }
        } else if (o.reason != error{}) { // logged there
            owner_->count(o.reason);
            answer_refusal({o.reason, o.status});
        } else if (arrival_.at_root && !is_socket_) {
            not_found();
        } else {
            refuse(error::not_intercepted, arrival_.url);
        }
    }

    void show(page&& own) {
        error bad{};
        answer bytes = write_answer(std::move(own), method_ == "HEAD", !close_after_, bad);
        if (bad != error{})
            owner_->log(log_topic::endpoint, log_level::error, bad, arrival_.url);
        say(std::move(bytes), close_after_ ? state::draining : state::head);
    }

    void not_found() {
        owner_->log(log_topic::http, log_level::info, error::not_intercepted, arrival_.url);
        say(write_answer({404,
                          rfc9112::standard_reason(404),
                          "text/plain",
                          {},
                          describe(error::not_intercepted),
                          method_ == "HEAD"},
                         !close_after_),
            close_after_ ? state::draining : state::head);
    }

    void refuse(error why, std::string_view what) {
        owner_->refused(why, what);
        answer_refusal({why, status_of(why)});
    }
    void answer_refusal(const rfc6455::refusal& why) {
        in_.clear();
        say({rfc6455::refusal_response(why, method_ == "HEAD"), {}}, state::draining);
    }

    // Writing. At once, and where the peer does not keep up, when it does.

    void say(answer a, state next) {
        if (state_ == state::closed)
            return;
        answer_ = std::move(a);
        written_ = 0;
        next_ = next;
        state_ = state::answering;
    }

    /// The HTTP answer; false: the peer has to read first.
    bool write() {
        const std::size_t size = answer_.head.size() + answer_.body.size();
        while (written_ < size) {
            const std::string_view head =
                std::string_view{answer_.head}.substr(std::min(written_, answer_.head.size()));
            const std::string_view body = std::string_view{answer_.body}.substr(
                written_ - std::min(written_, answer_.head.size()));
            const std::array<boost::asio::const_buffer, 2> both{
                boost::asio::buffer(head.data(), head.size()),
                boost::asio::buffer(body.data(), body.size())};
            error_code failed;
            written_ += socket_.write_some(both, failed);
            if (failed == boost::asio::error::would_block) {
                arm(clock::now() + stall_time);
                await_room();
                return false;
            }
            if (failed) {
                gone(failed);
                return false;
            }
        }
        answer_ = {};
        if (next_ == state::head)
            await_request();
        else if (next_ == state::body)
            state_ = state::body;
        else
            finish();
        return true;
    }

    /// Buffers of one gathered write.
    struct gathered {
        std::array<boost::asio::const_buffer, std::tuple_size_v<decltype(output_views::list)>> list;
        std::size_t count = 0;
        const boost::asio::const_buffer* begin() const noexcept { return list.data(); }
        const boost::asio::const_buffer* end() const noexcept { return list.data() + count; }
    };

    /// The interceptor's output.
    void flush() {
        for (int rounds = 0; id_ && !writing_; ++rounds) {
            gathered out;
            for (const std::string_view v : core().output(id_))
                out.list[out.count++] = boost::asio::buffer(v.data(), v.size());
            if (out.count == 0)
                return;
            if (rounds == 64) // the others' turn
                return await_room();
            error_code failed;
            const std::size_t n = socket_.write_some(out, failed);
            if (failed == boost::asio::error::would_block)
                return await_room();
            if (failed)
                return gone(failed);
            core().consumed(id_, n);
        }
    }

    void await_room() {
        if (std::exchange(writing_, true))
            return;
        socket_.async_wait(tcp::socket::wait_write, [self = this->shared_from_this()](error_code) {
            self->writing_ = false;
            self->on_room();
        });
    }

    void on_room() {
        if (owner_ == nullptr || state_ == state::closed)
            return;
        const typename Endpoint::turn t{*owner_};
        if (id_)
            flush();
        advance();
        read();
    }

    // Time.

    void arm(time_point when) {
        deadline_ = when;
        timer_.expires_at(when);
        timer_.async_wait([self = this->shared_from_this()](error_code failed) {
            if (!failed && self->owner_ != nullptr && self->state_ != state::closed)
                self->on_time();
        });
    }

    void on_time() {
        if (clock::now() < deadline_)
            return; // armed anew while this was on its way
        const typename Endpoint::turn t{*owner_};
        switch (state_) {
        case state::checking: return check_peer();
        case state::head:
            if (in_.empty())
                return finish();
            refuse(error::handshake_timed_out, peer_name());
            return advance();
        case state::body: refuse(error::request_timed_out, arrival_.url); return advance();
        case state::opened:
            if (id_)
                core().wake(id_);
            return;
        case state::answering: return abort();
        case state::draining: return close();
        case state::closed: return;
        }
    }

    // Ends.

    /// RFC 6455 7.1.1: FIN at once, then what still comes is dropped, so that it resets nothing.
    void finish() {
        if (state_ == state::closed)
            return;
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        state_ = state::draining;
        drained_ = 0;
        in_.clear();
        rest_.clear();
        arm(clock::now() + drain_time);
        mark();
    }

    /// RST.
    void abort() {
        error_code ignored;
        socket_.set_option(boost::asio::socket_base::linger{true, 0}, ignored);
        close();
    }

    void shut(bool reset) noexcept {
        error_code ignored;
        if (reset)
            socket_.set_option(boost::asio::socket_base::linger{true, 0}, ignored);
        timer_.cancel();
        socket_.close(ignored);
    }

    void mark() {
        if (owner_ != nullptr && !std::exchange(marked_, true))
            owner_->mark(this->shared_from_this());
    }

    Endpoint* owner_; ///< null: dropped, or forgotten
    tcp::socket socket_;
    boost::asio::steady_timer timer_;
    time_point deadline_ = time_point::max(); ///< what timer_ is armed for
    detail::tcp_pair peer_;
    state state_ = state::checking;
    state next_ = state::head; ///< answering: what comes then
    int checks_ = 0;

    std::array<char, 2048> first_; ///< of each read; what is more goes into the endpoint's buffer
    std::string in_;               ///< bytes of requests that are not used yet
    std::size_t scanned_ = 0;      ///< of in_, for an end of line
    bool past_blank_line_ = false; ///< ahead of the request
    std::size_t drained_ = 0;
    std::optional<site> tunnel_; ///< what CONNECT named

    arrival arrival_; ///< of the request that is under way
    std::string method_;
    std::string shown_head_;
    body_reader body_;
    bool close_after_ = false;

    answer answer_;
    std::size_t written_ = 0;
    bool answered_ = false;

    socket_id id_;
    bool is_socket_ = false;
    std::string rest_; ///< bytes that the interceptor did not take yet

    bool reading_ = false;      ///< a read is under way
    bool writing_ = false;      ///< a wait for room is under way
    bool input_waits_ = false;  ///< noted for serve
    bool output_waits_ = false; ///< noted for serve
    bool marked_ = false;
};

} // namespace wsintercept::loopback
