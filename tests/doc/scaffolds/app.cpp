// A part of a program whose handler is `app`.
#include <wsintercept/loopback/endpoint.hpp>

#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace ws = wsintercept;

struct app : ws::ignore<ws::http_request, ws::websocket_upgrade, ws::websocket_receive,
                        ws::websocket_close, ws::websocket_error, ws::drained, ws::log_entry> {};

// the block

int main() {}
