// An adapter shaped as a GIOStream, as webkit_uri_scheme_request_finish takes its input half: one
// asynchronous read and one asynchronous write at a time, each with a callback that comes later.
#pragma once

#include "loop.hpp"

#include <wsintercept/interceptor.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace wsintercept::inline v0_1_0::kit::exemplars {

/// g_input_stream_read_async and g_output_stream_write_async with their _finish in the callback.
struct io_stream {
    using ready = std::function<void(std::ptrdiff_t)>; ///< 0: the end; -1: an error or cancelled
    virtual void read_async(std::span<char> buffer, ready done) = 0; ///< may give less
    virtual void write_async(std::span<char> bytes, ready done) = 0; ///< may take less
    virtual void cancel() = 0;                                       ///< what is under way

  protected:
    ~io_stream() = default;
};

/// What the engine tells of a request that has no stream as its answer.
struct scheme_request {
    std::string method, url, head, body;
    std::function<void(const response&)> finish_plain;
    std::function<void(unsigned status)> finish_error; ///< 0: not ours
};

template <class Handler>
class stream_adapter {
    class stream;

    // What is under way may complete now, but only from the loop: GIO promises its callers that no
    // callback comes from inside a call.
    struct traits {
        using connection = std::shared_ptr<stream>;
        stream_adapter& owner;

        time_point now() noexcept { return owner.loop_.now(); }
        void post(const task& work) noexcept { owner.loop_.post(work); }
        void output_ready(const connection& c) noexcept { c->go_on_later(); }
        void input_ready(const connection& c) noexcept { c->go_on_later(); }
        void respond(const connection& c, const response& r) noexcept { c->finish_plain_(r); }
        void wake_at(const connection& c, time_point when) noexcept {
            owner.loop_.stop(c->timer_);
            c->timer_ = owner.loop_.start(when, [this, c] { owner.core_.wake(c->id_); });
        }
        void end(const connection& c, ending how) noexcept {
            owner.loop_.stop(c->timer_);
            c->over_ = true;
            c->last_ = how == ending::finish ? 0 : -1;
            c->go_on_later();
        }
    };

  public:
    using interceptor = wsintercept::interceptor<traits, default_policies, Handler>;

    stream_adapter(loop& l, Handler& handler, typename interceptor::table_pointer table,
                   interceptor_options options)
        : loop_{l}, core_{traits_, handler, std::move(table), std::move(options)} {}

    interceptor& core() noexcept { return core_; }
    void post(const task& work) noexcept { traits_.post(work); }

    /// WebKitURISchemeRequestCallback. The stream answers a socket, from the head of its handshake
    /// on; null: the request was finished with an error.
    std::shared_ptr<io_stream> request(const scheme_request& r) {
        const auto s = std::make_shared<stream>(*this, r.finish_plain);
        const opened o = core_.open(s, {r.method, r.url, r.head, r.body});
        s->id_ = o.id;
        if (!o.id)
            r.finish_error(o.status);
        return o.id ? s : nullptr;
    }

  private:
    class stream final : public io_stream, public std::enable_shared_from_this<stream> {
      public:
        stream(stream_adapter& owner, std::function<void(const response&)> plain)
            : owner_{owner}, finish_plain_{std::move(plain)} {}

        void read_async(std::span<char> buffer, ready done) override {
            into_ = buffer;
            read_done_ = std::move(done);
            go_on_later();
        }
        void write_async(std::span<char> bytes, ready done) override {
            from_ = bytes;
            write_done_ = std::move(done);
            go_on_later();
        }
        void cancel() override { // the engine dropped the request
            owner_.loop_.stop(timer_);
            last_ = -1;
            if (!std::exchange(over_, true))
                owner_.core_.closed(id_);
            go_on_later();
        }

      private:
        friend stream_adapter;

        void go_on_later() {
            owner_.loop_.post([self = this->shared_from_this()] {
                self->go_on_reading(), self->go_on_writing();
            });
        }
        void go_on_reading() {
            if (!read_done_)
                return; // none is under way: the output waits for the next
            const read_result r = over_ ? read_result{0, true} : owner_.core_.read(id_, into_);
            if (r.size == 0 && !r.finished)
                return; // output_ready will come
            const auto n = static_cast<std::ptrdiff_t>(r.size);
            std::exchange(read_done_, {})(n != 0 ? n : last_);
        }
        void go_on_writing() { // 0: input_ready will come; -1: as a pipe that is closed
            if (!write_done_)
                return;
            const std::ptrdiff_t n =
                over_ ? -1 : static_cast<std::ptrdiff_t>(owner_.core_.write(id_, from_));
            if (n != 0)
                std::exchange(write_done_, {})(n);
        }

        stream_adapter& owner_;
        std::function<void(const response&)> finish_plain_;
        socket_id id_{};
        std::span<char> into_, from_;
        ready read_done_, write_done_;
        loop::timer timer_ = 0;
        std::ptrdiff_t last_ = 0; ///< what reads give at the end
        bool over_ = false;       ///< ended or closed: the ID rests
    };

    loop& loop_;
    traits traits_{*this};
    interceptor core_;
};

} // namespace wsintercept::inline v0_1_0::kit::exemplars
