// Traits that break their contract on purpose, one clause each, to show that the kit notices.
#pragma once

#include "traits_fixture.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace wsintercept::inline v0_1_0::kit {

enum class fault : std::uint8_t {
    none,
    post_at_once,        ///< a task runs inside post
    post_inside_tasks,   ///< a task that a task posts runs inside it
    post_needs_thread,   ///< what other threads post is lost
    output_ready_lost,   ///< the tenth output_ready of a connection is missed
    output_skipped,      ///< more is reported as consumed than the page was given
    input_ready_ignored, ///< what a write did not take is never written again
    fields_merged,       ///< of several fields of one name the page gets the last
    reason_lost,         ///< the page gets a standard reason, whatever the host's
    refusal_dropped,     ///< a request that is refused at once gets no answer
    ids_mixed_up,        ///< from the twentieth connection on, bytes go to a neighbour
    wake_kept,           ///< an earlier wake_at does not replace a later one
    wake_once,           ///< one wake a connection
    wake_early,          ///< wakes come at half their time
    finish_lost,         ///< an end in order is not passed on
    abort_as_finish,     ///< an abort looks like an end in order
    closed_unreported,   ///< the interceptor is not told that the page went away
    calls_back,          ///< output_ready reads at once (and later again, which works)
    id_after_end,        ///< bytes behind the end are written all the same
};

struct broken_traits_case {
    kit::fault fault;
    std::string_view fails; ///< the check that must notice, and no other
};
inline constexpr broken_traits_case broken_traits[] = {
    {fault::post_at_once, "post is later"},
    {fault::post_inside_tasks, "post is later"},
    {fault::post_needs_thread, "post from any thread"},
    {fault::output_ready_lost, "output_ready each time"},
    {fault::output_skipped, "output whole and in order"},
    {fault::input_ready_ignored, "input_ready"},
    {fault::reason_lost, "respond"},
    {fault::fields_merged, "respond: repeated fields"},
    {fault::refusal_dropped, "refused"},
    {fault::ids_mixed_up, "connections apart"},
    {fault::wake_kept, "wake_at replaces"},
    {fault::wake_once, "wake_at again"},
    {fault::wake_early, "wake_at not early"},
    {fault::finish_lost, "end: finish"},
    {fault::abort_as_finish, "end: abort"},
    {fault::closed_unreported, "closed"},
    {fault::calls_back, "no calls back"},
    {fault::id_after_end, "no ID after its end"},
};

/// A small renderer that pulls, with one fault; with none it passes.
class broken_fixture {
    struct stream {
        socket_id id;
        std::string output, input;
        bool reads = true, output_waits = false, input_waits = false, woken = false;
        unsigned ready_calls = 0;
        time_point wake_at = (time_point::max)();
        std::optional<ending> ended; ///< what the interceptor said
        std::optional<ending> shown; ///< what the page sees
        bool gone = false;
        bool announced = false; ///< output_ready came, and the queue was not empty since
        unsigned status = 0;
        std::string reason, media_type, fields, body;
        std::size_t number = 0;
    };

    struct traits {
        using connection = stream*;
        broken_fixture& owner;

        time_point now() noexcept { return owner.now_; }
        void post(const task& work) noexcept { owner.post(work); }
        void output_ready(connection c) noexcept {
            owner.watch(*c, !std::exchange(c->announced, true));
            if (owner.fault_ == fault::output_ready_lost && ++c->ready_calls == 10)
                return;
            c->output_waits = true;
            char none[1];
            if (owner.fault_ == fault::calls_back)
                (void)owner.core_.read(c->id, none);
        }
        void input_ready(connection c) noexcept {
            owner.watch(*c);
            c->input_waits = owner.fault_ != fault::input_ready_ignored;
        }
        void respond(connection c, const response& r) noexcept {
            owner.watch(*c, c->status == 0);
            owner.respond(*c, r);
        }
        void wake_at(connection c, time_point when) noexcept {
            owner.watch(*c);
            const bool armed = c->wake_at != (time_point::max)();
            if ((owner.fault_ == fault::wake_kept && armed) ||
                (owner.fault_ == fault::wake_once && c->woken))
                return;
            c->wake_at = owner.fault_ == fault::wake_early ? when - (when - owner.now_) / 2 : when;
        }
        void end(connection c, ending how) noexcept {
            owner.watch(*c);
            c->ended = how;
            c->wake_at = (time_point::max)();
            const bool finish = how == ending::finish;
            if (!(owner.fault_ == fault::finish_lost && finish))
                c->shown = owner.fault_ == fault::abort_as_finish ? ending::finish : how;
        }
    };

  public:
    using page = stream*;
    static constexpr duration unit = std::chrono::seconds{1};
    static constexpr int patience = 1;

    /// `wrong_calls` counts what the interceptor does wrong: it has promises to keep, too.
    broken_fixture(fault f, std::size_t& wrong_calls, host& h, const table_pointer& table,
                   const interceptor_options& options)
        : fault_{f}, wrong_calls_{wrong_calls}, core_{traits_, h, table, options} {}

    /// For the kit.
    static maker<broken_fixture> make(fault f, std::size_t& wrong_calls) {
        return [f, &wrong_calls](host& h, const table_pointer& table,
                                 const interceptor_options& options) {
            return std::make_unique<broken_fixture>(f, wrong_calls, h, table, options);
        };
    }

    auto& core() { return core_; }
    time_point now() const { return now_; }

    void post(const task& work) {
        const bool here = std::this_thread::get_id() == thread_;
        if (fault_ == fault::post_needs_thread && !here)
            return;
        if (fault_ == fault::post_at_once ||
            (fault_ == fault::post_inside_tasks && here && in_task_))
            return work();
        const std::lock_guard lock{mutex_};
        posted_.push_back(work);
    }

    page open(const page_request& r) {
        stream& s = streams_.emplace_back();
        s.number = streams_.size();
        const opened o = core_.open(&s, {r.method, r.url, r.head(), r.body});
        s.id = o.id;
        if (fault_ != fault::refusal_dropped)
            s.status = o.status;
        return &s;
    }
    void write(page p, std::string_view bytes) {
        if (p->gone)
            return;
        p->input += bytes;
        p->input_waits = true;
        run();
    }
    void reads(page p, bool on) { p->reads = on; }
    page_view seen(page p) const {
        return {p->output, p->shown, p->status, p->reason, p->media_type, p->fields, p->body};
    }
    void hang_up(page p) {
        if (std::exchange(p->gone, true) || p->ended)
            return;
        p->wake_at = (time_point::max)();
        if (fault_ != fault::closed_unreported)
            core_.closed(p->id);
        run();
    }

    void run() {
        for (bool again = true; again;) {
            again = run_task();
            for (stream& s : streams_)
                again = feed(s) || drain(s) || again;
        }
    }
    void advance(duration d) {
        const time_point until = now_ + d;
        for (run();; run()) {
            const auto due = std::min_element(
                streams_.begin(), streams_.end(),
                [](const stream& a, const stream& b) { return a.wake_at < b.wake_at; });
            if (due == streams_.end() || due->wake_at > until)
                break;
            now_ = (std::max)(now_, due->wake_at);
            due->wake_at = (time_point::max)();
            due->woken = true;
            core_.wake(due->id);
        }
        now_ = until;
    }

  private:
    /// traits.hpp: nothing behind `end` or `closed`, output_ready once while output waits.
    void watch(const stream& s, bool also = true) {
        wrong_calls_ += also && !s.ended && !s.gone ? 0U : 1U;
    }

    bool run_task() {
        std::unique_lock lock{mutex_};
        if (posted_.empty())
            return false;
        const task work = posted_.front();
        posted_.pop_front();
        lock.unlock();
        in_task_ = true;
        work();
        in_task_ = false;
        return true;
    }

    bool feed(stream& s) {
        const bool over = s.gone || (s.ended && fault_ != fault::id_after_end);
        if (!std::exchange(s.input_waits, false) || over)
            return false;
        const bool neighbour = fault_ == fault::ids_mixed_up && s.number > 20;
        const socket_id id = neighbour ? streams_[s.number - 2].id : s.id;
        s.input.erase(0, core_.write(id, s.input));
        return true;
    }

    bool drain(stream& s) {
        if (!s.output_waits || !s.reads || s.ended || s.gone)
            return false;
        s.output_waits = false;
        char buffer[5000];
        for (;;) {
            if (core_.output(s.id).size() <= sizeof buffer)
                s.announced = false; // this read empties the queue
            const read_result r = core_.read(s.id, buffer);
            std::string_view got{buffer, r.size};
            if (fault_ == fault::output_skipped && s.output.size() > 200000)
                got.remove_suffix(std::min<std::size_t>(got.size(), 1));
            s.output += got;

            if (r.size == 0 || r.finished)
                return true;
        }
    }

    void respond(stream& s, const response& r) {
        s.status = r.status;
        s.reason = fault_ == fault::reason_lost ? rfc9112::standard_reason(r.status) : r.reason;
        s.media_type = r.media_type;
        s.body = r.head_only ? std::string_view{} : r.body;
        std::map<std::string_view, std::string_view> merged;
        for (std::string_view rest = r.fields; !rest.empty();) {
            const std::string_view line = rest.substr(0, rest.find("\r\n") + 2);
            merged[line.substr(0, line.find(':'))] = line;
            rest.remove_prefix(line.size());
        }
        if (fault_ != fault::fields_merged)
            s.fields = r.fields;
        else
            for (const auto& [name, line] : merged)
                s.fields += line;
    }

    const fault fault_;
    std::size_t& wrong_calls_;
    const std::thread::id thread_ = std::this_thread::get_id();
    std::mutex mutex_;
    std::deque<task> posted_;
    bool in_task_ = false;
    time_point now_{};
    std::deque<stream> streams_;
    traits traits_{*this};
    interceptor<traits, default_policies, host> core_;
};

} // namespace wsintercept::inline v0_1_0::kit
