// A renderer of somebody's own, as small as they get: a loop, and streams that its scheme handler
// is handed. Yours is in this one's place.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engine {

/// The thread's loop. `post` from any thread; the rest on its own.
class loop {
  public:
    using clock = std::chrono::steady_clock;

    void post(std::function<void()> work) {
        const std::lock_guard lock{mutex_};
        posted_.push_back(std::move(work));
    }
    /// Calls `work` then; gives what `stop` takes.
    int at(clock::time_point when, std::function<void()> work) {
        timers_[++last_] = {when, std::move(work)};
        return last_;
    }
    void stop(int timer) { timers_.erase(timer); }
    /// Runs what was posted, until nothing is left. (A real one would sleep for its timers.)
    void run() {
        for (std::vector<std::function<void()>> now; !(now = take()).empty();)
            for (const auto& work : now)
                work();
    }

  private:
    std::vector<std::function<void()>> take() {
        const std::lock_guard lock{mutex_};
        return std::exchange(posted_, {});
    }
    std::mutex mutex_;
    std::vector<std::function<void()>> posted_;
    std::map<int, std::pair<clock::time_point, std::function<void()>>> timers_;
    int last_ = 0;
};

/// One request of a page. The engine keeps it; the scheme handler answers it.
struct stream {
    std::string method, url, head;

    // What the engine calls, once the scheme handler has set it.
    std::function<void(std::string bytes)> on_bytes{}; ///< behind the head
    std::function<void()> on_gone{};                   ///< the page went away

    // What the scheme handler calls.
    std::function<void(std::string_view bytes)> write{};
    std::function<void()> finish{}, reset{};
};

} // namespace engine
