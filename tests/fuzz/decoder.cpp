// The frame decoder against a reader of whole streams: the same frames, failure and position,
// however the bytes are split.
#include "any_cpu.hpp"
#include "input.hpp"
#include "reference/frames.hpp"

#include <wsintercept/rfc6455/decoder.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace wsintercept::rfc6455;
using fuzz::require;
using wsintercept::data_type;

namespace {

/// What a decoder says, put together as the reference says it.
class gathered {
  public:
    explicit gathered(const decoder_limits& limits) : limits_{limits} {}

    void feed(std::span<char> in) {
        do {
            const std::size_t before = in.size();
            const decoded d = decoder_.next(in, limits_);
            require(in.size() <= before, "the decoder goes forward");
            require(!over_ || d.kind == decoded_kind::need_more || all.closed,
                    "nothing comes after a failure");
            take(d);
            if (d.kind == decoded_kind::need_more)
                require(in.empty(), "need_more: the input is used up");
        } while (!in.empty());
        all.position = static_cast<std::size_t>(decoder_.position());
    }

    const decoder& state() const { return decoder_; }
    reference::stream all{};

  private:
    void take(const decoded& d) {
        switch (d.kind) {
        case decoded_kind::need_more: return;
        case decoded_kind::data: return data(d);
        case decoded_kind::ping: return control(9, std::string{d.payload});
        case decoded_kind::pong: return control(10, std::string{d.payload});
        case decoded_kind::close: {
            std::string body;
            if (d.close_code != no_status)
                body = {static_cast<char>(d.close_code >> 8), static_cast<char>(d.close_code)};
            control(8, body + std::string{d.payload});
            all.closed = over_ = true;
            return;
        }
        case decoded_kind::failed:
            require(all.failure == wsintercept::error{}, "one failure");
            require(d.failure_code == reference::failure_status(d.reason), "a failure's code");
            all.failure = d.reason;
            over_ = true;
        }
    }
    void data(const decoded& d) {
        if (!all.open) {
            all.frames.push_back(
                {d.type == data_type::text ? 1U : 2U, d.begins, false, d.payload_length, {}});
        } else {
            require(!d.begins, "only a message's first part begins it");
        }
        reference::frame& f = all.frames.back();
        f.payload += d.payload;
        f.fin = d.fin;
        all.open = !d.frame_finished;
    }
    void control(unsigned opcode, std::string payload) {
        require(!all.open, "no control frame within a frame");
        all.frames.push_back({opcode, false, true, payload.size(), std::move(payload)});
    }

    decoder decoder_;
    decoder_limits limits_;
    bool over_ = false;
};

void check(std::string_view bytes, const decoder_limits& limits, fuzz::chunk_sizes sizes,
           const reference::stream& expected) {
    gathered got{limits};
    bool first = true;
    sizes.cut(bytes, [&](std::span<char> chunk) {
        if (first)
            got.feed({}); // an empty read does no harm
        first = false;
        got.feed(chunk);
    });

    const bool failed = expected.failure != wsintercept::error{};
    require(got.all.failure == expected.failure, "the failure");
    require(got.all.position == expected.position, "the position");
    require(got.all.closed == expected.closed, "closed");
    std::vector<reference::frame> frames = expected.frames;
    if (expected.open) {
        reference::frame& last = frames.back();
        last.fin = false;
        // Of a frame that shows a failure what came before it is given, or not.
        const bool begun = got.all.frames.size() == frames.size();
        const std::string given = begun ? got.all.frames.back().payload : std::string{};
        require(failed ? last.payload.starts_with(given) : last.payload == given,
                "part of a frame");
        last.payload = given;
        if (!begun)
            frames.pop_back();
    }
    require(got.all.frames == frames, "the frames");
    if (failed || expected.closed)
        return;
    const auto last = std::find_if(expected.frames.rbegin(), expected.frames.rend(),
                                   [](const reference::frame& f) { return f.opcode < 8; });
    const bool in_message = last != expected.frames.rend() && (expected.open || !last->fin);
    require(got.state().in_message() == in_message, "in_message");
    require(got.state().in_frame() == expected.in_frame, "in_frame");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::choose_cpu(size);
    fuzz::input in{data, size};
    fuzz::chunk_sizes sizes{in};
    static constexpr std::array<decoder_limits, 4> choices{{
        {1U << 20, 1U << 20, 4096},
        {200, 300, 4},
        {100'000, 70'000, 2},
        {0, 0, 1},
    }};
    const decoder_limits limits = choices[in.choice(choices.size())];
    const std::string_view bytes = in.rest();
    const reference::stream expected =
        reference::read_frames(bytes, {limits.frame, limits.message, limits.fragments});

    check(bytes, limits, {}, expected);
    check(bytes, limits, fuzz::chunk_sizes{1}, expected);
    check(bytes, limits, std::move(sizes), expected);
    return 0;
}
