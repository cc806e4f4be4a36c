// The kit over the scheme-handler route's sockets, on a real main context: a page that announces,
// reads and posts as the page-side class does, and an engine that reads streams as WebKit does.
#include "../../kit/traits_kit.hpp"

#include <wsintercept/renderer/detail/webkitgtk_sockets.hpp>
#include <wsintercept/version.hpp>

#include "../../unit/catch.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <thread>

namespace wsintercept::kit {

class webkitgtk_fixture {
    using sockets = webkitgtk::detail::sockets<host, default_policies>;

    struct view {
        webkitgtk_fixture* owner = nullptr;
        std::string token, unsent;
        std::uint32_t number = 0, flying = 0;
        wsintercept::detail::gobject_ptr<GInputStream> stream;
        wsintercept::detail::gobject_ptr<GCancellable> cancel{g_cancellable_new()};
        std::array<char, 8192> buffer;
        std::string in_engine, received;
        bool reads = true, gone = false;
        std::optional<ending> at_end, told;
        sockets::request_handle plain;
        unsigned status = 0;
        std::string reason, media_type, fields, body;
    };

  public:
    using page = view*;
    static constexpr duration unit = std::chrono::milliseconds{100};
    static constexpr int patience = 40000;

    webkitgtk_fixture(host& h, const table_pointer& table, const interceptor_options& options)
        : sockets_{h, table, options, context_.get()} {}
    ~webkitgtk_fixture() {
        for (view& v : views_)
            hang_up(&v);
        for (int i = 0; i < 20; ++i)
            run();
    }

    static constexpr std::size_t window = sockets::window;
    /// What the engine holds of a page's stream.
    std::size_t held(page p) const { return p->in_engine.size(); }

    auto& core() { return sockets_.core(); }
    page open(const page_request& r) {
        view& v = views_.emplace_back();
        v.owner = this;
        if (!r.is_socket()) {
            const auto answer = [&v](const response& a) {
                v.status = a.status;
                v.reason = a.reason;
                v.media_type = a.media_type;
                v.fields = a.fields;
                v.body = a.head_only ? std::string_view{} : a.body;
            };
            unsigned status = 0;
            v.plain = sockets_.request({r.method, r.url, r.head(), r.body}, answer, status);
            if (!v.plain)
                v.status = status;
            return &v;
        }
        std::optional<std::string> origin;
        for (const auto& [name, value] : r.fields)
            if (name == "Origin")
                origin = value;
        v.token = sockets_.announce(r.url + "\r\n" + r.head()).token;
        auto to = sockets_.connect(v.token, origin);
        if (to.stream) {
            v.stream = std::move(to.stream);
            read(v);
        } else {
            v.status = to.status;
        }
        return &v;
    }
    void write(page p, std::string_view bytes) {
        p->unsent += bytes;
        post(*p);
        run();
    }
    void reads(page p, bool on) {
        p->reads = on;
        take(*p);
    }
    page_view seen(page p) const {
        return {p->received, p->told, p->status, p->reason, p->media_type, p->fields, p->body};
    }
    void hang_up(page p) {
        p->gone = true;
        if (p->plain)
            sockets::leave(std::exchange(p->plain, nullptr));
        g_cancellable_cancel(p->cancel.get());
        run();
    }
    void post(const task& work) { sockets_.post(work); }
    time_point now() { return clock::now(); }
    void run() {
        if (g_main_context_iteration(context_.get(), FALSE) == FALSE)
            std::this_thread::sleep_for(std::chrono::microseconds{250});
    }
    void advance(duration d) {
        for (const time_point until = now() + d; now() < until;)
            run();
    }

  private:
    struct pushed_context {
        GMainContext* context = g_main_context_new();
        pushed_context() { g_main_context_push_thread_default(context); }
        pushed_context(const pushed_context&) = delete;
        pushed_context& operator=(const pushed_context&) = delete;
        ~pushed_context() {
            g_main_context_pop_thread_default(context);
            g_main_context_unref(context);
        }
        GMainContext* get() const { return context; }
    };

    /// As WebKit: at once again, whether or not the page reads.
    static void read(view& v) {
        g_input_stream_read_async(v.stream.get(), v.buffer.data(), v.buffer.size(), 100,
                                  v.cancel.get(), &on_read, &v);
    }
    static void on_read(GObject* from, GAsyncResult* result, gpointer data) {
        view& v = *static_cast<view*>(data);
        GError* failed = nullptr;
        const gssize n = g_input_stream_read_finish(G_INPUT_STREAM(from), result, &failed);
        g_clear_error(&failed);
        if (v.gone)
            return v.stream.reset();
        if (n > 0)
            v.in_engine.append(v.buffer.data(), static_cast<std::size_t>(n));
        else
            v.at_end = n == 0 ? ending::finish : ending::abort;
        if (n > 0)
            read(v);
        v.owner->take(v);
    }
    /// The page takes what the engine has, and says so.
    void take(view& v) {
        if (!v.reads || v.gone)
            return;
        v.received += v.in_engine;
        sockets_.acknowledge(v.token, std::exchange(v.in_engine, {}).size());
        v.told = v.at_end;
    }
    void post(view& v) {
        while (!v.unsent.empty() && !v.gone && v.flying < 4) {
            const std::uint32_t n = v.number++;
            std::string body = v.token;
            for (const int shift : {24, 16, 8, 0})
                body += static_cast<char>(n >> shift);
            body += v.unsent.substr(0, 5000);
            v.unsent.erase(0, 5000);
            ++v.flying;
            sockets_.write(body, [this, &v](bool taken) {
                --v.flying;
                if (taken)
                    post(v);
                else
                    v.unsent.clear();
            });
        }
    }

    pushed_context context_;
    std::deque<view> views_;
    sockets sockets_;
};

} // namespace wsintercept::kit

TEST_CASE("traits: WebKitGTK's streams and messages, on GLib's main loop") {
    wsintercept::kit::failures wrong;
    wsintercept::kit::check_traits<wsintercept::kit::webkitgtk_fixture>(wrong.collect());
    INFO(wrong.text());
    CHECK(wrong.list.empty());
    CHECK(wrong.looked_at > 100);
}

TEST_CASE("what a page has not read is bounded, and all of it comes when it reads") {
    using namespace wsintercept;
    kit::host app;
    const auto table = kit::stage_table();
    kit::webkitgtk_fixture engine{app, table, {{}, allowed_origins{*table}}};
    const auto page = engine.open(kit::socket_request("/feed"));
    const auto until = [&](auto so) {
        for (int i = 0; i < kit::webkitgtk_fixture::patience && !so(); ++i)
            engine.run();
        return so();
    };
    REQUIRE(until([&] { return !engine.seen(page).received.empty() && !app.events.empty(); }));
    engine.reads(page, false);
    const std::string large(8 << 20, 'x');
    const socket_id id = app.events.front().id;
    REQUIRE_FALSE(engine.core().send(id, large));
    const std::size_t head = engine.seen(page).received.size();
    REQUIRE(until([&] { return engine.held(page) == engine.window; }));
    for (int i = 0; i < 100; ++i)
        engine.run();
    REQUIRE(engine.held(page) == engine.window);
    REQUIRE(engine.core().buffered_amount(id) > large.size() - engine.window);
    engine.reads(page, true);
    REQUIRE(until([&] { return engine.seen(page).received.size() > head + large.size(); }));
    REQUIRE(engine.core().buffered_amount(id) == 0);
}

TEST_CASE("the stream's GType carries this version") {
    std::string version{wsintercept::version};
    std::replace(version.begin(), version.end(), '.', '_');
    REQUIRE("WsinterceptInputStream_" + version ==
            wsintercept::webkitgtk::detail::stream_type_name);
}
