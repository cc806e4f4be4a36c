// The stand-in's threads: one for IO, and a pool.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::kit::cef_stand_in {

/// Threads that run what they are given, in order of arrival.
class threads {
  public:
    using work = std::function<void()>;

    explicit threads(int pool) {
        threads_.emplace_back([this] { serve(io_); });
        for (int i = 0; i < pool; ++i)
            threads_.emplace_back([this] { serve(pool_); });
    }
    ~threads() { stop(); }
    threads(const threads&) = delete;
    threads& operator=(const threads&) = delete;

    void on_io(work w) { add(io_, std::move(w)); }
    void on_pool(work w) { add(pool_, std::move(w)); }

    /// Waits until nothing runs and nothing waits. False: so it was at the last call already.
    bool wait() {
        std::unique_lock lock{mutex_};
        idle_.wait(lock, [&] { return busy_ == 0; });
        return std::exchange(ran_, false);
    }
    void stop() {
        wait();
        {
            const std::lock_guard lock{mutex_};
            over_ = true;
        }
        more_.notify_all();
        for (std::thread& t : threads_)
            t.join();
        threads_.clear();
    }

  private:
    void add(std::deque<work>& queue, work w) {
        {
            const std::lock_guard lock{mutex_};
            queue.push_back(std::move(w));
            ++busy_;
            ran_ = true;
        }
        more_.notify_all();
    }
    void serve(std::deque<work>& queue) {
        std::unique_lock lock{mutex_};
        for (;;) {
            more_.wait(lock, [&] { return over_ || !queue.empty(); });
            if (queue.empty())
                return;
            work w = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            w();
            w = {};
            lock.lock();
            if (--busy_ == 0)
                idle_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable more_, idle_;
    std::deque<work> io_, pool_;
    int busy_ = 0; ///< queued or running
    bool ran_ = false, over_ = false;
    std::vector<std::thread> threads_;
};

} // namespace wsintercept::inline v0_1_0::kit::cef_stand_in
