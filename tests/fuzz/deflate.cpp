// permessage-deflate: a peer's compressed messages against zlib over each at once, however they are
// split; and the host's messages, compressed, against zlib again.
#include "input.hpp"
#include "reference/inflate.hpp"
#include "session/page.hpp"

#include <wsintercept/rfc7692/framing.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace wsintercept;
using fuzz::require;

namespace {

constexpr rfc6455::decoder_limits limits{1U << 20, 70'000, 40};

/// What came of a peer's bytes.
struct outcome {
    std::vector<std::string> messages;
    error failure{};
    std::uint64_t position = 0;
    friend bool operator==(const outcome&, const outcome&) = default;
};

outcome decode(std::string_view bytes, const rfc7692::agreement& agreed, fuzz::chunk_sizes sizes) {
    outcome out;
    rfc7692::decoder decoder;
    decoder.agree(agreed);
    std::string message;
    sizes.cut(bytes, [&](std::span<char> chunk) {
        while (out.failure == error{}) {
            const rfc6455::decoded d = decoder.next(chunk, limits);
            if (d.kind == rfc6455::decoded_kind::need_more)
                return;
            if (d.kind == rfc6455::decoded_kind::failed) {
                out.failure = d.reason;
                out.position = decoder.position();
                return;
            }
            require(d.kind == rfc6455::decoded_kind::data && !d.rsv1, "a part of a message");
            message += d.payload;
            require(message.size() <= limits.message, "no message is larger than the limit");
            if (d.fin)
                out.messages.push_back(std::exchange(message, {}));
        }
    });
    return out;
}

std::string compressed_frame(unsigned opcode, bool fin, bool rsv1, std::string_view payload) {
    std::string out = fuzz::page_frame(opcode, fin, payload);
    out[0] = static_cast<char>(static_cast<unsigned char>(out[0]) + (rsv1 ? 64 : 0));
    return out;
}

/// The peer's messages: a letter (t, b: compressed text, binary; u, v: plain), how many bytes,
/// they. In fragments of what `sizes` says.
void peer(fuzz::input& in, const rfc7692::agreement& agreed, fuzz::chunk_sizes& sizes,
          fuzz::chunk_sizes& chunks) {
    std::string bytes, history;
    outcome expected;
    while (!in.empty() && expected.failure == error{}) {
        const unsigned letter = in.octet();
        const std::string_view payload = in.take(in.octet() * 2);
        const bool text = letter % 2 == 0, compressed = letter % 4 < 2;
        std::string_view rest = payload;
        bool first = true;
        std::size_t fragments = 0;
        do {
            const std::string_view front =
                ++fragments < limits.fragments ? rest.substr(0, sizes.next(rest.size())) : rest;
            rest.remove_prefix(front.size());
            bytes += compressed_frame(first ? (text ? 1 : 2) : 0, rest.empty(), first && compressed,
                                      front);
            first = false;
        } while (!rest.empty());

        reference::inflated message{std::string{payload}, {}};
        if (compressed)
            message = reference::inflate(payload, history, text, limits.message, limits.fragments);
        else if (text && !reference::is_utf8(payload))
            message.failure = error::text_not_utf8;
        expected.failure = message.failure;
        if (message.failure == error{})
            expected.messages.push_back(message.text);
        if (compressed && !agreed.answer.client_no_context_takeover)
            history += message.text;
    }
    const outcome got = decode(bytes, agreed, chunks);
    require(got.failure == expected.failure, "the failure is that of the bytes");
    require(got.messages == expected.messages, "the messages are those of the bytes");
    require(decode(bytes, agreed, {}) == got, "the same outcome when it comes at once");
    require(decode(bytes, agreed, fuzz::chunk_sizes{1}) == got, "and byte by byte");
}

/// The host's messages, in fragments, as a client inflates them.
void host(std::string_view data, const rfc7692::agreement& agreed, fuzz::chunk_sizes& sizes) {
    rfc7692::outgoing_message outgoing;
    outgoing.agree(agreed);
    std::string history;
    for (int round = 0; round < 2; ++round) {
        std::string_view rest = data;
        std::string deflated;
        bool first = true, compressed = false;
        do {
            const std::string_view front = rest.substr(0, sizes.next(rest.size()));
            rest.remove_prefix(front.size());
            const auto made = outgoing.add(front, rest.empty(), data_type::binary);
            require(made.reason == error{}, "binary data is good");
            require(made.rsv1 == (first && (made.rsv1 || compressed)), "RSV1 on the first alone");
            compressed = compressed || made.rsv1;
            deflated += made.payload;
            first = false;
        } while (!rest.empty());
        require(compressed == agreed.on, "it is compressed");
        const reference::inflated read =
            reference::inflate(deflated, history, false, data.size(), 0);
        require(read.failure == error{} && read.text == data, "the client reads what was sent");
        if (!agreed.answer.server_no_context_takeover)
            history += data;
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in{data, size};
    rfc7692::agreement agreed;
    agreed.on = true;
    agreed.wanted.compress_from = 0;
    agreed.wanted.level = 1 + static_cast<int>(in.choice(9));
    agreed.answer.server_no_context_takeover = in.choice(2) != 0;
    agreed.answer.client_no_context_takeover = in.choice(2) != 0;
    agreed.answer.server_max_window_bits = 9 + static_cast<int>(in.choice(7));
    fuzz::chunk_sizes fragments{in}, chunks{in};
    host(in.rest(), agreed, fragments);
    peer(in, agreed, fragments, chunks);
    return 0;
}
