#include "standard_streams.hpp"

#include <boost/asio/post.hpp>

#include <array>
#include <cerrno>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace htmlrenderer {

line_reader::line_reader(boost::asio::io_context& io, int descriptor,
                         std::function<void(std::string_view)> on_line)
    : io_{io}, descriptor_{descriptor}, on_line_{std::move(on_line)}, end_{
                                                                          eventfd(0, EFD_CLOEXEC)} {
    if (end_ < 0)
        throw std::system_error{errno, std::generic_category(), "eventfd"};
    thread_ = std::thread{[this] { run(); }};
}

line_reader::~line_reader() {
    {
        const std::lock_guard lock{mutex_};
        ending_ = true;
    }
    taken_.notify_all();
    eventfd_write(end_, 1);
    thread_.join();
    close(end_);
}

void line_reader::run() {
    std::string line;
    std::array<char, 65536> buffer{};
    while (true) {
        std::array<pollfd, 2> ready{{{descriptor_, POLLIN, 0}, {end_, POLLIN, 0}}};
        if (poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR)
            return;
        if (ready[1].revents != 0)
            return;
        if (ready[0].revents == 0)
            continue;
        const ssize_t n = read(descriptor_, buffer.data(), buffer.size());
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            break;
        std::string_view bytes{buffer.data(), static_cast<std::size_t>(n)};
        while (!bytes.empty()) {
            const std::size_t end = bytes.find('\n');
            const std::string_view part = bytes.substr(0, end);
            line.append(part.substr(0, longest_line + 1 - line.size()));
            if (end == bytes.npos)
                break;
            bytes.remove_prefix(end + 1);
            put(std::move(line));
            line.clear();
        }
    }
    if (!line.empty())
        put(std::move(line));
}

void line_reader::put(std::string line) {
    {
        std::unique_lock lock{mutex_};
        taken_.wait(lock, [this] { return ending_ || waiting_ < most_waiting; });
        if (ending_)
            return;
        waiting_ += line.size();
    }
    boost::asio::post(io_, [this, line = std::move(line)] {
        {
            const std::lock_guard lock{mutex_};
            waiting_ -= line.size();
        }
        taken_.notify_all();
        on_line_(line);
    });
}

void line_writer::write(std::string_view lines) {
    while (!lines.empty() && !lost_) {
        const ssize_t n = ::write(descriptor_, lines.data(), lines.size());
        if (n >= 0) {
            lines.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno == EAGAIN) {
            pollfd ready{descriptor_, POLLOUT, 0};
            poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            lost_ = true;
            on_lost_();
        }
    }
}

} // namespace htmlrenderer
