// The kit for accept-key policies, with a plain reference of its own.
#pragma once

#include "../report.hpp"

#include <wsintercept/policies.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::kit {

namespace detail {

/// RFC 3174, as it stands there.
inline std::array<std::uint8_t, 20> plain_sha1(std::string text) {
    const std::uint64_t bits = std::uint64_t{text.size()} * 8;
    text += '\x80';
    while (text.size() % 64 != 56)
        text += '\0';
    for (int shift = 56; shift >= 0; shift -= 8)
        text += static_cast<char>(bits >> shift & 0xFFU);
    std::uint32_t h[] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    for (std::size_t block = 0; block < text.size(); block += 64) {
        std::uint32_t w[80];
        for (std::size_t t = 0; t < 80; ++t) {
            if (t >= 16) {
                w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
                continue;
            }
            w[t] = 0;
            for (std::size_t i = 0; i < 4; ++i)
                w[t] = w[t] << 8 | static_cast<unsigned char>(text[block + 4 * t + i]);
        }
        std::uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (std::size_t t = 0; t < 80; ++t) {
            const std::uint32_t f = t < 20   ? ((b & c) | (~b & d)) + 0x5A827999U
                                    : t < 40 ? (b ^ c ^ d) + 0x6ED9EBA1U
                                    : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCU
                                             : (b ^ c ^ d) + 0xCA62C1D6U;
            const std::uint32_t next = std::rotl(a, 5) + f + e + w[t];
            e = d;
            d = c;
            c = std::rotl(b, 30);
            b = a;
            a = next;
        }
        h[0] += a;
        h[1] += b;
        h[2] += c;
        h[3] += d;
        h[4] += e;
    }
    std::array<std::uint8_t, 20> out{};
    for (std::size_t i = 0; i < 20; ++i)
        out[i] = static_cast<std::uint8_t>(h[i / 4] >> (24 - 8 * (i % 4)));
    return out;
}

/// RFC 4648 4, for any bytes.
inline std::string plain_base64(std::string_view bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group =
                group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            out += i + j > bytes.size()
                       ? '='
                       : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                             [group >> (18 - 6 * j) & 63U];
    }
    return out;
}

} // namespace detail

/// RFC 6455 4.2.2 item 5.4, word for word.
inline std::string plain_accept_key(std::string_view key) {
    const auto hash = detail::plain_sha1(std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    return detail::plain_base64({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

template <accept_key_policy P>
void check_accept_key_policy(const reporter& report) {
    const auto accept = [](std::string_view key) {
        const std::array<char, 28> got = P::compute(key);
        return std::string{got.data(), got.size()};
    };
    report("accept key: vector", "RFC 6455 1.3",
           accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");

    std::mt19937_64 random{6455};
    std::size_t wrong = 0, changed = 0;
    for (int i = 0; i < 2000; ++i) {
        std::string nonce(16, '\0');
        for (char& c : nonce)
            c = i == 0 ? '\0' : i == 1 ? '\xff' : static_cast<char>(random());
        const std::string key = detail::plain_base64(nonce);
        const std::string got = accept(key);
        wrong += got == plain_accept_key(key) ? 0U : 1U;
        changed += got == accept(key) ? 0U : 1U;
    }
    report("accept key: reference", "the plain reference gives the same", wrong == 0);
    report("accept key: repeated", "the same key gives the same", changed == 0);
}

} // namespace wsintercept::inline v0_1_0::kit
