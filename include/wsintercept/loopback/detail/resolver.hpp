// Names of the network to addresses, several at a time.
#pragma once

#include <wsintercept/loopback/detail/socket.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback::detail {

/// An io_context's own resolver asks for one name after another, so that one slow name holds up all
/// of them. This one has a few threads, from its first name on. Its end waits for what they ask.
class resolver {
  public:
    using results = tcp::resolver::results_type;

    explicit resolver(boost::asio::io_context& io) noexcept : io_{io} {}

    /// done(error_code, results), later, on the io_context.
    template <class Done>
    void resolve(std::string name, std::uint16_t port, Done done) {
        if (!threads_)
            threads_.emplace(most_at_a_time);
        boost::asio::post(*threads_, [&io = io_, ask = tcp::resolver{*threads_},
                                      name = std::move(name), port = std::to_string(port),
                                      done = std::move(done)]() mutable {
            error_code failed;
            results found = ask.resolve(name, port, failed);
            boost::asio::post(io, [done = std::move(done), failed, found = std::move(found)] {
                done(failed, found);
            });
        });
    }

  private:
    static constexpr std::size_t most_at_a_time = 8;

    boost::asio::io_context& io_;
    std::optional<boost::asio::thread_pool> threads_;
};

} // namespace wsintercept::inline v0_1_0::loopback::detail
