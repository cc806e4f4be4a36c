// Serves a socket with the version that is included, and says which that was.
#pragma once

#include "vendored.hpp"

#include <wsintercept/renderer/memory.hpp>
#include <wsintercept/wsintercept.hpp>

#include <vector>

namespace {

struct echo : wsintercept::ignore<wsintercept::http_request, wsintercept::websocket_upgrade,
                                  wsintercept::websocket_close, wsintercept::websocket_error,
                                  wsintercept::drained, wsintercept::log_entry> {
    using ignore::on;
    void on(const wsintercept::websocket_receive& e) noexcept { messages += e.data; }
    std::string messages;
};

inline vendored_answer use() {
    const std::vector<wsintercept::row> rows{{"ws://myapp/*", wsintercept::action::automatic}};
    const auto table = wsintercept::intercepted_urls::build(rows).table;
    echo handler;
    wsintercept::memory::renderer<echo> renderer{
        handler, table, {{}, wsintercept::allowed_origins{*table}}};
    auto& page = renderer.open({"GET",
                                "ws://myapp/a",
                                "GET /a HTTP/1.1\r\n"
                                "Host: myapp\r\n"
                                "Origin: http://myapp\r\n"
                                "Upgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                "Sec-WebSocket-Version: 13\r\n\r\n",
                                {}});
    renderer.run();
    renderer.write(page, {"\x81\x82\0\0\0\0hi", 8});
    const wsintercept::limits limits;
    return {std::string{wsintercept::version}, handler.messages, limits.message, sizeof limits};
}

} // namespace
