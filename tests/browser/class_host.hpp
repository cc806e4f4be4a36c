// What answers the page-side class and the browser's own, when pages/class_cases.js looks at both.
#pragma once

#include "methods.hpp"

#include <wsintercept/wsintercept.hpp>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace class_test {

namespace ws = wsintercept;

/// ws://myapp/manual/* manual, ws://myapp/chosen with subprotocols, ws://myapp/* automatic.
inline std::shared_ptr<const ws::intercepted_urls> table() {
    ws::row_options chosen;
    chosen.subprotocols = {"b", "c"};
    const std::vector<ws::row> rows{{"ws://myapp/manual/*", ws::action::manual, {}},
                                    {"ws://myapp/chosen", ws::action::automatic, chosen},
                                    {"ws://myapp/*", ws::action::automatic, {}}};
    return ws::intercepted_urls::build(rows).table;
}

/// What a page asks for is in the URL, so that both classes are served alike.
class host
    : public ws::ignore<ws::http_request, ws::websocket_close, ws::websocket_error, ws::drained> {
  public:
    using ignore::on;

    void on(const ws::websocket_upgrade& e) noexcept {
        std::string_view path = e.url.substr(10); // ws://myapp
        paths_[e.id] = path;
        if (e.type == ws::upgrade_type::manual)
            return to->answer(e.id, answer(path.substr(8), e.headers));
        if (path == "/close")
            to->close(e.id, 3001, "because \xe2\x82\xac");
        if (path == "/close-bare")
            to->close(e.id, 1005, "");
        if (path == "/gone")
            to->abort(e.id);
        if (path == "/last-words") {
            to->send(e.id, "last", true, ws::data_type::text);
            to->close(e.id, 1000, "");
        }
        if (path == "/headers")
            to->send(e.id, e.headers, true, ws::data_type::text);
    }
    void on(const ws::websocket_receive& e) noexcept {
        const std::string& path = paths_[e.id];
        if (path == "/fragments") {
            to->send(e.id, "Hel", false, ws::data_type::text);
            return to->send(e.id, "lo", true, ws::data_type::text);
        }
        if (path == "/many")
            for (int i = 0; i < std::atoi(std::string{e.data}.c_str()); ++i)
                to->send(e.id, std::to_string(i), true, ws::data_type::text);
        else if (path == "/close-on-message")
            to->close(e.id, 4999, "");
        else
            to->send(e.id, e.data, e.fin, e.type);
    }
    void on(const ws::log_entry& e) noexcept {
        std::fprintf(stderr, "%s\n", std::string{e.text}.c_str());
    }

    hosts::methods* to = nullptr;

  private:
    /// The rest of the path is what the answer is: a status, or a 101 with something wrong.
    static std::string answer(std::string_view what, std::string_view head) {
        const std::size_t at = head.find("Sec-WebSocket-Key: ") + 19;
        const auto accept = ws::rfc6455::accept_key::compute(head.substr(at, 24));
        if (what == "403")
            return "HTTP/1.1 403 Forbidden\r\n\r\n";
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "X-Mine: yes\r\nSec-WebSocket-Accept: " +
               std::string{accept.data(), accept.size()} + "\r\n" +
               (what == "chosen" ? "Sec-WebSocket-Protocol: b\r\n" : "") + "\r\n";
    }

    std::map<ws::socket_id, std::string> paths_;
};

} // namespace class_test
