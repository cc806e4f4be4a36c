// Error codes: one enumerator a check, one sentence each.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace wsintercept::inline v0_1_0 {

/// Why something was refused or ended. Its message says what was wrong and where (the RFC's
/// section).
enum class error {
    // The host's own calls.
    unknown_id = 1,    ///< no such ID, or its last event was reported
    already_answered,  ///< the handshake has its answer
    not_open,          ///< a send before the handshake was answered
    closing,           ///< a send or close after the host's own close
    queue_full,        ///< the output queue has no room; nothing was taken
    invalid_utf8,      ///< text, or a close reason, that is no UTF-8
    bad_close_code,    ///< a close code that may not stand in a frame, RFC 6455 7.4
    reason_too_long,   ///< a close reason longer than 123 bytes, RFC 6455 5.5
    opcode_differs,    ///< a fragment whose opcode is not that of its message
    no_open_request,   ///< no HTTPRequest waits for this answer
    wrong_thread_turn, ///< a traits call called back into the interceptor; refused
    not_handled,       ///< the host gave an HTTPRequest back
    shut_down,         ///< the interceptor is gone or is shutting down

    // The host's manual answer (check_answer, answer).
    answer_bad_head = 40,    ///< not a whole head: status line, fields, blank line
    answer_bad_status,       ///< a status other than 101 and 200 to 599
    answer_bad_field,        ///< a field name or value that HTTP does not allow
    answer_bad_line_end,     ///< CR, LF or NUL inside a line
    answer_too_large,        ///< longer than a head may be
    answer_no_upgrade,       ///< 101 without Upgrade: websocket
    answer_no_connection,    ///< 101 without Connection: Upgrade
    answer_no_accept,        ///< 101 without Sec-WebSocket-Accept
    answer_bad_accept,       ///< the accept key is not the one of this request
    answer_duplicate_accept, ///< more than one Sec-WebSocket-Accept
    answer_bad_subprotocol,  ///< a subprotocol that was not offered, or more than one
    answer_bad_extension,    ///< an extension that was not offered or is not switched on
    answer_has_body,         ///< 101 with Content-Length or Transfer-Encoding
    answer_bad_length,       ///< Content-Length that is not the length of the body
    answer_unused,           ///< nothing was wrong yet: the host gave no answer

    // The host's answer to an HTTPRequest (respond).
    response_bad_status = 70, ///< outside 200 to 599
    response_bad_field,       ///< a field that HTTP does not allow, or a reserved one
    response_reserved_field,  ///< Content-Length, Connection or Transfer-Encoding
    response_bad_reason,      ///< a status text with control characters
    response_bad_media_type,  ///< a media type with control characters

    // A head from the peer, RFC 9112.
    bad_request_line = 100,
    bad_method,
    bad_target,
    bad_http_version,
    bad_field_name,
    bad_field_value,
    bad_line_end,
    obsolete_folding,
    head_too_large,
    too_many_fields,
    no_host,
    bad_host,
    duplicate_host,
    bad_content_length,
    bad_transfer_encoding,
    bad_url,
    bad_status_line,
    body_too_large,
    body_lost, ///< the engine did not hand over all of it
    bad_chunk,

    // An opening handshake, RFC 6455 4.2.1.
    method_not_get = 140,
    http_version_too_old,
    has_body,
    no_upgrade,
    bad_upgrade,
    duplicate_upgrade,
    no_connection,
    bad_connection,
    no_key,
    bad_key,
    duplicate_key,
    no_version,
    bad_version,
    duplicate_version,
    bad_subprotocol,
    duplicate_subprotocol,
    no_common_subprotocol,
    bad_extensions,
    bad_origin,
    duplicate_origin,
    too_many_subprotocols,

    // Refused before the table.
    foreign_origin = 180,
    no_origin,
    wrong_host,
    foreign_peer,
    too_many_connections,
    not_intercepted,
    tls_not_supported,
    method_not_supported,
    tls_failed,
    no_secret,    ///< missing, or not where it could be
    wrong_secret, ///< another, or more than one
    duplicate_redirected_url,
    bad_redirected_url,
    redirected_no_handshake, ///< only WebSockets are redirected

    // Frames, RFC 6455 5 and 7.
    reserved_bit = 220,
    reserved_opcode,
    control_fragmented,
    control_too_long,
    not_masked,
    length_not_minimal,
    length_top_bit,
    unexpected_continuation,
    expected_continuation,
    close_body_one_byte,
    close_code_invalid,
    close_reason_not_utf8,
    text_not_utf8,
    data_after_close,
    bad_deflate_data,
    post_out_of_turn, ///< of the page-side class, bridge/

    // Limits and time-outs.
    frame_too_big = 260,
    message_too_big,
    too_many_fragments,
    memory_exhausted,
    message_timed_out,
    handshake_timed_out,
    response_timed_out,
    close_timed_out,
    idle_timed_out,
    pong_timed_out,
    request_timed_out,
    inflates_too_much,

    // The transport.
    peer_gone = 300,
    transport_failed,
    aborted_by_host,
    relay_failed,
    relay_timed_out,
    relay_not_trusted,
    relay_bad_answer,
    relay_to_loopback,
    relay_to_itself,

    // URL tables.
    empty_pattern = 320,
    pattern_control_character,
    pattern_not_ascii,
    pattern_bad_action,
    table_too_large,
    pattern_too_long,
    root_not_host,
    row_bad_deflate,
    row_not_url,
    pattern_unsupported,
    bad_expression,
};

/// What kind of thing an error is.
enum class condition {
    host_call = 1,      ///< an argument or the moment of a host's call was wrong
    bad_answer,         ///< a manual answer that is not valid for its request
    bad_head,           ///< a head that RFC 9112 does not allow
    handshake_failed,   ///< an opening handshake that RFC 6455 4.2.1 does not allow
    refused,            ///< refused before the table was asked
    protocol_violation, ///< a frame that RFC 6455 does not allow
    limit_passed,       ///< a limit or a time-out
    transport,          ///< the renderer's end went away
    bad_table,          ///< a row of a URL table
};

} // namespace wsintercept::inline v0_1_0

template <>
struct std::is_error_code_enum<wsintercept::error> : std::true_type {};
template <>
struct std::is_error_condition_enum<wsintercept::condition> : std::true_type {};

namespace wsintercept::inline v0_1_0 {

/// The sentence of an error; a static string. Any thread.
constexpr const char* describe(error e) noexcept {
    switch (e) {
    case error::unknown_id: return "unknown id";
    case error::already_answered: return "already answered";
    case error::not_open: return "not open";
    case error::closing: return "closing";
    case error::queue_full: return "queue full";
    case error::invalid_utf8: return "invalid UTF-8";
    case error::bad_close_code: return "bad close code";
    case error::reason_too_long: return "reason too long";
    case error::opcode_differs: return "opcode differs";
    case error::no_open_request: return "no open request";
    case error::wrong_thread_turn: return "called from inside a traits call";
    case error::not_handled: return "RFC 9110 15.5.5: the host did not handle this request";
    case error::shut_down: return "shutting down";

    case error::answer_bad_head:
        return "bad answer: not a whole response head (status line, fields, blank line)";
    case error::answer_bad_status: return "bad answer: the status is neither 101 nor 200 to 599";
    case error::answer_bad_field:
        return "bad answer: RFC 9110 5.5: a field name or value is invalid";
    case error::answer_bad_line_end:
        return "bad answer: RFC 9112 2.2: a lone CR or LF, or a NUL, inside the head";
    case error::answer_too_large: return "bad answer: the head is too large";
    case error::answer_no_upgrade: return "bad answer: RFC 6455 4.2.2: no Upgrade: websocket";
    case error::answer_no_connection: return "bad answer: RFC 6455 4.2.2: no Connection: Upgrade";
    case error::answer_no_accept: return "bad answer: RFC 6455 4.2.2: no Sec-WebSocket-Accept";
    case error::answer_bad_accept:
        return "bad answer: RFC 6455 4.2.2: Sec-WebSocket-Accept does not fit this request's key";
    case error::answer_duplicate_accept:
        return "bad answer: RFC 6455 11.3.3: more than one Sec-WebSocket-Accept";
    case error::answer_bad_subprotocol:
        return "bad answer: RFC 6455 4.2.2: Sec-WebSocket-Protocol is not one that was offered";
    case error::answer_bad_extension:
        return "bad answer: RFC 6455 9.1: an extension that was not offered or is not switched on";
    case error::answer_has_body:
        return "bad answer: RFC 9110 15.2: a 101 with Content-Length or Transfer-Encoding";
    case error::answer_bad_length:
        return "bad answer: RFC 9110 8.6: Content-Length is not the length of what follows the "
               "head";
    case error::answer_unused: return "the host gave no answer";

    case error::response_bad_status: return "bad response: the status is not 200 to 599";
    case error::response_bad_field:
        return "bad response: RFC 9110 5.5: a field name or value is invalid";
    case error::response_reserved_field:
        return "bad response: Content-Length, Connection and Transfer-Encoding are not the host's";
    case error::response_bad_reason: return "bad response: RFC 9112 4: invalid status text";
    case error::response_bad_media_type: return "bad response: RFC 9110 8.3: invalid media type";

    case error::bad_request_line: return "RFC 9112 3: invalid request line";
    case error::bad_method: return "RFC 9110 9.1: invalid method";
    case error::bad_target: return "RFC 9112 3.2: invalid request target";
    case error::bad_http_version: return "RFC 9112 2.3: invalid or unsupported HTTP version";
    case error::bad_field_name: return "RFC 9110 5.1: invalid field name";
    case error::bad_field_value: return "RFC 9110 5.5: invalid field value";
    case error::bad_line_end: return "RFC 9112 2.2: a line that does not end in CR LF";
    case error::obsolete_folding: return "RFC 9112 5.2: a folded field line";
    case error::head_too_large: return "RFC 6585 5: the request head is too large";
    case error::too_many_fields: return "RFC 6585 5: too many fields";
    case error::no_host: return "RFC 9112 3.2: no Host";
    case error::bad_host: return "RFC 9112 3.2: invalid Host";
    case error::duplicate_host: return "RFC 9112 3.2: more than one Host";
    case error::bad_content_length: return "RFC 9112 6.3: invalid Content-Length";
    case error::bad_transfer_encoding: return "RFC 9112 6.1: invalid Transfer-Encoding";
    case error::bad_url: return "RFC 6455 3: invalid URL";
    case error::bad_status_line: return "RFC 9112 4: invalid status line";
    case error::body_too_large: return "RFC 9110 15.5.14: the request's body is too large";
    case error::body_lost:
        return "the engine did not hand over all of the request's body: a Blob, a stream or a file";
    case error::bad_chunk: return "RFC 9112 7.1: an invalid chunk";

    case error::method_not_get: return "RFC 6455 4.2.1: the method is not GET";
    case error::http_version_too_old: return "RFC 6455 4.2.1: HTTP older than 1.1";
    case error::has_body: return "RFC 6455 4.1: an opening handshake with a body";
    case error::no_upgrade: return "RFC 6455 4.2.1: no Upgrade";
    case error::bad_upgrade: return "RFC 6455 4.2.1: Upgrade is not websocket";
    case error::duplicate_upgrade: return "RFC 6455 4.2.1: more than one Upgrade";
    case error::no_connection: return "RFC 6455 4.2.1: no Connection";
    case error::bad_connection: return "RFC 6455 4.2.1: Connection does not name Upgrade";
    case error::no_key: return "RFC 6455 4.2.1: no Sec-WebSocket-Key";
    case error::bad_key: return "RFC 6455 4.2.1: Sec-WebSocket-Key is not the base64 of 16 bytes";
    case error::duplicate_key: return "RFC 6455 11.3.1: more than one Sec-WebSocket-Key";
    case error::no_version: return "RFC 6455 4.2.1: no Sec-WebSocket-Version";
    case error::bad_version: return "RFC 6455 4.2.1: Sec-WebSocket-Version is not 13";
    case error::duplicate_version: return "RFC 6455 11.3.5: more than one Sec-WebSocket-Version";
    case error::bad_subprotocol: return "RFC 6455 4.1: invalid Sec-WebSocket-Protocol";
    case error::duplicate_subprotocol: return "RFC 6455 4.1: a subprotocol is offered twice";
    case error::no_common_subprotocol: return "RFC 6455 4.2.2: no subprotocol in common";
    case error::bad_extensions: return "RFC 6455 9.1: invalid Sec-WebSocket-Extensions";
    case error::bad_origin: return "RFC 6454 7.1: invalid Origin";
    case error::duplicate_origin: return "RFC 6454 7.3: more than one Origin";
    case error::too_many_subprotocols: return "RFC 6585 5: too many subprotocols are offered";

    case error::foreign_origin: return "RFC 6455 10.2: the Origin is not allowed";
    case error::no_origin: return "RFC 6455 10.2: no Origin, which is not allowed";
    case error::wrong_host: return "RFC 9110 7.4: the Host is not one that is served here";
    case error::foreign_peer: return "the peer is not this program's own browser";
    case error::too_many_connections: return "too many connections";
    case error::not_intercepted:
        return "no row of InterceptedURLs takes this URL, and it is not relayed";
    case error::tls_not_supported: return "a TLS ClientHello, but wss is not built in";
    case error::method_not_supported: return "RFC 9110 15.5.6: this method is not served here";
    case error::no_secret: return "the request does not have the secret of this launch";
    case error::wrong_secret: return "the request has another secret than that of this launch";
    case error::duplicate_redirected_url:
        return "a redirected request names more than one URL that it was for";
    case error::bad_redirected_url:
        return "the URL that a redirected request was for is no ws or wss URL";
    case error::redirected_no_handshake:
        return "RFC 6455 4.2.1: a redirected request that is no opening handshake";

    case error::tls_failed: return "TLS with the peer failed";

    case error::reserved_bit: return "RFC 6455 5.2: a reserved bit is set";
    case error::reserved_opcode: return "RFC 6455 5.2: a reserved opcode";
    case error::control_fragmented: return "RFC 6455 5.5: a fragmented control frame";
    case error::control_too_long: return "RFC 6455 5.5: a control frame longer than 125 bytes";
    case error::not_masked: return "RFC 6455 5.1: a client's frame that is not masked";
    case error::length_not_minimal:
        return "RFC 6455 5.2: a length that is not in its shortest form";
    case error::length_top_bit: return "RFC 6455 5.2: a length with its top bit set";
    case error::unexpected_continuation:
        return "RFC 6455 5.4: a continuation frame without a message to continue";
    case error::expected_continuation:
        return "RFC 6455 5.4: a new message before the last one was finished";
    case error::close_body_one_byte: return "RFC 6455 5.5.1: a close frame with a body of one byte";
    case error::close_code_invalid: return "RFC 6455 7.4: a close code that may not be sent";
    case error::close_reason_not_utf8: return "RFC 6455 5.5.1: a close reason that is no UTF-8";
    case error::text_not_utf8: return "RFC 6455 8.1: text that is no UTF-8";
    case error::data_after_close: return "RFC 6455 5.5.1: bytes after a close frame";
    case error::bad_deflate_data:
        return "RFC 7692 7.2.2: a compressed message that does not inflate";
    case error::post_out_of_turn:
        return "page-side class: a post that came twice, or is too far ahead of its turn";

    case error::frame_too_big: return "RFC 6455 10.4: a frame larger than the limit";
    case error::message_too_big: return "RFC 6455 10.4: a message larger than the limit";
    case error::too_many_fragments: return "RFC 6455 10.4: a message of too many fragments";
    case error::memory_exhausted:
        return "RFC 6455 10.4: too much memory held by unfinished messages";
    case error::message_timed_out: return "a message was not finished in time";
    case error::handshake_timed_out: return "the opening handshake timed out";
    case error::response_timed_out: return "the HTTPRequest was not answered in time";
    case error::close_timed_out: return "RFC 6455 7.1.1: the closing handshake timed out";
    case error::idle_timed_out: return "nothing came for longer than the idle time-out";
    case error::pong_timed_out: return "RFC 6455 5.5.2: a ping was not answered in time";
    case error::request_timed_out: return "RFC 9110 15.5.9: a request was not finished in time";
    case error::inflates_too_much:
        return "RFC 6455 10.4: a compressed message that inflates by more than the limit";

    case error::peer_gone: return "RFC 6455 7.1.5: the connection ended without a close frame";
    case error::transport_failed: return "the connection failed";
    case error::aborted_by_host: return "aborted by the host";

    case error::relay_failed: return "RFC 9110 15.6.3: the destination cannot be reached";
    case error::relay_timed_out: return "RFC 9110 15.6.5: nothing comes from the destination";
    case error::relay_not_trusted: return "RFC 9110 15.6.3: the destination's TLS is not trusted";
    case error::relay_bad_answer: return "RFC 9110 15.6.3: the destination's answer is not valid";
    case error::relay_to_loopback:
        return "a name of the network that means this machine is not relayed (DNS rebinding)";
    case error::relay_to_itself: return "the endpoint relays nothing to itself";

    case error::empty_pattern: return "an empty pattern";
    case error::pattern_control_character: return "a control character or a space in a pattern";
    case error::pattern_not_ascii: return "a host that is not ASCII: write it in Punycode";
    case error::pattern_bad_action: return "an action that is not 0, 1 or 2";
    case error::table_too_large: return "too many rows";
    case error::pattern_too_long: return "a pattern longer than 64 KiB";
    case error::root_not_host: return "ROOT is not the name of a host";
    case error::row_bad_deflate: return "RFC 7692 7.1: options of permessage-deflate out of range";
    case error::row_not_url:
        return "not a URL with the scheme ws, wss, http or https and an ASCII host";
    case error::pattern_unsupported: return "a part of URLPattern that is not supported";
    case error::bad_expression: return "not a regular expression that can be used";
    }
    return "unknown error";
}

/// The kind of an error.
constexpr condition kind(error e) noexcept {
    const int n = static_cast<int>(e);
    if (e == error::too_many_connections)
        return condition::limit_passed;
    return n < 40    ? condition::host_call
           : n < 70  ? condition::bad_answer
           : n < 100 ? condition::host_call
           : n < 140 ? condition::bad_head
           : n < 180 ? condition::handshake_failed
           : n < 220 ? condition::refused
           : n < 260 ? condition::protocol_violation
           : n < 300 ? condition::limit_passed
           : n < 320 ? condition::transport
                     : condition::bad_table;
}

namespace detail {

struct condition_category_type final : std::error_category {
    const char* name() const noexcept override { return "wsintercept condition"; }
    std::string message(int n) const override {
        switch (static_cast<condition>(n)) {
        case condition::host_call: return "a host's call was wrong";
        case condition::bad_answer: return "bad answer";
        case condition::bad_head: return "bad head";
        case condition::handshake_failed: return "handshake failed";
        case condition::refused: return "refused";
        case condition::protocol_violation: return "protocol violation";
        case condition::limit_passed: return "limit passed";
        case condition::transport: return "transport failed";
        case condition::bad_table: return "bad URL table";
        }
        return "unknown condition";
    }
};
inline constinit const condition_category_type condition_category{};

struct error_category_type final : std::error_category {
    const char* name() const noexcept override { return "wsintercept"; }
    std::string message(int n) const override { return describe(static_cast<error>(n)); }
    std::error_condition default_error_condition(int n) const noexcept override {
        return {static_cast<int>(kind(static_cast<error>(n))), condition_category};
    }
};
inline constinit const error_category_type error_category{};

} // namespace detail

/// By which an enumerator becomes a std::error_code.
inline std::error_code make_error_code(error e) noexcept {
    return {static_cast<int>(e), detail::error_category};
}
/// By which an enumerator becomes a std::error_condition.
inline std::error_condition make_error_condition(condition c) noexcept {
    return {static_cast<int>(c), detail::condition_category};
}

} // namespace wsintercept::inline v0_1_0
