// No extension is agreed on: RFC 6455 9. Model of an extension policy, as is
// rfc7692/permessage_deflate.hpp.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/rfc9112/head.hpp>

#include <string>

namespace wsintercept::inline v0_1_0::rfc7692 {
struct options;
} // namespace wsintercept::inline v0_1_0::rfc7692

namespace wsintercept::inline v0_1_0::rfc6455 {

/// Part of a handshake policy: declines every offer. permessage-deflate is the one extension that a
/// row can ask for; `wanted` is null where it does not.
struct no_extensions {
    /// What both ends agreed on, for the frame policy. Default: nothing.
    struct agreement {};

    /// The first offer of the request that can be met.
    static agreement negotiate(const rfc9112::fields&,
                               const rfc7692::options* /*wanted*/) noexcept {
        return {};
    }
    /// Appends the answer's field line, or nothing.
    static void write(const agreement&, std::string& /*out*/) {}
    /// Whether a host's own 101 answers what was offered and is switched on; then `out` is what it
    /// agrees on.
    static error check_answer(const rfc9112::fields& /*request*/, const rfc9112::fields& answer,
                              const rfc7692::options* /*wanted*/, agreement& /*out*/) noexcept {
        return rfc9112::find(answer, "Sec-WebSocket-Extensions").count == 0
                   ? error{}
                   : error::answer_bad_extension;
    }
};

} // namespace wsintercept::inline v0_1_0::rfc6455
