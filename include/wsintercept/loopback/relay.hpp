// What is not ours: a tunnel's bytes, requests and their answers, sockets, to and from the network.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/loopback/body_framing.hpp>
#include <wsintercept/loopback/detail/masked_frames.hpp>
#include <wsintercept/loopback/forwarded.hpp>
#include <wsintercept/loopback/relayed_response.hpp>
#include <wsintercept/loopback/upstream.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback {

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

    relay(Endpoint& house, connection& client) : base{house}, near_{&client} {}

    /// To `to`, whatever the bytes say. `greeting`: for the near side, once the way is there.
    void open_tunnel(const site& to, std::string_view greeting) {
        mode_ = mode::tunnel;
        greeting_ = greeting;
        was_greeted_ = greeting.empty();
        request_ = {to, false, false, false, to.text(), {}};
        base::start(to, false, true);
    }

    /// A request, whose body the framing follows.
    void ask(forwarded&& request, const body_framing& body) {
        request_ = std::move(request);
        request_body_ = body;
        mode_ = request_.handshake ? mode::upgrade : mode::exchange;
        state_ = relayed::working;
        may_retry_ = body.done() && (request_.to_head || request_.head.starts_with("GET "));
        to_network_ = request_.head;
        if (const error bad = response_.expect(request_); bad != error{})
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
    /// For another relay, where this one is to be asked again (relayed::retry).
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
    /// The near side has taken n bytes of `output`.
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

    /// The way is there: what waits for it goes out.
    void connected() {
        to_near_ += greeting_;
        was_greeted_ = true;
        last_ = clock::now();
        this->arm(last_ + this->house().options_.relay->idle);
        flush();
        note(state_);
    }
    bool wants_payload() const noexcept {
        return to_near_.size() - written_ < most_held && !far_ended_;
    }
    /// Bytes of the far side.
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
    /// The far side has read something.
    void has_room() {
        if (base::is_on_its_way())
            base::ask_proxy();
        else
            flush();
        note(state_);
    }
    /// No more comes from the far side: the end of what was under way, or a fault of it.
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
        // What came whole is whole, however its connection ends.
        if ((in_order || response_.is_done()) && response_.ends_here()) {
            base::close();
            look_for_end();
            return note(state_);
        }
        if (is_kept_ && may_retry_ && !response_.has_begun() && from_network_.empty())
            return end(relayed::retry);
        failed(error::relay_failed, in_order ? "the connection ended" : why.message());
    }
    /// Nothing was heard for too long, or there is no way yet.
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
        what_ = request_.url;
        if (!text.empty())
            what_ += " (" + text + ")";
        end(has_answered() ? relayed::abort : relayed::refused);
    }

  private:
    enum class mode : std::uint8_t {
        idle,
        tunnel,   ///< bytes, whatever they are
        exchange, ///< a request and its response
        upgrade,  ///< a handshake that is not answered yet: nothing behind it is passed on
        frames,   ///< a socket
    };
    static constexpr std::size_t most_held = 64 * 1024; ///< of a side, before the other is read

    /// The near side has a status: a tunnel's 200, or something of a response.
    bool has_answered() const noexcept {
        return mode_ == mode::tunnel ? was_greeted_ : response_.has_begun();
    }

    void flush() {
        while (base::is_connected() && !to_network_.empty()) {
            detail::error_code why;
            const std::array<std::string_view, 1> views{to_network_};
            const std::size_t n = this->stream_.write_now(views, why);
            if (why && far_ended_)
                return gone(why);
            if (why) { // what it answered ahead of that is still to be read, and then why it ended
                to_network_.clear();
                is_deaf_ = true;
                return;
            }
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
        if (const std::string wrong = response_.pass(from_network_, to_near_); !wrong.empty())
            return failed(error::relay_bad_answer, wrong);
        if (response_.is_upgrade()) {
            mode_ = mode::frames;
            to_near_ += std::exchange(from_network_, {});
        }
        look_for_end();
    }

    void look_for_end() {
        if (state_ != relayed::working || !output().empty())
            return;
        if (mode_ == mode::tunnel || mode_ == mode::frames) {
            if (far_ended_ && near_ended_ && to_network_.empty())
                end(relayed::finish);
        } else if (response_.is_done() && mode_ != mode::idle) {
            const bool whole = request_body_.done() && to_network_.empty();
            if (whole && !response_.closes() && !near_ended_ && !is_deaf_) {
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

    connection* near_; ///< null: gone
    mode mode_ = mode::idle;
    relayed state_ = relayed::working;
    error reason_{};
    std::string what_;
    time_point last_{};

    forwarded request_;
    body_framing request_body_;
    detail::masked_frames frames_;
    std::string greeting_;
    std::string to_network_;

    relayed_response response_;
    std::string from_network_; ///< not understood yet
    std::string to_near_;
    std::size_t written_ = 0; ///< of to_near_

    bool may_retry_ = false;   ///< it changes nothing there, RFC 9110 9.2.2
    bool is_kept_ = false;     ///< the connection served a request before
    bool was_greeted_ = false; ///< a tunnel: the near side has its 200
    bool near_ended_ = false;
    bool far_ended_ = false;
    bool is_deaf_ = false;  ///< the far side takes no more
    bool told_end_ = false; ///< the far side was told of the near side's end
};

} // namespace wsintercept::inline v0_1_0::loopback
