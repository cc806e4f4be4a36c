// What the host is told. Views in an event are valid until its `on` returns.
#pragma once

#include <wsintercept/data_type.hpp>
#include <wsintercept/error.hpp>
#include <wsintercept/socket_id.hpp>

#include <cstdint>
#include <string_view>

namespace wsintercept::inline v0_1_0 {

/// The numbers of events and methods in messages.
enum class event_number : int {
    http_request = 840,
    websocket_upgrade = 841,
    websocket_receive = 842,
    websocket_close = 843, ///< also the method
    websocket_error = 844,
    websocket_send = 847, ///< method only
};

/// Who answers an opening handshake.
enum class upgrade_type : std::uint8_t { automatic, manual };

/// An intercepted http(s) request; answer it with `respond`, at once or later.
struct http_request {
    static constexpr std::string_view name = "HTTPRequest";
    socket_id id;
    std::string_view method;
    std::string_view url;  ///< in normal form
    std::string_view head; ///< the whole request head, CR LF and the blank line included
    std::string_view body;
};

/// A page opened a WebSocket. automatic: the connection is made. manual: `answer` it.
struct websocket_upgrade {
    static constexpr std::string_view name = "WebSocketUpgrade";
    socket_id id;
    std::string_view url;     ///< in normal form
    std::string_view headers; ///< the whole request head, CR LF and the blank line included
    upgrade_type type = upgrade_type::automatic;
    std::string_view subprotocol; ///< automatic: the one that was chosen, or empty
};

/// A message, or where the row asks for chunks a part of one.
struct websocket_receive {
    static constexpr std::string_view name = "WebSocketReceive";
    socket_id id;
    std::string_view data; ///< text: UTF-8, checked
    bool fin = true;       ///< the message ends here
    data_type type = data_type::text;
};

/// The closing handshake completed, RFC 6455 7.1.4. Last event of its ID.
struct websocket_close {
    static constexpr std::string_view name = "WebSocketClose";
    socket_id id;
    std::uint16_t code = 1005; ///< of the peer's close frame; 1005: it carried none
    std::string_view reason;   ///< UTF-8, at most 123 bytes
};

/// Any other end. Last event of its ID.
struct websocket_error {
    static constexpr std::string_view name = "WebSocketError";
    socket_id id;
    std::string_view message; ///< what was wrong, where (the RFC's section), on which URL
    error reason = error::peer_gone;
};

/// After `queue_full`: what was refused has room now.
struct drained {
    static constexpr std::string_view name = "drained";
    socket_id id;
};

/// What a line of the log is about.
enum class log_topic : std::uint8_t { refused, http, endpoint };
/// How much a line of the log matters.
enum class log_level : std::uint8_t { debug, info, warning, error };

/// What is no event of the model: refusals, late answers. Never holds a secret.
struct log_entry {
    static constexpr std::string_view name = "log";
    log_topic topic = log_topic::endpoint;
    log_level level = log_level::info;
    error reason = error::unknown_id;
    std::string_view text;
};

} // namespace wsintercept::inline v0_1_0
