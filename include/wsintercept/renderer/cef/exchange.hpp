// One request of a page on the executor: plain HTTP, a socket that the page-side class opens, or
// what such a socket sends.
#pragma once

#include <wsintercept/bridge/requests.hpp>
#include <wsintercept/bridge/uplink.hpp>
#include <wsintercept/error.hpp>
#include <wsintercept/event.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/output_queue.hpp>
#include <wsintercept/renderer/cef/executor.hpp>
#include <wsintercept/renderer/cef/reading.hpp>
#include <wsintercept/renderer/cef/request.hpp>
#include <wsintercept/request.hpp>
#include <wsintercept/socket_id.hpp>
#include <wsintercept/traits.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::cef {

/// The page-side class asks here: bridge::page_script's base.
inline constexpr std::string_view bridge_scheme = "wsintercept";
inline constexpr std::string_view bridge_domain = "bridge";
inline constexpr std::string_view bridge_base = "wsintercept://bridge";

/// What CefResponse is told.
struct answer {
    unsigned status = 200;
    std::string reason = {};
    std::string media_type = "text/plain";
    std::string fields = {}; ///< "Name: value" lines, each with CR LF
    std::int64_t size = 0;   ///< of the body; -1: it is a stream
};

/// The way to the adapter for what may outlive it.
template <class Api, class Adapter>
struct gate {
    gate(const cef::executor<Api>& e, const wsintercept::limits& l) : executor{e}, limits{l} {}

    const cef::executor<Api> executor;
    const wsintercept::limits limits;
    std::mutex mutex;
    bool closed = false;        ///< under the mutex
    Adapter* adapter = nullptr; ///< the executor's thread, or under the mutex and not `closed`
};

/// One request of CEF's, from Open to Cancel: it asks the interceptor, and answers what CEF reads.
/// Adapter: scheme_handlers. On its executor, but for `cancel`.
template <class Api, class Adapter>
class exchange final : public std::enable_shared_from_this<exchange<Api, Adapter>> {
    template <class T>
    using ref = typename Api::template CefRefPtr<T>;
    using gate = cef::gate<Api, Adapter>;

  public:
    exchange(std::shared_ptr<gate> g, bool for_bridge)
        : gate_{std::move(g)}, for_bridge_{for_bridge} {}

    // What CEF asks for.

    /// Open: go_on is called once `response` is complete.
    void begin(const page_request& r, ref<typename Api::CefCallback> go_on) {
        if (gone_)
            return; // Cancel overtook it
        open_ = std::move(go_on);
        if (gate_->adapter == nullptr)
            return give(503);
        if (for_bridge_)
            cors(r.field("Origin"));
        if (r.reason != error{})
            return refuse(r.reason == error::body_too_large ? 413 : 400, r.reason, r.url);
        if (!for_bridge_)
            return open_request(r);
        const std::string_view path = std::string_view{r.url}.substr(bridge_base.size());
        if (r.method == "POST" && path == "/open")
            return open_socket(r);
        if (r.method == "POST" && path == "/up")
            return take_post(r.body);
        give(404);
    }
    /// Read: fills `out` and lets CEF go on, as soon as there is something.
    void read(std::span<char> out, ref<typename Api::CefResourceReadCallback> go_on) {
        if (gone_)
            return;
        read_.begin(out, std::move(go_on));
        serve();
    }
    /// Any thread: behind it nothing of CEF's is written.
    void cancel() { read_.cancel(); }
    /// On the executor, behind `cancel`. It comes for every request, finished ones too.
    void gone() {
        gone_ = true;
        open_ = nullptr;
        read_.drop();
        if (!rest())
            gate_->adapter->core_.closed(id_);
    }
    /// Complete once `begin` lets CEF go on; then it does not change.
    const cef::answer& response() const { return response_; }

    // What the interceptor tells.

    /// The answer of an HTTPRequest.
    void respond(const wsintercept::response& r) {
        front_ = r.head_only ? std::string_view{} : r.body;
        response_ = {r.status, std::string{r.reason}, std::string{r.media_type},
                     std::string{r.fields}, static_cast<std::int64_t>(front_.size())};
        go_on();
    }
    /// Replaces what was armed before.
    void wake_at(time_point when) {
        const std::uint64_t number = ++armed_;
        gate_->executor.post_after(when - Api::now(), [weak = this->weak_from_this(), number] {
            const auto self = weak.lock();
            if (self && !self->over_ && self->armed_ == number)
                self->gate_->adapter->core_.wake(self->id_);
        });
    }
    /// Its last call: CEF reads what is left, then the end.
    void end(ending how) {
        last_ = how == ending::finish ? 0 : failed;
        rest();
        gate_->executor.post([self = this->shared_from_this()] {
            if (self->open_)
                std::exchange(self->open_, nullptr)->Cancel(); // it had no answer
            self->serve();
        });
    }
    /// Answers the Read that waits, if there is something to answer.
    void serve() {
        if (!read_.waits())
            return;
        const std::string_view own = std::string_view{front_}.substr(taken_);
        const bool asks = own.empty() && !over_;
        const std::size_t n =
            read_.copy(asks ? gate_->adapter->core_.output(id_) : output_views{own});
        if (n == 0 && asks)
            return; // output_ready will come, or `gone`
        if (asks)
            gate_->adapter->core_.consumed(id_, n); // may end it
        else
            taken_ += n;
        read_.answer(n != 0 ? static_cast<int>(n) : last_);
    }
    /// Gives the interceptor what the page sent; a post whose bytes it has all taken is answered.
    void feed() {
        uplink_.feed([this](std::span<char> bytes) {
            return over_ ? bytes.size() : gate_->adapter->core_.write(id_, bytes);
        });
    }

  private:
    static constexpr int failed = -2; ///< net::ERR_FAILED

    void open_request(const page_request& r) {
        const std::string head = r.head();
        take(gate_->adapter->core_.open(this->shared_from_this(), {r.method, r.url, head, r.body}));
    }

    void open_socket(const page_request& r) {
        const bridge::open_request asked =
            bridge::read_open(r.body, r.field("Origin"), gate_->limits);
        if (asked.reason != error{})
            return refuse(400, asked.reason, r.url);
        if (!take(gate_->adapter->core_.open(this->shared_from_this(),
                                             {"GET", asked.url, asked.head, {}})))
            return;
        token_ = gate_->adapter->tokens_.add(this->shared_from_this());
        if (token_.empty()) {
            rest();
            gate_->adapter->core_.closed(id_);
            return give(500);
        }
        front_ = token_;
        response_.media_type = "application/octet-stream";
        response_.fields += "Cache-Control: no-store\r\n";
        response_.size = -1;
        go_on();
    }

    /// False: there is no ID, and the page has its answer.
    bool take(const opened& o) {
        id_ = o.id;
        over_ = !o.id;
        if (over_)
            give(o.status == 0 ? 404 : o.status);
        return !over_;
    }

    void take_post(std::string_view body) {
        const std::optional<bridge::post> post = bridge::read_post(body);
        if (!post)
            return give(400);
        const auto socket = gate_->adapter->tokens_.find(post->token);
        if (!socket)
            return give(410);
        const error bad = socket->uplink_.add(
            post->number, std::string{post->bytes},
            [self = this->shared_from_this()](bool taken) { self->give(taken ? 204 : 410); });
        if (bad == error{})
            return socket->feed();
        give(410);
        if (!socket->rest()) {
            gate_->adapter->core_.closed(socket->id_, bad);
            socket->last_ = failed;
            socket->serve();
        }
    }

    // Answers.

    /// The page's own origin may read it: no other page knows what it asked for.
    void cors(std::optional<std::string_view> origin) {
        if (origin)
            response_.fields =
                "Access-Control-Allow-Origin: " + std::string{*origin} + "\r\nVary: Origin\r\n";
    }
    void refuse(unsigned status, error why, const std::string& url) {
        const std::string text = url + ": " + describe(why);
        gate_->adapter->handler_.on(log_entry{log_topic::refused, log_level::warning, why, text});
        front_ = describe(why);
        give(status);
    }
    void give(unsigned status) {
        response_.status = status;
        response_.size = static_cast<std::int64_t>(front_.size());
        go_on();
    }
    void go_on() {
        if (const ref<typename Api::CefCallback> open = std::exchange(open_, nullptr))
            open->Continue();
    }

    /// The ID rests. False: it did not yet.
    bool rest() {
        ++armed_;
        if (std::exchange(over_, true))
            return true;
        if (!token_.empty())
            gate_->adapter->tokens_.erase(token_);
        uplink_.end();
        return false;
    }

    const std::shared_ptr<gate> gate_;
    const bool for_bridge_;
    bool gone_ = false; ///< CEF has cancelled it
    bool over_ = true;  ///< ended, closed, or not opened yet
    int last_ = 0;      ///< what reads give at the end
    socket_id id_{};
    cef::answer response_;
    std::string front_;     ///< what reads give first: a body, or a socket's token
    std::size_t taken_ = 0; ///< of it
    std::string token_;
    bridge::uplink uplink_;
    std::uint64_t armed_ = 0; ///< the number of the timer that counts
    ref<typename Api::CefCallback> open_;
    reading<Api> read_;
};

} // namespace wsintercept::inline v0_1_0::cef
