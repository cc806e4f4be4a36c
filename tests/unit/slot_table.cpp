#include <wsintercept/slot_table.hpp>

#include "catch.hpp"

using wsintercept::slot_table;
using wsintercept::socket_id;

TEST_CASE("slot_table: finds the living only, in its own table only") {
    slot_table<int> a;
    slot_table<int> b;
    const socket_id id = a.insert();
    REQUIRE(id);
    *a.find(id) = 7;
    REQUIRE(*a.find(id) == 7);
    REQUIRE(b.find(id) == nullptr);
    REQUIRE(a.size() == 1);
    a.erase(id);
    REQUIRE(a.find(id) == nullptr);
    REQUIRE(a.size() == 0);
    const socket_id again = a.insert();
    REQUIRE(again.slot() == id.slot());
    REQUIRE(again != id);
    REQUIRE(*a.find(again) == 0);
    REQUIRE(a.find(socket_id{}) == nullptr);
    REQUIRE(a.find(socket_id{~std::uint64_t{0}}) == nullptr);
}

TEST_CASE("slot_table: values never move") {
    slot_table<int> table;
    const socket_id first = table.insert();
    const int* where = table.find(first);
    for (int i = 0; i < 10'000; ++i)
        table.insert();
    REQUIRE(table.find(first) == where);
    std::size_t seen = 0;
    table.for_each([&](socket_id, int&) { ++seen; });
    REQUIRE(seen == 10'001);
}

TEST_CASE("socket_id: hexadecimal in messages, and back") {
    const socket_id id{3, 70'000, 12};
    REQUIRE(id.interceptor() == 3);
    REQUIRE(id.slot() == 70'000);
    REQUIRE(id.generation() == 12);
    REQUIRE(to_string(id).size() == 16);
    REQUIRE(wsintercept::parse_socket_id(to_string(id)) == id);
    for (const char* bad :
         {"", "0", "000000000000000g", "00000000000000001", "00000000 0000001", "000000000000000A"})
        REQUIRE_FALSE(wsintercept::parse_socket_id(bad));
}
