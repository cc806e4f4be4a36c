// A host that writes down what it is told.
#pragma once

#include <wsintercept/event.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace wsintercept::inline v0_1_0::kit {

/// The handler of the interceptor under test. Called on the executor, as any handler.
struct host {
    enum class kind : std::uint8_t { request, upgrade, receive, close, error, drained };
    struct event {
        host::kind kind;
        socket_id id;
        std::string text; ///< the URL, the data, the reason or the message
    };
    std::vector<event> events;
    std::function<void(const http_request&)> on_request;
    std::function<void(const websocket_upgrade&)> on_upgrade;
    std::function<void(const websocket_receive&)> on_receive;

    void on(const http_request& e) noexcept {
        add(kind::request, e.id, e.url);
        if (on_request)
            on_request(e);
    }
    void on(const websocket_upgrade& e) noexcept {
        add(kind::upgrade, e.id, e.url);
        if (on_upgrade)
            on_upgrade(e);
    }
    void on(const websocket_receive& e) noexcept {
        add(kind::receive, e.id, e.data);
        if (on_receive)
            on_receive(e);
    }
    void on(const websocket_close& e) noexcept { add(kind::close, e.id, e.reason); }
    void on(const websocket_error& e) noexcept { add(kind::error, e.id, e.message); }
    void on(const drained& e) noexcept { add(kind::drained, e.id, {}); }
    void on(const log_entry&) noexcept {}

    std::size_t count(kind k, socket_id id) const {
        return static_cast<std::size_t>(
            std::count_if(events.begin(), events.end(),
                          [&](const event& e) { return e.kind == k && e.id == id; }));
    }
    /// The messages of an ID, in order.
    std::vector<std::string> messages(socket_id id) const {
        std::vector<std::string> out;
        for (const event& e : events)
            if (e.kind == kind::receive && e.id == id)
                out.push_back(e.text);
        return out;
    }
    /// The ID of the latest event of a kind with this text; empty: there is none.
    socket_id find(kind k, std::string_view text) const {
        for (auto e = events.rbegin(); e != events.rend(); ++e)
            if (e->kind == k && e->text == text)
                return e->id;
        return {};
    }

  private:
    void add(kind k, socket_id id, std::string_view text) {
        events.push_back({k, id, std::string{text}});
    }
};

} // namespace wsintercept::inline v0_1_0::kit
