// Messages of each kind and size, and the frames of a browser that carry them.
#pragma once

#include <wsintercept/data_type.hpp>
#include <wsintercept/rfc6455/frame_header.hpp>
#include <wsintercept/rfc6455/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

namespace payloads {

inline constexpr std::array<const char*, 3> kinds{"binary", "ascii", "mixed"};
inline constexpr std::array<std::size_t, 5> sizes{16, 125, 1024, 64 << 10, 1 << 20};

constexpr wsintercept::data_type type(std::size_t kind) {
    return kind == 0 ? wsintercept::data_type::binary : wsintercept::data_type::text;
}

/// So many of a size as come to 64 KiB, at least one.
constexpr std::size_t count(std::size_t size) {
    return std::max(std::size_t{65536} / size, std::size_t{1});
}

/// A text again and again, cut at a code point and filled up with blanks.
inline std::string repeated(std::string_view text, std::size_t size) {
    std::string out;
    while (out.size() < size)
        out += text;
    out.resize(wsintercept::rfc6455::complete_prefix(std::string_view{out}.substr(0, size)));
    out.resize(size, ' ');
    return out;
}

/// One to four bytes a code point.
inline constexpr std::string_view mixed_text =
    "Grüße, señor: naïve façade. Съешь ещё этих мягких булок, да выпей чаю. 天地玄黃，宇宙洪荒。"
    " plain words between 👍🏽 and ✓. ";

inline std::string message(std::size_t kind, std::size_t size) {
    if (kind == 2)
        return repeated(mixed_text, size);
    std::minstd_rand random{1};
    std::string out(size, '\0');
    for (char& c : out)
        c = static_cast<char>(kind == 0 ? random() & 0xFFU : 'a' + random() % 26);
    return out;
}

/// `n` masked frames, each a whole message.
inline std::string frames(std::size_t kind, std::size_t size, std::size_t n,
                          wsintercept::rfc6455::masking_key key = {0x12, 0x34, 0x56, 0x78}) {
    namespace rfc6455 = wsintercept::rfc6455;
    rfc6455::frame_header header;
    header.op = kind == 0 ? rfc6455::opcode::binary : rfc6455::opcode::text;
    header.masked = true;
    header.key = key;
    header.payload_length = size;
    std::string payload = message(kind, size);
    for (std::size_t i = 0; i < size; ++i)
        payload[i] = static_cast<char>(payload[i] ^ header.key[i % 4]);
    std::array<char, rfc6455::max_header_size> bytes{};
    const std::size_t head = rfc6455::encode(header, bytes.data());
    std::string out;
    for (; n != 0; --n)
        out.append(bytes.data(), head).append(payload);
    return out;
}

/// Bytes as a socket gives them: at most `piece` at a time.
struct incoming {
    std::string_view left;
    std::size_t piece;
    std::size_t payload; ///< of all

    std::string_view take(std::size_t room) {
        const std::string_view part = left.substr(0, std::min(piece, room));
        left.remove_prefix(part.size());
        return part;
    }
    std::size_t read(char* to, std::size_t room) {
        const std::string_view part = take(room);
        std::memcpy(to, part.data(), part.size());
        return part.size();
    }
};

/// Where bytes go as into a socket: they are copied. `size` is set back by who reads them.
struct outgoing {
    std::string bytes;
    std::size_t size = 0;

    bool write(const void* from, std::size_t n) {
        if (n > bytes.size() - size)
            return false;
        std::memcpy(bytes.data() + size, from, n);
        size += n;
        return true;
    }
};

} // namespace payloads
