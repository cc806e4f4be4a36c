// Standard input by lines, without blocking the program, and standard output.
#pragma once

#include <utility> // Asio 1.74 needs it first

#include <boost/asio/io_context.hpp>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace htmlrenderer {

inline constexpr std::size_t longest_line = 64 * 1024 * 1024;

/// Reads lines on a thread of its own, since files, pipes and terminals wait in different ways, and
/// so that who writes to us never waits for us to be read. `on_line` is called on the io_context,
/// without the line's end; a line longer than longest_line comes as its first bytes, one too many.
class line_reader {
  public:
    line_reader(boost::asio::io_context& io, int descriptor,
                std::function<void(std::string_view)> on_line);
    ~line_reader(); ///< not while the io_context runs
    line_reader(const line_reader&) = delete;
    line_reader& operator=(const line_reader&) = delete;

  private:
    void run();
    void put(std::string line);

    static constexpr std::size_t most_waiting = 256 * 1024 * 1024;

    boost::asio::io_context& io_;
    int descriptor_;
    std::function<void(std::string_view)> on_line_;
    int end_ = -1; ///< readable when the thread is to end
    std::mutex mutex_;
    std::condition_variable taken_;
    std::size_t waiting_ = 0; ///< bytes of lines that were read and not yet taken
    bool ending_ = false;
    std::thread thread_;
};

/// Writes whole lines, each at once. `on_lost` is called once, from `write`, when nobody reads any
/// more; what is written from then on goes nowhere.
class line_writer {
  public:
    line_writer(int descriptor, std::function<void()> on_lost)
        : descriptor_{descriptor}, on_lost_{std::move(on_lost)} {}
    void write(std::string_view lines);

  private:
    int descriptor_;
    std::function<void()> on_lost_;
    bool lost_ = false;
};

} // namespace htmlrenderer
