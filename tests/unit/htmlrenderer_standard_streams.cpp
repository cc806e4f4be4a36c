#include "../../examples/htmlrenderer/standard_streams.hpp"

#include "catch.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

using namespace htmlrenderer;

namespace {

struct both_ends {
    both_ends() { REQUIRE(pipe(ends) == 0); }
    ~both_ends() {
        close(ends[0]);
        close_writing();
    }
    void close_writing() {
        if (ends[1] >= 0)
            close(ends[1]);
        ends[1] = -1;
    }
    int ends[2];
};

/// The first `count` lines that a reader gives.
std::vector<std::string> read_lines(int descriptor, std::size_t count) {
    boost::asio::io_context io;
    const auto guard = boost::asio::make_work_guard(io);
    std::vector<std::string> lines;
    const line_reader reader{io, descriptor, [&](std::string_view line) {
                                 lines.emplace_back(line);
                                 if (lines.size() == count)
                                     io.stop();
                             }};
    io.run_for(std::chrono::seconds{20});
    return lines;
}

} // namespace

TEST_CASE("lines of a pipe, the last one without an end too") {
    both_ends p;
    const std::string text = "one\n\ntwo\r\nlast";
    REQUIRE(write(p.ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    p.close_writing();
    CHECK(read_lines(p.ends[0], 4) == std::vector<std::string>{"one", "", "two\r", "last"});
}

TEST_CASE("lines of a file, which is always ready, and one that is too long") {
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    const std::string fits(longest_line, 'x');
    std::fputs((fits + "\n" + fits + "yz\nnext\n").c_str(), file);
    std::rewind(file);
    const auto lines = read_lines(fileno(file), 3);
    std::fclose(file);
    REQUIRE(lines.size() == 3);
    CHECK((lines[0] == fits));
    CHECK((lines[1] == fits + "y"));
    CHECK(lines[2] == "next");
}

TEST_CASE("a reader that waits can be ended") {
    both_ends p;
    boost::asio::io_context io;
    const line_reader reader{io, p.ends[0], [](std::string_view) {}};
    SUCCEED();
}

TEST_CASE("whoever stops reading what we write is noticed once") {
    std::signal(SIGPIPE, SIG_IGN);
    both_ends p;
    int lost = 0;
    line_writer writer{p.ends[1], [&] { ++lost; }};
    writer.write("one\n");
    char read_back[8];
    REQUIRE(read(p.ends[0], read_back, sizeof read_back) == 4);
    close(p.ends[0]);
    writer.write("two\n");
    writer.write("three\n");
    CHECK(lost == 1);
    p.ends[0] = -1;
}
