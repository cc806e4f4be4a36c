// What goes through the front door: requests, their answers, and the options of the house.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/socket_id.hpp>
#include <wsintercept/url/allowed_origins.hpp>
#include <wsintercept/url/decision.hpp>

#include <cstddef>
#include <string_view>

namespace wsintercept::inline v0_1_0 {

/// What a renderer hands over. Views are valid during the call of `open`.
struct request {
    std::string_view method = "GET";
    std::string_view url;  ///< absolute; normalised here
    std::string_view head; ///< whole, blank line included; rfc9112::write_head makes one
    std::string_view body; ///< of an HTTPRequest
};

/// What became of a request.
struct opened {
    socket_id id; ///< empty: external or refused, and nothing is kept
    wsintercept::action action = wsintercept::action::external;
    error reason{};      ///< refused: why
    unsigned status = 0; ///< refused: the HTTP status it deserves; else 0
};

/// What `read` gave.
struct read_result {
    std::size_t size = 0;
    bool finished = false; ///< nothing more will come; else, where less than the buffer: pending
};

/// A host's answer to an HTTPRequest.
struct http_response {
    bool handled = true; ///< false: 404
    unsigned status = 200;
    std::string_view reason; ///< empty: the standard phrase
    std::string_view media_type = "text/html";
    std::string_view fields; ///< "Name: value" lines with CR LF; a Content-Type beats media_type
    std::string_view body;
};

/// What an adapter did against the contract of traits.hpp. It did no harm, but is a fault of the
/// adapter's; the kit asks for zeros.
struct adapter_faults {
    std::size_t calls_from_traits = 0; ///< from inside a traits call; refused
    std::size_t calls_after_end = 0;   ///< for an ID whose `end` or `closed` was behind it
    std::size_t early_wakes = 0;       ///< before the time that wake_at named
};

/// What an interceptor is made with.
struct interceptor_options {
    wsintercept::limits limits{};
    allowed_origins origins{}; ///< whose pages may open sockets; see allowed_origins{table}
};

} // namespace wsintercept::inline v0_1_0
