// An endpoint on a thread of its own, whose events come to the program's: for GUI toolkits, which
// have a loop of their own.
#pragma once

#include <wsintercept/event.hpp>
#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/loopback/thread.hpp>
#include <wsintercept/remote.hpp>
#include <wsintercept/socket_id.hpp>

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
#include <system_error>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback {

namespace detail {

/// What waits for the program's thread, in order. Shared by both threads; outlives either.
template <class Handler>
class event_queue : public std::enable_shared_from_this<event_queue<Handler>> {
  public:
    using work = std::function<void(Handler*)>; ///< null: the handler is gone
    using post_function = std::function<void(std::function<void()>)>;

    event_queue(Handler& h, post_function post) : handler_{&h}, post_{std::move(post)} {}

    /// Any thread. `size`: what it holds. One post a batch.
    void put(work w, std::size_t size, socket_id of = {}) {
        std::unique_lock lock{mutex_};
        items_.push_back({std::move(w), size, of});
        bytes_ += size;
        if (of)
            waiting_[of].bytes += size;
        if (std::exchange(posted_, true))
            return;
        lock.unlock();
        post();
    }

    /// True: so much of this socket waits that it is to be paused; `resume` is called for it, on
    /// the program's thread, when it no longer does.
    bool has_much_of(socket_id id) {
        const std::lock_guard lock{mutex_};
        const auto at = waiting_.find(id);
        return at != waiting_.end() && at->second.bytes > much &&
               !std::exchange(at->second.paused, true);
    }
    std::size_t size() {
        const std::lock_guard lock{mutex_};
        return items_.size();
    }
    std::size_t bytes() {
        const std::lock_guard lock{mutex_};
        return bytes_;
    }

    /// The program's thread.
    void forget_handler() noexcept { handler_ = nullptr; }
    std::function<void(socket_id)> resume; ///< set before the first event

  private:
    static constexpr std::size_t much = std::size_t{1} << 20;

    struct item {
        work run;
        std::size_t size;
        socket_id of;
    };
    struct flow {
        std::size_t bytes = 0;
        bool paused = false;
    };

    void post() {
        post_([self = this->shared_from_this()] { self->run(); });
    }

    /// What waits now; what comes meanwhile has to wait for its turn, so that the program's loop
    /// is not held up.
    void run() {
        std::unique_lock lock{mutex_};
        for (std::size_t left = items_.size(); left != 0; --left) {
            item next = std::move(items_.front());
            items_.pop_front();
            lock.unlock();
            next.run(handler_);
            lock.lock();
            bytes_ -= next.size;
            if (next.of)
                settle(next, lock);
        }
        posted_ = !items_.empty();
        if (!posted_)
            return;
        lock.unlock();
        post();
    }

    void settle(const item& done, std::unique_lock<std::mutex>& lock) {
        const auto at = waiting_.find(done.of);
        at->second.bytes -= done.size;
        if (at->second.bytes > much / 2)
            return;
        const bool was_paused = std::exchange(at->second.paused, false);
        if (at->second.bytes == 0)
            waiting_.erase(at);
        if (!was_paused || handler_ == nullptr)
            return;
        lock.unlock();
        resume(done.of);
        lock.lock();
    }

    Handler* handler_; ///< the program's thread alone
    post_function post_;
    std::mutex mutex_;
    std::deque<item> items_;
    std::map<socket_id, flow> waiting_;
    std::size_t bytes_ = 0;
    bool posted_ = false;
};

} // namespace detail

/// The methods of a `carried` endpoint: those of `interceptor`, as wsintercept::remote has them,
/// but each completion runs on the program's thread, in order with the events. Copyable; any
/// thread; may outlive the endpoint.
template <class Handler>
class carried_sockets {
  public:
    using completion = remote::completion;

    void send(socket_id id, std::string_view data, bool fin = true,
              std::optional<data_type> type = std::nullopt, completion done = {}) const {
        remote_.send(id, data, fin, type, carry(std::move(done)));
    }
    void close(socket_id id, std::uint16_t code = 1000, std::string_view reason = {},
               completion done = {}) const {
        remote_.close(id, code, reason, carry(std::move(done)));
    }
    void abort(socket_id id, completion done = {}) const {
        remote_.abort(id, carry(std::move(done)));
    }
    void answer(socket_id id, std::string_view head, completion done = {}) const {
        remote_.answer(id, head, carry(std::move(done)));
    }
    void respond(respond_by_id response, completion done = {}) const {
        remote_.respond(std::move(response), carry(std::move(done)));
    }

    carried_sockets(wsintercept::remote r, std::shared_ptr<detail::event_queue<Handler>> queue)
        : remote_{std::move(r)}, queue_{std::move(queue)} {}

  private:
    completion carry(completion done) const {
        if (!done)
            return {};
        return [queue = queue_, done = std::move(done)](std::error_code result) {
            queue->put([done, result](Handler*) { done(result); }, 0);
        };
    }

    wsintercept::remote remote_;
    std::shared_ptr<detail::event_queue<Handler>> queue_;
};

/// Events come to `handler` on the thread that makes, uses and destroys this one, whose loop runs
/// what `post` is given: later, in order, from any thread. What that thread has not handled yet is
/// bounded: a socket with more than 1 MiB of it is paused, requests are refused with 503 beyond
/// 64 MiB, and log entries are left out beyond 1,024 of all. After the destructor no event comes.
template <class Handler, class Policies = default_policies, class Tls = no_tls>
class carried {
    using queue_type = detail::event_queue<Handler>;
    class carrier;

  public:
    using url_table = typename Policies::url;
    using endpoint_type = endpoint<carrier, Policies, Tls>;
    using post_function = typename queue_type::post_function;
    using methods = carried_sockets<Handler>;

    /// table is not null.
    carried(Handler& handler, std::shared_ptr<const url_table> table, options o, post_function post)
        : queue_{std::make_shared<queue_type>(handler, std::move(post))}, carrier_{*queue_} {
        loop_.call([&] {
            endpoint_.emplace(loop_.context(), carrier_, std::move(table), std::move(o));
            carrier_.endpoint = &*endpoint_;
            sockets_.emplace(endpoint_->sockets().remote(), queue_);
        });
        queue_->resume = [this](socket_id id) {
            boost::asio::post(loop_.context(), [this, id] {
                if (endpoint_) // else: it ends
                    (void)endpoint_->sockets().resume(id);
            });
        };
    }
    carried(const carried&) = delete;
    carried& operator=(const carried&) = delete;
    ~carried() {
        queue_->forget_handler();
        loop_.call([this] { endpoint_.reset(); });
    }

    /// As endpoint::listen; waits for its thread.
    std::error_code listen() {
        std::error_code failed;
        loop_.call([&] {
            failed = endpoint_->listen();
            port_ = endpoint_->port();
        });
        return failed;
    }
    /// Where it listens; 0 before `listen`.
    std::uint16_t port() const noexcept { return port_; }
    /// Completions come on the program's thread.
    const methods& sockets() const noexcept { return *sockets_; }
    /// The identity that intercepted wss and https hosts show.
    const Tls& tls() const noexcept { return endpoint_->tls(); }

    /// Runs `work(endpoint_type&)` on the endpoint's thread and waits for its end: for all else.
    template <class Work>
    void call(Work&& work) {
        loop_.call([&] { work(*endpoint_); });
    }

  private:
    /// The endpoint's handler, on its thread: copies each event.
    class carrier {
      public:
        explicit carrier(queue_type& q) noexcept : queue_{q} {}

        void on(const http_request& e) noexcept {
            const std::size_t size = e.method.size() + e.url.size() + e.head.size() + e.body.size();
            if (queue_.bytes() + size > most_requests) {
                http_response busy;
                busy.status = 503;
                (void)endpoint->sockets().respond(e.id, busy);
                return;
            }
            put(size, {},
                [id = e.id, method = std::string{e.method}, url = std::string{e.url},
                 head = std::string{e.head}, body = std::string{e.body}](Handler& h) {
                    h.on(http_request{id, method, url, head, body});
                });
        }
        void on(const websocket_upgrade& e) noexcept {
            put(e.url.size() + e.headers.size(), e.id,
                [id = e.id, url = std::string{e.url}, headers = std::string{e.headers},
                 type = e.type, subprotocol = std::string{e.subprotocol}](Handler& h) {
                    h.on(websocket_upgrade{id, url, headers, type, subprotocol});
                });
        }
        void on(const websocket_receive& e) noexcept {
            put(e.data.size(), e.id,
                [id = e.id, data = std::string{e.data}, fin = e.fin, type = e.type](Handler& h) {
                    h.on(websocket_receive{id, data, fin, type});
                });
            if (queue_.has_much_of(e.id))
                (void)endpoint->sockets().pause(e.id);
        }
        void on(const websocket_close& e) noexcept {
            put(0, e.id, [id = e.id, code = e.code, reason = std::string{e.reason}](Handler& h) {
                h.on(websocket_close{id, code, reason});
            });
        }
        void on(const websocket_error& e) noexcept {
            put(0, e.id,
                [id = e.id, message = std::string{e.message}, reason = e.reason](Handler& h) {
                    h.on(websocket_error{id, message, reason});
                });
        }
        void on(const drained& e) noexcept {
            put(0, e.id, [e](Handler& h) { h.on(e); });
        }
        void on(const log_entry& e) noexcept {
            if (queue_.size() > most_log_entries)
                return;
            put(e.text.size(), {},
                [topic = e.topic, level = e.level, reason = e.reason,
                 text = std::string{e.text}](Handler& h) {
                    h.on(log_entry{topic, level, reason, text});
                });
        }

        endpoint_type* endpoint = nullptr;

      private:
        static constexpr std::size_t most_requests = std::size_t{64} << 20;
        static constexpr std::size_t most_log_entries = 1024;
        static constexpr std::size_t overhead = 128; ///< of each event, whatever it carries

        template <class Event>
        void put(std::size_t size, socket_id of, Event event) {
            queue_.put(
                [event = std::move(event)](Handler* h) {
                    if (h != nullptr)
                        event(*h);
                },
                size + overhead, of);
        }

        queue_type& queue_;
    };

    std::shared_ptr<queue_type> queue_;
    carrier carrier_;
    thread loop_;
    std::optional<endpoint_type> endpoint_; ///< on its thread
    std::optional<methods> sockets_;
    std::uint16_t port_ = 0;
};

} // namespace wsintercept::inline v0_1_0::loopback
