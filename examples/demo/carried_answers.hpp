// What programs with a loop of their own answer to the demo's page, on that loop's thread.
#pragma once

#include "event_printer.hpp"

#include <wsintercept/loopback/carried.hpp>
#include <wsintercept/wsintercept.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace demo {

/// The files of the demo's page, as http://myapp/.
std::optional<wsintercept::loopback::page> page_file(std::string_view method, std::string_view url);

class carried_answers : public wsintercept::ignore<wsintercept::drained> {
  public:
    using methods = wsintercept::loopback::carried_sockets<carried_answers>;

    /// Runs work on the loop's thread, later: a timer of the loop.
    using post_after_function =
        std::function<void(std::chrono::milliseconds, std::function<void()>)>;

    explicit carried_answers(post_after_function post_after) : post_after_{std::move(post_after)} {}
    void use(const methods& sockets) { sockets_ = sockets; } ///< before the first event

    /// The page's own verdict: "passed" or "failed", then a line a check.
    std::function<void(std::string_view text)> on_verdict;

    using ignore::on;
    void on(const wsintercept::http_request& event) noexcept;
    void on(const wsintercept::websocket_upgrade& event) noexcept;
    void on(const wsintercept::websocket_receive& event) noexcept;
    void on(const wsintercept::websocket_close& event) noexcept;
    void on(const wsintercept::websocket_error& event) noexcept;
    void on(const wsintercept::log_entry& entry) noexcept;

  private:
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

    post_after_function post_after_;
    std::optional<methods> sockets_;
    event_printer printer_;
    std::map<wsintercept::socket_id, kind> kinds_;
    std::vector<feed> feeds_;
    std::string denied_; ///< status and URL of the last upgrade that was denied
    const std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true); ///< for late timers
};

} // namespace demo
