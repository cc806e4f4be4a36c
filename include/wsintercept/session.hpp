// One WebSocket after its upgrade: RFC 6455 5 to 7, without I/O. Knows no ID and no renderer.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/event.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/output_queue.hpp>
#include <wsintercept/rfc6455/close_code.hpp>
#include <wsintercept/rfc6455/utf8.hpp>
#include <wsintercept/url/decision.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace wsintercept::inline v0_1_0 {

/// What sessions of one interceptor share, and what one turn knows.
struct session_context {
    const wsintercept::limits& limits;
    delivery messages;
    time_point now;
    block_pool& pool;
    std::size_t& unfinished; ///< bytes that all unfinished messages hold
};

/// The deadline of what has none.
inline constexpr time_point never = (time_point::max)();

/// Sink: `on_message(string_view, bool fin, data_type)`, `on_close(uint16_t, string_view)`,
/// `on_failed(error)`; one of the last two at most, as the last. A sink may call any method.
template <class Frame>
class session {
  public:
    /// Takes the peer's bytes, unmasking in place; how many were taken. Less than all: paused.
    /// After the end bytes are taken and dropped.
    template <class Sink>
    std::size_t receive(std::span<char> bytes, session_context& at, Sink&& sink) {
        std::span<char> in = bytes;
        heard_ = at.now;
        pinged_ = false;
        while (reading() && !in.empty())
            take(decoder_.next(in, decoder_limits(at.limits)), at, sink);
        if (ended_)
            return bytes.size();
        const bool unfinished = decoder_.in_message() || decoder_.in_frame();
        if (!unfinished)
            began_ = never;
        else if (began_ == never)
            began_ = at.now;
        return bytes.size() - in.size();
    }

    /// Before any frame: what the opening handshake agreed on.
    template <class Agreement>
    void agree(const Agreement& agreed) {
        if constexpr (!std::is_empty_v<Agreement>) {
            decoder_.agree(agreed);
            outgoing_.agree(agreed);
        }
    }

    /// Queues a message or a fragment of one. owner: null, or what keeps `data` alive, which is
    /// then not copied.
    std::error_code send(std::string_view data, bool fin, std::optional<data_type> type,
                         session_context& at, shared_buffer* owner = nullptr) {
        if (close_sent_ || ended_)
            return error::closing;
        if (!fits(data.size(), at.limits)) {
            refused_ = data.size() + 1;
            return error::queue_full;
        }
        const auto made = outgoing_.add(data, fin, type);
        if (made.reason != error{})
            return made.reason;
        const auto header = Frame::header(made, fin);
        const bool as_it_was = made.payload.data() == data.data();
        if (owner != nullptr && as_it_was && data.size() >= copied_below) {
            output_.append(at.pool, header.view());
            output_.append(at.pool, std::move(*owner));
        } else {
            output_.append(at.pool, header.view(), made.payload);
        }
        return {};
    }
    std::error_code send(shared_buffer data, bool fin, std::optional<data_type> type,
                         session_context& at) {
        return send(data.view(), fin, type, at, &data);
    }

    /// Begins the closing handshake, RFC 6455 7.1.2. 1005: a close frame without a body.
    std::error_code close(std::uint16_t code, std::string_view reason, session_context& at) {
        if (const error bad = check_close(code, reason); bad != error{})
            return bad;
        if (close_sent_ || ended_)
            return error::closing;
        queue_close(code, reason, at);
        return {};
    }

    /// What is wrong with a close code and reason of the host, RFC 6455 7.4 and 5.5.1.
    static error check_close(std::uint16_t code, std::string_view reason) noexcept {
        const bool no_body = code == rfc6455::no_status;
        if (no_body ? !reason.empty() : !rfc6455::may_be_sent(code))
            return error::bad_close_code;
        if (reason.size() > 123)
            return error::reason_too_long;
        return rfc6455::is_utf8(reason) ? error{} : error::invalid_utf8;
    }

    /// The time has come: pings, and the ends that a time-out brings.
    template <class Sink>
    void check_time(session_context& at, Sink&& sink) {
        if (at.now < deadline(at.limits))
            return;
        if (close_sent_)
            return fail_at_once(error::close_timed_out, sink);
        if (paused_)
            return;
        if (at.now >= after(began_, at.limits.message_time))
            return fail(error::message_timed_out, rfc6455::policy_violation, at, sink);
        if (at.now >= after_if(at.limits.idle, heard_))
            return fail(error::idle_timed_out, rfc6455::going_away, at, sink);
        if (pinged_ && at.now >= after_if(at.limits.ping, pinged_at_))
            return fail_at_once(error::pong_timed_out, sink);
        if (!pinged_ && at.now >= after_if(at.limits.ping, heard_)) {
            pinged_ = true;
            pinged_at_ = at.now;
            output_.append(at.pool, Frame::ping({}).view());
        }
    }

    /// When check_time has something to do; never: nothing is armed.
    time_point deadline(const limits& l) const noexcept {
        if (close_sent_ || ended_)
            return after(progress_, l.closing);
        if (paused_)
            return never;
        const time_point ping = pinged_ ? after_if(l.ping, pinged_at_) : after_if(l.ping, heard_);
        return (std::min)({after(began_, l.message_time), after_if(l.idle, heard_), ping});
    }

    /// The host reads no more; the clocks for the message and for idling stand still.
    void pause(time_point now) noexcept {
        if (!std::exchange(paused_, true))
            paused_at_ = now;
    }
    /// The host reads on, and the clocks run on.
    void resume(time_point now) noexcept {
        if (!std::exchange(paused_, false))
            return;
        const duration still = now - paused_at_;
        heard_ = (std::min)(heard_ + still, now); // it may have spoken, or opened, meanwhile
        pinged_at_ += still;
        if (began_ != never)
            began_ += still;
    }

    /// The connection is made: the clocks begin.
    void start(time_point now) noexcept { heard_ = now; }

    /// Bytes of the opening handshake, ahead of all frames.
    void append_head(std::string_view bytes, session_context& at) {
        output_.append(at.pool, bytes);
    }

    output_views output() const noexcept { return output_.views(); }
    std::size_t buffered_amount() const noexcept { return output_.size(); }

    /// The renderer took output. True: what `queue_full` refused has room now.
    bool consumed(std::size_t n, session_context& at) {
        output_.consume(at.pool, (std::min)(n, output_.size()));
        if (close_sent_ || ended_)
            progress_ = at.now;
        if (late_pong_ && !close_sent_ && output_.size() < pong_backlog)
            output_.append(at.pool, Frame::pong(*std::exchange(late_pong_, nullptr)).view());
        if (refused_ == 0 || close_sent_ || !fits(refused_ - 1, at.limits))
            return false;
        refused_ = 0;
        return true;
    }

    std::uint64_t position() const noexcept { return decoder_.position(); } ///< bytes received
    bool reading() const noexcept { return !ended_ && !paused_; }
    bool ended() const noexcept { return ended_; }   ///< its last event was reported
    bool broken() const noexcept { return broken_; } ///< ended; what waits is not to be sent
    bool closing() const noexcept { return close_sent_; }

    /// Ends it without an event or a frame. Views that a sink was given stay valid until `drop`.
    void stop() noexcept { ended_ = broken_ = true; }

    /// Gives back what it holds; its last call.
    void drop(session_context& at) noexcept {
        stop();
        output_.clear(at.pool);
        release_message(at);
    }

  private:
    static constexpr std::size_t copied_below = 1024;
    static constexpr std::size_t pong_backlog = 64 * 1024;

    static auto decoder_limits(const limits& l) noexcept {
        return typename Frame::decoder_limits{(std::min)(l.frame, absolute_cap),
                                              (std::min)(l.message, absolute_cap), l.fragments};
    }
    static time_point after(time_point since, duration d) noexcept {
        return since == never || d >= never - since ? never : since + d;
    }
    static time_point after_if(duration d, time_point since) noexcept {
        return d == duration::zero() ? never : after(since, d);
    }

    template <class Sink>
    void take(const typename Frame::decoded& got, session_context& at, Sink& sink) {
        using kind = typename Frame::decoded_kind;
        switch (got.kind) {
        case kind::need_more:
        case kind::pong: return;
        case kind::ping: return pong(got.payload, at);
        case kind::data: return data(got, at, sink);
        case kind::close:
            if (!close_sent_)
                queue_close(got.close_code, got.payload, at);
            end(at);
            return sink.on_close(got.close_code, got.payload);
        case kind::failed: return fail(got.reason, got.failure_code, at, sink);
        }
    }

    template <class Sink>
    void data(const typename Frame::decoded& got, session_context& at, Sink& sink) {
        if (got.begins)
            began_ = at.now;
        if (got.fin)
            began_ = never;
        if (at.messages == delivery::chunks)
            return chunk(got, at, sink);
        if (got.fin && held().empty())
            return sink.on_message(got.payload, true, got.type);
        if (!hold(got.payload, at))
            return fail(error::memory_exhausted, rfc6455::message_too_big, at, sink);
        if (!got.fin)
            return;
        sink.on_message(held(), true, got.type);
        release_message(at);
    }

    /// A part of a message as it comes. Text ends on a code point: what is cut off waits.
    template <class Sink>
    void chunk(const typename Frame::decoded& got, session_context& at, Sink& sink) {
        std::string_view part = got.payload;
        const bool joined = !held().empty();
        if (joined) {
            if (!hold(part, at))
                return fail(error::memory_exhausted, rfc6455::message_too_big, at, sink);
            part = held();
        }
        const std::size_t whole =
            got.fin || got.type == data_type::binary ? part.size() : rfc6455::complete_prefix(part);
        const std::string_view tail = part.substr(whole);
        std::array<char, 4> kept{};
        std::copy(tail.begin(), tail.end(), kept.begin());
        if (whole != 0 || got.fin)
            sink.on_message(part.substr(0, whole), got.fin, got.type);
        if (joined)
            release_message(at);
        if (!tail.empty() && !ended_)
            hold({kept.data(), tail.size()}, at);
    }

    std::string_view held() const noexcept {
        return message_ ? std::string_view{*message_} : std::string_view{};
    }
    /// Grows with the bytes received, never with a length that was announced.
    bool hold(std::string_view bytes, session_context& at) {
        if (bytes.size() > at.limits.unfinished - (std::min)(at.limits.unfinished, at.unfinished))
            return false;
        at.unfinished += bytes.size();
        if (!message_)
            message_ = std::make_unique<std::string>();
        message_->append(bytes);
        return true;
    }
    void release_message(session_context& at) noexcept {
        at.unfinished -= held().size();
        if (message_ && message_->capacity() > copied_below)
            message_.reset();
        else if (message_)
            message_->clear();
    }

    // RFC 6455 5.5.3: of several pings only the latest needs its pong, so a peer that sends pings
    // and reads nothing cannot make the queue grow.
    void pong(std::string_view payload, session_context& at) {
        if (close_sent_)
            return;
        if (output_.size() < pong_backlog)
            return output_.append(at.pool, Frame::pong(payload).view());
        late_pong_ = std::make_unique<std::string>(payload);
    }

    bool fits(std::size_t n, const limits& l) const noexcept {
        // A full queue takes no empty message either: each has a header.
        return output_.empty() || (output_.size() < l.output && n <= l.output - output_.size());
    }

    void queue_close(std::uint16_t code, std::string_view reason, session_context& at) {
        output_.append(at.pool, Frame::close(code, reason).view());
        close_sent_ = true;
        progress_ = at.now;
        late_pong_.reset();
    }

    void end(session_context& at) {
        ended_ = true;
        progress_ = at.now;
    }

    /// RFC 6455 7.1.7: a close frame that says why, then the end.
    template <class Sink>
    void fail(error why, std::uint16_t code, session_context& at, Sink& sink) {
        if (!close_sent_)
            queue_close(code, std::string_view{describe(why)}.substr(0, 123), at);
        end(at);
        sink.on_failed(why);
    }

    template <class Sink>
    void fail_at_once(error why, Sink& sink) {
        const bool reported = ended_;
        stop();
        if (!reported)
            sink.on_failed(why);
    }

    typename Frame::decoder decoder_;
    typename Frame::outgoing outgoing_;
    bool close_sent_ = false; ///< no frame may follow
    bool ended_ = false;      ///< the last event was reported; output may still wait
    bool broken_ = false;
    bool paused_ = false;
    bool pinged_ = false;     ///< a ping is out, and nothing was heard since
    std::size_t refused_ = 0; ///< size + 1 of what queue_full refused, until it has room
    output_queue output_;
    std::unique_ptr<std::string> message_; ///< what came so far of one that did not come at once
    std::unique_ptr<std::string> late_pong_;
    time_point heard_{};       ///< the last byte of the peer
    time_point began_ = never; ///< the first byte of the message or frame that is unfinished
    time_point progress_{};    ///< the closing handshake began, or output moved since
    time_point pinged_at_{};
    time_point paused_at_{};
};

} // namespace wsintercept::inline v0_1_0
