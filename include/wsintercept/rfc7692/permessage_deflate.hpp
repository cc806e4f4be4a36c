// permessage-deflate, RFC 7692, as policies. The one part that needs zlib (-lz).
#pragma once

#include <wsintercept/policies.hpp>
#include <wsintercept/rfc7692/framing.hpp>
#include <wsintercept/rfc7692/negotiation.hpp>

namespace wsintercept::inline v0_1_0 {

/// The default policies, and permessage-deflate for the rows that ask for it:
///
///     const std::vector<row> rows{{"ws://myapp/*", action::automatic, {.deflate = {{}}}}};
///     loopback::endpoint<host, deflate_policies> endpoint{io, handler, table};
struct deflate_policies : default_policies {
    using handshake = rfc6455::basic_handshake<rfc6455::accept_key, rfc7692::negotiation>;
    using frame = rfc7692::framing;
};

} // namespace wsintercept::inline v0_1_0
