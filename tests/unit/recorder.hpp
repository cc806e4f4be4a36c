// A host that writes down what it is told, and a page that speaks RFC 6455 over memory.
#pragma once

#include <wsintercept/renderer/memory.hpp>
#include <wsintercept/wsintercept.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

/// Events as short lines: "Upgrade auto ws://myapp/", "Receive text fin Hello", "Close 1000 bye".
struct recorder {
    std::vector<std::string> events;
    std::vector<std::string> logs;
    wsintercept::socket_id last;
    std::string last_head;
    std::function<void(const wsintercept::websocket_upgrade&)> on_upgrade;
    std::function<void(const wsintercept::websocket_receive&)> on_receive;
    std::function<void(const wsintercept::websocket_close&)> on_close;
    std::function<void(const wsintercept::websocket_error&)> on_error;
    std::function<void(const wsintercept::http_request&)> on_request;
    std::function<void(const wsintercept::drained&)> on_drained;

    void on(const wsintercept::http_request& e) noexcept {
        last = e.id;
        last_head = e.head;
        events.push_back("Request " + std::string{e.method} + " " + std::string{e.url} +
                         (e.body.empty() ? "" : " " + std::string{e.body}));
        if (on_request)
            on_request(e);
    }
    void on(const wsintercept::websocket_upgrade& e) noexcept {
        last = e.id;
        last_head = e.headers;
        const bool automatic = e.type == wsintercept::upgrade_type::automatic;
        events.push_back((automatic ? "Upgrade auto " : "Upgrade manual ") + std::string{e.url});
        if (on_upgrade)
            on_upgrade(e);
    }
    void on(const wsintercept::websocket_receive& e) noexcept {
        last = e.id;
        const bool text = e.type == wsintercept::data_type::text;
        events.push_back(std::string{"Receive "} + (text ? "text " : "binary ") +
                         (e.fin ? "fin " : "more ") + std::string{e.data});
        if (on_receive)
            on_receive(e);
    }
    void on(const wsintercept::websocket_close& e) noexcept {
        last = e.id;
        events.push_back("Close " + std::to_string(e.code) + " " + std::string{e.reason});
        if (on_close)
            on_close(e);
    }
    void on(const wsintercept::websocket_error& e) noexcept {
        last = e.id;
        events.push_back("Error " + std::string{e.message});
        if (on_error)
            on_error(e);
    }
    void on(const wsintercept::drained& e) noexcept {
        events.push_back("drained");
        if (on_drained)
            on_drained(e);
    }
    void on(const wsintercept::log_entry& e) noexcept { logs.emplace_back(e.text); }
};

inline constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
inline constexpr std::string_view accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A browser's opening handshake. `fields`: more of them, with CR LF.
inline std::string handshake(std::string_view fields = "Origin: http://myapp\r\n") {
    return "GET /feed HTTP/1.1\r\nHost: myapp\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: " +
           std::string{key} + "\r\nSec-WebSocket-Version: 13\r\n" + std::string{fields} + "\r\n";
}

inline std::string accepted(std::string_view fields = {}) {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " +
           std::string{accept} + "\r\n" + std::string{fields} + "\r\n";
}

/// A client's frame, masked.
inline std::string frame(unsigned opcode, std::string_view payload, bool fin = true) {
    std::string out;
    out += static_cast<char>((fin ? 0x80U : 0U) | opcode);
    const std::size_t n = payload.size();
    if (n < 126)
        out += static_cast<char>(0x80U | n);
    else if (n < 65536) {
        out += static_cast<char>(0xFE);
        out += static_cast<char>(n >> 8);
        out += static_cast<char>(n & 255U);
    } else {
        out += static_cast<char>(0xFF);
        for (int shift = 56; shift >= 0; shift -= 8)
            out += static_cast<char>(std::uint64_t{n} >> shift & 255U);
    }
    const char masking_key[] = {0x12, 0x34, 0x56, 0x78};
    out.append(masking_key, 4);
    for (std::size_t i = 0; i < n; ++i)
        out += static_cast<char>(payload[i] ^ masking_key[i % 4]);
    return out;
}
inline std::string text(std::string_view payload, bool fin = true) {
    return frame(1, payload, fin);
}
inline std::string close_frame(unsigned code, std::string_view reason = {}) {
    std::string body{static_cast<char>(code >> 8), static_cast<char>(code & 255U)};
    return frame(8, body.append(reason));
}
/// A server's frame of less than 126 bytes.
inline std::string served(unsigned opcode, std::string_view payload, bool fin = true) {
    return std::string{static_cast<char>((fin ? 0x80U : 0U) | opcode),
                       static_cast<char>(payload.size())}
        .append(payload);
}
inline std::string served_close(unsigned code, std::string_view reason = {}) {
    std::string body{static_cast<char>(code >> 8), static_cast<char>(code & 255U)};
    return served(8, body.append(reason));
}

/// A page and its host over memory: rows `ws://myapp/…` by action.
template <class Policies = wsintercept::default_policies>
struct basic_world {
    explicit basic_world(wsintercept::action a = wsintercept::action::automatic,
                         wsintercept::row_options options = {}, wsintercept::limits limits = {})
        : table{wsintercept::intercepted_urls::build(
                    std::vector<wsintercept::row>{{"*://myapp/*", a, std::move(options)}})
                    .table},
          renderer{host, table, {limits, wsintercept::allowed_origins{*table}}} {}

    auto& core() { return renderer.core(); }

    wsintercept::memory::stream& open(std::string_view head = {}, std::string_view url = {}) {
        const std::string usual = handshake();
        auto& s = renderer.open(
            {"GET", url.empty() ? "ws://myapp/feed" : url, head.empty() ? usual : head, {}},
            &result);
        renderer.run();
        return s;
    }
    /// Opened, its 101 and its event taken note of.
    wsintercept::memory::stream& opened() {
        auto& s = open();
        if (core().check_answer(s.id, "") != wsintercept::error::already_answered) {
            (void)core().answer(s.id, accepted());
            renderer.run();
        }
        s.output.clear();
        host.events.clear();
        return s;
    }
    /// The events since the last call.
    std::vector<std::string> events() { return std::exchange(host.events, {}); }

    recorder host;
    std::shared_ptr<const wsintercept::intercepted_urls> table;
    wsintercept::memory::renderer<recorder, Policies> renderer;
    wsintercept::opened result;
};
using world = basic_world<>;

using lines = std::vector<std::string>;

} // namespace test
