// A page's end of one WebSocket over memory::traits, with the sizes of its reads and writes chosen
// by the input; and its frames.
#pragma once

#include "../input.hpp"

#include <wsintercept/renderer/memory.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fuzz {

/// A client's frame, whatever it says.
inline std::string page_frame(unsigned opcode, bool fin, std::string_view payload) {
    std::string out;
    out += static_cast<char>((fin ? 128U : 0U) + opcode);
    if (payload.size() < 126) {
        out += static_cast<char>(128U + payload.size());
    } else {
        out += static_cast<char>(128U + 126U);
        out += static_cast<char>(payload.size() / 256);
        out += static_cast<char>(payload.size() % 256);
    }
    const std::string_view key = "\x12\xF3\x56\x78";
    out += key;
    for (std::size_t i = 0; i < payload.size(); ++i)
        out += static_cast<char>(payload[i] ^ key[i % 4]);
    return out;
}

/// What memory::renderer does for all its streams, for one, and a chunk at a time.
class page {
  public:
    wsintercept::memory::stream stream;
    std::string taken; ///< bytes that were taken while the socket was open
    chunk_sizes writes, reads;
    bool pulls = false; ///< with `read`; else with `output` and `consumed`

    /// Hands over what the page wrote. False: there was nothing to do.
    template <class Interceptor, class Open>
    bool feed(Interceptor& core, Open&& open) {
        if (!stream.input_waits || stream.ended)
            return false;
        while (!stream.ended) {
            const std::string_view front =
                std::string_view{stream.input}.substr(0, writes.next(stream.input.size()));
            std::vector<char> chunk(front.begin(), front.end()); // alone in its memory
            stream.input_waits = false;
            const bool was_open = open();
            const std::size_t n = core.write(stream.id, chunk);
            require(n <= chunk.size(), "no more is taken than was given");
            require(std::string_view{chunk.data(), chunk.size()}.substr(n) == front.substr(n),
                    "what was not taken is as it was");
            if (was_open)
                taken += front.substr(0, n);
            stream.input.erase(0, n);
            if (n < chunk.size() || stream.input.empty())
                break;
        }
        return true;
    }

    /// Reads what waits.
    template <class Interceptor>
    bool drain(Interceptor& core) {
        if (!stream.output_waits || !stream.reads || stream.ended)
            return false;
        stream.output_waits = false;
        bool more = true;
        while (more && !stream.ended)
            more = pulls ? pull(core) : gather(core);
        return true;
    }

  private:
    template <class Interceptor>
    bool gather(Interceptor& core) {
        const wsintercept::output_views views = core.output(stream.id);
        std::size_t left = reads.next(views.size()), n = 0;
        for (const std::string_view v : views) {
            const std::string_view front = v.substr(0, left);
            stream.output += front;
            left -= front.size();
            n += front.size();
        }
        if (n != 0)
            core.consumed(stream.id, n);
        return n != 0;
    }
    template <class Interceptor>
    bool pull(Interceptor& core) {
        std::vector<char> buffer(std::max<std::size_t>(reads.next(256), 1));
        const wsintercept::read_result r = core.read(stream.id, buffer);
        require(r.size <= buffer.size(), "no more is read than there is room for");
        stream.output.append(buffer.data(), r.size);
        require(!r.finished || stream.ended, "what has finished has ended");
        return r.size == buffer.size();
    }
};

} // namespace fuzz
