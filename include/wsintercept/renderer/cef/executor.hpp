// A thread of CEF's as the executor of an interceptor, or of a loopback::carried.
#pragma once

#include <wsintercept/limits.hpp>
#include <wsintercept/renderer/cef/counted.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::cef {

/// A handle, cheap to copy. Before CEF has threads what is posted waits for `start`; after
/// CefShutdown it is dropped.
template <class Api>
class executor {
  public:
    explicit executor(typename Api::CefThreadId thread = Api::TID_UI)
        : shared_{std::make_shared<shared>(thread)} {}

    /// In CefBrowserProcessHandler::OnContextInitialized, once.
    void start() const {
        const std::lock_guard lock{shared_->mutex};
        shared_->started = true;
        for (std::function<void()>& work : std::exchange(shared_->early, {}))
            shared_->post(std::move(work));
    }

    /// Later, never at once, in order. Any thread.
    void post(std::function<void()> work) const {
        const std::lock_guard lock{shared_->mutex};
        if (shared_->started)
            shared_->post(std::move(work));
        else
            shared_->early.push_back(std::move(work));
    }

    /// After this time or a little later, not earlier. Once CEF has started.
    void post_after(duration delay, std::function<void()> work) const {
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(delay).count();
        Api::CefPostDelayedTask(shared_->thread, new task_of<Api>{std::move(work)},
                                wait > 0 ? static_cast<std::int64_t>(wait) : 0);
    }

    /// What loopback::carried takes.
    std::function<void(std::function<void()>)> poster() const {
        return [self = *this](std::function<void()> work) { self.post(std::move(work)); };
    }

  private:
    struct shared {
        explicit shared(typename Api::CefThreadId id) : thread{id} {}
        void post(std::function<void()> work) const {
            Api::CefPostTask(thread, new task_of<Api>{std::move(work)});
        }

        const typename Api::CefThreadId thread;
        std::mutex mutex;
        bool started = false;
        std::vector<std::function<void()>> early;
    };

    std::shared_ptr<shared> shared_;
};

} // namespace wsintercept::inline v0_1_0::cef
