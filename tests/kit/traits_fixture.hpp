// What the kit needs to know of an adapter in order to test it: a fixture, written by its author.
#pragma once

#include "host.hpp"
#include "page.hpp"
#include "report.hpp"

#include <wsintercept/interceptor.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::kit {

/// What a page has seen of one request so far. Views are valid until the fixture's next call.
struct page_view {
    std::string_view received;   ///< of a socket: the response head, then frames
    std::optional<ending> ended; ///< it was told the end, and had read all before it
    unsigned status = 0;         ///< of plain HTTP, and of what was refused at once; 0: not yet
    std::string_view reason, media_type;
    std::string_view fields; ///< "Name: value" lines; the transport's own may stand among them
    std::string_view body;
};

/// An adapter, an engine (or a stand-in) on its other side, and the loop. One is made for each
/// check: F(kit::host&, table, options). All members are called on one thread, but for `post`; that
/// thread is the interceptor's executor, or stands still for it while the kit calls the core.
///
///     page                   a handle to one request of the page, cheap to copy
///     core()                 the interceptor; its handler is kit::host
///     open(page_request)     the page asks, as it would in the engine; nothing waits for an answer
///     write(page, bytes)     the page's bytes behind its request's head
///     reads(page, bool)      whether the page takes what comes; it does at first
///     seen(page)             what the page has seen: a page_view
///     hang_up(page)          the page goes away
///     post(task)             the traits' post; any thread
///     now()                  the traits' now
///     run()                  lets happen what can happen now
///     advance(duration)      lets this time pass, and happen what is due in it
///     unit                   how long the kit's time-outs are, in steps: with a clock by hand a
///                            second, with a real one as short as the machine is exact
///     patience               how often the kit calls `run` before it gives a thing up: where the
///                            loop is the program's own, once is enough
template <class F>
concept traits_fixture = requires(F& f, const typename F::page& p, const page_request& r,
                                  std::string_view bytes, const task& work, bool on) {
    { f.core().faults() } -> std::same_as<const adapter_faults&>;
    { f.open(r) } -> std::convertible_to<typename F::page>;
    f.write(p, bytes);
    f.reads(p, on);
    { f.seen(p) } -> std::same_as<page_view>;
    f.hang_up(p);
    f.post(work);
    { f.now() } -> std::same_as<time_point>;
    f.run();
    f.advance(duration{});
    { F::unit } -> std::convertible_to<duration>;
    { F::patience } -> std::convertible_to<int>;
};

using table_pointer = std::shared_ptr<const intercepted_urls>;

/// Makes a fixture; another one where its constructor takes more.
template <class F>
using maker =
    std::function<std::unique_ptr<F>(host&, const table_pointer&, const interceptor_options&)>;

template <class F>
maker<F> default_maker() {
    return [](host& h, const table_pointer& table, const interceptor_options& options) {
        return std::make_unique<F>(h, table, options);
    };
}

/// Work for `post` from a function.
inline task make_task(std::function<void()> run) {
    struct work final : task::work {
        std::function<void()> function;
        explicit work(std::function<void()> f) : function{std::move(f)} {}
        void run() noexcept override { function(); }
    };
    return task{std::make_shared<work>(std::move(run))};
}

} // namespace wsintercept::inline v0_1_0::kit
