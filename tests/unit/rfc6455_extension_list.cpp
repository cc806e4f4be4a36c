#include <wsintercept/rfc6455/extension_list.hpp>

#include "catch.hpp"

#include <string>

namespace {

using namespace wsintercept::rfc6455;

/// The items as text: "name", ";parameter", ";parameter=value", "!" for malformed.
std::string read(std::string_view list) {
    std::string out;
    extension_reader reader{list};
    for (;;) {
        switch (reader.next()) {
        case extension_reader::item::extension:
            out.append(out.empty() ? "" : ",").append(reader.name());
            break;
        case extension_reader::item::parameter:
            out.append(";").append(reader.name());
            if (reader.has_value())
                out.append("=").append(reader.value());
            break;
        case extension_reader::item::end:
            REQUIRE(reader.next() == extension_reader::item::end);
            return out;
        case extension_reader::item::malformed:
            REQUIRE(reader.next() == extension_reader::item::malformed);
            REQUIRE(reader.next() == extension_reader::item::malformed);
            return out + "!";
        }
    }
}

} // namespace

TEST_CASE("extension lists", "[extensions]") {
    REQUIRE(read("permessage-deflate; client_max_window_bits") ==
            "permessage-deflate;client_max_window_bits");
    REQUIRE(read("x-unknown; a; b=1; c=\"2\"") == "x-unknown;a;b=1;c=2");
    REQUIRE(read(" a \t;\tb = 12 ; c  ") == "a;b=12;c");
    REQUIRE(read(", a,,b;c ,\t, d,,") == "a,b;c,d");
    REQUIRE(read("a;b,c;b=1,a") == "a;b,c;b=1,a");
    REQUIRE(read("a;b=\"1\\0\"") == "a;b=1\\0"); // an escape stays as it came
    REQUIRE(read("").empty());
    REQUIRE(read(" , ").empty());

    REQUIRE(is_extension_list("a"));
    REQUIRE(is_extension_list(", a;b=1,,"));
    for (const char* list : {"",
                             " ",
                             ",",
                             "a;",
                             "a;;b",
                             ";b",
                             "a;b=",
                             "a;b=;c",
                             "a;b=\"10",
                             "a;b=\"1 0\"",
                             "a;b=\"\"",
                             "a;b=\"1\"2",
                             "a;b=\"1,2\"",
                             "a;b=\"\\",
                             "a;b=\"\\\"\"",
                             "a(b)",
                             "=a",
                             "a;b=1=2",
                             "a b",
                             "a=1",
                             "a;b c",
                             "perm\xE9ssage",
                             "\"a\"",
                             "a, ;b",
                             "a;=1",
                             "a;,b"}) {
        INFO(list);
        REQUIRE_FALSE(is_extension_list(list));
    }
    REQUIRE(read("a;b=\"1") == "a!");
    REQUIRE(read("a, b c") == "a,b!");
}
