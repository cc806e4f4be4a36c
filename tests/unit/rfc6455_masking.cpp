#include <wsintercept/rfc6455/masking.hpp>

#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

using namespace wsintercept::rfc6455;

namespace {

constexpr masking_key key{0x37, 0xFA, 0x21, 0x3D};

std::vector<char> sample(std::size_t n) {
    std::vector<char> bytes(n);
    for (std::size_t i = 0; i < n; ++i)
        bytes[i] = static_cast<char>(i * 7 + 3);
    return bytes;
}

std::vector<char> one_by_one(std::vector<char> bytes, std::size_t offset) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(bytes[i] ^ static_cast<char>(key[(offset + i) % 4]));
    return bytes;
}

} // namespace

TEST_CASE("the example of RFC 6455 5.7") {
    std::string hello = "\x7f\x9f\x4d\x51\x58";
    mask(hello, key, 0);
    REQUIRE(hello == "Hello");
    mask(hello, key, 0);
    REQUIRE(hello == "\x7f\x9f\x4d\x51\x58");
}

TEST_CASE("masks of all lengths, at all offsets and alignments") {
    for (std::size_t n = 0; n < 150; ++n)
        for (std::size_t offset = 0; offset < 5; ++offset)
            for (std::size_t shift = 0; shift < 8; ++shift) {
                std::vector<char> bytes = sample(shift + n);
                const std::vector<char> expected = one_by_one(
                    {bytes.begin() + static_cast<std::ptrdiff_t>(shift), bytes.end()}, offset);
                mask(std::span<char>(bytes).subspan(shift), key, offset);
                const auto got = std::span<char>(bytes).subspan(shift);
                if (!std::equal(got.begin(), got.end(), expected.begin(), expected.end()))
                    FAIL(n << " bytes at offset " << offset << ", shifted by " << shift);
                if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(shift),
                                sample(shift).begin()))
                    FAIL("a byte before was touched");
            }
}

TEST_CASE("a payload may be split anywhere") {
    const std::vector<char> expected = one_by_one(sample(200), 0);
    for (std::size_t cut = 0; cut <= 200; ++cut) {
        std::vector<char> bytes = sample(200);
        mask(std::span<char>(bytes).first(cut), key, 0);
        mask(std::span<char>(bytes).subspan(cut), key, cut);
        REQUIRE(bytes == expected);
    }
}
