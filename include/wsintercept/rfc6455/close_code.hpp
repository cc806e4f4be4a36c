// Close codes: RFC 6455 7.4 and IANA's registry.
#pragma once

#include <cstdint>

namespace wsintercept::inline v0_1_0::rfc6455 {

/// What a close frame may say, by the names of RFC 6455 7.4.1 and of the registry.
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t unsupported_data = 1003;
inline constexpr std::uint16_t no_status = 1005; ///< never on the wire: the frame carried no code
inline constexpr std::uint16_t abnormal = 1006;  ///< never on the wire: there was no close frame
inline constexpr std::uint16_t invalid_payload = 1007;
inline constexpr std::uint16_t policy_violation = 1008;
inline constexpr std::uint16_t message_too_big = 1009;
inline constexpr std::uint16_t mandatory_extension = 1010;
inline constexpr std::uint16_t internal_error = 1011;
inline constexpr std::uint16_t service_restart = 1012;
inline constexpr std::uint16_t try_again_later = 1013;
inline constexpr std::uint16_t bad_gateway = 1014;
inline constexpr std::uint16_t tls_handshake = 1015; ///< never on the wire: TLS was not agreed on

/// Whether it may stand in a close frame, of either side.
constexpr bool may_be_sent(std::uint16_t code) noexcept {
    return (code >= normal && code <= unsupported_data) ||
           (code >= invalid_payload && code <= bad_gateway) || // RFC 6455 7.4.1, IANA
           (code >= 3000 && code <= 4999);                     // RFC 6455 7.4.2
}

} // namespace wsintercept::inline v0_1_0::rfc6455
