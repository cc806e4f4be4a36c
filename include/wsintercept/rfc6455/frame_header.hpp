// Base framing: the header of a frame, RFC 6455 5.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace wsintercept::inline v0_1_0::rfc6455 {

/// RFC 6455 5.2 and 11.8; a header may hold other ones, too.
enum class opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10,
};
/// 8 to 15, RFC 6455 5.5.
constexpr bool is_control(opcode op) noexcept {
    return (static_cast<unsigned>(op) & 8U) != 0;
}
/// 3 to 7 and 11 to 15.
constexpr bool is_reserved(opcode op) noexcept {
    return (static_cast<unsigned>(op) & 7U) > 2;
}

/// Its octets in the order of the wire, RFC 6455 5.3.
using masking_key = std::array<unsigned char, 4>;

/// The fields of a header, RFC 6455 5.2.
struct frame_header {
    bool fin = true;
    bool rsv1 = false, rsv2 = false, rsv3 = false;
    opcode op = opcode::text; ///< as on the wire: may be a reserved one
    bool masked = false;
    masking_key key{};
    std::uint64_t payload_length = 0;
};

/// The longest that a header can be, and the payload of a control frame.
inline constexpr std::size_t max_header_size = 14;
inline constexpr std::uint64_t max_control_payload = 125; ///< RFC 6455 5.5

namespace detail {

constexpr unsigned octet(char c) noexcept {
    return static_cast<unsigned char>(c);
}

/// How many bytes of length follow a header's second byte.
constexpr std::size_t extended_length_size(char second) noexcept {
    const unsigned length = octet(second) & 0x7FU;
    return length < 126 ? 0 : length == 126 ? 2 : 8;
}

} // namespace detail

/// How long a header is, known from its second byte.
constexpr std::size_t header_size(char second) noexcept {
    return 2 + detail::extended_length_size(second) +
           ((detail::octet(second) & 0x80U) != 0 ? std::size_t{4} : std::size_t{0});
}

/// The length of the payload, as it stands; needs a header up to its masking key.
constexpr std::uint64_t payload_length(const char* header) noexcept {
    const std::size_t size = detail::extended_length_size(header[1]);
    std::uint64_t length = size == 0 ? detail::octet(header[1]) & 0x7FU : 0;
    for (std::size_t i = 0; i < size; ++i)
        length = length << 8 | detail::octet(header[2 + i]);
    return length;
}

/// Whether a length stands in its shortest form, RFC 6455 5.2; needs the same.
constexpr bool is_shortest_form(const char* header) noexcept {
    const std::size_t size = detail::extended_length_size(header[1]);
    const std::uint64_t length = payload_length(header);
    return size == 0 || length > (size == 2 ? max_control_payload : 0xFFFFU);
}

/// Reads a whole header, `header_size` bytes. Judges nothing.
constexpr frame_header parse(const char* header) noexcept {
    const unsigned first = detail::octet(header[0]);
    frame_header h;
    h.fin = (first & 0x80U) != 0;
    h.rsv1 = (first & 0x40U) != 0;
    h.rsv2 = (first & 0x20U) != 0;
    h.rsv3 = (first & 0x10U) != 0;
    h.op = static_cast<opcode>(first & 0x0FU);
    h.masked = (detail::octet(header[1]) & 0x80U) != 0;
    h.payload_length = payload_length(header);
    if (h.masked) {
        const char* key = header + header_size(header[1]) - 4;
        for (std::size_t i = 0; i < 4; ++i)
            h.key[i] = static_cast<unsigned char>(key[i]);
    }
    return h;
}

namespace detail {

/// Eight bytes, the most significant one first; one store where compilers see through it.
constexpr void write_big_endian(std::uint64_t word, char* out) noexcept {
    const auto byte = [word](unsigned shift) { return static_cast<char>(word >> shift & 0xFFU); };
    out[0] = byte(56);
    out[1] = byte(48);
    out[2] = byte(40);
    out[3] = byte(32);
    out[4] = byte(24);
    out[5] = byte(16);
    out[6] = byte(8);
    out[7] = byte(0);
}

} // namespace detail

/// Writes a header, its length in the shortest form; returns how many bytes. `out` has room for
/// max_header_size: bytes behind the header may be written, too.
[[gnu::always_inline]] constexpr std::size_t encode(const frame_header& header,
                                                    char* out) noexcept {
    const auto flag = [](bool on, std::uint64_t bit) { return on ? bit : 0U; };
    const std::uint64_t length = header.payload_length;
    const std::uint64_t first = flag(header.fin, 0x80) | flag(header.rsv1, 0x40) |
                                flag(header.rsv2, 0x20) | flag(header.rsv3, 0x10) |
                                static_cast<std::uint64_t>(header.op);
    const std::uint64_t front = first << 56 | flag(header.masked, 0x80) << 48;
    std::size_t size = 2;
    if (length < 126) {
        detail::write_big_endian(front | length << 48, out);
    } else if (length <= 0xFFFF) {
        detail::write_big_endian(front | std::uint64_t{126} << 48 | length << 32, out);
        size = 4;
    } else {
        detail::write_big_endian(length, out + 2);
        out[0] = static_cast<char>(front >> 56);
        out[1] = static_cast<char>((front >> 48 & 0x80U) | 127U);
        size = 10;
    }
    if (header.masked)
        for (const unsigned char c : header.key)
            out[size++] = static_cast<char>(c);
    return size;
}

} // namespace wsintercept::inline v0_1_0::rfc6455
