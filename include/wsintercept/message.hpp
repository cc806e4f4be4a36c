// The numbered event messages: vectors whose element [1] is the object and [2] the event.
#pragma once

#include <wsintercept/event.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace wsintercept::inline v0_1_0 {

/// Binary data as messages carry it: -128..127.
using signed_bytes = std::vector<std::int8_t>;

/// An element of a message: a number, text (octets), or binary data. std::monostate stands for
/// what a host's language gave and is none of these; to_message never makes one.
using element = std::variant<std::int64_t, std::string, signed_bytes, std::monostate>;

/// A message; element [1] of the model is at index 0.
using message = std::vector<element>;

/// The bytes of binary data.
inline std::string to_bytes(const signed_bytes& data) {
    std::string bytes(data.size(), '\0');
    for (std::size_t i = 0; i < data.size(); ++i)
        bytes[i] = static_cast<char>(data[i]);
    return bytes;
}
/// Bytes as binary data.
inline signed_bytes to_signed_bytes(std::string_view bytes) {
    signed_bytes data(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i)
        data[i] = static_cast<std::int8_t>(bytes[i]);
    return data;
}

// Events as messages, names in element [2]. They copy: no view of the event is kept.

/// 840: eleven elements. [4 5 6 7] are what a host that fills in nothing else answers: not handled.
inline message to_message(std::string_view object, const http_request& event) {
    return {std::string{object},
            std::string{http_request::name},
            std::string{"ProcessRequest"},
            std::int64_t{0},
            std::int64_t{0},
            std::string{},
            std::string{"text/html"},
            std::string{event.url},
            std::string{event.head},
            std::string{event.body},
            std::string{event.method}};
}

/// 841: six elements.
inline message to_message(std::string_view object, const websocket_upgrade& event) {
    const bool manual = event.type == upgrade_type::manual;
    return {std::string{object},        std::string{websocket_upgrade::name},
            to_string(event.id),        std::string{event.url},
            std::string{event.headers}, std::string{manual ? "manual" : "auto"}};
}

/// 842: six elements.
inline message to_message(std::string_view object, const websocket_receive& event) {
    message m{std::string{object}, std::string{websocket_receive::name}, to_string(event.id)};
    if (event.type == data_type::binary)
        m.emplace_back(to_signed_bytes(event.data));
    else
        m.emplace_back(std::string{event.data});
    m.emplace_back(std::int64_t{event.fin});
    m.emplace_back(static_cast<std::int64_t>(event.type));
    return m;
}

/// 843: five elements.
inline message to_message(std::string_view object, const websocket_close& event) {
    return {std::string{object}, std::string{websocket_close::name}, to_string(event.id),
            std::int64_t{event.code}, std::string{event.reason}};
}

/// 844: four elements.
inline message to_message(std::string_view object, const websocket_error& event) {
    return {std::string{object}, std::string{websocket_error::name}, to_string(event.id),
            std::string{event.message}};
}

// What a message asks for; owned, so that it can travel to another thread. An ID that no
// to_string wrote becomes an empty socket_id, which every method calls unknown.

/// 847: `send`.
struct send_call {
    static constexpr std::string_view name = "WebSocketSend";
    socket_id id;
    std::string data;
    bool fin = true;
    std::optional<data_type> opcode; ///< as given
    bool binary =
        false; ///< data came as signed bytes: the opcode of a new message, if none is given
};
/// 843 by the host: `close`.
struct close_call {
    static constexpr std::string_view name = "WebSocketClose";
    socket_id id;
    std::uint16_t code = 1000; ///< 0: what was given is no close code at all
    std::string reason;
};
/// `abort`.
struct abort_call {
    static constexpr std::string_view name = "WebSocketAbort";
    socket_id id;
};
/// `answer`: a WebSocketUpgrade message with Headers replaced.
struct answer_call {
    static constexpr std::string_view name = websocket_upgrade::name;
    socket_id id;
    std::string head;
};
/// `respond`: an HTTPRequest message with elements 4 to 10 filled in.
struct respond_call {
    static constexpr std::string_view name = http_request::name;
    std::string url;
    std::string method;
    bool handled = false;
    int status = 200; ///< 0: what was given is no status at all
    std::string reason;
    std::string media_type;
    std::string head; ///< element 9: response fields, or still the request's head
    std::string body;
    bool body_is_text = false;
};
/// A method of the host's, as a message named it.
using call = std::variant<send_call, close_call, abort_call, answer_call, respond_call>;

/// Why a message is no call.
struct message_problem {
    std::size_t element = 0; ///< of the model: counted from 1
    std::string text;        ///< "element 3: expected a string"
};

namespace detail {

/// Takes a message's elements one by one, as types. After the first problem it gives defaults.
class message_reader {
  public:
    explicit message_reader(const message& m) noexcept : message_{m} {}

    bool at_end() const noexcept { return next_ > message_.size(); }
    void skip() noexcept { ++next_; }

    std::string string() {
        if (const auto* text = take<std::string>())
            return *text;
        problem("expected a string");
        return {};
    }

    std::int64_t number() {
        if (const auto* value = take<std::int64_t>())
            return *value;
        problem("expected a whole number");
        return 0;
    }

    /// A number that is one of two neighbours.
    std::int64_t number(std::int64_t low, std::string_view expected) {
        const auto* value = take<std::int64_t>();
        if (value != nullptr && (*value == low || *value == low + 1))
            return *value;
        problem(expected);
        return low;
    }

    /// A string, or binary data, whose bytes it gives.
    std::string data(bool& is_binary) {
        is_binary = false;
        if (next_ <= message_.size())
            if (const auto* bytes = std::get_if<signed_bytes>(&message_[next_ - 1])) {
                ++next_;
                is_binary = true;
                return to_bytes(*bytes);
            }
        if (const auto* text = take<std::string>())
            return *text;
        problem("expected a string or binary data");
        return {};
    }

    /// Element [3] of a method.
    socket_id id() { return parse_socket_id(string()).value_or(socket_id{}); }

    std::variant<call, message_problem> finish(call&& result) {
        if (!problem_ && !at_end()) {
            ++next_;
            problem("not expected");
        }
        if (problem_)
            return std::move(*problem_);
        return std::move(result);
    }

    /// About the element that was taken last.
    void problem(std::string_view text) {
        if (problem_)
            return;
        const std::size_t element = next_ - 1;
        problem_ = message_problem{element, "element " + std::to_string(element) + ": "};
        problem_->text += text;
    }

  private:
    template <class T>
    const T* take() noexcept {
        const std::size_t index = next_++ - 1;
        return index < message_.size() ? std::get_if<T>(&message_[index]) : nullptr;
    }

    const message& message_;
    std::size_t next_ = 1; ///< the element to take, counted from 1
    std::optional<message_problem> problem_;
};

inline call read_send(message_reader& in) {
    send_call c;
    c.id = in.id();
    c.data = in.data(c.binary);
    if (!in.at_end())
        c.fin = in.number(0, "expected 0 or 1") != 0;
    if (!in.at_end())
        c.opcode = in.number(1, "expected 1 or 2") == 1 ? data_type::text : data_type::binary;
    return c;
}

inline call read_close(message_reader& in) {
    close_call c;
    c.id = in.id();
    if (!in.at_end()) {
        const std::int64_t code = in.number();
        c.code = code > 0 && code <= 0xFFFF ? static_cast<std::uint16_t>(code) : std::uint16_t{0};
    }
    if (!in.at_end())
        c.reason = in.string();
    return c;
}

inline call read_answer(message_reader& in) {
    answer_call c;
    c.id = in.id();
    in.string(); // the URL
    c.head = in.string();
    in.string(); // the type
    return c;
}

inline call read_response(message_reader& in) {
    respond_call c;
    in.string(); // 'ProcessRequest'
    c.handled = in.number(0, "expected 0 or 1") != 0;
    const std::int64_t status = in.number();
    c.status = status > 0 && status < 1000 ? static_cast<int>(status) : 0;
    c.reason = in.string();
    c.media_type = in.string();
    c.url = in.string();
    c.head = in.string();
    bool binary = false;
    c.body = in.data(binary);
    c.body_is_text = !binary;
    c.method = in.string();
    return c;
}

} // namespace detail

/// What a message asks for: WebSocketSend, WebSocketClose, WebSocketAbort, an answered
/// WebSocketUpgrade or HTTPRequest, by name or number. Element [1] is not looked at.
inline std::variant<call, message_problem> from_message(const message& m) {
    struct known_method {
        std::string_view name;
        std::int64_t number; ///< 0: it has none
        call (*read)(detail::message_reader&);
    };
    static constexpr known_method methods[] = {
        {send_call::name, static_cast<int>(event_number::websocket_send), detail::read_send},
        {close_call::name, static_cast<int>(event_number::websocket_close), detail::read_close},
        {abort_call::name, 0,
         [](detail::message_reader& in) -> call { return abort_call{in.id()}; }},
        {answer_call::name, static_cast<int>(event_number::websocket_upgrade), detail::read_answer},
        {respond_call::name, static_cast<int>(event_number::http_request), detail::read_response},
    };
    detail::message_reader in{m};
    in.skip();
    in.skip();
    if (m.size() >= 2)
        for (const auto& method : methods) {
            const auto* name = std::get_if<std::string>(&m[1]);
            const auto* number = std::get_if<std::int64_t>(&m[1]);
            if ((name != nullptr && *name == method.name) ||
                (number != nullptr && method.number != 0 && *number == method.number))
                return in.finish(method.read(in));
        }
    if (m.empty())
        return message_problem{1, "element 1: expected the object's name"};
    const bool named = m.size() >= 2 && (std::holds_alternative<std::string>(m[1]) ||
                                         std::holds_alternative<std::int64_t>(m[1]));
    return message_problem{2, named ? "element 2: unknown method"
                                    : "element 2: expected a method's name or number"};
}

} // namespace wsintercept::inline v0_1_0
