// The life of an ID, as the host sees it: which events may come, and what each method must say.
#pragma once

#include "../input.hpp"
#include "frames.hpp"

#include <wsintercept/event.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

using fuzz::require;
using wsintercept::data_type;
using wsintercept::upgrade_type;

struct message {
    data_type type = data_type::text;
    std::string data;
    friend bool operator==(const message&, const message&) = default;
};

class life {
  public:
    upgrade_type type = upgrade_type::automatic;
    bool chunks = false;
    std::size_t queue = 0; ///< limits.output

    // What happened.

    bool upgraded = false; ///< WebSocketUpgrade came
    bool answered = false; ///< manual: 101
    bool denied = false;   ///< manual: anything else, or closed before an answer
    bool paused = false;
    bool aborted = false;
    bool ended = false;                ///< the renderer was told so
    bool refused = false;              ///< a send, by queue_full; `drained` has not come
    std::optional<std::string> closed; ///< the body of the host's close frame
    std::optional<error> failed;       ///< WebSocketError
    std::string failed_text;
    std::optional<std::string> peer_closed; ///< WebSocketClose: "code reason"
    std::vector<message> received;
    std::optional<message> receiving; ///< chunks of a message that has not ended
    std::vector<std::string> sent;    ///< frames: opcode, FIN, payload
    std::optional<message> sending;   ///< fragments of a message that has not ended

    bool over() const { return failed || peer_closed; }
    bool open() const { return known() && (type == upgrade_type::automatic || answered); }

    // Events.

    void on_upgrade(upgrade_type t) {
        require(!upgraded && !over(), "one Upgrade, ahead of all else");
        require(t == type, "auto or manual");
        upgraded = true;
    }
    void on_receive(std::string_view data, bool fin, data_type t) {
        require(open(), "messages come while it is open");
        require(!paused, "no message while the host pauses");
        require(chunks || fin, "whole messages");
        if (!receiving)
            receiving = message{t, {}};
        require(receiving->type == t, "the type of a message's chunks");
        require(t == data_type::binary || is_utf8(data), "text ends on a code point's boundary");
        receiving->data += data;
        if (fin) {
            received.push_back(*receiving);
            receiving.reset();
        }
    }
    void on_close(std::uint16_t code, std::string_view reason) {
        require(open() && !over(), "one final event");
        require(reason.size() <= 123 && is_utf8(reason), "a close reason");
        peer_closed = std::to_string(code) + " " + std::string{reason};
    }
    void on_error(error why, std::string_view text) {
        require(!over() && !denied, "one final event");
        failed = why;
        failed_text = text;
    }
    void on_drained() {
        require(!over() && refused, "drained follows queue_full");
        refused = false;
    }

    // Methods: what each must say, and what then is so.

    error send(std::string_view data, bool fin, std::optional<data_type> t, std::size_t waiting) {
        if (!known())
            return error::unknown_id;
        if (!open())
            return error::not_open;
        if (closed)
            return error::closing;
        if (waiting != 0 && (waiting >= queue || data.size() > queue - waiting)) {
            refused = true;
            return error::queue_full;
        }
        if (sending && t && *t != sending->type)
            return error::opcode_differs;
        message m = sending.value_or(message{t.value_or(data_type::text), {}});
        m.data += data;
        if (m.type == data_type::text) {
            const utf8_result checked = utf8(m.data);
            if (checked.bad || (fin && checked.whole != m.data.size()))
                return error::invalid_utf8;
        }
        const unsigned opcode = sending ? 0 : m.type == data_type::text ? 1 : 2;
        sent.push_back(frame_text(opcode, fin, data));
        if (fin)
            sending.reset();
        else
            sending = std::move(m);
        return {};
    }

    error close(std::uint16_t code, std::string_view reason) {
        if (!known())
            return error::unknown_id;
        if (denied)
            return error::closing;
        if (code == 1005 ? !reason.empty() : !close_code_may_be_sent(code))
            return error::bad_close_code;
        if (reason.size() > 123)
            return error::reason_too_long;
        if (!is_utf8(reason))
            return error::invalid_utf8;
        if (!open()) {
            denied = true;
            return {};
        }
        if (closed)
            return error::closing;
        closed.emplace();
        if (code != 1005)
            *closed = {static_cast<char>(code >> 8), static_cast<char>(code)};
        *closed += reason;
        return {};
    }

    error abort() {
        if (!known())
            return error::unknown_id;
        aborted = true;
        return {};
    }

    /// `wrong`: what is wrong with this answer.
    error answer(error wrong, bool accepts) {
        if (!known())
            return error::unknown_id;
        if (type == upgrade_type::automatic || answered || denied)
            return error::already_answered;
        if (wrong == error{})
            (accepts ? answered : denied) = true;
        return wrong;
    }

    error pause(bool on) {
        if (!known())
            return error::unknown_id;
        if (!open())
            return error::not_open;
        paused = on;
        return {};
    }

    static std::string frame_text(unsigned opcode, bool fin, std::string_view payload) {
        return std::to_string(opcode) + (fin ? " fin " : " more ") + std::string{payload};
    }

  private:
    /// The host has heard of it, and not its last.
    bool known() const { return upgraded && !over() && !aborted && !ended; }
};

} // namespace reference
