// GLib's main loop, as adapters of engines that run on it need it.
#pragma once

#include <wsintercept/limits.hpp>

#include <glib-object.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace wsintercept::inline v0_1_0::detail {

struct gobject_unref {
    void operator()(gpointer object) const noexcept { g_object_unref(object); }
};
template <class T>
using gobject_ptr = std::unique_ptr<T, gobject_unref>;

/// A function that a main context runs when its time has come, once each time. Behind input events
/// and WebKit's own messages, and in turn with drawing (GDK_PRIORITY_REDRAW): a page that floods
/// the program holds up neither. Made, used and destroyed on any thread, in its own run too.
class loop_source {
  public:
    static constexpr int priority = G_PRIORITY_HIGH_IDLE + 20;

    /// context: null for the default one.
    loop_source(GMainContext* context, std::function<void()> run)
        : source_{g_source_new(&funcs, sizeof(GSource))} {
        g_source_set_priority(source_, priority);
        g_source_set_callback(
            source_,
            [](gpointer data) -> gboolean {
                (*static_cast<std::function<void()>*>(data))();
                return G_SOURCE_CONTINUE;
            },
            new std::function<void()>{std::move(run)},
            [](gpointer data) { delete static_cast<std::function<void()>*>(data); });
        g_source_attach(source_, context);
    }
    loop_source(const loop_source&) = delete;
    loop_source& operator=(const loop_source&) = delete;
    ~loop_source() {
        g_source_destroy(source_);
        g_source_unref(source_);
    }

    void soon() noexcept { g_source_set_ready_time(source_, 0); }
    void stop() noexcept { g_source_set_ready_time(source_, -1); }
    /// Not before; replaces the time that was set.
    void at(time_point when) noexcept {
        using std::chrono::microseconds;
        const auto left =
            (std::max)(std::chrono::ceil<microseconds>(when - clock::now()), microseconds::zero());
        g_source_set_ready_time(source_, g_get_monotonic_time() + left.count() + 1);
    }

  private:
    static gboolean dispatch(GSource* source, GSourceFunc run, gpointer data) {
        g_source_set_ready_time(source, -1);
        return run(data);
    }
    static inline GSourceFuncs funcs{nullptr, nullptr, &dispatch, nullptr, nullptr, nullptr};

    GSource* source_;
};

/// Functions for a main context's thread, in order; what one of them posts runs in a later turn.
class loop_queue {
  public:
    explicit loop_queue(GMainContext* context) : source_{context, [this] { run(); }} {}

    /// Any thread. Never at once. What has not run when the queue is destroyed does not run.
    void post(std::function<void()> work) {
        {
            const std::lock_guard lock{mutex_};
            posted_.push_back(std::move(work));
        }
        source_.soon();
    }

  private:
    void run() {
        std::deque<std::function<void()>> now;
        {
            const std::lock_guard lock{mutex_};
            now.swap(posted_);
        }
        for (const auto& work : now)
            work();
    }

    std::mutex mutex_;
    std::deque<std::function<void()>> posted_;
    loop_source source_; ///< last: it uses the others
};

} // namespace wsintercept::inline v0_1_0::detail
