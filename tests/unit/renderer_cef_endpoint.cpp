#include <wsintercept/detail/base64.hpp>
#include <wsintercept/renderer/cef/endpoint.hpp>

#include "../kit/cef_stand_in/api.hpp"
#include "loopback_support.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace cef = wsintercept::cef;
namespace loopback = wsintercept::loopback;
namespace stand_in = wsintercept::kit::cef_stand_in;
using endpoint = cef::endpoint<stand_in::api, test::recorder>;

namespace {

loopback::options with_a_page() {
    loopback::options o;
    o.pages = [](std::string_view, std::string_view url) {
        return url == "http://myapp/page"
                   ? std::optional{loopback::page{200, "text/plain", "", "the page"}}
                   : std::nullopt;
    };
    return o;
}

/// The first line and the body of what the endpoint answers, on a connection of its own.
std::pair<std::string, std::string> get(std::uint16_t port, std::string_view url,
                                        std::string_view fields) {
    test::host_loop runs_nothing;
    runs_nothing.port = port;
    test::client c{runs_nothing};
    c.send(test::get(url, std::string{fields} + "Connection: close\r\n"));
    REQUIRE(runs_nothing.until([&] { return c.read(), c.ended; }));
    return {c.got.substr(0, c.got.find("\r\n")), c.got.substr(c.got.find("\r\n\r\n") + 4)};
}

} // namespace

TEST_CASE("CEF: an endpoint answers what the warm-up asks for, and asks all for the secret") {
    const cef::executor<stand_in::api> executor;
    test::recorder host;
    const auto secret = loopback::launch_secret::make();
    endpoint e{executor, host, test::usual_table(), with_a_page(), secret};
    REQUIRE_FALSE(e.listen());
    CHECK(e.route().error().empty());

    const stand_in::ref<stand_in::command_line> line = new stand_in::command_line;
    e.route().append_switches(line);
    CHECK(line->switches["proxy-pac-url"] ==
          wsintercept::chromium::split_switch(
              wsintercept::chromium::switches(*test::usual_table(), e.port()).switches[0])
              .second);

    e.route().warm(stand_in::request_context::CreateContext({}, nullptr), [](std::string) {});
    REQUIRE(stand_in::url_request::made.size() == 1);
    const std::string probe = stand_in::url_request::made[0]->asked->GetURL().ToString();
    stand_in::url_request::made.clear();

    std::string good = "Proxy-Authorization: Basic ";
    wsintercept::detail::append_base64(good, "wsintercept:" + secret.text());
    good += "\r\n";
    const std::string asks = "HTTP/1.1 407 Proxy Authentication Required";
    CHECK(get(e.port(), probe, "").first == asks);
    CHECK(get(e.port(), "http://myapp/page", "").first == asks);
    CHECK(get(e.port(), probe, good) ==
          std::pair<std::string, std::string>{"HTTP/1.1 204 No Content", ""});
    CHECK(get(e.port(), "http://myapp/page", good) ==
          std::pair<std::string, std::string>{"HTTP/1.1 200 OK", "the page"});
    CHECK(get(e.port(), "http://myapp/other", good).first == "HTTP/1.1 404 Not Found");
    executor.start(); // there is no CEF: what waits for its thread is dropped
}

TEST_CASE("CEF: an endpoint with an empty secret asks nobody for it") {
    const cef::executor<stand_in::api> executor;
    test::recorder host;
    endpoint e{executor, host, test::usual_table(), with_a_page(), {}};
    REQUIRE_FALSE(e.listen());
    CHECK(get(e.port(), "http://myapp/page", "").second == "the page");
    executor.start();
}

TEST_CASE("CEF: an endpoint that does not listen says so on each way to it") {
    const cef::executor<stand_in::api> executor;
    test::recorder host;
    loopback::options o;
    const endpoint first{executor, host, test::usual_table()};
    const auto says_so = [](const endpoint& e) {
        const std::string expected = "the endpoint does not listen: its port is 0";
        const stand_in::ref<stand_in::command_line> line = new stand_in::command_line;
        e.route().append_switches(line);
        const auto context = stand_in::request_context::CreateContext({}, nullptr);
        std::string ready;
        e.route().warm(context, [&](std::string why) { ready = std::move(why); });
        return e.route().error() == expected && e.route().set_proxy(context) == expected &&
               ready == expected && line->switches.empty();
    };
    CHECK(says_so(first));

    endpoint listens{executor, host, test::usual_table()};
    REQUIRE_FALSE(listens.listen());
    CHECK_FALSE(says_so(listens));
    o.port = listens.port();
    endpoint late{executor, host, test::usual_table(), o};
    CHECK(late.listen() == std::errc::address_in_use);
    CHECK(says_so(late));
    stand_in::url_request::made.clear(); // the warm-up of the one that listens
    executor.start();
}
