#include <wsintercept/rfc6455/close_code.hpp>

#include "catch.hpp"

#include <cstdint>

using namespace wsintercept::rfc6455;

TEST_CASE("the close codes that a frame may carry, all 65,536") {
    for (std::uint32_t n = 0; n <= 0xFFFF; ++n) {
        const auto code = static_cast<std::uint16_t>(n);
        const bool expected = n == 1000 || n == 1001 || n == 1002 || n == 1003 || n == 1007 ||
                              n == 1008 || n == 1009 || n == 1010 || n == 1011 || n == 1012 ||
                              n == 1013 || n == 1014 || (n / 1000 == 3) || (n / 1000 == 4);
        if (may_be_sent(code) != expected)
            FAIL(n);
    }
}

TEST_CASE("what is only for programs is never sent") {
    STATIC_REQUIRE(!may_be_sent(no_status));
    STATIC_REQUIRE(!may_be_sent(abnormal));
    STATIC_REQUIRE(!may_be_sent(tls_handshake));
    STATIC_REQUIRE(may_be_sent(normal));
    STATIC_REQUIRE(may_be_sent(bad_gateway));
}
