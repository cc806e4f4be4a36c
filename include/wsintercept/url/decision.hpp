// What a URL policy says of a URL, and what a row may ask for.
#pragma once

#include <wsintercept/limits.hpp>
#include <wsintercept/rfc7692/options.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wsintercept::inline v0_1_0 {

/// What becomes of a URL. The numbers are those of InterceptedURLs.
enum class action : std::uint8_t {
    external = 0,  ///< left to the engine: the network
    automatic = 1, ///< ours; handshakes are answered by the toolkit
    manual = 2,    ///< ours; handshakes are answered by the host
};

/// How messages reach the host.
enum class delivery : std::uint8_t {
    whole, ///< one WebSocketReceive a message
    chunks ///< as the bytes come, FIN 0 until the last
};

/// What a row may ask for beside its action.
struct row_options {
    /// Subprotocols of `automatic`: the first offered one that stands here is chosen. Empty: the
    /// first offered, since browsers fail a socket whose offer is not answered.
    std::vector<std::string> subprotocols{};
    bool subprotocol_optional = false; ///< none in common opens without one, instead of 403
    delivery messages = delivery::whole;
    /// On where set; needs deflate_policies. On loopback it costs time and gains nothing.
    std::optional<rfc7692::options> deflate{};
    std::optional<wsintercept::limits> limits{}; ///< in place of the interceptor's

    friend bool operator==(const row_options&, const row_options&) = default;
};

/// A URL policy's answer.
struct decision {
    static constexpr std::size_t no_row = static_cast<std::size_t>(-1);

    wsintercept::action action = wsintercept::action::external;
    std::size_t row = no_row;             ///< the row that decided, counted from 0
    const row_options* options = nullptr; ///< valid as long as the policy; null: the defaults
};

} // namespace wsintercept::inline v0_1_0
