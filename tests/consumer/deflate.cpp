#include <wsintercept/renderer/memory.hpp>
#include <wsintercept/rfc7692/permessage_deflate.hpp>
#include <wsintercept/version.hpp>

#include <iostream>
#include <vector>

struct handler {
    void on(const auto&) noexcept {}
};

int main() {
    wsintercept::row_options options;
    options.deflate.emplace();
    const std::vector<wsintercept::row> rows{
        {"ws://myapp/*", wsintercept::action::automatic, options}};
    const auto table = wsintercept::intercepted_urls::build(rows).table;
    handler h;
    wsintercept::memory::renderer<handler, wsintercept::deflate_policies> renderer{
        h, table, {{}, wsintercept::allowed_origins{*table}}};
    const auto& page = renderer.open({"GET",
                                      "ws://myapp/a",
                                      "GET /a HTTP/1.1\r\n"
                                      "Host: myapp\r\n"
                                      "Origin: http://myapp\r\n"
                                      "Upgrade: websocket\r\n"
                                      "Connection: Upgrade\r\n"
                                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                      "Sec-WebSocket-Version: 13\r\n"
                                      "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
                                      {}});
    renderer.run();
    const char* const agreed = "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";
    if (page.output.find(agreed) == page.output.npos)
        return 1;
    std::cout << wsintercept::version << '\n';
}
