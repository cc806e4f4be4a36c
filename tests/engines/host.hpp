// What the host programs of all engines have in common: the rows that the site wants, the handler
// that serves them, and what is printed.
//   engine  NAME  VERSION
//   check   CELL  NAME  ok, or what was seen instead
//   cannot  CELL  why
//   done
// The fields of a line are parted by tabs.
#pragma once

#include <wsintercept/wsintercept.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engines {

namespace ws = wsintercept;

inline void print(std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}
inline void print_engine(std::string_view name, std::string_view version) {
    print("engine\t" + std::string{name} + "\t" + std::string{version});
}
/// A cell that the engine has not, and why.
inline void print_cannot(std::string_view cell, std::string_view why) {
    print("cannot\t" + std::string{cell} + "\t" + std::string{why});
}
inline constexpr std::string_view no_workers =
    "no script can be put into workers, which keep the engine's own class: take the endpoint";
[[noreturn]] inline void fail(std::string_view why) {
    print("failed\t" + std::string{why});
    std::_Exit(1);
}

inline std::shared_ptr<const ws::intercepted_urls> table() {
    ws::row_options chosen;
    chosen.subprotocols = {"c", "b"};
    const std::vector<ws::row> rows{{"ws*://myapp/manual", ws::action::manual, {}},
                                    {"ws*://myapp/refused", ws::action::manual, {}},
                                    {"ws*://myapp/chosen", ws::action::automatic, chosen},
                                    {"ws*://myapp/*", ws::action::automatic, {}},
                                    {"https://myapp/*", ws::action::automatic, {}}}; // the pages
    return ws::intercepted_urls::build(rows).table;
}

/// A file of the site, by a URL or path; `type` is its media type.
struct site_file {
    std::string type, body;
};
inline std::optional<site_file> file(const std::string& site, std::string_view url) {
    url = url.substr(0, url.find('?'));
    const std::string name{url.substr(url.rfind('/') + 1)};
    std::ifstream in{site + '/' + (name.empty() ? "index.html" : name), std::ios::binary};
    if (!in)
        return std::nullopt;
    site_file out;
    out.type = name.ends_with(".js") ? "text/javascript" : "text/html";
    out.body.assign(std::istreambuf_iterator<char>{in}, {});
    return out;
}

/// The page's text with its scripts in it, for pages that come from no server.
inline std::string whole_page(const std::string& site) {
    std::string out = file(site, "index.html")->body;
    for (const std::string name : {"checks.js", "page.js"}) {
        const std::string tag = "<script src=\"" + name + "\">";
        out.replace(out.find(tag), tag.size(), "<script>" + file(site, name)->body);
    }
    return out;
}

/// A page to open, and the cells that it checks.
struct visit {
    std::string base;  ///< "http://myapp/"
    std::string cells; ///< "page,iframe"
};
/// Its URL. network: a server's URL that sockets of plain pages reach past the program; or empty.
/// next: where the page goes when it is done; or empty.
inline std::string url_of(const visit& v, std::string_view network, std::string_view next = {}) {
    const auto escaped = [](std::string_view text) {
        std::string out;
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            const bool plain = std::string_view{" %&+#"}.find(c) == std::string_view::npos;
            char code[4];
            std::snprintf(code, sizeof code, "%%%02X", byte);
            out += plain ? std::string(1, c) : std::string{code};
        }
        return out;
    };
    std::string out = v.base + "index.html?cells=" + escaped(v.cells);
    if (!network.empty())
        out += "&network=" + escaped(network);
    if (!next.empty())
        out += "&next=" + escaped(next);
    return out;
}

/// Serves the site's sockets. Methods: interceptor, remote, or what has their send, close, answer.
template <class Methods>
class handler : public ws::ignore<ws::http_request, ws::websocket_close, ws::drained> {
  public:
    using ignore::on;

    void on(const ws::websocket_upgrade& e) noexcept {
        const std::string path{e.url.substr(e.url.find("//myapp/") + 8)};
        paths_[e.id] = path;
        if (path == "manual")
            to->answer(e.id, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Protocol: mine\r\n"
                             "Sec-WebSocket-Accept: " +
                                 accept(e.headers) + "\r\n\r\n");
        if (path == "refused")
            to->answer(e.id, "HTTP/1.1 403 Forbidden\r\n\r\n");
        if (path == "goodbye")
            to->close(e.id, 3001, "because \xe2\x82\xac");
    }
    void on(const ws::websocket_receive& e) noexcept {
        const std::string& path = paths_[e.id];
        if (path == "size")
            to->send(e.id, std::to_string(e.data.size()));
        else if (path != "report")
            to->send(e.id, e.data, e.fin, e.type);
        else if (e.data != "done")
            print(e.data);
        else
            on_done();
    }
    void on(const ws::websocket_error& e) noexcept {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(e.message.size()), e.message.data());
    }
    void on(const ws::log_entry& e) noexcept {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(e.text.size()), e.text.data());
    }

    Methods* to = nullptr;
    std::function<void()> on_done; ///< a page has said that it is done

  private:
    static std::string accept(std::string_view head) {
        constexpr std::string_view name = "Sec-WebSocket-Key: ";
        const auto key =
            ws::rfc6455::accept_key::compute(head.substr(head.find(name) + name.size(), 24));
        return {key.data(), key.size()};
    }

    std::map<ws::socket_id, std::string> paths_;
};

} // namespace engines
