// What the demo answers to its page: one handler for all sockets.
#pragma once

#include "event_printer.hpp"

#include <wsintercept/loopback/endpoint.hpp>

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

/// All calls on the io_context's one thread.
class answers : public wsintercept::ignore<wsintercept::drained> {
  public:
    using endpoint = wsintercept::loopback::endpoint<answers>;

    explicit answers(boost::asio::io_context& io) : timer_{io} {}

    void serve(endpoint& e) { endpoint_ = &e; } ///< before the first event

    /// The page's own verdict: "passed" or "failed", then a line a check.
    std::function<void(std::string_view text)> on_verdict;

    using ignore::on;
    void on(const wsintercept::http_request& event) noexcept;
    void on(const wsintercept::websocket_upgrade& event) noexcept;
    void on(const wsintercept::websocket_receive& event) noexcept;
    void on(const wsintercept::websocket_close& event) noexcept;
    void on(const wsintercept::websocket_error& event) noexcept;
    void on(const wsintercept::log_entry& entry) noexcept;

    void stop() { feeds_.clear(); } ///< sends no more of the feed

  private:
    using clock = std::chrono::steady_clock;
    /// What a socket is for, by the path of its URL.
    enum class kind { echo, chat, goodbye };
    struct feed {
        wsintercept::socket_id id;
        std::uint32_t next = 0; ///< number of the next message
    };

    void answer_manual(const wsintercept::websocket_upgrade& event);
    void forget(wsintercept::socket_id id);
    void wait_for_tick();
    void tick();
    void report(std::string_view what, std::error_code failed);

    endpoint* endpoint_ = nullptr;
    event_printer printer_;
    std::map<wsintercept::socket_id, kind> kinds_;
    std::vector<feed> feeds_;
    boost::asio::steady_timer timer_; ///< runs while there is a feed
    clock::time_point next_tick_;
    std::string denied_; ///< status and URL of the last upgrade that was denied
};

} // namespace demo
