// Names only, cheap to include beside an engine's headers.
#pragma once

namespace wsintercept::inline v0_1_0 {

class socket_id;
class remote;
class shared_buffer;
class intercepted_urls;
class allowed_origins;
class task;
struct row;
struct row_options;
struct decision;
struct limits;
struct request;
struct opened;
struct response;
struct http_request;
struct http_response;
struct websocket_upgrade;
struct websocket_receive;
struct websocket_close;
struct websocket_error;
struct drained;
struct log_entry;
struct interceptor_options;
struct default_policies;

} // namespace wsintercept::inline v0_1_0
