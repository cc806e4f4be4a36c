// What is not ours: a tunnel's bytes, requests and their answers, sockets, to and from the network.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/loopback/body_framing.hpp>
#include <wsintercept/loopback/detail/masked_frames.hpp>
#include <wsintercept/loopback/forwarded.hpp>
#include <wsintercept/loopback/upstream.hpp>
#include <wsintercept/rfc6455/accept_key.hpp>
#include <wsintercept/rfc6455/handshake.hpp>
#include <wsintercept/rfc6455/refusal.hpp>
#include <wsintercept/rfc9112/head.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::loopback {

/// What a connection's relay came to.
enum class relayed : std::uint8_t {
    working,
    again,   ///< the exchange is done, and the connection stays
    finish,  ///< it is done; no more can follow
    retry,   ///< a kept connection had ended before it heard of the request: ask a new one
    refused, ///< nothing was answered yet: reason() and what()
    abort,   ///< in the middle of an answer
};

/// The far side of one connection, whose bytes it takes and for which it has bytes; `Endpoint`: see
/// endpoint.hpp. What it holds is bounded: neither side is read while the other does not keep up.
template <class Endpoint>
class relay : public upstream<relay<Endpoint>, Endpoint> {
    using base = upstream<relay<Endpoint>, Endpoint>;

  public:
    using connection = typename Endpoint::connection_type;

    relay(Endpoint& house, connection& near) : base{house}, near_{&near} {}

    /// To `to`, whatever the bytes say. `greeting`: for the near side, once the way is there.
    void open_tunnel(const site& to, std::string_view greeting) {
        mode_ = mode::tunnel;
        greeting_ = greeting;
        has_answered_ = greeting.empty();
        request_ = {to, false, false, false, to.text(), {}};
        base::start(to, false, true);
    }

    /// A request, whose body the framing follows.
    void ask(forwarded&& request, const body_framing& body) {
        request_ = std::move(request);
        request_body_ = body;
        mode_ = request_.handshake ? mode::upgrade : mode::exchange;
        state_ = relayed::working;
        response_ = part::head;
        has_answered_ = closes_ = false;
        interim_ = 0;
        may_retry_ = body.done() && (request_.to_head || request_.head.starts_with("GET "));
        to_network_ = request_.head;
        if (request_.handshake)
            if (const error bad = check_handshake(); bad != error{})
                return failed(bad, {});
        if (!base::is_connected())
            return base::start(request_.where, request_.secure, request_.handshake);
        is_kept_ = true;
        touch();
        flush();
    }

    /// Nothing is under way, and a request of this kind could follow.
    bool can_carry(const forwarded& r) const noexcept {
        return mode_ == mode::idle && base::is_connected() && request_.same_way(r) && !r.handshake;
    }
    forwarded take_request() noexcept { return std::move(request_); }
    const body_framing& body() const noexcept { return request_body_; }

    // The near side's calls.

    /// Whether bytes of the near side can be taken.
    bool wants_more() const noexcept {
        return to_network_.size() < most_held && mode_ != mode::upgrade && mode_ != mode::idle &&
               !(mode_ == mode::exchange && request_body_.done());
    }
    /// How many were taken.
    std::size_t put(std::string_view bytes) {
        if (!wants_more() || bytes.empty())
            return 0;
        std::size_t n = bytes.size();
        if (mode_ == mode::exchange) {
            error bad{};
            n = request_body_.put(bytes, bad, [](std::string_view) {});
            if (bad != error{}) {
                failed(bad, {});
                return 0;
            }
        } else if (mode_ == mode::frames) {
            if (const error bad = frames_.put(bytes); bad != error{}) {
                failed(bad, {});
                return 0;
            }
        }
        to_network_.append(bytes.substr(0, n));
        touch();
        flush();
        return n;
    }
    /// The near side will send no more than the bytes that are left there. FIN for the far side,
    /// where it is a matter of both.
    void near_ended(std::size_t left) {
        const bool in_body = mode_ == mode::exchange && !request_body_.done();
        if (left != 0 && (in_body || mode_ == mode::tunnel || mode_ == mode::frames))
            return;
        near_ended_ = true;
        if (mode_ == mode::upgrade || in_body)
            return end(relayed::abort);
        flush();
    }

    std::string_view output() const noexcept { return std::string_view{to_near_}.substr(written_); }
    void consumed(std::size_t n) {
        written_ += n;
        if (written_ == to_near_.size()) {
            to_near_.clear();
            written_ = 0;
            look_for_end();
        }
        touch();
        if (!base::over() && base::is_connected())
            this->settle(); // there may be room again
    }
    /// The far side will send no more, and the near side has all: FIN for it.
    bool far_ended() const noexcept { return far_ended_ && output().empty(); }

    relayed state() const noexcept { return state_; }
    error reason() const noexcept { return reason_; }
    unsigned status() const noexcept { return status_; }
    /// For the log: which URL, and what was seen.
    const std::string& what() const noexcept { return what_; }
    std::size_t held() const noexcept {
        return to_network_.size() + to_near_.size() + from_network_.size();
    }

    /// The near side is gone.
    void drop() {
        near_ = nullptr;
        base::close();
    }

    // The link's and the upstream's calls.

    void connected() {
        to_near_ += greeting_;
        has_answered_ = has_answered_ || !greeting_.empty();
        last_ = clock::now();
        this->arm(last_ + this->house().options_.relay->idle);
        flush();
        note(state_);
    }
    bool wants_payload() const noexcept {
        return to_near_.size() - written_ < most_held && !far_ended_;
    }
    void take_payload(std::string_view bytes) {
        touch();
        if (mode_ == mode::idle) // nobody asked
            return base::close();
        if (mode_ == mode::tunnel || mode_ == mode::frames) {
            to_near_ += bytes;
        } else {
            from_network_ += bytes;
            read_response();
        }
        note(state_);
    }
    void has_room() {
        if (base::is_on_its_way())
            base::ask_proxy();
        else
            flush();
        note(state_);
    }
    void gone(detail::error_code why) {
        const bool in_order = detail::is_end(why);
        if (base::is_on_its_way())
            return failed(error::relay_failed, "the connection ended");
        if (mode_ == mode::idle)
            return base::close();
        if (mode_ == mode::tunnel || mode_ == mode::frames) {
            far_ended_ = true;
            if (!in_order)
                return note(relayed::abort);
            look_for_end();
            return note(state_);
        }
        if (in_order && response_ == part::body && response_body_.until_end()) {
            response_ = part::done;
            closes_ = true;
            base::close();
            look_for_end();
            return note(state_);
        }
        if (is_kept_ && may_retry_ && !has_answered_ && from_network_.empty())
            return end(relayed::retry);
        failed(error::relay_failed, in_order ? "the connection ended" : why.message());
    }
    void time_came() {
        if (base::is_on_its_way())
            return failed(error::relay_timed_out, "no way there");
        const time_point due = last_ + this->house().options_.relay->idle;
        if (clock::now() < due)
            return this->arm(due);
        if (mode_ == mode::idle)
            return base::close();
        failed(error::relay_timed_out, "idle");
    }

    /// What ended it. Before an answer began, the near side is told.
    void failed(error why, std::string text) {
        reason_ = why;
        status_ = rfc6455::refusal_status(why);
        what_ = request_.url;
        if (!text.empty())
            what_ += " (" + text + ")";
        end(has_answered_ ? relayed::abort : relayed::refused);
    }

  private:
    enum class mode : std::uint8_t {
        idle,
        tunnel,   ///< bytes, whatever they are
        exchange, ///< a request and its response
        upgrade,  ///< a handshake that is not answered yet: nothing behind it is passed on
        frames,   ///< a socket
    };
    enum class part : std::uint8_t { head, body, done };

    static constexpr std::size_t most_held = 64 * 1024; ///< of a side, before the other is read
    static constexpr unsigned most_interim = 32;        ///< 1xx responses ahead of one

    /// RFC 6455 4.2.1: the very bytes that are to go out.
    error check_handshake() noexcept {
        const rfc9112::parse_result parsed =
            rfc9112::parse_request(request_.head, base::head_limits, handshake_);
        return parsed.state == rfc9112::parse_state::done
                   ? policy::validate(handshake_, upgrade_).reason
                   : error::bad_request_line;
    }

    void flush() {
        while (base::is_connected() && !to_network_.empty()) {
            detail::error_code why;
            const std::array<std::string_view, 1> views{to_network_};
            const std::size_t n = this->stream_.write_now(views, why);
            if (why)
                return gone(why);
            if (n == 0)
                return this->stream_.await_room(this->shared_from_this());
            to_network_.erase(0, n);
        }
        const bool both_end = mode_ == mode::tunnel || mode_ == mode::frames;
        if (base::is_connected() && both_end && near_ended_ && !std::exchange(told_end_, true))
            this->stream_.finish();
        look_for_end();
    }

    void read_response() {
        while (response_ != part::done && state_ == relayed::working) {
            if (response_ == part::head && !read_head())
                return;
            if (mode_ == mode::frames)
                return;
            if (response_ == part::body) {
                error bad{};
                const std::size_t n =
                    response_body_.put(from_network_, bad, [](std::string_view) {});
                to_near_.append(from_network_, 0, n);
                from_network_.erase(0, n);
                if (bad != error{})
                    return failed(error::relay_bad_answer, describe(bad));
                if (!response_body_.done())
                    return;
                response_ = part::done;
            }
        }
        closes_ = closes_ || !from_network_.empty(); // what nobody asked for
        look_for_end();
    }

    /// False: needs more bytes, or it failed.
    bool read_head() {
        rfc9112::status_head head;
        const rfc9112::parse_result parsed =
            rfc9112::parse_status(from_network_, base::head_limits, head);
        if (parsed.state == rfc9112::parse_state::failed)
            failed(error::relay_bad_answer, describe(parsed.reason));
        if (parsed.state != rfc9112::parse_state::done)
            return false;
        // A 407 would have the engine hand out what is for us.
        const error bad = head.status == 101                               ? check_upgrade(head)
                          : head.status == 407                             ? error::relay_bad_answer
                          : head.status < 200 && ++interim_ > most_interim ? error::relay_bad_answer
                                                                           : error{};
        if (bad != error{}) {
            failed(error::relay_bad_answer, bad == error::relay_bad_answer
                                                ? "status " + std::to_string(head.status)
                                                : std::string{describe(bad)});
            return false;
        }
        const bool is_last = head.status >= 200;
        if (is_last) {
            if (const error framing = response_body_.start(head, request_.to_head);
                framing != error{}) {
                failed(error::relay_bad_answer, describe(framing));
                return false;
            }
            response_ = part::body;
            closes_ = mode_ == mode::upgrade || response_body_.until_end() || head.version < 11 ||
                      rfc9112::has_token(head.fields, "Connection", "close");
        }
        has_answered_ = true;
        const std::size_t size = head.bytes.size();
        const bool upgraded = head.status == 101;
        to_near_.append(from_network_, 0, size);
        from_network_.erase(0, size);
        if (upgraded) {
            mode_ = mode::frames;
            to_near_ += std::exchange(from_network_, {});
        }
        return is_last || upgraded || read_head();
    }

    /// RFC 6455 4.1: only a whole and valid 101 makes a socket.
    error check_upgrade(const rfc9112::status_head& head) noexcept {
        if (mode_ != mode::upgrade)
            return error::relay_bad_answer;
        const auto accept = rfc6455::accept_key::compute(upgrade_.key);
        std::string_view subprotocol;
        return rfc6455::detail::check_accepted(upgrade_, head, {accept.data(), accept.size()},
                                               subprotocol);
    }

    void look_for_end() {
        if (state_ != relayed::working || !output().empty())
            return;
        if (mode_ == mode::tunnel || mode_ == mode::frames) {
            if (far_ended_ && near_ended_ && to_network_.empty())
                end(relayed::finish);
        } else if (response_ == part::done && mode_ != mode::idle) {
            const bool whole = request_body_.done() && to_network_.empty();
            if (whole && !closes_ && !near_ended_) {
                mode_ = mode::idle;
                note(relayed::again);
            } else {
                end(relayed::finish);
            }
        }
    }

    void end(relayed how) {
        base::close();
        note(how);
    }
    void note(relayed how) {
        state_ = how;
        if (near_ != nullptr)
            near_->relay_ready();
    }
    /// Something passed.
    void touch() noexcept { last_ = clock::now(); }

    using policy = rfc6455::basic_handshake<rfc6455::accept_key>;

    connection* near_; ///< null: gone
    mode mode_ = mode::idle;
    relayed state_ = relayed::working;
    error reason_{};
    unsigned status_ = 502;
    std::string what_;
    time_point last_{};

    forwarded request_;
    body_framing request_body_;
    rfc9112::request_head handshake_;  ///< views request_
    rfc6455::upgrade_request upgrade_; ///< views handshake_
    detail::masked_frames frames_;
    std::string greeting_;
    std::string to_network_;

    part response_ = part::head;
    body_framing response_body_;
    unsigned interim_ = 0;
    std::string from_network_; ///< not understood yet
    std::string to_near_;
    std::size_t written_ = 0; ///< of to_near_

    bool may_retry_ = false;    ///< it changes nothing there, RFC 9110 9.2.2
    bool is_kept_ = false;      ///< the connection served a request before
    bool has_answered_ = false; ///< something of an answer went to the near side
    bool closes_ = false;       ///< the far side will end it
    bool near_ended_ = false;
    bool far_ended_ = false;
    bool told_end_ = false; ///< the far side was told of the near side's end
};

} // namespace wsintercept::loopback
