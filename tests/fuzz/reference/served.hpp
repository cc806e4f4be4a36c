// What a page reads of a WebSocket: a head, then a server's frames, RFC 6455 5, slow and simple.
#pragma once

#include "frames.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

struct served_frame {
    unsigned opcode = 0; ///< as on the wire
    bool fin = true;
    std::string payload;
    friend bool operator==(const served_frame&, const served_frame&) = default;
};

struct served {
    std::string_view head; ///< to the blank line; empty: not whole
    std::vector<served_frame> frames;
    std::string_view rest;       ///< of a frame that is not whole
    const char* wrong = nullptr; ///< what no server may send
};

inline served read_served(std::string_view in) {
    served out;
    const std::size_t end = in.find("\r\n\r\n");
    if (end == in.npos) {
        out.rest = in;
        return out;
    }
    out.head = in.substr(0, end + 4);
    in.remove_prefix(end + 4);
    bool closed = false;
    unsigned type = 0;
    std::string text;
    while (in.size() >= 2) {
        const auto first = static_cast<unsigned char>(in[0]);
        const auto second = static_cast<unsigned char>(in[1]);
        const bool fin = first >= 128;
        const unsigned opcode = first % 16;
        const std::size_t more = second == 126 ? 2 : second == 127 ? 8 : 0;
        if (closed)
            return out.wrong = "nothing follows a close frame", out;
        if (first / 16 % 8 != 0)
            return out.wrong = "no reserved bit", out;
        if (second >= 128)
            return out.wrong = "a server does not mask", out;
        if (in.size() < 2 + more)
            break;
        const std::uint64_t length = more == 0 ? second : number(in.substr(2, more));
        if ((more == 2 && length < 126) || (more == 8 && length < 65536))
            return out.wrong = "the shortest form of a length", out;
        if (opcode >= 8 && (!fin || length > 125))
            return out.wrong = "control frames are whole and short", out;
        if (in.size() - 2 - more < length)
            break;
        const std::string payload{in.substr(2 + more, static_cast<std::size_t>(length))};
        in.remove_prefix(2 + more + payload.size());
        if (opcode == 8) {
            closed = true;
            if (payload.size() == 1 ||
                (payload.size() > 1 && (!close_code_may_be_sent(number(payload.substr(0, 2))) ||
                                        !is_utf8(std::string_view{payload}.substr(2)))))
                return out.wrong = "a close frame's code and reason", out;
        } else if (opcode < 3) {
            if ((opcode == 0) != (type != 0))
                return out.wrong = "messages are not interrupted", out;
            if (opcode != 0) {
                type = opcode;
                text.clear();
            }
            text += payload;
            if (fin && type == 1 && !is_utf8(text))
                return out.wrong = "text is UTF-8", out;
            if (fin)
                type = 0;
        } else if (opcode != 9 && opcode != 10) {
            return out.wrong = "no reserved opcode", out;
        }
        out.frames.push_back({opcode, fin, payload});
    }
    out.rest = in;
    return out;
}

} // namespace reference
