// URL matching: intercepted_urls beside fnmatch a row, RE2, RE2::Set and Hyperscan, on the same
// rows and URLs. RE2 and Hyperscan only where they were found when this was built.
//
// Rows of all styles mixed. A first row and a last one that the URLs of `first` and `last` match;
// those of `miss` match none. `short` URLs have about 30 bytes, `long` ones 2,000.
#include "samples.hpp"

#include <wsintercept/url/intercepted_urls.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fnmatch.h>

#if defined(BENCH_RE2)
#include <re2/re2.h>
#include <re2/set.h>
#endif
#if defined(BENCH_HYPERSCAN)
#include <hs.h>
#endif

namespace {

using wsintercept::intercepted_urls;

using samples::hits;
using samples::lengths;
using samples::patterns;
using samples::url;

std::shared_ptr<const intercepted_urls> compile(const std::vector<std::string>& rows) {
    std::vector<wsintercept::row> all;
    for (const std::string& pattern : rows)
        all.push_back({pattern, wsintercept::action::automatic, {}});
    return intercepted_urls::build(all).table;
}

/// A pattern as a regular expression: close enough for a comparison of speed. A `*` takes any run.
std::string expression(std::string_view pattern) {
    std::string out = "^";
    for (const char c : pattern) {
        if (c == '*')
            out += ".*";
        else if (std::string_view{".?/-:"}.find(c) != std::string_view::npos)
            out.append("\\").append(1, c);
        else
            out += c;
    }
    return out + "$";
}

// Each matcher: built from patterns; `first` gives the first row that matches, or -1, or `failed`.

constexpr long failed = -2;

struct ours {
    std::shared_ptr<const intercepted_urls> table;
    explicit ours(const std::vector<std::string>& rows) : table{compile(rows)} {}
    long first(const std::string& url) const { return static_cast<long>(table->match(url).row); }
};

struct fnmatch_rows {
    std::vector<std::string> rows;
    explicit fnmatch_rows(const std::vector<std::string>& all) {
        for (const std::string& pattern : all) {
            rows.emplace_back();
            for (const char c : pattern) // '?' is literal
                rows.back().append(c == '?' ? "\\" : "").append(1, c);
        }
    }
    long first(const std::string& url) const {
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (fnmatch(rows[i].c_str(), url.c_str(), 0) == 0)
                return static_cast<long>(i);
        return -1;
    }
};

#if defined(BENCH_RE2)
struct re2_rows {
    std::vector<std::unique_ptr<re2::RE2>> rows;
    explicit re2_rows(const std::vector<std::string>& all) {
        for (const std::string& pattern : all)
            rows.push_back(std::make_unique<re2::RE2>(expression(pattern), re2::RE2::Latin1));
    }
    long first(const std::string& url) const {
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (re2::RE2::FullMatch(url, *rows[i]))
                return static_cast<long>(i);
        return -1;
    }
};

struct re2_set {
    std::unique_ptr<re2::RE2::Set> set;
    mutable std::vector<int> found;
    explicit re2_set(const std::vector<std::string>& all) {
        re2::RE2::Options options{re2::RE2::Latin1};
        options.set_max_mem(std::int64_t{1} << 30);
        set = std::make_unique<re2::RE2::Set>(options, re2::RE2::ANCHOR_BOTH);
        for (const std::string& pattern : all)
            set->Add(expression(pattern), nullptr);
        set->Compile();
    }
    long first(const std::string& url) const {
        found.clear();
        re2::RE2::Set::ErrorInfo why{};
        if (!set->Match(url, &found, &why))
            return why.kind == re2::RE2::Set::kNoError ? -1 : failed;
        return *std::min_element(found.begin(), found.end());
    }
};
#endif

#if defined(BENCH_HYPERSCAN)
struct hyperscan {
    hs_database_t* database = nullptr;
    hs_scratch_t* scratch = nullptr;
    explicit hyperscan(const std::vector<std::string>& all) {
        std::vector<std::string> texts;
        std::vector<const char*> pointers;
        std::vector<unsigned> flags(all.size(), HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH), ids;
        for (const std::string& pattern : all) {
            texts.push_back(expression(pattern));
            ids.push_back(static_cast<unsigned>(ids.size()));
        }
        for (const std::string& text : texts)
            pointers.push_back(text.c_str());
        hs_compile_error_t* error = nullptr;
        if (hs_compile_multi(pointers.data(), flags.data(), ids.data(),
                             static_cast<unsigned>(ids.size()), HS_MODE_BLOCK, nullptr, &database,
                             &error) == HS_SUCCESS)
            hs_alloc_scratch(database, &scratch);
        else
            hs_free_compile_error(error);
    }
    hyperscan(const hyperscan&) = delete;
    hyperscan& operator=(const hyperscan&) = delete;
    ~hyperscan() {
        hs_free_scratch(scratch);
        hs_free_database(database);
    }
    long first(const std::string& url) const {
        if (scratch == nullptr)
            return failed;
        long row = -1;
        const auto found = [](unsigned id, unsigned long long, unsigned long long, unsigned,
                              void* out) {
            long& least = *static_cast<long*>(out);
            if (least < 0 || static_cast<long>(id) < least)
                least = static_cast<long>(id);
            return 0;
        };
        hs_scan(database, url.data(), static_cast<unsigned>(url.size()), 0, scratch, found, &row);
        return row;
    }
};
#endif

/// A matcher for each table is built once.
template <class Matcher>
void match(benchmark::State& state) {
    static std::size_t size = 0;
    static std::unique_ptr<Matcher> matcher;
    const auto n = static_cast<std::size_t>(state.range(0));
    if (size != n) {
        matcher.reset();
        matcher = std::make_unique<Matcher>(patterns(n));
        size = n;
    }
    const auto hit = static_cast<std::size_t>(state.range(1));
    const std::string text = url(hit, static_cast<std::size_t>(state.range(2)));
    const long expected = hit == 0 ? 0 : hit == 1 && n > 1 ? static_cast<long>(n) - 1 : -1;
    if (matcher->first(text) != expected) {
        state.SkipWithError("another row than expected");
        return;
    }
    state.SetLabel(std::string{hits[hit]} + ", " +
                   lengths[static_cast<std::size_t>(state.range(2))]);
    for (auto _ : state)
        benchmark::DoNotOptimize(matcher->first(text));
}

/// Tables of `Most` rows at most.
template <long Most>
void arguments(benchmark::internal::Benchmark* b) {
    b->ArgNames({"rows", "hit", "length"});
    for (const long rows : {1L, 10L, 1000L, 100000L})
        for (long hit = 0; hit < 3; ++hit)
            for (long length = 0; length < 2; ++length)
                if (rows <= Most && !(rows == 1 && hit == 1))
                    b->Args({rows, hit, length});
}

BENCHMARK(match<ours>)->Apply(arguments<100000>);
BENCHMARK(match<fnmatch_rows>)->Apply(arguments<100000>);
#if defined(BENCH_RE2)
BENCHMARK(match<re2_rows>)->Apply(arguments<1000>);
BENCHMARK(match<re2_set>)->Apply(arguments<100000>);
#endif
#if defined(BENCH_HYPERSCAN)
BENCHMARK(match<hyperscan>)->Apply(arguments<100000>);
#endif

/// How long a table takes to be compiled, and its bytes for each byte of the patterns.
void compile_table(benchmark::State& state) {
    const std::vector<std::string> rows = patterns(static_cast<std::size_t>(state.range(0)));
    std::vector<wsintercept::row> all;
    std::size_t text = 0;
    for (const std::string& pattern : rows) {
        all.push_back({pattern, wsintercept::action::automatic, {}});
        text += pattern.size();
    }
    std::size_t memory = 0;
    for (auto _ : state)
        memory = intercepted_urls::build(all).table->memory();
    state.counters["bytes_per_byte"] = static_cast<double>(memory) / static_cast<double>(text);
}
BENCHMARK(compile_table)->ArgName("rows")->Arg(1000)->Arg(100000)->Unit(benchmark::kMillisecond);

/// Tables that are made to be slow: `ws://myapp/feed/N/*`, `*aN*`, and 300 hosts by 333 paths.
void hostile_table(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < n; ++i) {
        const std::string number = std::to_string(i);
        switch (state.range(1)) {
        case 0: rows.push_back("ws://myapp/feed/" + number + "/*"); break;
        case 1: rows.push_back("*a" + number + "*"); break;
        default:
            rows.push_back("*://*.host" + std::to_string(i / 333) + ".com/path" +
                           std::to_string(i % 333) + "/*x");
        }
    }
    const auto table = compile(rows);
    std::string text = state.range(1) == 2 ? "ws://a.host0.com/path0/" : "ws://myapp/feed/7777777/";
    if (state.range(2) == 1)
        while (text.size() < 2000)
            text += "segment-" + std::to_string(text.size() * 7919 % 100000) + "/value/";
    for (auto _ : state)
        benchmark::DoNotOptimize(table->match(text));
}
BENCHMARK(hostile_table)
    ->ArgNames({"rows", "kind", "length"})
    ->ArgsProduct({{10, 1000, 100000}, {0, 1, 2}, {0, 1}});

void may_match_host(benchmark::State& state) {
    const auto table = compile(patterns(static_cast<std::size_t>(state.range(0))));
    for (auto _ : state)
        benchmark::DoNotOptimize(table->may_match_host("other.example", 443, true));
}
BENCHMARK(may_match_host)->ArgName("rows")->Arg(10)->Arg(1000)->Arg(100000);

} // namespace

BENCHMARK_MAIN();
