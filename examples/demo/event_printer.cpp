#include "event_printer.hpp"

#include "encoding.hpp"

#include <iomanip>
#include <iostream>
#include <string>

namespace demo {

using namespace wsintercept;
using htmlrenderer::visible;

void event_printer::print(const http_request& event) {
    line(event.name, event.id, std::string{event.method} + " " + visible(event.url));
}

void event_printer::print(const websocket_upgrade& event) {
    const bool automatic = event.type == upgrade_type::automatic;
    line(event.name, event.id, visible(event.url) + (automatic ? " auto" : " manual"));
}

void event_printer::print(const websocket_receive& event) {
    if (++messages_[event.id] > shown)
        return;
    line(event.name, event.id,
         event.type == data_type::text ? '"' + visible(event.data.substr(0, 60)) + '"'
                                       : std::to_string(event.data.size()) + " bytes");
}

void event_printer::print(const websocket_close& event) {
    print_rest(event.id);
    line(event.name, event.id, std::to_string(event.code) + " " + visible(event.reason));
}

void event_printer::print(const websocket_error& event) {
    print_rest(event.id);
    line(event.name, event.id, visible(event.message));
}

void event_printer::print_rest(socket_id id) {
    const auto at = messages_.find(id);
    if (at == messages_.end())
        return;
    if (at->second > shown)
        line(websocket_receive::name, id, "and " + std::to_string(at->second - shown) + " more");
    messages_.erase(at);
}

void event_printer::line(std::string_view name, socket_id id, std::string_view rest) {
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start_;
    std::cout << std::fixed << std::setprecision(3) << std::setw(8) << time.count() << " s  "
              << std::left << std::setw(17) << name << std::right << to_string(id) << "  " << rest
              << std::endl;
}

} // namespace demo
