// Accept key, whole handshake and frames, beside Boost.Beast and beside the cost of one XOR pass.
#include <wsintercept/policies.hpp>

#include <utility> // Beast 1.74 needs it first

#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/core/multi_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/detail/hybi13.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

namespace {

namespace beast = boost::beast;
namespace rfc6455 = wsintercept::rfc6455;
namespace rfc9112 = wsintercept::rfc9112;

constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";

constexpr std::string_view request =
    "GET /feed?topic=1 HTTP/1.1\r\nHost: myapp\r\nConnection: Upgrade\r\nPragma: no-cache\r\n"
    "Cache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36\r\nUpgrade: websocket\r\n"
    "Origin: http://myapp\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate\r\n"
    "Accept-Language: en-US,en;q=0.9\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

void accept_key(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(rfc6455::accept_key::compute(key));
}
BENCHMARK(accept_key);

void accept_key_beast(benchmark::State& state) {
    for (auto _ : state) {
        beast::websocket::detail::sec_ws_accept_type accept;
        beast::websocket::detail::make_sec_ws_accept(accept, {key.data(), key.size()});
        benchmark::DoNotOptimize(accept);
    }
}
BENCHMARK(accept_key_beast);

void handshake(benchmark::State& state) {
    using policy = wsintercept::default_policies::handshake;
    std::string out;
    for (auto _ : state) {
        out.clear();
        rfc9112::request_head head;
        rfc6455::upgrade_request upgrade;
        rfc9112::parse_request(request, {}, head);
        if (policy::validate(head, upgrade).reason != wsintercept::error{})
            state.SkipWithError("the handshake was refused");
        policy::response(upgrade, {}, {}, out);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(handshake);

/// Beast's parser, and the 101 written by hand with its accept key.
void handshake_beast(benchmark::State& state) {
    namespace http = beast::http;
    std::string out;
    for (auto _ : state) {
        http::request_parser<http::empty_body> parser;
        parser.eager(true);
        beast::error_code failed;
        parser.put(boost::asio::buffer(request.data(), request.size()), failed);
        const auto& head = parser.get();
        if (failed || !parser.is_done() || head[http::field::upgrade] != "websocket")
            state.SkipWithError("the handshake was refused");
        beast::websocket::detail::sec_ws_accept_type accept;
        beast::websocket::detail::make_sec_ws_accept(accept, head[http::field::sec_websocket_key]);
        out.assign("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
        out.append(accept.data(), accept.size()).append("\r\n\r\n");
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(handshake_beast);

/// Masked frames of one size, some 64 KiB of them at least.
std::string frames(std::size_t payload, rfc6455::opcode op) {
    std::minstd_rand random{1};
    std::string out;
    do {
        rfc6455::frame_header header;
        header.op = op;
        header.masked = true;
        header.key = {0x12, 0x34, 0x56, 0x78};
        header.payload_length = payload;
        std::array<char, rfc6455::max_header_size> bytes{};
        out.append(bytes.data(), rfc6455::encode(header, bytes.data()));
        for (std::size_t i = 0; i < payload; ++i)
            out += static_cast<char>(('a' + random() % 26) ^ header.key[i % 4]);
    } while (out.size() < 64 * 1024);
    return out;
}

// Decoding unmasks in place, so each round begins with a fresh copy: the copy is a peer of its own.

void decode(benchmark::State& state, rfc6455::opcode op) {
    const std::string bytes = frames(static_cast<std::size_t>(state.range(0)), op);
    const rfc6455::decoder_limits limits{1 << 30, 1 << 30, 1 << 20};
    std::string work = bytes;
    std::size_t payload = 0;
    for (auto _ : state) {
        std::memcpy(work.data(), bytes.data(), bytes.size());
        rfc6455::decoder decoder;
        for (std::span<char> in{work}; !in.empty();) {
            const rfc6455::decoded d = decoder.next(in, limits);
            if (d.kind != rfc6455::decoded_kind::data)
                state.SkipWithError("no data");
            payload += d.payload.size();
        }
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(payload));
}
BENCHMARK_CAPTURE(decode, binary, rfc6455::opcode::binary)
    ->Arg(16)
    ->Arg(125)
    ->Arg(1024)
    ->Arg(65536);
BENCHMARK_CAPTURE(decode, text, rfc6455::opcode::text)->Arg(16)->Arg(125)->Arg(1024)->Arg(65536);

/// What the bytes of `decode` cost at the least: the same copy and one XOR over it.
void copy_and_xor(benchmark::State& state) {
    const std::string bytes = frames(65536, rfc6455::opcode::binary);
    std::string work = bytes;
    for (auto _ : state) {
        std::memcpy(work.data(), bytes.data(), bytes.size());
        for (char& c : work)
            c = static_cast<char>(c ^ 0x5A);
        benchmark::DoNotOptimize(work.data());
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size()) * state.iterations());
}
BENCHMARK(copy_and_xor);

} // namespace

BENCHMARK_MAIN();
