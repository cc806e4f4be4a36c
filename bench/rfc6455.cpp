// Accept key, whole handshake and frames, beside Boost.Beast and beside the cost of one XOR pass.
#include "samples.hpp"

#include <wsintercept/policies.hpp>

#include <utility> // Beast 1.74 needs it first

#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/core/multi_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/detail/hybi13.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace {

namespace rfc6455 = wsintercept::rfc6455;
namespace rfc9112 = wsintercept::rfc9112;

using samples::key;
using samples::request;

// Each group is a template over who does it: a policy of one's own is a line more.

template <class Policy>
void accept_key(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(Policy::compute(key));
}

template <class Policy>
void handshake(benchmark::State& state) {
    std::string out;
    for (auto _ : state) {
        out.clear();
        if (!Policy::respond(out))
            state.SkipWithError("the handshake was refused");
        benchmark::DoNotOptimize(out.data());
    }
}

/// With a handshake policy.
template <class Policy>
struct policy_handshake {
    static bool respond(std::string& out) {
        rfc9112::request_head head;
        rfc6455::upgrade_request upgrade;
        rfc9112::parse_request(request, {}, head);
        if (Policy::validate(head, upgrade).reason != wsintercept::error{})
            return false;
        Policy::response(upgrade, {}, {}, out);
        return true;
    }
};

struct ours : rfc6455::accept_key, policy_handshake<wsintercept::default_policies::handshake> {
    using frame = wsintercept::default_policies::frame;
};

/// Beast's parser, and the 101 written by hand with its accept key.
struct beast {
    static auto compute(std::string_view key) {
        boost::beast::websocket::detail::sec_ws_accept_type accept;
        boost::beast::websocket::detail::make_sec_ws_accept(accept, {key.data(), key.size()});
        return accept;
    }
    static bool respond(std::string& out) {
        namespace http = boost::beast::http;
        http::request_parser<http::empty_body> parser;
        parser.eager(true);
        boost::beast::error_code failed;
        parser.put(boost::asio::buffer(request.data(), request.size()), failed);
        const auto& head = parser.get();
        if (failed || !parser.is_done() || head[http::field::upgrade] != "websocket")
            return false;
        const auto sent = head[http::field::sec_websocket_key];
        const auto accept = compute({sent.data(), sent.size()});
        out.assign("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
        out.append(accept.data(), accept.size()).append("\r\n\r\n");
        return true;
    }
};

BENCHMARK(accept_key<ours>);
BENCHMARK(accept_key<beast>);
BENCHMARK(handshake<ours>);
BENCHMARK(handshake<beast>);

// Decoding unmasks in place. The key is all zeros, so that each round finds the same bytes.

/// Each frame's payload; 0: failed.
template <class Policy>
std::size_t read_frames(std::span<char> in) {
    const typename Policy::frame::decoder_limits limits{1 << 30, 1 << 30, 1 << 20};
    typename Policy::frame::decoder decoder;
    std::size_t payload = 0;
    while (!in.empty()) {
        const typename Policy::frame::decoded d = decoder.next(in, limits);
        if (d.kind != Policy::frame::decoded_kind::data)
            return 0;
        payload += d.payload.size();
    }
    return payload;
}

/// Not a decoder: one XOR over the same bytes.
struct xor_pass {};
template <>
std::size_t read_frames<xor_pass>(std::span<char> in) {
    char key = 0;
    benchmark::DoNotOptimize(key);
    for (char& c : in)
        c = static_cast<char>(c ^ key);
    benchmark::DoNotOptimize(in.data());
    benchmark::ClobberMemory();
    return in.size();
}

template <class Policy>
void decode(benchmark::State& state) {
    const bool text = state.range(0) != 0;
    const auto size = static_cast<std::size_t>(state.range(1));
    const std::size_t n = 65536 / size;
    std::string bytes =
        samples::frames(size, text ? rfc6455::opcode::text : rfc6455::opcode::binary, n, {});
    state.SetLabel(text ? "text" : "binary");
    for (auto _ : state)
        if (read_frames<Policy>(bytes) < n * size)
            state.SkipWithError("no data");
    state.SetBytesProcessed(static_cast<std::int64_t>(n * size) * state.iterations());
}

void kinds(benchmark::internal::Benchmark* b) {
    b->ArgNames({"text", "payload"})->ArgsProduct({{0, 1}, {16, 125, 1024, 65536}});
}
BENCHMARK(decode<ours>)->Apply(kinds);
BENCHMARK(decode<xor_pass>)->Apply(kinds);

} // namespace

BENCHMARK_MAIN();
