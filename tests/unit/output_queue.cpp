#include <wsintercept/output_queue.hpp>

#include "catch.hpp"

using wsintercept::block_pool;
using wsintercept::output_queue;
using wsintercept::output_views;
using wsintercept::shared_buffer;

namespace {

std::string all(const output_queue& q) {
    std::string out;
    for (const std::string_view v : q.views())
        out += v;
    return out;
}

} // namespace

TEST_CASE("output_queue: first in, first out, copied and owned bytes mixed") {
    block_pool pool;
    output_queue q;
    REQUIRE(q.empty());
    q.append(pool, "abc");
    q.append(pool, shared_buffer{std::string{"DEF"}});
    q.append(pool, "ghi");
    q.append(pool, shared_buffer{});
    REQUIRE(q.size() == 9);
    REQUIRE(all(q) == "abcDEFghi");
    q.consume(pool, 4);
    REQUIRE(all(q) == "EFghi");
    q.consume(pool, 0);
    q.append(pool, "jkl");
    REQUIRE(all(q) == "EFghijkl");
    q.consume(pool, 8);
    REQUIRE(q.empty());
    REQUIRE(q.views().count == 0);
}

TEST_CASE("output_queue: views stay valid while more is appended") {
    block_pool pool;
    output_queue q;
    q.append(pool, "first");
    const output_views views = q.views();
    for (int i = 0; i < 10'000; ++i)
        q.append(pool, "0123456789");
    REQUIRE(views.list[0].substr(0, 5) == "first");
    q.consume(pool, 5);
    std::size_t n = 0;
    while (!q.empty()) {
        const std::string_view front = q.views().list[0];
        for (const char c : front)
            REQUIRE(c == static_cast<char>('0' + n++ % 10));
        q.consume(pool, front.size());
    }
    REQUIRE(n == 100'000);
}

TEST_CASE("output_queue: large copies stay whole, small ones share a block") {
    block_pool pool;
    output_queue q;
    q.append(pool, "a");
    q.append(pool, "b");
    REQUIRE(q.views().count == 1);
    q.consume(pool, 2);
    q.append(pool, std::string(1'000'000, 'x'));
    REQUIRE(q.views().size() == 1'000'000);
    REQUIRE(q.views().count <= 2);
    q.clear(pool);
    REQUIRE(q.empty());
}
