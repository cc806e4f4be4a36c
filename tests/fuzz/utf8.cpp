// The UTF-8 validator against arithmetic, whole and cut everywhere.
#include "reference/utf8.hpp"
#include "any_cpu.hpp"
#include "input.hpp"

#include <wsintercept/rfc6455/utf8.hpp>

using namespace wsintercept::rfc6455;
using fuzz::require;

namespace {

/// In pieces: how much was good, and whether it ended on a boundary.
void check(fuzz::chunk_sizes sizes, std::string_view text, const reference::utf8_result& expected) {
    utf8_validator v;
    std::size_t good = 0;
    bool bad = false;
    sizes.cut(text, [&](std::span<char> chunk) {
        if (bad)
            return;
        const std::size_t n = v.accept({chunk.data(), chunk.size()});
        require(n <= chunk.size(), "no more is good than was given");
        good += n;
        bad = n < chunk.size();
    });
    require(good == expected.good, "as much is good, however it is split");
    require(bad == expected.bad, "a bad byte is seen at once, however it is split");
    if (!bad)
        require(v.complete() == (expected.whole == text.size()), "it ends on a boundary");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::choose_cpu(size);
    fuzz::input in{data, size};
    fuzz::chunk_sizes sizes{in};
    const std::string_view text = in.rest();
    const reference::utf8_result expected = reference::utf8(text);

    check({}, text, expected);
    check(fuzz::chunk_sizes{1}, text, expected);
    check(std::move(sizes), text, expected);
    for (std::size_t i = 0; i <= text.size() && text.size() <= 64; ++i) {
        utf8_validator v;
        const bool both = v.feed(text.substr(0, i)) && v.feed(text.substr(i));
        require(both == !expected.bad, "cut in two");
    }
    require(is_utf8(text) == reference::is_utf8(text), "is_utf8");
    const std::string_view good = text.substr(0, expected.good);
    require(complete_prefix(good) == expected.whole, "complete_prefix");
    return 0;
}
