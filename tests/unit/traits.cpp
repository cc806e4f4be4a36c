#include <wsintercept/traits.hpp>

#include "catch.hpp"

#include <wsintercept/renderer/memory.hpp>

namespace {

struct whole {
    using connection = int;
    wsintercept::time_point now() noexcept { return {}; }
    void post(const wsintercept::task&) noexcept {}
    void output_ready(int) noexcept {}
    void input_ready(int) noexcept {}
    void respond(int, const wsintercept::response&) noexcept {}
    void wake_at(int, wsintercept::time_point) noexcept {}
    void end(int, wsintercept::ending) noexcept {}
};
struct no_wake : whole {
    void wake_at() noexcept {}
};
struct throwing_post : whole {
    void post(const wsintercept::task&) {}
};
struct no_connection {
    wsintercept::time_point now() noexcept { return {}; }
};

struct counter final : wsintercept::task::work {
    int runs = 0;
    void run() noexcept override { ++runs; }
};

} // namespace

TEST_CASE("the concept of traits, clause by clause") {
    STATIC_REQUIRE(wsintercept::renderer_traits<whole>);
    STATIC_REQUIRE(wsintercept::renderer_traits<wsintercept::memory::traits>);
    STATIC_REQUIRE_FALSE(wsintercept::renderer_traits<no_wake>);
    STATIC_REQUIRE_FALSE(wsintercept::traits_clause::has_wake_at<no_wake>);
    STATIC_REQUIRE_FALSE(wsintercept::traits_clause::has_post<throwing_post>);
    STATIC_REQUIRE_FALSE(wsintercept::traits_clause::has_connection<no_connection>);
}

TEST_CASE("a task keeps its work alive and may be copied") {
    const auto work = std::make_shared<counter>();
    {
        const wsintercept::task first{work};
        const wsintercept::task second = first;
        second();
    }
    REQUIRE(work->runs == 1);
    REQUIRE(work.use_count() == 1);
}
