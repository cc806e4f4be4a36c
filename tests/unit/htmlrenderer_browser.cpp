#include "../../examples/htmlrenderer/browser.hpp"

#include "catch.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>

#include <unistd.h>

using namespace htmlrenderer;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A shell script that stands for a browser.
class script {
  public:
    explicit script(const std::string& text) : file_{folder_.path() / "browser"} {
        std::ofstream{file_} << "#!/bin/sh\n" << text;
        fs::permissions(file_, fs::perms::owner_all);
    }
    const fs::path& file() const { return file_; }
    fs::path beside(const char* name) const { return folder_.path() / name; }

  private:
    temporary_folder folder_;
    fs::path file_;
};

std::string read(const fs::path& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

bool soon(const std::function<bool()>& holds) {
    for (int i = 0; i < 1000; ++i, std::this_thread::sleep_for(5ms))
        if (holds())
            return true;
    return false;
}

} // namespace

TEST_CASE("a browser gets arguments, variables, a group and the DevTools pipe") {
    const script s{
        "echo \"$1|$2|$TMPDIR|$$\" > \"$OUT\"; read line <&3; echo \"$line back\" >&4\n"};
    const fs::path out = s.beside("out");
    browser b;
    b.start(s.file(), {"--a=b c", "http://myapp/"}, {"TMPDIR=/elsewhere", "OUT=" + out.string()});
    REQUIRE(::write(b.devtools_input(), "hello\n", 6) == 6);
    char answer[16] = {};
    REQUIRE(::read(b.devtools_output(), answer, sizeof answer) == 11);
    CHECK(std::string{answer} == "hello back\n");
    CHECK(read(out).starts_with("--a=b c|http://myapp/|/elsewhere|"));
    CHECK(soon([&] { return b.reap(); }));
    CHECK_FALSE(b.failed());
    CHECK(b.how_it_ended() == "status 0");
}

TEST_CASE("nothing is left, whatever ignores SIGTERM or leaves the group") {
    const script s{"trap '' TERM INT\n"
                   "setsid sleep 600 & echo $! > \"$OUT.1\"\n"
                   "(setsid sh -c 'trap \"\" TERM; echo $$ > \"$OUT.2\"; sleep 600; sleep 600' &)\n"
                   "while :; do sleep 600; done\n"};
    const fs::path out = s.beside("out");
    const auto pid_in = [&](const char* ending) {
        const std::string text = read(out.string() + ending);
        return text.ends_with('\n') ? static_cast<pid_t>(std::stol(text)) : 0;
    };
    browser b;
    b.start(s.file(), {}, {"OUT=" + out.string()});
    REQUIRE(soon([&] { return pid_in(".1") != 0 && pid_in(".2") != 0; }));
    const pid_t first = pid_in(".1");
    const pid_t second = pid_in(".2");
    REQUIRE(kill(second, 0) == 0);
    b.stop(100ms);
    CHECK(kill(first, 0) != 0);
    CHECK(kill(second, 0) != 0);
    CHECK(b.reap());
    CHECK(b.failed());
    CHECK(b.how_it_ended() == "signal 9");
}

TEST_CASE("a browser that ends on SIGTERM may do so") {
    const script s{"trap 'echo polite > \"$OUT\"; exit 7' TERM\n: > \"$OUT\"\n"
                   "while :; do sleep 0.05; done\n"};
    const fs::path out = s.beside("out");
    browser b;
    b.start(s.file(), {}, {"OUT=" + out.string()});
    REQUIRE(soon([&] { return fs::exists(out); }));
    b.stop(10s);
    CHECK(read(out) == "polite\n");
    CHECK(b.how_it_ended() == "status 7");
}

TEST_CASE("what cannot be started is an error") {
    const temporary_folder folder;
    const fs::path file = folder.path() / "odd";
    std::ofstream{file} << "no program";
    fs::permissions(file, fs::perms::owner_all);
    browser b;
    CHECK_THROWS_AS(b.start(file, {}, {}), std::system_error);
    browser other;
    CHECK_THROWS_AS(other.start(folder.path() / "missing", {}, {}), std::system_error);
}

TEST_CASE("finding a browser") {
    CHECK(find_browser("sh").has_value());
    CHECK(find_browser("/bin/sh") == fs::path{"/bin/sh"});
    CHECK_FALSE(find_browser("/bin/no such program").has_value());
    CHECK(no_browser("/bin/no such program") ==
          "--browser '/bin/no such program': no such program");
    CHECK(no_browser("").starts_with("no browser found: "));
    CHECK_FALSE(find_browser("no-such-program").has_value());
    CHECK_FALSE(find_browser("/etc/passwd").has_value());
    CHECK_FALSE(find_browser("/bin/").has_value());
}

TEST_CASE("a temporary folder goes with all that it holds") {
    fs::path path;
    {
        const temporary_folder folder;
        path = folder.path();
        CHECK((fs::status(path).permissions() & fs::perms::all) == fs::perms::owner_all);
        fs::create_directories(path / "a/b");
        std::ofstream{path / "a/b/c"} << "x";
    }
    CHECK_FALSE(fs::exists(path));
}
