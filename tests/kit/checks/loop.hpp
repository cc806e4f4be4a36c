// Checks of the executor: post, and what comes from other threads.
#pragma once

#include "../stage.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace wsintercept::inline v0_1_0::kit::checks {

inline constexpr int foreign_threads = 4;

/// `run(i)` on several threads at once; returns when all are done.
template <class Run>
void on_threads(Run&& run) {
    std::vector<std::thread> threads;
    for (int i = 0; i < foreign_threads; ++i)
        threads.emplace_back([&run, i] { run(i); });
    for (std::thread& t : threads)
        t.join();
}

/// traits.hpp: post runs it later, never at once. The interceptor posts from inside its own calls,
/// with a lock held.
template <traits_fixture F>
void post_is_later(const trial<F>& t) {
    stage<F> s{t};
    bool ran = false, inner = false, inside = false;
    s.fixture().post(make_task([&] { ran = true; }));
    t.go_on = !ran;
    s.expect(!ran, "a task does not run before post has returned");
    s.expect(s.until([&] { return ran; }), "a posted task runs");
    s.fixture().post(make_task([&] {
        s.fixture().post(make_task([&] { inner = true; }));
        inside = inner;
    }));
    s.expect(s.until([&] { return inner; }), "a task that a task posted runs");
    s.expect(!inside, "a task that a task posted does not run inside it");
}

/// traits.hpp: post comes from any thread. Run it under a thread sanitizer.
template <traits_fixture F>
void post_from_any_thread(const trial<F>& t) {
    constexpr int each = 100;
    stage<F> s{t};
    int ran = 0; // no atomic: tasks run on the executor
    std::vector<std::thread::id> where;
    on_threads([&](int) {
        for (int i = 0; i < each; ++i)
            s.fixture().post(make_task([&] {
                ++ran;
                where.push_back(std::this_thread::get_id());
            }));
    });
    s.until([&] { return ran == foreign_threads * each; });
    s.linger();
    s.expect(ran == foreign_threads * each, "each posted task runs once");
    bool same = true;
    for (const std::thread::id id : where)
        same = same && id == where.front();
    s.expect(same, "all tasks run on one thread");

    // The host's calls from other threads travel so.
    const auto socket = s.connect();
    const auto remote = s.core().remote();
    on_threads([&](int thread) {
        for (int i = 0; i < each; ++i)
            remote.send(socket.id, std::to_string(thread) + ":" + std::to_string(i));
    });
    s.expect(s.until_frames(socket.where, foreign_threads * each),
             "messages that other threads sent reach the page");
    std::vector<int> next(foreign_threads, 0);
    bool ordered = true;
    for (const served_frame& f : read_served(s.seen(socket.where).received).frames) {
        int& n = next[static_cast<std::size_t>(f.payload[0] - '0')];
        ordered = ordered && f.payload.substr(2) == std::to_string(n++);
    }
    s.expect(ordered, "messages of one thread keep their order");
}

/// interceptor.hpp: decide is asked before a connection exists, from any thread.
template <traits_fixture F>
void decide_from_any_thread(const trial<F>& t) {
    stage<F> s{t};
    std::atomic<int> wrong{0};
    on_threads([&](int) {
        for (int i = 0; i < 100; ++i) {
            const bool good = s.core().decide("ws://myapp/manual/x").action == action::manual &&
                              s.core().decide("http://MYAPP:80/x").action == action::automatic &&
                              s.core().decide("ws://other.test/").action == action::external &&
                              s.core().decide("no URL").action == action::external;
            wrong += good ? 0 : 1;
        }
    });
    s.expect(wrong == 0, "decide gives the table's answer on every thread");
}

/// traits.hpp: now never goes back.
template <traits_fixture F>
void now_never_goes_back(const trial<F>& t) {
    stage<F> s{t};
    time_point last = s.fixture().now();
    bool forward = true;
    for (int i = 0; i < 200; ++i) {
        if (i % 50 == 0)
            s.fixture().advance(duration{F::unit} / 2);
        const time_point now = s.fixture().now();
        forward = forward && now >= last;
        last = now;
    }
    s.expect(forward, "now never goes back");
    const time_point start = s.fixture().now();
    s.fixture().advance(F::unit);
    s.expect(s.fixture().now() - start >= duration{F::unit}, "now goes with the time");
}

} // namespace wsintercept::inline v0_1_0::kit::checks
