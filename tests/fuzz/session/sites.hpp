// What a page of the session target can ask for, and what it is answered.
#pragma once

#include <wsintercept/url/intercepted_urls.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fuzz {

using std::chrono::seconds;
namespace ws = wsintercept;

inline ws::limits small_limits() {
    ws::limits l;
    l.frame = 300;
    l.message = 400;
    l.fragments = 5;
    l.output = 3000;
    l.message_time = seconds{20};
    return l;
}
inline ws::limits pinging_limits() {
    ws::limits l = small_limits();
    l.ping = seconds{7};
    return l;
}
inline ws::limits idling_limits() {
    ws::limits l = small_limits();
    l.idle = seconds{30};
    return l;
}
inline ws::limits tight_limits() {
    ws::limits l = idling_limits();
    l.unfinished = 60;
    return l;
}

/// No subprotocols: whichever is offered first is chosen.
inline ws::row_options options(std::vector<std::string> subprotocols, ws::delivery messages,
                               const ws::limits& limits) {
    ws::row_options out;
    out.subprotocols = std::move(subprotocols);
    out.subprotocol_optional = true;
    out.messages = messages;
    out.limits = limits;
    return out;
}

struct site {
    const char* url;
    ws::action action;
    ws::row_options options;
    const char* chosen; ///< field of the 101 where subprotocols are offered
};
inline const std::array<site, 5> sites{{
    {"ws://auto/", ws::action::automatic, options({"chat"}, ws::delivery::whole, small_limits()),
     "Sec-WebSocket-Protocol: chat\r\n"},
    {"ws://chunks/", ws::action::automatic, options({}, ws::delivery::chunks, tight_limits()),
     "Sec-WebSocket-Protocol: soap\r\n"},
    {"ws://manual/", ws::action::manual, options({}, ws::delivery::whole, idling_limits()), ""},
    {"ws://pings/", ws::action::automatic, options({"none"}, ws::delivery::whole, pinging_limits()),
     ""},
    {"ws://tight/", ws::action::automatic, options({}, ws::delivery::whole, tight_limits()),
     "Sec-WebSocket-Protocol: soap\r\n"},
}};

inline std::shared_ptr<const ws::intercepted_urls> make_table() {
    std::vector<ws::row> rows;
    for (const site& s : sites)
        rows.push_back({std::string{s.url} + "*", s.action, s.options});
    return ws::intercepted_urls::build(rows).table;
}

struct handshake {
    const char* fields;
    bool offers = false;           ///< subprotocols
    const char* refused = nullptr; ///< the status, where it is not valid
};
inline constexpr std::array<handshake, 4> handshakes{{
    {"Sec-WebSocket-Version: 13\r\n"},
    {"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: soap, chat\r\n"
     "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
     true},
    {"Sec-WebSocket-Version: 8\r\n", false, "426"},
    {"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a b\r\n", false, "400"},
}};

// Key and accept key of RFC 6455 1.3.
inline std::string request_head(const handshake& h) {
    return std::string{"GET / HTTP/1.1\r\nHost: page\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"} +
           h.fields + "\r\n";
}
inline std::string accepting_head(const char* fields = "") {
    return std::string{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"} +
           fields + "\r\n";
}

} // namespace fuzz
