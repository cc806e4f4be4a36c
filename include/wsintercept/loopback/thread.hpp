// An io_context with a thread of its own, for programs that have no Asio loop.
#pragma once

#include <utility> // Asio 1.74 needs it first

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace wsintercept::inline v0_1_0::loopback {

/// Interceptor, endpoint and handler live on it: make, use and destroy them inside `call`, and hand
/// `sockets().remote()` to the other threads.
///
///     loopback::thread loop;
///     std::optional<loopback::endpoint<app>> endpoint;
///     loop.call([&] { endpoint.emplace(loop.context(), handler, table).listen(); });
///     ...
///     loop.call([&] { endpoint.reset(); });
class thread {
  public:
    thread() : guard_{context_.get_executor()}, thread_{[this] { context_.run(); }} {}
    thread(const thread&) = delete;
    thread& operator=(const thread&) = delete;
    /// What was posted and has not run yet does not run. Not on the thread itself.
    ~thread() {
        context_.stop();
        thread_.join();
    }

    /// For an endpoint that is made inside `call`.
    boost::asio::io_context& context() noexcept { return context_; }

    /// Runs `work` on the thread and waits for its end; on the thread itself: at once.
    template <class Work>
    void call(Work&& work) {
        if (std::this_thread::get_id() == thread_.get_id())
            return work();
        std::mutex mutex;
        std::condition_variable ended;
        bool done = false;
        boost::asio::post(context_, [&] {
            work();
            const std::lock_guard lock{mutex};
            done = true;
            ended.notify_one();
        });
        std::unique_lock lock{mutex};
        ended.wait(lock, [&] { return done; });
    }

  private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::thread thread_; ///< last: it uses the others
};

} // namespace wsintercept::inline v0_1_0::loopback
