#include <wsintercept/renderer/cef.hpp>

#include "../kit/cef_stand_in/api.hpp"

#include "catch.hpp"

#include <optional>
#include <string>
#include <vector>

using namespace wsintercept;
namespace stand_in = wsintercept::kit::cef_stand_in;
using route = cef::loopback_route<stand_in::api>;
using stand_in::ref;
using stand_in::string;

namespace {

const auto table = intercepted_urls::build({}).table;
const chromium::probe probe{*table};

std::string pac_of(std::uint16_t port) {
    return std::string{chromium::split_switch(chromium::switches(*table, port).switches[0]).second};
}

/// What CEF would go by; empty: straight to the network.
std::string pac_of(const ref<stand_in::request_context>& c) {
    const auto at = c->preferences.find("proxy");
    return at == c->preferences.end() || at->second.at("mode") != "pac_script"
               ? std::string{}
               : at->second.at("pac_url");
}

/// No switch, until a test says one.
struct empty_command_line {
    ref<stand_in::command_line> line = new stand_in::command_line;
    empty_command_line() { stand_in::command_line::global = line; }
    ~empty_command_line() { stand_in::command_line::global = nullptr; }
};

struct given {
    std::string user, password;
};
struct auth final : cef::counted<stand_in::auth_callback> {
    std::optional<given>& to;
    explicit auth(std::optional<given>& out) : to{out} {}
    void Continue(const string& user, const string& password) override {
        to = {user.ToString(), password.ToString()};
    }
};

/// The endpoint asks for the secret.
std::optional<given> challenge(stand_in::url_request& r, const char* host, int port,
                               const char* realm, bool is_proxy = true) {
    std::optional<given> told;
    const bool answered = r.client->GetAuthCredentials(is_proxy, string{host}, port, string{realm},
                                                       string{"basic"}, new auth{told});
    CHECK(answered == told.has_value());
    return told;
}

void complete(stand_in::url_request& r, int status) {
    r.status = stand_in::UR_SUCCESS;
    r.answer = new stand_in::response;
    r.answer->SetStatus(status);
    r.client->OnRequestComplete(&r);
}

/// The warm-ups that were begun, and none behind a test.
struct warm_ups {
    ~warm_ups() { stand_in::url_request::made.clear(); }
    std::vector<ref<stand_in::url_request>>& list = stand_in::url_request::made;
};

} // namespace

TEST_CASE("CEF: switches for OnBeforeCommandLineProcessing") {
    const ref<stand_in::command_line> line = new stand_in::command_line;
    const route plain{*table, 5000, probe};
    plain.append_switches(line);
    CHECK(line->switches.size() == 1);
    CHECK(line->switches["proxy-pac-url"] == pac_of(5000));
    CHECK(plain.error().empty());
}

TEST_CASE("CEF: the identities of several endpoints stand in one switch") {
    const ref<stand_in::command_line> line = new stand_in::command_line;
    const std::string name = "ignore-certificate-errors-spki-list";
    chromium::switch_options o;
    o.spki_hash = "first=";
    route{*table, 5000, probe, {}, o}.append_tls_switch(line);
    CHECK(line->switches.size() == 1);
    o.spki_hash = "second=";
    route{*table, 5001, probe, {}, o}.append_tls_switch(line);
    CHECK(line->switches[name] == "first=,second=");
    o.spki_hash = "third=";
    route{*table, 5002, probe, {}, o}.append_switches(line);
    CHECK(line->switches[name] == "first=,second=,third=");
    CHECK(line->switches["proxy-pac-url"] == pac_of(5002));
}

TEST_CASE("CEF: a context in memory takes the preference at once, each its own endpoint") {
    const empty_command_line none;
    const auto first = stand_in::request_context::CreateContext({}, nullptr);
    const auto second = stand_in::request_context::CreateContext({}, nullptr);
    CHECK(route{*table, 5000, probe}.set_proxy(first).empty());
    CHECK(route{*table, 5001, probe}.set_proxy(second).empty());
    CHECK(pac_of(first) == pac_of(5000));
    CHECK(pac_of(second) == pac_of(5001));
    CHECK(route::clear_proxy(second).empty());
    CHECK(pac_of(second).empty());
}

TEST_CASE("CEF: a context on disk takes the preference once it is initialised") {
    const empty_command_line none;
    const auto early = stand_in::request_context::CreateContext({"/profile"}, nullptr);
    const route r{*table, 5000, probe};
    CHECK(r.set_proxy(early) ==
          "the context is on disk and not initialised yet: the preference \"proxy\" can be set in "
          "OnRequestContextInitialized");
    CHECK(pac_of(early).empty());

    std::optional<std::string> ready;
    const auto made = r.make_context({"/profile"}, nullptr, [&](std::string why) { ready = why; });
    made->preferences["proxy"] = {{"mode", "pac_script"},
                                  {"pac_url", pac_of(4000)}}; // the last run's
    CHECK_FALSE(ready);
    made->initialise();
    CHECK(ready == "");
    CHECK(pac_of(made) == pac_of(5000));
}

TEST_CASE("CEF: why the preference is refused") {
    const empty_command_line none;
    const route r{*table, 5000, probe};
    const auto context = stand_in::request_context::CreateContext({}, nullptr);
    context->settable = false;
    CHECK(r.set_proxy(context) == "CEF does not let the preference \"proxy\" be set");
    none.line->switches["proxy-server"] = "127.0.0.1:1";
    const std::string why = "the switch --proxy-server says where all contexts go: the preference "
                            "\"proxy\" cannot be set";
    CHECK(r.set_proxy(context) == why);
    CHECK(route::clear_proxy(context) == why);

    const auto other = stand_in::request_context::CreateContext({}, nullptr);
    const std::string empty, text = "no";
    other->refuses = &empty;
    CHECK(r.set_proxy(other) == "CEF refused the preference \"proxy\": it does not say why");
    other->refuses = &text;
    CHECK(r.set_proxy(other) == "CEF refused the preference \"proxy\": no");

    std::optional<std::string> ready;
    none.line->switches.clear();
    const auto made = r.make_context({}, nullptr, [&](std::string w) { ready = w; });
    made->refuses = &text;
    made->initialise();
    CHECK(ready == "CEF refused the preference \"proxy\": no");
}

TEST_CASE("CEF: a context's own handler is asked too") {
    struct own final : cef::counted<stand_in::request_context_handler> {
        int initialised = 0, asked = 0;
        void OnRequestContextInitialized(ref<stand_in::request_context>) override { ++initialised; }
        ref<stand_in::resource_request_handler> GetResourceRequestHandler(ref<stand_in::browser>,
                                                                          ref<stand_in::frame>,
                                                                          ref<stand_in::request>,
                                                                          bool, bool, const string&,
                                                                          bool&) override {
            ++asked;
            return new stand_in::resource_request_handler;
        }
    };
    const empty_command_line none;
    const ref<own> handler = new own;
    const route r{*table, 5000, probe};
    const auto with = r.make_context({}, handler, [](const std::string&) {});
    const auto without = r.make_context({}, nullptr, [](const std::string&) {});
    with->initialise();
    CHECK(handler->initialised == 1);
    bool disable = false;
    const auto ask = [&](const ref<stand_in::request_context>& c) {
        return bool(c->handler()->GetResourceRequestHandler(nullptr, nullptr, nullptr, false, false,
                                                            string{}, disable));
    };
    CHECK(ask(with));
    CHECK(handler->asked == 1);
    CHECK_FALSE(ask(without));
}

TEST_CASE("CEF: the secret is told once a context, and to the endpoint only") {
    const empty_command_line none;
    warm_ups made;
    const auto secret = loopback::launch_secret::make();
    const route r{*table, 5000, probe, secret};
    std::vector<std::string> ready;
    const auto one = r.make_context({}, nullptr, [&](std::string why) { ready.push_back(why); });
    const auto two =
        r.make_context({"/p"}, nullptr, [&](std::string why) { ready.push_back(why); });
    one->initialise();
    two->initialise();
    one->initialise(); // not again
    REQUIRE(made.list.size() == 2);
    CHECK(made.list[0]->context.get() == one.get());
    CHECK(made.list[1]->context.get() == two.get());
    stand_in::url_request& first = *made.list[0];
    CHECK(first.asked->GetURL().ToString() == probe.url());
    CHECK((first.asked->GetFlags() & stand_in::api::UR_FLAG_ALLOW_STORED_CREDENTIALS) != 0);

    CHECK_FALSE(challenge(first, "127.0.0.1", 5001, "wsintercept"));
    CHECK_FALSE(challenge(first, "proxy.test", 5000, "wsintercept"));
    CHECK_FALSE(challenge(first, "127.0.0.1", 5000, "other"));
    CHECK_FALSE(challenge(first, "127.0.0.1", 5000, "wsintercept", false));
    const auto told = challenge(first, "127.0.0.1", 5000, "wsintercept");
    REQUIRE(told);
    CHECK(told->user == loopback::credentials::user);
    CHECK(told->password == secret.text());
    CHECK_FALSE(challenge(first, "127.0.0.1", 5000, "wsintercept")); // it was not good enough
    CHECK(ready.empty());
    complete(first, 204);
    CHECK(ready == std::vector<std::string>{""});
    complete(*made.list[1], 407);
    REQUIRE(ready.size() == 2);
    CHECK(ready[1] == "the endpoint refused the secret");
    CHECK(first.HasOneRef()); // the test's own: no other is left when CEF shuts down
}

TEST_CASE("CEF: a warm-up that fails says why, and none is left when CEF shuts down") {
    const empty_command_line none;
    warm_ups made;
    const route r{*table, 5000, probe, loopback::launch_secret::make()};
    std::vector<std::string> ready;
    const auto context = stand_in::request_context::CreateContext({}, nullptr);
    r.warm(context, [&](std::string why) { ready.push_back(why); });
    made.list[0]->status = stand_in::UR_FAILED;
    made.list[0]->error = -105;
    made.list[0]->client->OnRequestComplete(made.list[0]);
    REQUIRE(ready.size() == 1);
    CHECK(ready[0] == probe.url() + " did not reach the endpoint, net error -105: is its proxy "
                                    "script in force?");

    r.warm(context, [&](std::string why) { ready.push_back(why); });
    const ref<stand_in::url_request> running = made.list[1];
    made.list.clear();
    r.stop();
    CHECK(running->status == stand_in::UR_CANCELED);
    CHECK(running->HasOneRef());
    CHECK(ready.size() == 1);

    route{*table, 5000, probe}.warm(context, [&](std::string why) { ready.push_back(why); });
    CHECK(made.list.empty()); // no secret, nothing to tell
    CHECK(ready.size() == 2);
    CHECK(ready[1].empty());
}

TEST_CASE("CEF: a table that no proxy script can hold is an error on all ways") {
    std::vector<row> rows;
    for (int i = 0; i < 4000; ++i)
        rows.push_back({"ws://host" + std::to_string(i) + ".test/some/path/that/is/long/*",
                        action::automatic,
                        {}});
    const auto large = intercepted_urls::build(rows).table;
    chromium::switch_options o;
    o.relays = false;
    const route r{*large, 5000, probe, loopback::launch_secret::make(), o};
    CHECK_FALSE(r.error().empty());
    const ref<stand_in::command_line> line = new stand_in::command_line;
    r.append_switches(line);
    CHECK(line->switches.empty());
    const auto context = stand_in::request_context::CreateContext({}, nullptr);
    CHECK(r.set_proxy(context) == r.error());
    std::string ready;
    r.warm(context, [&](std::string why) { ready = why; });
    CHECK(ready == r.error());
}

TEST_CASE("CEF: what is posted before CEF has threads runs once it has") {
    std::vector<int> ran;
    const cef::executor<stand_in::api> early;
    early.post([&] { ran.push_back(1); });
    const auto post = early.poster();
    post([&] { ran.push_back(2); });
    kit::exemplars::loop ui;
    stand_in::api::ui = &ui;
    ui.run();
    CHECK(ran.empty());
    early.start();
    post([&] { ran.push_back(3); });
    CHECK(ran.empty());
    ui.run();
    CHECK(ran == std::vector<int>{1, 2, 3});
    stand_in::api::ui = nullptr;
    post([&] { ran.push_back(4); }); // CEF has shut down
    ui.run();
    CHECK(ran.size() == 3);
}
