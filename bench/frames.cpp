// Decoding and encoding of frames as a server does it, from the bytes that a socket gave to
// payload, and from messages to the bytes that a socket takes: ours, other libraries (peers/), and
// the copy that each of them needs. Beast and wslay send text unchecked. What each does:
// peers/policy.hpp; a policy or a peer of one's own is a line MEASURE(...) more. rfc6455.cpp
// decodes in place, without the copy.
#include "payloads.hpp"
#include "peers/beast.hpp"
#include "peers/bounds.hpp"
#include "peers/policy.hpp"
#ifdef BENCH_WSLAY
#include "peers/wslay.hpp"
#endif
#ifdef BENCH_WEBSOCKETPP
#include "peers/websocketpp.hpp"
#endif

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using ours = peers::policy<wsintercept::default_policies::frame>;
using peers::beast;
using peers::copy;
using peers::xor_copy;
#ifdef BENCH_WSLAY
using peers::wslay;
#endif
#ifdef BENCH_WEBSOCKETPP
using peers::websocketpp;
#endif

template <class Who>
void decode(benchmark::State& state) {
    const auto kind = static_cast<std::size_t>(state.range(0));
    const auto size = static_cast<std::size_t>(state.range(1));
    const std::string bytes = payloads::frames(kind, size, payloads::count(size));
    const auto piece = static_cast<std::size_t>(state.range(2));
    const std::size_t payload = size * payloads::count(size);
    typename Who::decoder decoder;
    for (auto _ : state) {
        payloads::incoming source{bytes, piece != 0 ? piece : bytes.size(), payload};
        if (decoder.read(source) < payload || !source.left.empty())
            state.SkipWithError("not all was decoded");
    }
    state.SetLabel(std::string{payloads::kinds[kind]} + (piece != 0 ? " in pieces" : ""));
    state.SetBytesProcessed(static_cast<std::int64_t>(payload) * state.iterations());
}

template <class Who>
void encode(benchmark::State& state) {
    const auto kind = static_cast<std::size_t>(state.range(0));
    const auto size = static_cast<std::size_t>(state.range(1));
    const std::string message = payloads::message(kind, size);
    typename Who::encoder encoder;
    payloads::outgoing to{std::string(size + wsintercept::rfc6455::max_header_size, '\0')};
    for (auto _ : state) {
        to.size = 0;
        if (!encoder.write(message, payloads::type(kind), to) || to.size < size)
            state.SkipWithError("not all was encoded");
        benchmark::DoNotOptimize(to.bytes.data());
        benchmark::ClobberMemory();
    }
    state.SetLabel(payloads::kinds[kind]);
    state.SetBytesProcessed(static_cast<std::int64_t>(size) * state.iterations());
}

void of_kinds_and_sizes(benchmark::internal::Benchmark* b, const std::vector<int>& pieces) {
    for (const int piece : pieces)
        for (std::size_t kind = 0; kind < payloads::kinds.size(); ++kind)
            for (const std::size_t size : payloads::sizes)
                if (piece == 0 || size > static_cast<std::size_t>(piece))
                    b->Args({static_cast<int>(kind), static_cast<int>(size), piece});
}
void decoded(benchmark::internal::Benchmark* b) {
    b->ArgNames({"kind", "payload", "piece"});
    of_kinds_and_sizes(b, {0, 1400});
}
void encoded(benchmark::internal::Benchmark* b) {
    b->ArgNames({"kind", "payload", ""});
    of_kinds_and_sizes(b, {0});
}

#define MEASURE(who)                                                                               \
    BENCHMARK(decode<who>)->Apply(decoded);                                                        \
    BENCHMARK(encode<who>)->Apply(encoded)

MEASURE(ours);
MEASURE(beast);
#ifdef BENCH_WSLAY
MEASURE(wslay);
#endif
#ifdef BENCH_WEBSOCKETPP
MEASURE(websocketpp);
#endif
MEASURE(copy);
BENCHMARK(decode<xor_copy>)->Apply(decoded);

} // namespace

BENCHMARK_MAIN();
