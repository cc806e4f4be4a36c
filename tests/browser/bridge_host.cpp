// The page-side class and the browser's own, answered by the same host:
//   bridge_host FOLDER PID
// serves FOLDER's files to the browser that process PID starts; prints the browser's switch, and in
// a JSON string the script that gives http://myapp/ pages the page-side class. The scheme handler
// that it speaks through is played by an HTTP server, on a port of its own; the rest is real.
#include "class_host.hpp"
#include "files.hpp"
#include "scheme_server.hpp"

#include <wsintercept/bridge/page_script.hpp>
#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/renderer/chromium.hpp>

#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace ws = wsintercept;

int main(int argc, char** argv) {
    long pid = 0;
    if (argc != 3 ||
        std::from_chars(argv[2], argv[2] + std::string_view{argv[2]}.size(), pid).ptr == argv[2]) {
        std::fputs("usage: bridge_host FOLDER PID\n", stderr);
        return 2;
    }
    const auto table = class_test::table();
    boost::asio::io_context io;
    class_test::host own, page_side;
    ws::loopback::options options;
    options.peers = ws::loopback::peer_policy::descendants_of(pid);
    options.pages = [folder = std::string{argv[1]}](std::string_view, std::string_view url) {
        return hosts::file(folder, url);
    };
    ws::loopback::endpoint<class_test::host> endpoint{io, own, table, std::move(options)};
    hosts::methods_of own_methods{endpoint.sockets()};
    own.to = &own_methods;
    if (const std::error_code failed = endpoint.listen()) {
        std::fprintf(stderr, "bridge_host: %s\n", failed.message().c_str());
        return 1;
    }
    bridge_test::scheme_server<class_test::host> scheme{
        io, page_side, table, {{}, ws::allowed_origins{*table}}};
    hosts::methods_of scheme_methods{scheme.sockets()};
    page_side.to = &scheme_methods;

    for (const std::string& s : ws::chromium::switches(*table, endpoint.port()).switches)
        std::puts(s.c_str());
    const std::string script =
        ws::bridge::page_script(*table, ws::bridge::channel::fetch, scheme.base());
    std::puts(nlohmann::json(script).dump().c_str());
    std::fflush(stdout);
    io.run();
}
