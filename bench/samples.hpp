// What several of these programs measure with: the same bytes in each run.
#pragma once

#include <wsintercept/rfc6455/frame_header.hpp>

#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace samples {

inline constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";

/// A Chromium's opening handshake.
inline constexpr std::string_view request =
    "GET /feed?topic=1 HTTP/1.1\r\nHost: myapp\r\nConnection: Upgrade\r\nPragma: no-cache\r\n"
    "Cache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36\r\nUpgrade: websocket\r\n"
    "Origin: http://myapp\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate\r\n"
    "Accept-Language: en-US,en;q=0.9\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

/// Masked frames, `n` of them, of random letters.
inline std::string frames(std::size_t payload, wsintercept::rfc6455::opcode op, std::size_t n,
                          wsintercept::rfc6455::masking_key key = {0x12, 0x34, 0x56, 0x78}) {
    namespace rfc6455 = wsintercept::rfc6455;
    std::minstd_rand random{1};
    rfc6455::frame_header header;
    header.op = op;
    header.masked = true;
    header.key = key;
    header.payload_length = payload;
    std::string out;
    while (n-- != 0) {
        std::array<char, rfc6455::max_header_size> bytes{};
        out.append(bytes.data(), rfc6455::encode(header, bytes.data()));
        for (std::size_t i = 0; i < payload; ++i)
            out += static_cast<char>(('a' + random() % 26) ^ header.key[i % 4]);
    }
    return out;
}

/// n rows of all styles mixed; of three or more the first and the last are the same for each n.
inline std::vector<std::string> patterns(std::size_t n) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < n; ++i) {
        const std::string number = std::to_string(i);
        switch (i % 5) {
        case 0: all.push_back("ws://app" + number + ".example/*"); break;
        case 1: all.push_back("*.host" + number + ".com*"); break;
        case 2: all.push_back("*/feed" + number + "?*"); break;
        case 3: all.push_back("*://*.site" + number + ".test/*"); break;
        default: all.push_back("ws*://shop.test/item/" + number + "/*"); break;
        }
    }
    if (n > 1)
        all.back() = "*/the-last-row?*";
    return all;
}

/// Which row matches a URL, and how long it is: about 30 bytes, or 2,000.
inline constexpr std::array<const char*, 3> hits{"first", "last", "miss"};
inline constexpr std::array<const char*, 2> lengths{"short", "long"};

inline std::string url(std::size_t hit, std::size_t length) {
    std::string out = hit == 0 ? "ws://app0.example/" : "ws://other.example/";
    if (length == 1)
        while (out.size() < 1980) // words and numbers, as in paths and queries
            out += "segment-" + std::to_string(out.size() * 7919 % 100000) + "/value/";
    out += hit == 1 ? "the-last-row?x=1" : "data?x=1";
    return out;
}

} // namespace samples
