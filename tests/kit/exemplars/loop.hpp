// The event loop that the exemplars stand on: what GLib's, Qt's and CEF's have in common, and a
// clock by hand, for tests.
#pragma once

#include <wsintercept/limits.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace wsintercept::inline v0_1_0::kit::exemplars {

/// All members on the loop's thread, but for `post`. Outlives what stands on it, and runs nothing
/// more of it then: a real adapter gives each piece of work a weak pointer to itself.
class loop {
  public:
    using work = std::function<void()>;
    using timer = std::uint64_t; ///< 0: none

    /// Later, never at once; any thread. CefPostTask, QMetaObject::invokeMethod (queued),
    /// g_main_context_invoke_full.
    void post(work w) {
        const std::lock_guard lock{mutex_};
        posted_.push_back(std::move(w));
    }

    /// Once, at this time. CefPostDelayedTask, QTimer, g_timeout_add.
    timer start(time_point when, work w) {
        timers_.emplace(++last_timer_, std::pair{when, std::move(w)});
        return last_timer_;
    }
    void stop(timer& t) { timers_.erase(std::exchange(t, 0)); }

    time_point now() const noexcept { return now_; }

    /// Runs what was posted, and what that posts. False: there was nothing.
    bool run() {
        bool any = false;
        while (const std::optional<work> w = next()) {
            (*w)();
            any = true;
        }
        return any;
    }

    /// The first timer that is due by then fires, at its time. False: there is none.
    bool fire(time_point until) {
        const auto due = std::min_element(timers_.begin(), timers_.end(), [](auto& a, auto& b) {
            return a.second.first < b.second.first;
        });
        if (due == timers_.end() || due->second.first > until) {
            now_ = (std::max)(now_, until);
            return false;
        }
        now_ = (std::max)(now_, due->second.first);
        const work w = std::move(due->second.second);
        timers_.erase(due);
        w();
        return true;
    }

  private:
    std::optional<work> next() {
        const std::lock_guard lock{mutex_};
        if (posted_.empty())
            return std::nullopt;
        work w = std::move(posted_.front());
        posted_.pop_front();
        return w;
    }

    std::mutex mutex_;
    std::deque<work> posted_;
    std::map<timer, std::pair<time_point, work>> timers_;
    timer last_timer_ = 0;
    time_point now_{};
};

} // namespace wsintercept::inline v0_1_0::kit::exemplars
