// The page-side class and WebKit's own, answered by the same host, in two views: class_host PAGES
// PAGES: the folder of class_cases.js. Both pages are http://myapp/; the sockets of the one come by
// the endpoint, and those of the other by the URI scheme, without a port: WebKit's own class would
// find no such host there. Prints
//   engine  NAME  VERSION
//   case    NAME  what WebKit's own class gives, as JSON  what the page-side class gives
//   done
// The fields of a line are parted by tabs.
#include "page.hpp"

#include "../../browser/class_host.hpp"
#include "../../browser/files.hpp"
#include "../host.hpp"

#include <wsintercept/renderer/webkitgtk.hpp>
#include <wsintercept/renderer/webkitgtk_scheme.hpp>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace ws = wsintercept;

namespace {

using class_test::host;
using proxy_type = ws::webkitgtk::endpoint<host>;

struct proxy_methods final : hosts::methods {
    explicit proxy_methods(const proxy_type& e) : to{e.sockets()} {}
    void send(ws::socket_id id, std::string_view data, bool fin,
              std::optional<ws::data_type> type) override {
        to.send(id, data, fin, type, tell);
    }
    void close(ws::socket_id id, std::uint16_t code, std::string_view reason) override {
        to.close(id, code, reason, tell);
    }
    void abort(ws::socket_id id) override { to.abort(id, tell); }
    void answer(ws::socket_id id, std::string_view head) override { to.answer(id, head, tell); }
    const ws::loopback::carried_sockets<host>& to;
};

// JSON has neither undefined nor NaN; a case that waits in vain is to say so.
constexpr const char* look = R"(
    const late = new Promise((resolve) => setTimeout(resolve, 20000, "waits in vain"));
    const said = (_, value) =>
      value === undefined || (typeof value === "number" && !Number.isFinite(value)) ? [String(value)] : value;
    return JSON.stringify((await Promise.race([classCases[argument](), late])) ?? null, said);
)";

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: class_host PAGES\n", stderr);
        return 2;
    }
    if (!gtk_demo::window::start())
        engines::fail("no display");
    engines::print_engine(webkitgtk_tests::engine_name(), webkitgtk_tests::engine_version());
    const auto table = class_test::table();
    std::string text = "<!doctype html><meta charset=utf-8>";
    for (const char* name : {"data.js", "class_cases.js"}) {
        const auto script = hosts::file(argv[1], name);
        if (!script)
            engines::fail(name);
        text += "<script>" + script->body + "</script>";
    }

    gtk_demo::window own_window, page_side_window;
    host own;
    proxy_type endpoint{own, table};
    proxy_methods own_methods{endpoint};
    own.to = &own_methods;
    if (const std::error_code failed = endpoint.listen(own_window.session()))
        engines::fail(failed.message());

    host page_side;
    ws::webkitgtk::scheme<host> scheme{page_side, table, {{}, ws::allowed_origins{*table}}};
    hosts::methods_of page_side_methods{scheme.sockets()};
    page_side.to = &page_side_methods;
    scheme.attach(page_side_window.context());

    own_window.show();
    page_side_window.show();
    scheme.attach(webkit_web_view_get_user_content_manager(page_side_window.view()), *table);
    webkitgtk_tests::page own_page{own_window}, page_side_page{page_side_window};
    if (!own_page.load(text, "http://myapp/") || !page_side_page.load(text, "http://myapp/"))
        engines::fail("no page");

    const auto names =
        nlohmann::json::parse(own_page.run("return JSON.stringify(Object.keys(classCases))"));
    for (const std::string name : names) {
        const auto by_own = own_page.start(look, name),
                   by_page_side = page_side_page.start(look, name);
        if (!webkitgtk_tests::until([&] { return by_own->done && by_page_side->done; }))
            engines::fail(name + " hangs");
        engines::print("case\t" + name + "\t" + by_own->value + "\t" + by_page_side->value);
    }
    engines::print("done");
    std::fflush(stdout);
    std::_Exit(0); // WebKit's processes end with this one
}
