// An adapter for engines that hand over a byte stream: gathered writes, which may take a part.
#pragma once

#include "loop.hpp"

#include <wsintercept/interceptor.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::kit::exemplars {

/// The engine's stream: never blocks.
struct byte_stream {
    /// As writev: how much of the pieces was taken. Less than all: `writable` is called later.
    virtual std::size_t write(std::span<const std::string_view> pieces) = 0;
    virtual std::size_t read(std::span<char> buffer) = 0; ///< 0: `readable` is called later
    virtual void finish() = 0;                            ///< FIN, behind what was written
    virtual void reset() = 0;                             ///< RST

  protected:
    ~byte_stream() = default;
};

template <class Handler>
class gathered_socket {
    struct link {
        byte_stream& stream;
        socket_id id{};
        std::string kept{};   ///< read from the stream, not yet taken by the interceptor
        std::string answer{}; ///< plain HTTP: goes out first
        loop::timer timer = 0;
        bool over = false; ///< ended or closed: the ID rests
        ending how = ending::finish;
    };

    // Nothing here calls the interceptor: what has to is posted.
    struct traits {
        using connection = std::shared_ptr<link>;
        gathered_socket& owner;

        time_point now() noexcept { return owner.loop_.now(); }
        void post(const task& work) noexcept { owner.loop_.post(work); }
        void output_ready(const connection& c) noexcept {
            owner.loop_.post([this, c] { owner.writable(c); });
        }
        void input_ready(const connection& c) noexcept {
            owner.loop_.post([this, c] { owner.readable(c); });
        }
        void respond(const connection& c, const response& r) noexcept {
            c->answer = "HTTP/1.1 " + std::to_string(r.status) + " " + std::string{r.reason} +
                        "\r\nContent-Type: " + std::string{r.media_type} +
                        "\r\nContent-Length: " + std::to_string(r.body.size()) +
                        "\r\nConnection: close\r\n" + std::string{r.fields} + "\r\n";
            if (!r.head_only)
                c->answer += r.body;
        }
        void wake_at(const connection& c, time_point when) noexcept {
            owner.loop_.stop(c->timer);
            c->timer = owner.loop_.start(when, [this, c] { owner.core_.wake(c->id); });
        }
        void end(const connection& c, ending how) noexcept {
            owner.loop_.stop(c->timer);
            c->over = true;
            c->how = how;
            if (how == ending::abort)
                c->stream.reset();
            else
                owner.write_answer(*c); // and FIN behind it
        }
    };

  public:
    using connection = typename traits::connection;
    using interceptor = wsintercept::interceptor<traits, default_policies, Handler>;

    gathered_socket(loop& l, Handler& handler, typename interceptor::table_pointer table,
                    interceptor_options options)
        : loop_{l}, core_{traits_, handler, std::move(table), std::move(options)} {}

    interceptor& core() noexcept { return core_; }
    void post(const task& work) noexcept { traits_.post(work); }

    /// The engine has read a request's head. An empty ID: refused, or not ours.
    std::pair<connection, opened> open(byte_stream& stream, const request& r) {
        const connection c{new link{stream}};
        const opened o = core_.open(c, r);
        c->id = o.id;
        c->over = !o.id;
        return {c, o};
    }

    /// The engine's stream takes more. Also what output_ready leads to.
    void writable(const connection& c) {
        if (!write_answer(*c))
            return;
        while (!c->over) {
            const output_views waits = core_.output(c->id);
            if (waits.count == 0)
                return; // output_ready will come
            const std::size_t n = c->stream.write({waits.begin(), waits.count});
            if (n == 0)
                return;               // writable will come
            core_.consumed(c->id, n); // may end it
        }
    }

    /// The engine's stream has bytes. Also what input_ready leads to.
    void readable(const connection& c) {
        while (!c->over) {
            if (c->kept.empty()) {
                c->kept.resize(16 * 1024);
                c->kept.resize(c->stream.read(c->kept));
                if (c->kept.empty())
                    return; // readable will come
            }
            c->kept.erase(0, core_.write(c->id, c->kept));
            if (!c->kept.empty())
                return; // input_ready will come; till then the peer has to wait
        }
    }

    /// The engine's stream broke, or the peer sent FIN.
    void closed(const connection& c, std::error_code why = {}) {
        loop_.stop(c->timer);
        if (!std::exchange(c->over, true))
            core_.closed(c->id, why);
    }

  private:
    /// False: some of a plain answer still waits.
    bool write_answer(link& c) {
        const std::string_view all{c.answer};
        c.answer.erase(0, all.empty() ? 0 : c.stream.write({&all, 1}));
        if (c.answer.empty() && c.over && std::exchange(c.how, ending::abort) == ending::finish)
            c.stream.finish();
        return c.answer.empty();
    }

    loop& loop_;
    traits traits_{*this};
    interceptor core_;
};

} // namespace wsintercept::inline v0_1_0::kit::exemplars
