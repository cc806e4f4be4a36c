// The kit over exemplars/cef_like.hpp: an engine with an IO thread and a pool, and in its pages a
// WebSocket class that speaks through the scheme handler.
#pragma once

#include "exemplars/cef_like.hpp"
#include "traits_fixture.hpp"

#include <array>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace wsintercept::kit {

/// Threads that run what they are given, in order of arrival.
class engine_threads {
  public:
    using work = std::function<void()>;

    explicit engine_threads(int pool) {
        threads_.emplace_back([this] { serve(io_); });
        for (int i = 0; i < pool; ++i)
            threads_.emplace_back([this] { serve(pool_); });
    }
    ~engine_threads() { stop(); }
    engine_threads(const engine_threads&) = delete;
    engine_threads& operator=(const engine_threads&) = delete;

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

class cef_fixture {
    /// A request as the engine keeps it. On its IO thread, but where it says otherwise.
    struct request {
        std::shared_ptr<exemplars::resource_handler> handler;
        exemplars::cef_response response;
        std::array<char, 2048> buffer;
        std::string body;
        bool has_headers = false, reads = true, waits_for_page = false, cancelled = false;
        bool external = false; ///< left to the network
        std::optional<ending> told;
        std::function<void()> headers_came;
    };
    /// A page's socket: the request that answers it, and its requests up, one at a time.
    struct tab {
        request down;
        std::string sent;
        bool sending = false;
    };

  public:
    using page = tab*;
    static constexpr duration unit = std::chrono::seconds{1};
    static constexpr int patience = 1;

    cef_fixture(host& h, const table_pointer& table, const interceptor_options& options)
        : adapter_{executor_, h, table, options} {}
    ~cef_fixture() {
        run();
        threads_.stop();
    }

    auto& core() { return adapter_.core(); }

    page open(const page_request& r) {
        tab& t = tabs_.emplace_back();
        t.down.headers_came = [this, &t] { send_up(t); };
        const std::string url = r.is_socket() ? "http" + r.url.substr(2) : r.url;
        start(t.down, {r.method, url, r.fields, r.body});
        return &t;
    }
    void write(page p, std::string_view bytes) {
        threads_.on_io([this, p, copy = std::string{bytes}] {
            p->sent += copy;
            send_up(*p);
        });
        run();
    }
    void reads(page p, bool on) {
        threads_.on_io([this, p, on] {
            p->down.reads = on;
            if (on && std::exchange(p->down.waits_for_page, false))
                read(p->down);
        });
        run();
    }
    page_view seen(page p) {
        threads_.wait();
        const request& r = p->down;
        const unsigned status = r.has_headers ? r.response.status : 0;
        return {r.body, r.told, status, r.response.reason, r.response.media_type, r.response.fields,
                r.body};
    }
    bool external(page p) {
        threads_.wait();
        return p->down.external;
    }
    void hang_up(page p) {
        threads_.on_io([this, p] { cancel(p->down); });
        run();
    }
    void post(const task& work) { adapter_.post(work); }
    time_point now() { return executor_.now(); }
    void run() {
        for (bool again = true; again;) {
            again = threads_.wait();
            again = executor_.run() || again;
        }
    }
    void advance(duration d) {
        const time_point until = executor_.now() + d;
        do
            run();
        while (executor_.fire(until));
    }

  private:
    void start(request& r, exemplars::cef_request asked) {
        threads_.on_io([this, &r, asked = std::move(asked)] {
            r.handler = adapter_.create(asked);
            r.external = !r.handler;
            if (r.external)
                return;
            threads_.on_pool([this, &r, asked] {
                bool now = false;
                const auto go_on = [this, &r] { threads_.on_io([this, &r] { headers(r); }); };
                if (r.handler->open(asked, now, go_on) && now)
                    go_on();
            });
        });
    }
    void headers(request& r) {
        if (r.cancelled)
            return;
        r.handler->get_response_headers(r.response);
        r.has_headers = true;
        read(r);
        r.headers_came();
    }
    void read(request& r) {
        r.waits_for_page = !r.reads;
        if (r.waits_for_page || r.cancelled)
            return;
        threads_.on_pool([this, &r] {
            int n = 0;
            const auto go_on = [this, &r](int size) {
                threads_.on_io([this, &r, size] { got(r, size); });
            };
            const bool more =
                r.handler->read(r.buffer.data(), static_cast<int>(r.buffer.size()), n, go_on);
            if (n > 0 || !more)
                go_on(n);
        });
    }
    void got(request& r, int size) {
        if (r.cancelled)
            return;
        if (size > 0) {
            r.body.append(r.buffer.data(), static_cast<std::size_t>(size));
            return read(r);
        }
        r.told = size == 0 ? ending::finish : ending::abort;
        cancel(r);
    }
    void cancel(request& r) {
        r.cancelled = true;
        if (r.handler)
            r.handler->cancel();
    }

    /// The page's class sends what it has, and waits for the answer before it sends more.
    void send_up(tab& t) {
        const std::string_view fields = t.down.response.fields;
        constexpr std::string_view name = "X-Socket: ";
        if (t.sending || t.sent.empty() || t.down.cancelled || !fields.starts_with(name))
            return;
        t.sending = true;
        const std::string token{fields.substr(name.size(), fields.find("\r\n") - name.size())};
        request& up = ups_.emplace_back();
        up.headers_came = [this, &t, &up] {
            t.sending = false;
            if (up.response.status == 204)
                send_up(t);
        };
        start(up, {"POST",
                   "http://myapp/.up",
                   {{"X-Socket", token}, {"Origin", "http://myapp"}},
                   std::exchange(t.sent, {})});
    }

    exemplars::loop executor_;
    std::deque<tab> tabs_;
    std::deque<request> ups_; ///< on the IO thread
    exemplars::cef_adapter<host> adapter_;
    engine_threads threads_{3};
};

} // namespace wsintercept::kit
