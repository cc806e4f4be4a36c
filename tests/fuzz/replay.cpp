// main() for a target without a fuzzer: runs the files, and those in the folders, that are named.
#include "input.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

std::vector<std::filesystem::path> files(int count, char** names) {
    std::vector<std::filesystem::path> found;
    for (int i = 0; i < count; ++i) {
        if (!std::filesystem::is_directory(names[i]))
            found.emplace_back(names[i]);
        else
            for (const auto& entry : std::filesystem::recursive_directory_iterator{names[i]})
                if (entry.is_regular_file())
                    found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

bool run(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in)
        return std::fprintf(stderr, "%s: cannot be read\n", file.c_str()), false;
    const std::vector<char> bytes{std::istreambuf_iterator<char>{in}, {}};
    // Says which input it was where the next call does not return.
    std::fprintf(stderr, "%s: %zu bytes\n", file.c_str(), bytes.size());
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return true;
}

} // namespace

int main(int argc, char** argv) {
    std::size_t ran = 0;
    for (const std::filesystem::path& file : files(argc - 1, argv + 1)) {
        if (!run(file))
            return 1;
        ++ran;
    }
    std::printf("%zu inputs\n", ran);
    return ran == 0 ? 1 : 0;
}
