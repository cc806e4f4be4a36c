// The browser as a process: found, started with a profile of its own, and ended without a trace.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace htmlrenderer {

/// A program by path, or by name in PATH. Empty: the first of the usual names of Chromium.
std::optional<std::filesystem::path> find_browser(std::string_view given);
/// What to tell the user where there is none.
std::string no_browser(std::string_view given);

/// A new folder, only this user's; gone with this object.
class temporary_folder {
  public:
    temporary_folder(); ///< throws std::system_error
    ~temporary_folder();
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Chromium's switches for a profile of its own below `folder`, DevTools on the pipe, and no
/// background traffic. Without a sandbox as user 0 only.
std::vector<std::string> usual_switches(const std::filesystem::path& folder, bool headless);

/// Variables that keep below `folder` what a browser leaves in /tmp and in the user's home; makes
/// the folder that they name. Throws std::system_error.
std::vector<std::string> usual_variables(const std::filesystem::path& folder, bool headless);

/// The browser and all that it starts: a process group of its own, whose orphans come to us. What
/// it prints goes to our standard error.
class browser {
  public:
    browser() = default;
    ~browser() { stop(std::chrono::milliseconds{0}); }
    browser(const browser&) = delete;
    browser& operator=(const browser&) = delete;

    /// `variables`: "NAME=value", in place of ours of the same name. Throws std::system_error.
    void start(const std::filesystem::path& program, const std::vector<std::string>& arguments,
               const std::vector<std::string>& variables);

    int devtools_input() const { return devtools_input_; }   ///< we write; it is the browser's 3
    int devtools_output() const { return devtools_output_; } ///< we read; it is the browser's 4

    /// After SIGCHLD. True once the browser itself has ended.
    bool reap();
    /// How it ended: "status 0", "signal 9".
    std::string how_it_ended() const;
    bool failed() const { return status_ != 0; } ///< ended, and not with status 0

    /// SIGTERM to all, and SIGKILL to what is left after `patience`. Returns when none is left.
    void stop(std::chrono::milliseconds patience);

  private:
    bool any_left();

    pid_t pid_ = 0; ///< and the number of its group; 0: never started
    bool ended_ = false;
    int status_ = 0; ///< of waitpid
    int devtools_input_ = -1;
    int devtools_output_ = -1;
};

} // namespace htmlrenderer
