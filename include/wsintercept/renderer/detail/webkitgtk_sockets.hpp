// The sockets and requests of the scheme-handler route, on a main context. Needs GIO alone.
#pragma once

#include <wsintercept/bridge/framing.hpp>
#include <wsintercept/bridge/requests.hpp>
#include <wsintercept/bridge/uplink.hpp>
#include <wsintercept/event.hpp>
#include <wsintercept/interceptor.hpp>
#include <wsintercept/renderer/detail/glib.hpp>
#include <wsintercept/renderer/detail/webkitgtk_stream.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::webkitgtk::detail {

/// How a page's wish for a socket is answered.
struct announced {
    std::string token;
    const char* wrong = nullptr; ///< not null: there is no token, and why
};

/// How a request for BASE/down/TOKEN is answered.
struct connected {
    unsigned status = 404;
    wsintercept::detail::gobject_ptr<GInputStream> stream; ///< status 200: the body
};

/// All calls and events on the main context's thread.
template <class Handler, policy_set Policies = bridge::policies>
class sockets {
    struct exchange;
    using handle = std::shared_ptr<exchange>;

    struct traits {
        using connection = handle;
        sockets& owner;

        time_point now() noexcept { return clock::now(); }
        void post(const task& work) noexcept { owner.posted_.post(work); }
        void output_ready(const handle& c) noexcept { c->mark(); }
        void input_ready(const handle& c) noexcept {
            c->input_waits = true;
            c->mark();
        }
        void respond(const handle& c, const response& r) noexcept { c->respond(r); }
        void wake_at(const handle& c, time_point when) noexcept { c->timer.at(when); }
        void end(const handle& c, ending how) noexcept {
            c->last = how;
            c->rest();
            c->mark();
        }
    };

  public:
    using interceptor = wsintercept::interceptor<traits, Policies, Handler>;
    using request_handle = handle;

    /// What a page may have been sent without having read it. WebKit reads as fast as it can, so
    /// the page-side class says how far its page is.
    static constexpr std::size_t window = std::size_t{1} << 20;

    sockets(Handler& handler, typename interceptor::table_pointer table,
            interceptor_options options, GMainContext* context)
        : handler_{handler}, limits_{options.limits}, turns_{std::make_shared<turns>(*this,
                                                                                     context)},
          posted_{context}, core_{traits_, handler, std::move(table), std::move(options)} {}
    sockets(const sockets&) = delete;
    sockets& operator=(const sockets&) = delete;
    ~sockets() { turns_->owner = nullptr; }

    interceptor& core() noexcept { return core_; }
    void post(const task& work) noexcept { traits_.post(work); }

    /// A page is about to ask for a socket, by the token that it gets. The request is what
    /// bridge::read_open reads. One that is not asked for in the handshake's time is forgotten.
    announced announce(std::string request) {
        if (request.size() > 2 * limits_.head)
            return {{}, "the request is too large"};
        if (tokens_.size() >= limits_.connections)
            return {{}, "too many sockets"};
        const handle c = exchange::make(turns_);
        c->token = tokens_.add(c);
        if (c->token.empty())
            return {{}, "the system gives no random bits"};
        c->request = std::move(request);
        c->timer.at(clock::now() + limits_.handshake);
        return {c->token};
    }

    /// The page's stream: the handshake is made. origin: as the engine says it.
    connected connect(std::string_view token, std::optional<std::string_view> origin) {
        const handle c = tokens_.find(token);
        if (!c || c->request.empty())
            return {};
        const std::string request = std::exchange(c->request, {});
        const bridge::open_request asked = bridge::read_open(request, origin, limits_);
        c->timer.stop();
        if (asked.reason != error{}) {
            c->rest();
            log(asked.reason, asked.url);
            return {400, nullptr};
        }
        const opened o = core_.open(c, {"GET", asked.url, asked.head, {}});
        if (!o.id) {
            c->rest();
            return {o.status != 0 ? o.status : 404, nullptr};
        }
        c->begin(o.id);
        return {200, c->make_stream()};
    }

    /// The page's bytes: what bridge::read_post reads. done: once, taken or gone.
    void write(std::string_view body, bridge::uplink::completion done) {
        const std::optional<bridge::post> post = bridge::read_post(body);
        const handle c = post ? tokens_.find(post->token) : nullptr;
        if (!c || c->over)
            return done(false);
        const error bad = c->up.add(post->number, std::string{post->bytes}, done);
        if (bad == error{})
            return c->feed();
        core_.closed(c->id, bad);
        c->last = ending::abort;
        c->rest();
        c->mark();
        done(false);
    }

    /// The page has read n bytes more of its stream. False: it is gone.
    bool acknowledge(std::string_view token, std::size_t n) {
        const handle c = tokens_.find(token);
        if (!c)
            return false;
        c->ahead -= (std::min)(n, c->ahead);
        c->mark();
        return true;
    }

    /// A plain request. Null: it is not ours, or refused, and `status` says how. `answer` is called
    /// once, unless the page leaves first.
    handle request(const wsintercept::request& r, std::function<void(const response&)> answer,
                   unsigned& status) {
        const handle c = exchange::make(turns_);
        c->answer = std::move(answer);
        const opened o = core_.open(c, r);
        status = o.status != 0 ? o.status : 404;
        if (!o.id)
            return nullptr;
        c->begin(o.id);
        return c;
    }
    /// The page has left a plain request.
    static void leave(const handle& c) {
        c->answer = nullptr;
        c->left = true;
        c->mark();
    }

  private:
    /// What is to be done behind the calls that say so. Outlives the sockets as long as the engine
    /// has streams of theirs.
    struct turns : std::enable_shared_from_this<turns> {
        turns(sockets& s, GMainContext* of)
            : owner{&s}, context{of}, source{of, [this] { serve(); }} {}

        void serve() {
            const auto self = this->shared_from_this(); // the last stream may go
            std::vector<handle> now;
            now.swap(marked);
            for (const handle& c : now) {
                c->marked = false;
                c->serve();
            }
        }

        sockets* owner; ///< null: gone
        GMainContext* context;
        std::vector<handle> marked;
        wsintercept::detail::loop_source source;
    };

    struct exchange final : stream_filler, std::enable_shared_from_this<exchange> {
        static handle make(std::shared_ptr<turns> t) {
            return std::make_shared<exchange>(std::move(t));
        }
        explicit exchange(std::shared_ptr<turns> t)
            : house{std::move(t)}, timer{house->context, [this] { time_came(); }} {}

        void begin(socket_id of) {
            id = of;
            over = false;
        }
        wsintercept::detail::gobject_ptr<GInputStream> make_stream() {
            return wsintercept::detail::gobject_ptr<GInputStream>{
                body_stream::make(this->shared_from_this(), down)};
        }

        void mark() {
            if (std::exchange(marked, true))
                return;
            house->marked.push_back(this->shared_from_this());
            house->source.soon();
        }

        // The stream's calls.
        void read_begins() noexcept override { mark(); }
        void stream_gone() noexcept override {
            down = nullptr;
            left = true;
            mark();
        }

        void time_came() {
            const handle me = this->shared_from_this();
            if (!over)
                house->owner->core_.wake(id);
            else
                rest(); // announced, and never asked for
        }

        /// The ID is not used any more.
        void rest() {
            over = true;
            timer.stop();
            if (house->owner != nullptr && !token.empty())
                house->owner->tokens_.erase(token);
            up.end();
        }

        void respond(const response& r) {
            if (const auto tell = std::exchange(answer, nullptr))
                tell(r);
        }

        void feed() {
            up.feed([this](std::span<char> bytes) { return house->owner->core_.write(id, bytes); });
        }

        void serve() {
            if (left && !over) {
                house->owner->core_.closed(id);
                rest();
            }
            if (std::exchange(input_waits, false) && !over)
                feed();
            for (int rounds = 0; down != nullptr && down->reading(); ++rounds) {
                if (rounds == 64) // the others' turn
                    return mark();
                if (over)
                    return last == ending::finish ? down->give(0) : down->fail();
                const std::span<char> room =
                    down->buffer().first((std::min)(down->buffer().size(), window - ahead));
                const read_result r =
                    room.empty() ? read_result{} : house->owner->core_.read(id, room);
                if (r.size == 0)
                    return; // output_ready comes, or acknowledge, or end has marked it
                ahead += r.size;
                down->give(r.size);
            }
        }

        std::shared_ptr<turns> house;
        wsintercept::detail::loop_source timer;
        socket_id id;
        bool over = true; ///< it has no ID: not yet, or no more
        std::string token;
        std::string request; ///< announced; empty once it was asked for
        bridge::uplink up;
        body_stream* down = nullptr;                 ///< null: none yet, or gone
        std::size_t ahead = 0;                       ///< bytes of it that the page has not read
        std::function<void(const response&)> answer; ///< of a plain request
        ending last = ending::abort;
        bool input_waits = false; ///< noted for serve
        bool left = false;        ///< noted for serve
        bool marked = false;
    };

    void log(error why, std::string_view what) {
        const std::string text = (what.empty() ? "" : std::string{what} + ": ") + describe(why);
        handler_.on(log_entry{log_topic::refused, log_level::warning, why, text});
    }

    Handler& handler_;
    limits limits_;
    std::shared_ptr<turns> turns_;
    bridge::tokens<handle> tokens_;
    wsintercept::detail::loop_queue posted_;
    traits traits_{*this};
    interceptor core_; ///< last: it ends what is open
};

} // namespace wsintercept::inline v0_1_0::webkitgtk::detail
