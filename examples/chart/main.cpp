// A chart fed from a thread. The thread makes values and sends them by `remote`; the page draws
// them on a canvas. Where the page takes less than the thread makes, the thread waits: nothing is
// lost, and nothing piles up.
#include "app.hpp"
#include "heart.hpp"

#include <bit>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace ws = wsintercept;

namespace {

using namespace std::chrono_literals;

/// One socket's values, 1,000 a second or as many as the page takes.
class feed {
  public:
    /// values: over and over; they outlive this.
    feed(ws::remote to, ws::socket_id id, const std::vector<float>& values)
        : thread_{[=, &values, s = shared_](const std::stop_token& stop) {
              run(to, id, s, values, stop);
          }} {}

    // On the executor.
    void pace(bool full_speed) {
        change([&](state& s) { s.full_speed = full_speed; });
    }
    void drained() {
        change([](state& s) { s.room = true; });
    }

  private:
    struct state {
        std::mutex mutex;
        std::condition_variable_any changed;
        bool full_speed = false;
        bool room = true;                      ///< false from queue_full to `drained`
        std::optional<std::error_code> result; ///< of the message that is under way
    };

    template <class Change>
    void change(Change&& how) {
        const std::lock_guard lock{shared_->mutex};
        how(*shared_);
        shared_->changed.notify_all();
    }

    static void run(const ws::remote& to, ws::socket_id id, const std::shared_ptr<state>& s,
                    const std::vector<float>& values, const std::stop_token& stop) {
        using clock = std::chrono::steady_clock;
        auto due = clock::now();
        std::uint64_t number = 0;
        std::uint32_t waits = 0;
        std::unique_lock lock{s->mutex};
        while (!stop.stop_requested()) {
            const unsigned count = s->full_speed ? 4096 : 20;
            s->result.reset();
            lock.unlock();
            to.send(id, message(number, waits, count, values), true, ws::data_type::binary,
                    [s](std::error_code result) { // on the executor
                        const std::lock_guard locked{s->mutex};
                        s->result = result;
                        s->room = s->room && result != ws::error::queue_full;
                        s->changed.notify_all();
                    });
            lock.lock();
            // One message under way at a time: what the page does not take waits here.
            if (!s->changed.wait(lock, stop, [&] { return s->result.has_value(); }))
                return;
            if (*s->result == ws::error::queue_full) {
                ++waits;
                s->changed.wait(lock, stop, [&] { return s->room; });
                continue; // it was not taken
            }
            if (*s->result)
                return; // the socket is closed
            number += count;
            due = s->full_speed ? clock::now() : due + count * 1ms;
            s->changed.wait_until(lock, stop, due, [&] { return s->full_speed; });
        }
    }

    /// The first one's number (float64), how often the thread has waited (uint32), and the values
    /// (float32), as the page's arrays read them.
    static std::string message(std::uint64_t number, std::uint32_t waits, unsigned count,
                               const std::vector<float>& values) {
        std::string out;
        const auto add = [&](auto part) {
            out.append(reinterpret_cast<const char*>(&part), sizeof part);
        };
        add(static_cast<double>(number));
        add(waits);
        for (std::uint64_t n = number; n != number + count; ++n)
            add(values[n % values.size()]);
        return out;
    }

    std::shared_ptr<state> shared_ = std::make_shared<state>();
    std::jthread thread_; ///< last: it uses the state
};

struct app : ws::ignore<ws::http_request> {
    using ignore::on;
    void on(const ws::websocket_upgrade& e) noexcept {
        feeds.try_emplace(e.id, endpoint->sockets().remote(), e.id, values);
    }
    void on(const ws::websocket_receive& e) noexcept {
        feeds.at(e.id).pace(e.data == "full speed");
    }
    void on(const ws::drained& e) noexcept { feeds.at(e.id).drained(); }
    void on(const ws::websocket_close& e) noexcept { feeds.erase(e.id); }
    void on(const ws::websocket_error& e) noexcept {
        std::cerr << e.message << '\n';
        feeds.erase(e.id);
    }
    void on(const ws::log_entry& e) noexcept { std::cerr << e.text << '\n'; }

    ws::loopback::endpoint<app>* endpoint = nullptr;
    const std::vector<float> values = chart::heart();
    std::map<ws::socket_id, feed> feeds;
};

} // namespace

int main(int argc, char** argv) {
    static_assert(std::endian::native == std::endian::little, "as the page's arrays are");
    ws::row_options soon; // little is queued, so that what is shown is new
    soon.limits.emplace().output = 256 * 1024;
    const std::vector<ws::row> rows{{"ws://myapp/feed", ws::action::automatic, soon}};
    const auto urls = ws::intercepted_urls::build(rows).table;
    boost::asio::io_context io;
    app handler;
    examples::app shown{io, *urls, PAGE_FOLDER};
    ws::loopback::endpoint<app> endpoint{io, handler, urls, shown.endpoint_options()};
    handler.endpoint = &endpoint;
    return shown.run(endpoint, argc, argv);
}
