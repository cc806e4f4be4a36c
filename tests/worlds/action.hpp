// What may happen to a socket: the alphabet of the sequences.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace worlds {

enum class action : std::uint8_t {
    // The page writes.
    text,
    half,
    part,
    ping,
    fault,
    peer_close,
    // The renderer.
    lost,
    read,
    sip,
    turn,
    time,
    tick,
    // The host.
    send,
    large,
    close,
    abort,
    pause,
    resume,
    shutdown,
    // The host, inside its next event.
    in_send,
    in_pause,
    in_close,
    in_abort,
    // Another thread.
    remote_send,
    remote_close,
    // Answers; where there is no `manual`, the first stands for all.
    good,
    bad,
    deny,
    in_answer,
    remote_answer,
};

/// By action.
inline constexpr std::array<std::string_view, 30> action_names{
    "text",         "half",    "part",     "ping",     "fault",     "peer_close",
    "lost",         "read",    "sip",      "turn",     "time",      "tick",
    "send",         "large",   "close",    "abort",    "pause",     "resume",
    "shutdown",     "in_send", "in_pause", "in_close", "in_abort",  "remote_send",
    "remote_close", "good",    "bad",      "deny",     "in_answer", "remote_answer"};
inline constexpr std::size_t automatic_count = static_cast<std::size_t>(action::good) + 1;
inline constexpr std::size_t action_count = action_names.size();

constexpr std::string_view name(action a) {
    return action_names[static_cast<std::size_t>(a)];
}

struct sequence {
    static constexpr std::size_t longest = 12;

    std::array<action, longest> steps{};
    std::uint8_t size = 0;

    sequence then(action a) const {
        sequence longer = *this;
        longer.steps[longer.size++] = a;
        return longer;
    }
    const action* begin() const { return steps.data(); }
    const action* end() const { return steps.data() + size; }
};

/// Names with spaces between them, and back.
std::string to_string(const sequence& s);
std::optional<sequence> parse_sequence(std::string_view text);

} // namespace worlds
