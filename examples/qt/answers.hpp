// What the Qt program answers to the demo's page, on Qt's thread.
#pragma once

#include "event_printer.hpp"

#include <wsintercept/renderer/qt_webengine.hpp>

#include <QTimer>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace qt_demo {

class answers : public wsintercept::ignore<wsintercept::drained> {
  public:
    using methods = wsintercept::loopback::carried_sockets<answers>;

    answers();
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
    void tick();

    std::optional<methods> sockets_;
    demo::event_printer printer_;
    std::map<wsintercept::socket_id, kind> kinds_;
    std::vector<feed> feeds_;
    QTimer timer_;       ///< runs while there is a feed
    std::string denied_; ///< status and URL of the last upgrade that was denied
};

} // namespace qt_demo
