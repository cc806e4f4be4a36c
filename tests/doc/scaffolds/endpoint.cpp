// A part of a program with an endpoint, on its executor.
#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/renderer/chromium.hpp>

#include <iostream>
#include <memory>
#include <thread>

namespace ws = wsintercept;

struct app : ws::ignore<ws::http_request, ws::websocket_upgrade, ws::websocket_receive,
                        ws::websocket_close, ws::websocket_error, ws::drained, ws::log_entry> {};

void part(boost::asio::io_context& io, app& handler, ws::socket_id id,
          std::shared_ptr<const ws::intercepted_urls> table, ws::loopback::endpoint<app>& endpoint) {
// the block
    static_cast<void>(io), static_cast<void>(handler), static_cast<void>(id);
    static_cast<void>(table), static_cast<void>(endpoint);
}
