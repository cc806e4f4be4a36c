// Every sequence of actions on one socket, up to a depth. README.md beside it says more.
//   worlds [--depth N] [--world NAME] [--replay "ACTION ..."]
#include "explorer.hpp"
#include "last_words.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string_view>
#include <system_error>

namespace {

struct arguments {
    std::size_t depth = 6;
    std::string_view world; ///< empty: all
    std::optional<worlds::sequence> replay;
};

std::optional<std::size_t> parse_depth(std::string_view text) {
    std::size_t depth = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, bad] = std::from_chars(text.data(), end, depth);
    if (bad != std::errc{} || rest != end || depth > worlds::sequence::longest)
        return std::nullopt;
    return depth;
}

std::optional<arguments> parse(int argc, char** argv) {
    arguments out;
    for (int i = 1; i < argc; i += 2) {
        const std::string_view option = argv[i];
        const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
        const std::optional<std::size_t> depth = parse_depth(value);
        if (option == "--depth" && depth)
            out.depth = *depth;
        else if (option == "--world" && !value.empty())
            out.world = value;
        else if (option == "--replay" && i + 1 < argc && worlds::parse_sequence(value))
            out.replay = worlds::parse_sequence(value);
        else
            return std::nullopt;
    }
    return out;
}

} // namespace

int main(int argc, char** argv) {
    const std::optional<arguments> given = parse(argc, argv);
    if (!given) {
        std::fputs("usage: worlds [--depth N] [--world NAME] [--replay \"ACTION ...\"]\n", stderr);
        return 2;
    }
    worlds::last_words::prepare();
    const std::array settings{
        worlds::make_setting("auto/whole", false, false, false),
        worlds::make_setting("auto/chunks", false, true, false),
        worlds::make_setting("manual/whole", true, false, false),
        worlds::make_setting("manual/chunks", true, true, false),
        worlds::make_setting("open/whole", false, false, true),
        worlds::make_setting("open/chunks", false, true, true),
    };
    int passed = 0;
    int failed = 0;
    for (const worlds::setting& s : settings) {
        if (!given->world.empty() && given->world != s.name)
            continue;
        worlds::explorer e{s};
        ++((given->replay ? e.replay(*given->replay) : e.explore(given->depth)) ? passed : failed);
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed != 0 ? 0 : 1;
}
