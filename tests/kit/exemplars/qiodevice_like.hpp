// An adapter shaped as a QIODevice, as QWebEngineUrlRequestJob::reply takes one: the engine
// connects to `ready_read` and calls `read` from inside the signal. All on one thread.
#pragma once

#include "loop.hpp"

#include <wsintercept/interceptor.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::kit::exemplars {

/// The part of QIODevice that matters here. Signals are functions that the engine sets.
struct io_device {
    virtual std::ptrdiff_t read(char* data, std::ptrdiff_t size) = 0;        ///< -1: the end
    virtual std::ptrdiff_t write(const char* data, std::ptrdiff_t size) = 0; ///< may take less
    virtual std::ptrdiff_t bytes_available() const = 0;
    virtual void close() = 0;
    std::function<void()> ready_read, bytes_written, read_channel_finished, failed;

  protected:
    ~io_device() = default;
};

/// One request of the page: QWebEngineUrlRequestJob and the device that answers it.
struct job {
    std::string method, url, head, body;
    std::function<void(const response&)> reply_plain; ///< a device of its own, in one piece
    std::function<void(unsigned status)> fail;        ///< refused; 0: not ours
};

template <class Handler>
class device_adapter {
  public:
    class device;

  private:
    // A signal runs the engine's code, which reads and writes at once. So none is emitted from
    // here: it is posted, as QMetaObject::invokeMethod with a queued connection does.
    struct traits {
        using connection = std::shared_ptr<device>;
        device_adapter& owner;

        time_point now() noexcept { return owner.loop_.now(); }
        void post(const task& work) noexcept { owner.loop_.post(work); }
        void output_ready(const connection& c) noexcept { emit(c, &io_device::ready_read); }
        void input_ready(const connection& c) noexcept { emit(c, &io_device::bytes_written); }
        void respond(const connection& c, const response& r) noexcept { c->reply_plain(r); }
        void wake_at(const connection& c, time_point when) noexcept {
            owner.loop_.stop(c->timer_);
            c->timer_ = owner.loop_.start(when, [this, c] { owner.core_.wake(c->id_); });
        }
        void end(const connection& c, ending how) noexcept {
            owner.loop_.stop(c->timer_);
            c->over_ = true;
            emit(c, how == ending::finish ? &io_device::read_channel_finished : &io_device::failed);
        }
        void emit(const connection& c, std::function<void()> io_device::*signal) {
            owner.loop_.post([c, signal] {
                if (!c->closed_ && (*c).*signal)
                    ((*c).*signal)();
            });
        }
    };

  public:
    using interceptor = wsintercept::interceptor<traits, default_policies, Handler>;

    class device final : public io_device {
      public:
        explicit device(device_adapter& owner) : owner_{owner} {}

        /// May be called from inside ready_read, and again from inside what that gives rise to.
        std::ptrdiff_t read(char* data, std::ptrdiff_t size) override {
            if (over_)
                return -1;
            const read_result r = owner_.core_.read(id_, {data, static_cast<std::size_t>(size)});
            return r.size == 0 && r.finished ? -1 : static_cast<std::ptrdiff_t>(r.size);
        }
        /// A QIODevice's data is const, and the interceptor unmasks in place: this copies. What is
        /// not taken stays with the engine, until bytes_written.
        std::ptrdiff_t write(const char* data, std::ptrdiff_t size) override {
            if (over_)
                return size;
            scratch_.assign(data, static_cast<std::size_t>(size));
            return static_cast<std::ptrdiff_t>(owner_.core_.write(id_, scratch_));
        }
        std::ptrdiff_t bytes_available() const override {
            return over_ ? 0 : static_cast<std::ptrdiff_t>(owner_.core_.output(id_).size());
        }
        /// The engine is done with it: aboutToClose, or the job was destroyed.
        void close() override {
            closed_ = true;
            owner_.loop_.stop(timer_);
            if (!std::exchange(over_, true))
                owner_.core_.closed(id_);
        }

      private:
        friend device_adapter;
        device_adapter& owner_;
        socket_id id_{};
        std::string scratch_;
        std::function<void(const response&)> reply_plain;
        loop::timer timer_ = 0;
        bool over_ = false;   ///< ended or closed: the ID rests
        bool closed_ = false; ///< the engine listens no more
    };

    device_adapter(loop& l, Handler& handler, typename interceptor::table_pointer table,
                   interceptor_options options)
        : loop_{l}, core_{traits_, handler, std::move(table), std::move(options)} {}

    interceptor& core() noexcept { return core_; }
    void post(const task& work) noexcept { traits_.post(work); }

    /// QWebEngineUrlSchemeHandler::requestStarted. The device answers a socket's job, from the head
    /// of its handshake on; null: the job was failed. Its signals come later.
    std::shared_ptr<io_device> request_started(const job& j) {
        const auto d = std::make_shared<device>(*this);
        d->reply_plain = j.reply_plain;
        const opened o = core_.open(d, {j.method, j.url, j.head, j.body});
        d->id_ = o.id;
        if (o.id)
            return d;
        j.fail(o.status);
        return nullptr;
    }

  private:
    loop& loop_;
    traits traits_{*this};
    interceptor core_;
};

} // namespace wsintercept::inline v0_1_0::kit::exemplars
