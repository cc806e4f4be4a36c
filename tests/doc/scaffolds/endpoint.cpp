// A part of a program with an endpoint, on its executor.
#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/renderer/chromium.hpp>

#include <iostream>
#include <memory>
#include <thread>

namespace ws = wsintercept;

struct app : ws::ignore<ws::http_request, ws::websocket_upgrade, ws::websocket_receive,
                        ws::websocket_close, ws::websocket_error, ws::drained, ws::log_entry> {};

void part([[maybe_unused]] boost::asio::io_context& io, [[maybe_unused]] app& handler,
          [[maybe_unused]] ws::socket_id id,
          [[maybe_unused]] std::shared_ptr<const ws::intercepted_urls> table,
          [[maybe_unused]] ws::loopback::endpoint<app>& endpoint) {
    // the block
}
