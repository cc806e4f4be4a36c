// The host's messages as frames, masked as a client would, and decoded: the same messages.
#include "input.hpp"
#include "reference/frames.hpp"
#include "reference/served.hpp"

#include <wsintercept/rfc6455/decoder.hpp>
#include <wsintercept/rfc6455/encoder.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace wsintercept::rfc6455;
using fuzz::require;
using wsintercept::data_type;
using wsintercept::error;

namespace {

/// What was encoded: as a server sends it, and as a client would.
struct wire {
    std::string served = "\r\n\r\n"; ///< behind an empty head
    std::string masked;
    std::vector<reference::served_frame> frames;

    void add(std::string_view header, std::string_view payload, masking_key key) {
        frame_header h = parse(header.data());
        require(header.size() == header_size(header[1]) && h.payload_length == payload.size(),
                "a header reads back");
        frames.push_back({static_cast<unsigned>(h.op), h.fin, std::string{payload}});
        served.append(header).append(payload);

        h.masked = true;
        h.key = key;
        std::array<char, max_header_size> bytes{};
        const std::size_t n = encode(h, bytes.data());
        const frame_header again = parse(bytes.data());
        require(n == header_size(bytes[1]) && again.masked && again.key == key &&
                    again.op == h.op && again.fin == h.fin &&
                    again.payload_length == h.payload_length,
                "a masked header reads back");
        masked.append(bytes.data(), n);
        std::string turned{payload};
        // In two pieces, as a payload may be split anywhere.
        const std::size_t middle = payload.size() * key[0] / 256;
        mask(std::span<char>{turned}.first(middle), key, 0);
        mask(std::span<char>{turned}.subspan(middle), key, middle);
        masked += turned;
    }
    void add(const control_frame& frame, masking_key key) {
        add(frame.view().substr(0, 2), frame.view().substr(2), key);
    }
};

/// The host's message in fragments, and what must be said of each.
class sender {
  public:
    explicit sender(wire& out) : out_{out} {}

    void add(std::string_view data, bool fin, std::optional<data_type> type, masking_key key) {
        const data_type now = open_.value_or(type.value_or(data_type::text));
        const std::string text = now == data_type::text ? text_ + std::string{data} : std::string{};
        const reference::utf8_result checked = reference::utf8(text);
        const bool good = !checked.bad && (!fin || checked.whole == text.size());
        const bool differs = open_ && type && type != open_;

        const outgoing_fragment f = message_.add(data, fin, type);
        require(f.reason == (differs ? error::opcode_differs
                             : good  ? error{}
                                     : error::invalid_utf8),
                "whether a fragment is good");
        if (f.reason == error{}) {
            require(static_cast<unsigned>(f.op) == (open_                    ? 0U
                                                    : now == data_type::text ? 1U
                                                                             : 2U),
                    "a fragment's opcode");
            text_ = fin ? std::string{} : text;
            open_ = fin ? std::nullopt : std::optional{now};
            out_.add(encode_header(f.op, fin, data.size()).view(), data, key);
        }
        require(message_.open() == open_.has_value(), "whether a message is open");
    }

  private:
    wire& out_;
    outgoing_message message_;
    std::string text_; ///< so far
    std::optional<data_type> open_;
};

/// Any bytes: of those too long for a control frame, the front.
void add_control(wire& out, const control_frame& frame, std::string_view data, masking_key key) {
    require(frame.view().substr(2) == data.substr(0, 125), "a control frame's payload");
    out.add(frame, key);
}

/// The last frame.
void add_close(wire& out, std::string_view data, std::uint16_t status, masking_key key) {
    if (!may_be_sent(status) && status != no_status) {
        require(!reference::close_code_may_be_sent(status), "a code that may not be sent");
        return;
    }
    const std::string_view reason = data.substr(0, reference::utf8(data).whole);
    const control_frame frame = close_frame(status, reason);
    const std::string_view kept = frame.view().substr(std::min<std::size_t>(frame.size, 4));
    require(status == no_status ? kept.empty()
                                : reference::is_utf8(kept) && reason.starts_with(kept) &&
                                      (kept == reason || kept.size() >= 120),
            "the reason, as far as whole code points go");
    out.add(frame, key);
}

/// The frames of a client, decoded in chunks.
std::vector<reference::served_frame> decode(std::string_view bytes, fuzz::chunk_sizes& sizes) {
    std::vector<reference::served_frame> out;
    decoder d;
    bool in_frame = false;
    const auto take = [&](const decoded& got) {
        std::string body{got.payload};
        switch (got.kind) {
        case decoded_kind::need_more: return;
        case decoded_kind::failed: return require(false, describe(got.reason));
        case decoded_kind::ping: return out.push_back({9, true, body});
        case decoded_kind::pong: return out.push_back({10, true, body});
        case decoded_kind::close:
            if (got.close_code != no_status)
                body.insert(
                    0, {static_cast<char>(got.close_code >> 8), static_cast<char>(got.close_code)});
            return out.push_back({8, true, body});
        case decoded_kind::data: break;
        }
        if (!in_frame)
            out.push_back({!got.begins ? 0U : got.type == data_type::text ? 1U : 2U, false, {}});
        out.back().payload += body;
        out.back().fin = got.fin;
        in_frame = !got.frame_finished;
    };
    sizes.cut(bytes, [&](std::span<char> chunk) {
        while (!chunk.empty())
            take(d.next(chunk, {1U << 20, 1U << 24, 4096}));
    });
    return out;
}

/// One step: a letter, how long, and a line. The letters are those of session.cpp.
void step(wire& out, sender& message, fuzz::input& in) {
    const unsigned letter = in.octet(), size_class = in.octet() % 16;
    const masking_key key{static_cast<unsigned char>(letter * 7 + size_class),
                          static_cast<unsigned char>(letter), 0x55, 0xF0};
    const std::string_view line = in.line();
    // Up to the longest form of a length, though seldom.
    const std::size_t least = letter == 'e' && size_class == 15 ? 66'000 : size_class * 20;
    std::string data{line};
    while (!line.empty() && data.size() < least)
        data += line;
    switch (letter) {
    case 's': return message.add(data, true, data_type::text, key);
    case 'm': return message.add(data, false, data_type::text, key);
    case 'e': return message.add(data, true, data_type::binary, key);
    case 'b': return message.add(data, false, data_type::binary, key);
    case 'n': return message.add(data, false, std::nullopt, key);
    case 'p': return add_control(out, ping_frame(data), data, key);
    case 'o': return add_control(out, pong_frame(data), data, key);
    default: return message.add(data, true, std::nullopt, key);
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in{data, size};
    fuzz::chunk_sizes sizes{in};
    const unsigned high = in.choice();
    const auto status = static_cast<std::uint16_t>(high * 256 + in.choice());
    wire out;
    sender message{out};
    std::string_view last;
    while (!in.empty()) {
        last = in.rest();
        step(out, message, in);
    }
    add_close(out, last, status, {0, 0xFF, 1, 0x80});

    const reference::served served = reference::read_served(out.served);
    require(served.wrong == nullptr && served.rest.empty() && served.frames == out.frames,
            "what a server sends");
    require(decode(out.masked, sizes) == out.frames, "the same frames come back");
    return 0;
}
