// Events on standard output, one a line; of many messages of one socket the first few.
#pragma once

#include <wsintercept/event.hpp>

#include <chrono>
#include <map>
#include <string_view>

namespace demo {

class event_printer {
  public:
    void print(const wsintercept::http_request& event);
    void print(const wsintercept::websocket_upgrade& event);
    void print(const wsintercept::websocket_receive& event);
    void print(const wsintercept::websocket_close& event);
    void print(const wsintercept::websocket_error& event);

  private:
    static constexpr unsigned shown = 2; ///< messages of a socket

    void line(std::string_view name, wsintercept::socket_id id, std::string_view rest);
    void print_rest(wsintercept::socket_id id);

    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::map<wsintercept::socket_id, unsigned> messages_; ///< how many came
};

} // namespace demo
