#include "browser.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

namespace htmlrenderer {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& file) {
    std::error_code failed;
    return fs::is_regular_file(file, failed) && access(file.c_str(), X_OK) == 0;
}

std::optional<fs::path> find_in_path(const std::string& name) {
    const char* variable = std::getenv("PATH");
    std::string_view folders = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
    while (true) {
        const std::size_t colon = folders.find(':');
        const fs::path file = fs::path{folders.substr(0, colon)} / name;
        if (is_program(file))
            return file;
        if (colon == folders.npos)
            return std::nullopt;
        folders.remove_prefix(colon + 1);
    }
}

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error{errno, std::generic_category(), what};
}

struct pipe_ends {
    int read = -1;
    int write = -1;
};

pipe_ends make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        fail("pipe");
    // Not 0 to 4, which the browser gets anew.
    for (int& end : ends)
        if (end < 5) {
            const int moved = fcntl(end, F_DUPFD_CLOEXEC, 5);
            if (moved < 0)
                fail("pipe");
            close(end);
            end = moved;
        }
    return {ends[0], ends[1]};
}

std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
    std::vector<std::string> all = variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view ours = *variable;
        const std::string_view name = ours.substr(0, ours.find('=') + 1);
        if (std::none_of(variables.begin(), variables.end(),
                         [&](const std::string& other) { return other.starts_with(name); }))
            all.emplace_back(ours);
    }
    return all;
}

/// As exec takes them; valid as long as the words.
std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> result;
    for (std::string& word : words)
        result.push_back(word.data());
    result.push_back(nullptr);
    return result;
}

/// In the child, between fork and exec: only what signal handlers may do. Never returns.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment,
                         int devtools_in, int devtools_out, int report, pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM); // where we are killed and can end nothing
    if (getppid() != parent)
        _exit(127);
    for (int number = 1; number < NSIG; ++number)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int null = open("/dev/null", O_RDONLY);
    if (dup2(null, 0) >= 0 && dup2(2, 1) >= 0 && dup2(devtools_in, 3) >= 0 &&
        dup2(devtools_out, 4) >= 0)
        execve(program, arguments, environment);
    const int why = errno;
    [[maybe_unused]] const ssize_t told = write(report, &why, sizeof why);
    _exit(127);
}

/// The processes whose parent we are: the browser, and orphans of its group or of any other.
std::vector<pid_t> children() {
    std::vector<pid_t> found;
    std::error_code failed;
    for (const auto& task : fs::directory_iterator{"/proc/self/task", failed}) {
        std::ifstream list{task.path() / "children"};
        found.insert(found.end(), std::istream_iterator<pid_t>{list}, {});
    }
    return found;
}

/// Containers often give shared memory too little room for a browser.
bool has_little_shared_memory() {
    struct statvfs room {};
    return statvfs("/dev/shm", &room) != 0 || room.f_blocks * room.f_frsize < 256ULL * 1024 * 1024;
}

} // namespace

std::vector<std::string> usual_switches(const fs::path& folder, bool headless) {
    std::vector<std::string> switches{"--user-data-dir=" + (folder / "profile").string(),
                                      "--remote-debugging-pipe",
                                      "--no-first-run",
                                      "--no-default-browser-check",
                                      "--disable-background-networking",
                                      "--disable-component-update",
                                      "--disable-sync",
                                      "--disable-quic",
                                      "--password-store=basic",
                                      "--log-level=3"}; // its own noise: fatal things only
    if (headless)
        switches.insert(switches.end(), {"--headless", "--disable-gpu", "--hide-scrollbars"});
    if (geteuid() == 0)
        switches.emplace_back("--no-sandbox");
    if (has_little_shared_memory())
        switches.emplace_back("--disable-dev-shm-usage");
    return switches;
}

std::vector<std::string> usual_variables(const fs::path& folder, bool headless) {
    fs::create_directory(folder / "tmp");
    std::vector<std::string> variables{"TMPDIR=" + (folder / "tmp").string(),
                                       "BREAKPAD_DUMP_LOCATION=" + (folder / "crashes").string()};
    if (headless)
        variables.emplace_back("GSETTINGS_BACKEND=memory");
    return variables;
}

std::optional<fs::path> find_browser(std::string_view given) {
    if (given.find('/') != given.npos)
        return is_program(given) ? std::optional{fs::path{given}} : std::nullopt;
    if (!given.empty())
        return find_in_path(std::string{given});
    for (const char* name :
         {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"})
        if (auto file = find_in_path(name))
            return file;
    return std::nullopt;
}

std::string no_browser(std::string_view given) {
    if (given.empty())
        return "no browser found: install chromium, or name one with --browser";
    return "--browser '" + std::string{given} + "': no such program";
}

temporary_folder::temporary_folder() {
    // Sockets are made in it, whose paths have at most 107 characters.
    const char* variable = std::getenv("TMPDIR");
    const std::string parent =
        variable != nullptr && *variable == '/' && std::strlen(variable) < 32 ? variable : "/tmp";
    std::string name = parent + "/htmlrenderer-XXXXXX";
    if (mkdtemp(name.data()) == nullptr)
        fail("a temporary folder in " + parent);
    path_ = name;
}

temporary_folder::~temporary_folder() {
    std::error_code failed;
    fs::remove_all(path_, failed);
}

void browser::start(const fs::path& program, const std::vector<std::string>& arguments,
                    const std::vector<std::string>& variables) {
    std::vector<std::string> words{program.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> environment = environment_with(variables);
    const std::vector<char*> argv = pointers(words);
    const std::vector<char*> envp = pointers(environment);

    // Orphans of the browser become our children, so that none is lost sight of.
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pipe_ends in = make_pipe();
    const pipe_ends out = make_pipe();
    const pipe_ends report = make_pipe();
    const pid_t parent = getpid();
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    const pid_t pid = fork();
    if (pid == 0)
        become(words[0].c_str(), argv.data(), envp.data(), in.read, out.write, report.write,
               parent);
    const int why_not = errno;
    sigprocmask(SIG_SETMASK, &before, nullptr);
    close(in.read);
    close(out.write);
    close(report.write);
    devtools_input_ = in.write;
    devtools_output_ = out.read;
    int failure = pid < 0 ? why_not : 0;
    if (pid > 0) {
        setpgid(pid, pid); // both do it, so that it is done whoever runs first
        pid_ = pid;
        ssize_t n = 0;
        do
            n = read(report.read, &failure, sizeof failure);
        while (n < 0 && errno == EINTR);
    }
    close(report.read);
    if (failure != 0) {
        errno = failure;
        fail(program.string());
    }
}

bool browser::reap() {
    int status = 0;
    while (true) {
        const pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0)
            return ended_;
        if (pid == pid_) {
            ended_ = true;
            status_ = status;
        }
    }
}

std::string browser::how_it_ended() const {
    return WIFSIGNALED(status_) ? "signal " + std::to_string(WTERMSIG(status_))
                                : "status " + std::to_string(WEXITSTATUS(status_));
}

bool browser::any_left() {
    reap();
    return !children().empty() || kill(-pid_, 0) == 0;
}

void browser::stop(std::chrono::milliseconds patience) {
    if (pid_ == 0)
        return;
    const auto signal_all = [&](int number) {
        kill(-pid_, number);
        for (const pid_t child : children())
            kill(child, number);
    };
    const auto wait = [&](std::chrono::milliseconds limit) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (any_left()) {
            if (std::chrono::steady_clock::now() >= end)
                return false;
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
        return true;
    };
    if (any_left() && patience.count() > 0) {
        signal_all(SIGTERM);
        wait(patience);
    }
    // A killed process hands its children on to us, which the next round ends.
    for (int round = 0; round < 200 && any_left(); ++round) {
        signal_all(SIGKILL);
        wait(std::chrono::milliseconds{25});
    }
    pid_ = 0;
}

} // namespace htmlrenderer
