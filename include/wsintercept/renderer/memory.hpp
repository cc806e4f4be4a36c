// A renderer without an engine: plain buffers and a clock by hand. For tests, and to read first
// before writing an adapter: it does all that one has to do.
#pragma once

#include <wsintercept/interceptor.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsintercept::inline v0_1_0::memory {

/// One request of the page, and what came of it.
struct stream {
    socket_id id;
    std::string output; ///< what the page has read so far
    std::string input;  ///< what the page wrote and the interceptor did not take yet
    bool reads = true;  ///< false: the page reads nothing, output waits
    bool output_waits = false;
    bool input_waits = false;
    time_point wake_at = (time_point::max)();
    std::optional<ending> ended; ///< set once: how

    // The answer of an HTTPRequest.
    std::optional<unsigned> status;
    std::string reason, media_type, fields, body;
};

/// The `renderer_traits`: what the interceptor tells goes into the stream, for `renderer::run` to
/// act on.
class traits {
  public:
    using connection = stream*;

    time_point now() noexcept { return time; }
    void post(const task& work) noexcept {
        const std::lock_guard lock{mutex_};
        posted_.push_back(work);
    }
    void output_ready(connection c) noexcept { c->output_waits = true; }
    void input_ready(connection c) noexcept { c->input_waits = true; }
    void respond(connection c, const response& r) noexcept {
        c->status = r.status;
        c->reason = r.reason;
        c->media_type = r.media_type;
        c->fields = r.fields;
        c->body = r.head_only ? std::string_view{} : r.body;
    }
    void wake_at(connection c, time_point when) noexcept { c->wake_at = when; }
    void end(connection c, ending how) noexcept {
        c->ended = how;
        c->wake_at = (time_point::max)();
    }

    /// The next posted task; run it without a lock held. Nothing: the queue is empty.
    std::optional<task> next() {
        const std::lock_guard lock{mutex_};
        if (posted_.empty())
            return std::nullopt;
        task work = posted_.front();
        posted_.pop_front();
        return work;
    }

    time_point time{}; ///< moved by `renderer::advance` alone

  private:
    std::mutex mutex_;
    std::deque<task> posted_;
};

/// The page's end, and the loop. All calls on one thread.
template <class Handler, policy_set Policies = default_policies>
class renderer {
  public:
    using interceptor = wsintercept::interceptor<memory::traits, Policies, Handler>;

    renderer(Handler& handler, typename interceptor::table_pointer table,
             interceptor_options options = {})
        : core_{traits_, handler, std::move(table), std::move(options)} {}

    /// The interceptor, for the host's methods.
    interceptor& core() noexcept { return core_; }
    time_point now() const noexcept { return traits_.time; }
    void post(const task& work) noexcept { traits_.post(work); } ///< any thread

    /// The page asks. The stream lives as long as the renderer.
    stream& open(const request& r, opened* result = nullptr) {
        stream& s = streams_.emplace_back();
        const opened o = core_.open(&s, r);
        s.id = o.id;
        if (result != nullptr)
            *result = o;
        return s;
    }

    /// The page's bytes.
    void write(stream& s, std::string_view bytes) {
        s.input += bytes;
        s.input_waits = true;
        run();
    }

    /// The page goes away.
    void hang_up(stream& s, std::error_code why = {}) {
        if (s.ended)
            return;
        s.ended = ending::abort;
        s.wake_at = (time_point::max)();
        core_.closed(s.id, why);
        run();
    }

    /// Everything that can happen now.
    void run() {
        for (bool again = true; again;) {
            again = false;
            while (const std::optional<task> work = traits_.next()) {
                (*work)();
                again = true;
            }
            for (stream& s : streams_)
                again = feed(s) || drain(s) || again;
        }
    }

    /// Time passes; what is due is woken, in the order of time.
    void advance(duration d) {
        const time_point until = traits_.time + d;
        run();
        for (stream* due = next_due(until); due != nullptr; due = next_due(until)) {
            traits_.time = (std::max)(traits_.time, due->wake_at);
            due->wake_at = (time_point::max)();
            core_.wake(due->id);
            run();
        }
        traits_.time = until;
    }

  private:
    bool feed(stream& s) {
        if (!s.input_waits || s.ended)
            return false;
        s.input_waits = false;
        const std::size_t taken = core_.write(s.id, s.input);
        s.input.erase(0, taken);
        return true;
    }
    bool drain(stream& s) {
        if (!s.output_waits || !s.reads || s.ended)
            return false;
        s.output_waits = false;
        for (output_views views = core_.output(s.id); views.count != 0;
             views = core_.output(s.id)) {
            for (const std::string_view v : views)
                s.output += v;
            core_.consumed(s.id, views.size());
            if (s.ended)
                break;
        }
        return true;
    }
    stream* next_due(time_point until) {
        stream* due = nullptr;
        for (stream& s : streams_)
            if (s.wake_at <= until && (due == nullptr || s.wake_at < due->wake_at))
                due = &s;
        return due;
    }

    traits traits_;
    std::deque<stream> streams_;
    interceptor core_; // before the streams: it ends what is open
};

} // namespace wsintercept::inline v0_1_0::memory
