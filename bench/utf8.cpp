// Validation of UTF-8, beside other validators and beside one pass over the bytes. A validator of
// one's own is a struct with `valid` and a line MEASURE(...).
#include "payloads.hpp"

#include <wsintercept/rfc6455/utf8.hpp>

#include <utility> // Beast 1.74 needs it first

#include <boost/beast/websocket/detail/utf8_checker.hpp>

#ifdef BENCH_WEBSOCKETPP
#include <websocketpp/utf8_validator.hpp>
#endif
#ifdef BENCH_SIMDUTF
#include <simdutf.h>
#endif

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace {

constexpr std::array<std::pair<const char*, std::string_view>, 5> texts{{
    {"ascii", "The quick brown fox jumps over the lazy dog. "},
    {"latin", "Übergrößenträger naïve, déjà vu: señor, ça va? "},
    {"cyrillic", "Съешь же ещё этих мягких французских булок. "},
    {"cjk", "天地玄黃宇宙洪荒日月盈昃辰宿列張"},
    {"mixed", payloads::mixed_text},
}};

struct ours {
    static bool valid(std::string_view text) { return wsintercept::rfc6455::is_utf8(text); }
};
struct beast {
    static bool valid(std::string_view text) {
        return boost::beast::websocket::detail::check_utf8(text.data(), text.size());
    }
};
#ifdef BENCH_WEBSOCKETPP
struct websocketpp {
    static bool valid(std::string_view text) {
        ::websocketpp::utf8_validator::validator checked;
        return checked.decode(text.begin(), text.end()) && checked.complete();
    }
};
#endif
#ifdef BENCH_SIMDUTF
struct simdutf {
    static bool valid(std::string_view text) {
        return ::simdutf::validate_utf8(text.data(), text.size());
    }
};
#endif
/// Not a validator: each byte is looked at.
struct one_pass {
    static bool valid(std::string_view text) {
        unsigned char all = 0;
        for (const char c : text)
            all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
        return all != 0;
    }
};

template <class Who>
void utf8(benchmark::State& state) {
    const auto& [name, sample] = texts[static_cast<std::size_t>(state.range(0))];
    const auto size = static_cast<std::size_t>(state.range(1));
    std::string text = payloads::repeated(sample, size);
    for (auto _ : state) {
        benchmark::DoNotOptimize(text.data());
        benchmark::ClobberMemory();
        if (!Who::valid(text))
            state.SkipWithError("good text was refused");
    }
    state.SetLabel(name);
    state.SetBytesProcessed(static_cast<std::int64_t>(size) * state.iterations());
}

void samples(benchmark::internal::Benchmark* b) {
    b->ArgNames({"text", "bytes"})->ArgsProduct({{0, 1, 2, 3, 4}, {16, 125, 1024, 65536}});
}
#define MEASURE(who) BENCHMARK(utf8<who>)->Apply(samples)

MEASURE(ours);
MEASURE(beast);
#ifdef BENCH_WEBSOCKETPP
MEASURE(websocketpp);
#endif
#ifdef BENCH_SIMDUTF
MEASURE(simdutf);
#endif
MEASURE(one_pass);

} // namespace

BENCHMARK_MAIN();
