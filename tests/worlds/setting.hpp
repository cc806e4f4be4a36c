// What a world is like.
#pragma once

#include <wsintercept/limits.hpp>
#include <wsintercept/url/intercepted_urls.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace worlds {

struct setting {
    const char* name;
    bool manual;
    bool chunks;
    bool connected; ///< its sequences begin where messages flow, not at `open`
    wsintercept::limits limits;
    std::shared_ptr<const wsintercept::intercepted_urls> table;
};

inline setting make_setting(const char* name, bool manual, bool chunks, bool connected) {
    using std::chrono::seconds;
    wsintercept::limits small; // each is passed within a few steps
    small.output = 200;
    small.unfinished = 4;
    small.handshake = small.answer = seconds{3};
    small.closing = seconds{2};
    small.message_time = seconds{1};
    (chunks ? small.idle : small.ping) = seconds{2}; // one of the two: it would hide the other

    wsintercept::row_options options;
    using wsintercept::delivery;
    options.messages = chunks ? delivery::chunks : delivery::whole;
    const auto action = manual ? wsintercept::action::manual : wsintercept::action::automatic;
    const std::vector<wsintercept::row> rows{{"*://myapp/*", action, options}};
    auto table = wsintercept::intercepted_urls::build(rows).table;
    return {name, manual, chunks, connected, small, std::move(table)};
}

} // namespace worlds
