// A socket's whole way through an interceptor: from the engine's bytes to the handler's event, from
// `send` to the engine's bytes; and what sockets that do nothing cost, in memory and in the time of
// those that are busy. Traits or policies of one's own: a struct like `ours`, and a line
// MEASURE(...). Beast's stream copies what it reads, as from a socket; an engine's bytes are there.
#include "payloads.hpp"
#include "peers/beast.hpp"
#include "samples.hpp"

#include <wsintercept/wsintercept.hpp>

#include <benchmark/benchmark.h>

#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace wsintercept;

/// A renderer that keeps nothing, and whose work is done when told.
struct quiet_renderer {
    using connection = int;
    time_point now() noexcept { return {}; }
    void post(const task& work) noexcept { posted.push_back(work); }
    void output_ready(int) noexcept {}
    void input_ready(int) noexcept {}
    void respond(int, const response&) noexcept {}
    void wake_at(int, time_point) noexcept {}
    void end(int, ending) noexcept {}

    std::vector<task> posted;
};

struct counting_host : ignore<websocket_upgrade, http_request, websocket_close, websocket_error,
                              drained, log_entry> {
    using ignore::on;
    void on(const websocket_receive& e) noexcept { received += e.data.size(); }
    std::size_t received = 0;
};

/// An interceptor with open sockets.
template <class Traits, class Policies>
class interceptor_sockets {
  public:
    explicit interceptor_sockets(std::size_t n) {
        ids_.reserve(n);
        for (std::size_t i = 0; i < n; ++i) {
            ids_.push_back(
                core_.open(1, {"GET", "ws://myapp/feed?topic=1", samples::request, {}}).id);
            for (const task& work : std::exchange(renderer_.posted, {}))
                work();
            take_output(i);
        }
    }
    std::size_t receive(std::size_t i, std::span<char> frames, std::size_t) {
        const std::size_t before = handler_.received;
        core_.write(ids_[i], frames);
        return handler_.received - before;
    }
    std::size_t send(std::size_t i, std::string_view message) {
        return core_.send(ids_[i], message) ? 0 : take_output(i);
    }

  private:
    std::size_t take_output(std::size_t i) {
        std::size_t taken = 0;
        for (output_views out = core_.output(ids_[i]); out.count != 0;
             out = core_.output(ids_[i])) {
            taken += out.size();
            core_.consumed(ids_[i], out.size());
        }
        return taken;
    }

    static interceptor_options options(const intercepted_urls& table) {
        interceptor_options o{{}, allowed_origins{table}};
        o.limits.connections = std::size_t{1} << 21;
        return o;
    }
    Traits renderer_;
    counting_host handler_;
    std::shared_ptr<const intercepted_urls> table_ =
        intercepted_urls::build(std::vector<row>{{"*://myapp/*"}}).table;
    interceptor<Traits, Policies, counting_host> core_{renderer_, handler_, table_,
                                                       options(*table_)};
    std::vector<socket_id> ids_;
};

struct ours {
    using sockets = interceptor_sockets<quiet_renderer, default_policies>;
};

struct beast {
    class sockets {
      public:
        explicit sockets(std::size_t n) {
            all_.reserve(n);
            for (std::size_t i = 0; i < n; ++i)
                all_.push_back(std::make_unique<peers::beast::socket>());
        }
        std::size_t receive(std::size_t i, std::span<char> frames, std::size_t payload) {
            payloads::incoming source{{frames.data(), frames.size()}, frames.size(), payload};
            return all_[i]->read(source, buffer_);
        }
        std::size_t send(std::size_t i, std::string_view message) {
            sink_.size = 0;
            return all_[i]->write(message, data_type::text, sink_) ? sink_.size : 0;
        }

      private:
        std::vector<std::unique_ptr<peers::beast::socket>> all_;
        std::string buffer_ = std::string(peers::read_size, '\0');
        payloads::outgoing sink_{std::string(1024, '\0')};
    };
};

constexpr std::size_t message_size = 125;

/// Its key is all zeros, so that it is the same after it was unmasked in place.
std::string text_frames(std::size_t n) {
    return payloads::frames(1, message_size, n, {});
}

/// So many messages a read.
template <class Who>
void message_in(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    std::string frames = text_frames(n);
    typename Who::sockets socket{1};
    while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(n)))
        if (socket.receive(0, frames, n * message_size) != n * message_size)
            state.SkipWithError("not all was received");
}

template <class Who>
void message_out(benchmark::State& state) {
    const std::string message = payloads::message(1, message_size);
    typename Who::sockets socket{1};
    for (auto _ : state)
        if (socket.send(0, message) < message_size)
            state.SkipWithError("nothing was sent");
}

std::size_t allocated() {
    const struct mallinfo2 now = mallinfo2();
    return now.uordblks + now.hblkhd;
}

/// Open sockets, kept from one run to the next, since a million are not made in an instant.
template <class Who>
struct crowd {
    explicit crowd(std::size_t n) : size{n}, before{allocated()}, sockets{n} {
        bytes = (allocated() - before) / n;
    }
    std::size_t size, before, bytes = 0;
    typename Who::sockets sockets;

    static crowd& of(std::size_t n) {
        static std::unique_ptr<crowd> kept;
        if (!kept || kept->size != n) {
            kept.reset();
            kept = std::make_unique<crowd>(n);
        }
        return *kept;
    }
};

/// A message in and one out on each of 64, of so many that are open.
template <class Who>
void sockets(benchmark::State& state) {
    constexpr std::size_t busy = 64;
    const auto n = static_cast<std::size_t>(state.range(0));
    crowd<Who>& all = crowd<Who>::of(n);
    std::string frame = text_frames(1);
    const std::string message = payloads::message(1, message_size);
    std::size_t turn = 0;
    for (auto _ : state) {
        const std::size_t i = turn++ % busy * (n / busy);
        if (all.sockets.receive(i, frame, message_size) != message_size ||
            all.sockets.send(i, message) < message_size)
            state.SkipWithError("not all was received or sent");
    }
    state.counters["bytes"] = static_cast<double>(all.bytes);
}

#define MEASURE(who, most)                                                                         \
    BENCHMARK(message_in<who>)->ArgName("a_read")->Arg(1)->Arg(64);                                \
    BENCHMARK(message_out<who>);                                                                   \
    BENCHMARK(sockets<who>)->ArgName("open")->Arg(64)->Arg(10'000)->Arg(most)

MEASURE(ours, 1'000'000);
MEASURE(beast, 100'000);

} // namespace

BENCHMARK_MAIN();
