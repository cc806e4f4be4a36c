#include <wsintercept/rfc6455/accept_key.hpp>

#include "catch.hpp"
#include "each_cpu.hpp"

#include <string>
#include <string_view>

using namespace wsintercept;
using rfc6455::accept_key;
using rfc6455::is_key;

namespace {

std::string compute(std::string_view key) {
    const accept_key::text text = accept_key::compute(key);
    return {text.data(), text.size()};
}

void ok(std::string_view key) {
    INFO(key);
    REQUIRE(is_key(key));
}
void bad(std::string_view key) {
    INFO(key);
    REQUIRE_FALSE(is_key(key));
}

} // namespace

TEST_CASE("accept keys of known requests, with every instruction set") {
    on_each_cpu([] {
        // RFC 6455 1.3
        REQUIRE(compute("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        // computed with another SHA-1
        REQUIRE(compute("AAAAAAAAAAAAAAAAAAAAAA==") == "ICX+Yqv66kxgM0FcWaLWlFLwTAI=");
        REQUIRE(compute("/////////////////////w==") == "XXpj4jYzLM2yUE0C7TIgMwTQh2g=");
        REQUIRE(compute("AQIDBAUGBwgJCgsMDQ4PEC==") == "OfS0wDaT5NoxF2gqm7Zj2YtetzM=");
    });
}

TEST_CASE(
    "the accept key of any key is that of the hash word by word, with every instruction set") {
    on_each_cpu([] {
        std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
        unsigned random = 1;
        for (int i = 0; i < 500; ++i) {
            random = random * 1664525U + 1013904223U;
            key[random % 22] = detail::base64_digits[random >> 26];
            const auto hash =
                rfc6455::detail::hash_blocks<rfc6455::detail::scalar_schedule>(key.data());
            INFO(key);
            REQUIRE(rfc6455::detail::accept_hash(key.data()) == hash);
            REQUIRE(accept_key::compute(key) == rfc6455::detail::base64_of(hash));
        }
    });
}

TEST_CASE("an accept key of too short or too long a text is still one") {
    REQUIRE(compute("").size() == 28);
    REQUIRE(compute("dGhlIHNhbXBsZSBub25jZQ==, and more") == compute("dGhlIHNhbXBsZSBub25jZQ=="));
}

TEST_CASE("a key is the base64 of 16 bytes") {
    ok("dGhlIHNhbXBsZSBub25jZQ==");
    ok("AAAAAAAAAAAAAAAAAAAAAA==");
    ok("++++++++++++++++++++/w==");
    bad("");
    bad("dGhlIHNhbXBsZSBub25jZQ=");
    bad("dGhlIHNhbXBsZSBub25jZQ===");
    bad("dGhlIHNhbXBsZSBub25jZR=="); // padding bits that are not zero
    bad("dGhlIHNhbXBsZSBub25jZQAA");
    bad("dGhlIHNhbXBsZSBub25jZQ=A");
    bad("dGhlIHNhbXBsZSBub25j Q==");
    bad("dGhlIHNhbXBsZSBub-5jZQ==");
    bad("=GhlIHNhbXBsZSBub25jZQ==");
    bad(std::string("dGhlIHNhbXBsZSBub25jZ\0==", 24));
}
