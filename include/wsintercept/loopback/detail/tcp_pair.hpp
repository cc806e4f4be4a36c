// A TCP connection's two ends.
#pragma once

#include <cstdint>

namespace wsintercept::inline v0_1_0::loopback::detail {

/// A TCP connection over IPv4, as seen from one end. Host byte order.
struct tcp_pair {
    std::uint32_t own_address = 0;
    std::uint16_t own_port = 0;
    std::uint32_t other_address = 0;
    std::uint16_t other_port = 0;
};

} // namespace wsintercept::inline v0_1_0::loopback::detail
