// Linux: which process holds a socket, among a process and its descendants. Reads /proc.
#pragma once

#if defined(__linux__)

#include <wsintercept/loopback/detail/linux_sockets.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wsintercept::inline v0_1_0::loopback::detail {

/// A process, told from a later one with the same PID by when it started.
struct process {
    long pid = 0;
    long parent = 0;
    std::uint64_t start = 0;  ///< in clock ticks since the system's start
    long last_descriptor = 0; ///< at which a socket was found
};

/// Calls `visit(folder, name)` for each entry of a folder, which is open, until it returns true;
/// whether it did.
template <class Visit>
bool any_entry(const std::string& folder, Visit&& visit) {
    DIR* const entries = ::opendir(folder.c_str());
    if (entries == nullptr)
        return false;
    bool found = false;
    while (const dirent* entry = found ? nullptr : ::readdir(entries))
        found = visit(::dirfd(entries), entry->d_name);
    ::closedir(entries);
    return found;
}

inline std::optional<process> read_process(long pid) {
    const std::string text = read_file(("/proc/" + std::to_string(pid) + "/stat").c_str());
    // "PID (name) state parent ...": a name may hold anything, ")" too.
    std::string_view rest = text;
    rest.remove_prefix((std::min)(rest.rfind(')'), rest.size()));
    process p{pid};
    for (int column = 2; column <= 22 && !rest.empty(); ++column) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        if (column == 4)
            std::from_chars(word.data(), word.data() + word.size(), p.parent);
        if (column == 22)
            std::from_chars(word.data(), word.data() + word.size(), p.start);
        rest.remove_prefix((std::min)(word.size() + 1, rest.size()));
    }
    return p.start == 0 ? std::nullopt : std::optional{p};
}

/// Whether a process has a socket open. False also where it may not be looked at. guess: at which
/// descriptor its last one was, and then is this one: new ones are seldom far from it, and a
/// process may have hundreds.
inline bool holds_socket(long pid, std::uint64_t inode, long& guess) {
    constexpr long first_few = 8;
    const std::string wanted = "socket:[" + std::to_string(inode) + "]";
    const auto is_it = [&](int folder, const char* name) {
        char target[64];
        const ssize_t n = ::readlinkat(folder, name, target, sizeof target);
        return n > 0 && wanted == std::string_view{target, static_cast<std::size_t>(n)};
    };
    const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
    for (long fd = guess; fd < guess + first_few; ++fd)
        if (is_it(AT_FDCWD, (folder + '/' + std::to_string(fd)).c_str())) {
            guess = fd;
            return true;
        }
    return any_entry(folder, [&](int open_folder, std::string_view name) {
        if (!is_it(open_folder, name.data()))
            return false;
        std::from_chars(name.data(), name.data() + name.size(), guess);
        return true;
    });
}

inline std::vector<process> all_processes() {
    std::vector<process> all;
    any_entry("/proc", [&](int, std::string_view name) {
        long pid = 0;
        const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (read.ec == std::errc{} && read.ptr == name.data() + name.size())
            if (const std::optional<process> p = read_process(pid))
                all.push_back(*p);
        return false;
    });
    return all;
}

/// The process that holds a socket: `root`, or a descendant of it.
inline std::optional<process> find_holder(long root, std::uint64_t inode) {
    std::vector<process> family;
    if (const std::optional<process> first = read_process(root))
        family.push_back(*first);
    std::vector<process> others = all_processes();
    for (std::size_t i = 0; i < family.size(); ++i) {
        process next = family[i];
        if (holds_socket(next.pid, inode, next.last_descriptor))
            return next;
        // A child is not older than its parent: one that is had another parent of that PID.
        std::erase_if(others, [&](const process& p) {
            const bool child = p.parent == next.pid && p.start >= next.start;
            if (child)
                family.push_back(p);
            return child;
        });
    }
    return std::nullopt;
}

} // namespace wsintercept::inline v0_1_0::loopback::detail

#endif
