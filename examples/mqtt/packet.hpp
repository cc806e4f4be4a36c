// The packets of MQTT 3.1.1 (OASIS standard), as far as a small broker reads and writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mqtt {

enum class type : unsigned {
    connect = 1,
    connack = 2,
    publish = 3,
    puback = 4,
    subscribe = 8,
    suback = 9,
    unsubscribe = 10,
    unsuback = 11,
    pingreq = 12,
    pingresp = 13,
    disconnect = 14,
};

struct packet {
    mqtt::type type{};
    unsigned flags = 0;
    std::string_view body; ///< views the bytes that it was read from
};

inline constexpr std::size_t max_body = 64 * 1024;

/// What stands at the front of `bytes`.
struct found {
    enum { need_more, one, malformed } state = need_more;
    mqtt::packet packet{};
    std::size_t size = 0; ///< of the packet, header included
};

/// 2.2: the fixed header, and the length that follows in 1 to 4 bytes.
inline found first_packet(std::string_view bytes) {
    std::size_t length = 0;
    for (std::size_t at = 1; at < bytes.size(); ++at) {
        const auto byte = static_cast<unsigned char>(bytes[at]);
        length += std::size_t{byte & 127U} << 7 * (at - 1);
        if (length > max_body || (at == 4 && byte > 127))
            return {found::malformed};
        if (byte > 127)
            continue;
        const unsigned first = static_cast<unsigned char>(bytes[0]);
        if (bytes.size() - at - 1 < length)
            return {};
        return {found::one,
                {type{first >> 4}, first & 15, bytes.substr(at + 1, length)},
                at + 1 + length};
    }
    return {};
}

/// Takes what a body is made of off its front; nothing: the body is too short for it.
class reader {
  public:
    explicit reader(std::string_view body) : left_{body} {}

    std::optional<unsigned> byte() {
        if (left_.empty())
            return std::nullopt;
        const auto value = static_cast<unsigned char>(left_[0]);
        left_.remove_prefix(1);
        return value;
    }
    std::optional<unsigned> number() {
        const auto high = byte(), low = byte();
        return low ? std::optional{*high << 8 | *low} : std::nullopt;
    }
    /// 1.5.3: its length, then UTF-8.
    std::optional<std::string_view> text() {
        const auto size = number();
        if (!size || *size > left_.size())
            return std::nullopt;
        const std::string_view value = left_.substr(0, *size);
        left_.remove_prefix(*size);
        return value;
    }
    std::string_view rest() const { return left_; }
    bool at_end() const { return left_.empty(); }

  private:
    std::string_view left_;
};

inline std::string number(unsigned value) {
    return {static_cast<char>(value >> 8 & 255), static_cast<char>(value & 255)};
}
inline std::string text(std::string_view value) {
    return number(static_cast<unsigned>(value.size())).append(value);
}

inline std::string write(type t, std::string_view body, unsigned flags = 0) {
    std::string out(1, static_cast<char>(static_cast<unsigned>(t) << 4 | flags));
    std::size_t length = body.size();
    do {
        out.push_back(static_cast<char>((length & 127) | (length > 127 ? 128 : 0)));
        length >>= 7;
    } while (length != 0);
    return out.append(body);
}

} // namespace mqtt
