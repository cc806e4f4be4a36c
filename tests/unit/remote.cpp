#include <wsintercept/remote.hpp>

#include "catch.hpp"
#include "recorder.hpp"

#include <thread>

using namespace test;
using wsintercept::error;

TEST_CASE("remote: calls of another thread run on the executor, in order, with their results") {
    world w;
    auto& s = w.opened();
    const wsintercept::remote remote = w.core().remote();
    std::vector<std::error_code> results;
    const auto done = [&](std::error_code e) { results.push_back(e); };
    std::thread{[&] {
        remote.send(s.id, "one", true, {}, done);
        remote.send(s.id, "\xff", true, {}, done);
        remote.close(s.id, 3000, "bye", done);
        remote.send(s.id, "late", true, {}, done);
    }}.join();
    REQUIRE(results.empty());
    REQUIRE(s.output.empty());
    w.renderer.run();
    REQUIRE(s.output == served(1, "one") + served_close(3000, "bye"));
    REQUIRE(results == std::vector<std::error_code>{{}, error::invalid_utf8, {}, error::closing});
}

TEST_CASE("remote: one post a batch") {
    world w;
    auto& s = w.opened();
    const wsintercept::remote remote = w.core().remote();
    for (int i = 0; i < 10; ++i)
        remote.send(s.id, "x");
    wsintercept::memory::stream before = s;
    w.renderer.run();
    REQUIRE(s.output.size() == 30);
    REQUIRE(before.output.empty());
}

TEST_CASE("remote: a late manual answer and an HTTPRequest's answer") {
    world w{wsintercept::action::manual};
    auto& s = w.open();
    const wsintercept::remote remote = w.core().remote();
    remote.answer(s.id, accepted());
    w.renderer.run();
    REQUIRE(s.output == accepted());
    auto& page =
        w.renderer.open({"GET", "http://myapp/", "GET / HTTP/1.1\r\nHost: myapp\r\n\r\n", {}});
    w.renderer.run();
    wsintercept::respond_by_id r;
    r.id = page.id;
    r.body = "hi";
    remote.respond(r);
    remote.abort(s.id);
    w.renderer.run();
    REQUIRE(page.body == "hi");
    REQUIRE(s.ended == wsintercept::ending::abort);
    REQUIRE(w.events().back() == "Error aborted by the host");
}

TEST_CASE("remote: outlives the interceptor, and says so") {
    auto w = std::make_unique<world>();
    auto& s = w->opened();
    const wsintercept::socket_id id = s.id;
    const wsintercept::remote remote = w->core().remote();
    std::vector<std::error_code> results;
    const auto done = [&](std::error_code e) { results.push_back(e); };
    remote.send(id, "never delivered", true, {}, done);
    w.reset();
    REQUIRE(results == std::vector<std::error_code>{error::shut_down});
    remote.send(id, "x", true, {}, done);
    REQUIRE(results.size() == 2);
}

TEST_CASE("remote: many threads at once while sockets come and go") {
    world w;
    auto& s = w.opened();
    const wsintercept::remote remote = w.core().remote();
    std::atomic<int> completed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 250; ++i)
                remote.send(s.id, "x", true, {}, [&](std::error_code) { ++completed; });
        });
    for (int i = 0; i < 100; ++i)
        w.renderer.run();
    for (std::thread& t : threads)
        t.join();
    w.renderer.run();
    REQUIRE(completed == 1000);
    REQUIRE(s.output.size() == 3000);
}
