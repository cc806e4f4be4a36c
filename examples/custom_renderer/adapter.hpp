// An adapter for a renderer that hands its scheme handler the upgrade request and a byte stream.
#pragma once

#include "engine.hpp"

#include <wsintercept/wsintercept.hpp>

namespace custom {

namespace ws = wsintercept;

/// The loop, the handler and the streams outlive it; the loop runs nothing of it afterwards.
template <class Handler>
class adapter {
    struct socket {
        engine::stream& stream;
        ws::socket_id id{};
        std::string waiting{}; ///< the page's bytes that were not taken yet
        int timer = 0;
        bool open = true;
    };

    /// traits.hpp has the contract. None of these may call the interceptor: what has to is posted.
    struct traits {
        using connection = std::shared_ptr<socket>;
        adapter& owner;

        ws::time_point now() noexcept { return ws::clock::now(); }
        void post(const ws::task& work) noexcept { owner.loop_.post(work); }
        void output_ready(const connection& c) noexcept { owner.later(c, &adapter::drain); }
        void input_ready(const connection& c) noexcept { owner.later(c, &adapter::feed); }
        void respond(const connection& c, const ws::response& r) noexcept {
            c->stream.write("HTTP/1.1 " + std::to_string(r.status) + " " + std::string{r.reason} +
                            "\r\nContent-Type: " + std::string{r.media_type} + "\r\n" +
                            std::string{r.fields} + "\r\n");
            c->stream.write(r.head_only ? "" : r.body);
        }
        void wake_at(const connection& c, ws::time_point when) noexcept {
            owner.loop_.stop(c->timer);
            c->timer = owner.loop_.at(when, [this, c] { owner.core_.wake(c->id); });
        }
        void end(const connection& c, ws::ending how) noexcept {
            owner.rest(*c);
            how == ws::ending::finish ? c->stream.finish() : c->stream.reset();
        }
    };

  public:
    using interceptor = ws::interceptor<traits, ws::default_policies, Handler>;

    adapter(engine::loop& loop, Handler& handler, std::shared_ptr<const ws::intercepted_urls> table)
        : loop_{loop}, core_{traits_, handler, table, {{}, ws::allowed_origins{*table}}} {}

    /// send, close, answer and the rest. On the loop's thread.
    interceptor& sockets() { return core_; }

    /// The scheme handler. False: not ours, the engine goes on by itself.
    bool handle(engine::stream& s) {
        const auto c = std::make_shared<socket>(socket{s});
        const ws::opened opened = core_.open(c, {s.method, s.url, s.head, {}});
        if (!opened.id && opened.action == ws::action::external)
            return false;
        if (!opened.id) {
            s.write("HTTP/1.1 " + std::to_string(opened.status) + " Refused\r\n\r\n");
            s.finish();
            return true;
        }
        c->id = opened.id;
        s.on_bytes = [this, c](std::string b) { c->waiting += b, later(c, &adapter::feed); };
        s.on_gone = [this, c] {
            if (c->open)
                core_.closed(c->id), rest(*c);
        };
        return true;
    }

  private:
    void later(const std::shared_ptr<socket>& c, void (adapter::*work)(socket&)) {
        loop_.post([this, c, work] { c->open ? (this->*work)(*c) : void(); });
    }
    void feed(socket& c) { c.waiting.erase(0, core_.write(c.id, c.waiting)); }
    void drain(socket& c) {
        while (c.open && core_.output(c.id).count != 0) {
            const std::string bytes{*core_.output(c.id).begin()};
            c.stream.write(bytes);
            core_.consumed(c.id, bytes.size()); // may end it
        }
    }
    void rest(socket& c) {
        c.open = false;
        loop_.stop(c.timer);
    }

    engine::loop& loop_;
    traits traits_{*this};
    interceptor core_;
};

} // namespace custom
