// Events as messages and back, and messages of any shape.
#include "input.hpp"

#include <wsintercept/message.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace wsintercept;
using fuzz::require;

namespace {

template <class Call>
Call as(const message& m) {
    const auto result = from_message(m);
    require(std::holds_alternative<call>(result) &&
                std::holds_alternative<Call>(std::get<call>(result)),
            "a message is the call that it names");
    return std::get<Call>(std::get<call>(result));
}

socket_id make_id(fuzz::input& in) {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i)
        value = value << 8 | in.choice();
    return socket_id{value};
}

const std::string& text(const message& m, std::size_t element) {
    require(element <= m.size() && std::holds_alternative<std::string>(m[element - 1]), "text");
    return std::get<std::string>(m[element - 1]);
}
std::int64_t number(const message& m, std::size_t element) {
    require(element <= m.size() && std::holds_alternative<std::int64_t>(m[element - 1]),
            "a number");
    return std::get<std::int64_t>(m[element - 1]);
}

/// Names stand for numbers.
message numbered(message m, event_number n) {
    m[1] = static_cast<std::int64_t>(n);
    return m;
}

void check_request(const std::string& object, fuzz::input& in) {
    http_request e{make_id(in), in.line(), in.line(), in.line(), {}};
    e.body = in.rest();
    message m = to_message(object, e);
    require(m.size() == 11 && text(m, 1) == object && text(m, 2) == "HTTPRequest", "840");
    const respond_call c = as<respond_call>(m);
    require(!c.handled && c.status == 0 && c.media_type == "text/html" && c.reason.empty(),
            "it is not handled");
    require(c.method == e.method && c.url == e.url && c.head == e.head && c.body == e.body &&
                c.body_is_text,
            "what was asked comes back");
    m[3] = std::int64_t{1};
    m[4] = std::int64_t{404};
    m[9] = to_signed_bytes(e.body);
    const respond_call answer = as<respond_call>(numbered(m, event_number::http_request));
    require(answer.handled && answer.status == 404 && answer.body == e.body && !answer.body_is_text,
            "an answer");
}

void check_upgrade(const std::string& object, fuzz::input& in) {
    const auto type = static_cast<upgrade_type>(in.choice(2));
    const websocket_upgrade e{make_id(in), in.line(), in.rest(), type, {}};
    const message m = to_message(object, e);
    require(m.size() == 6 && text(m, 1) == object && text(m, 2) == "WebSocketUpgrade" &&
                text(m, 4) == e.url && text(m, 5) == e.headers &&
                text(m, 6) == (type == upgrade_type::manual ? "manual" : "auto"),
            "841");
    const answer_call c = as<answer_call>(numbered(m, event_number::websocket_upgrade));
    require(c.id == e.id && c.head == e.headers, "an answer");
}

void check_receive(const std::string& object, fuzz::input& in) {
    const auto type = in.choice(2) == 0 ? data_type::text : data_type::binary;
    const bool fin = in.choice(2) != 0;
    const websocket_receive e{make_id(in), in.rest(), fin, type};
    const message m = to_message(object, e);
    require(m.size() == 6 && text(m, 2) == "WebSocketReceive", "842");
    require(number(m, 5) == (fin ? 1 : 0) && number(m, 6) == (type == data_type::text ? 1 : 2),
            "FIN and data type");
    require(std::holds_alternative<message_problem>(from_message(m)), "no method");

    // As a send it is the echo.
    message echo = m;
    echo[1] = std::string{"WebSocketSend"};
    for (const message& sent : {echo, numbered(m, event_number::websocket_send)}) {
        const send_call c = as<send_call>(sent);
        require(c.id == e.id && c.data == e.data && c.fin == fin && c.opcode == type &&
                    c.binary == (type == data_type::binary),
                "a send");
    }
    if (type == data_type::binary) {
        const auto& bytes = std::get<signed_bytes>(m[3]);
        require(bytes.size() == e.data.size(), "a number a byte");
        for (std::size_t i = 0; i < bytes.size(); ++i)
            require((bytes[i] + 256) % 256 == static_cast<unsigned char>(e.data[i]),
                    "-128..127 stands for a byte");
    }
}

void check_close(const std::string& object, fuzz::input& in) {
    const unsigned high = in.choice();
    const auto code = static_cast<std::uint16_t>(high * 256 + in.choice());
    const socket_id id = make_id(in);
    const message m = to_message(object, websocket_close{id, code, in.rest()});
    require(m.size() == 5 && number(m, 4) == code, "843");
    const close_call c = as<close_call>(m);
    require(c.id == id && c.code == code && c.reason == in.rest(), "a close");

    const message failed = to_message(object, websocket_error{id, in.rest(), error::peer_gone});
    require(failed.size() == 4 && text(failed, 4) == in.rest(), "844");
    require(std::holds_alternative<message_problem>(from_message(failed)), "no method");
    require(as<abort_call>({object, "WebSocketAbort", text(failed, 3)}).id == id, "an abort");
}

element make_element(fuzz::input& in) {
    switch (in.octet() % 8) {
    case 0: return std::int64_t{in.octet()} - 1;
    case 1: return std::int64_t{840} + in.octet() % 8;
    case 2: return static_cast<std::int64_t>(std::uint64_t{in.octet()} << 56);
    case 3: return to_signed_bytes(in.line());
    case 4: return std::monostate{};
    case 5: return to_string(socket_id{in.octet()});
    default: return std::string{in.line()};
    }
}

/// What a message of a method must hold from element 3 on: 't' text, 'n' a number, 'f' 0 or 1,
/// 'o' 1 or 2, 'd' text or binary data; what follows '?' may be missing.
struct shape {
    std::string_view name;
    std::int64_t number;
    std::string_view elements;
};
constexpr std::array<shape, 5> shapes{{
    {"WebSocketSend", 847, "td?fo"},
    {"WebSocketClose", 843, "t?nt"},
    {"WebSocketAbort", 0, "t?"},
    {"WebSocketUpgrade", 841, "tttt?"},
    {"HTTPRequest", 840, "tfnttttdt?"},
}};

bool fits(const element& e, char what) {
    const auto* n = std::get_if<std::int64_t>(&e);
    const bool is_text = std::holds_alternative<std::string>(e);
    switch (what) {
    case 't': return is_text;
    case 'n': return n != nullptr;
    case 'f': return n != nullptr && (*n == 0 || *n == 1);
    case 'o': return n != nullptr && (*n == 1 || *n == 2);
    default: return is_text || std::holds_alternative<signed_bytes>(e);
    }
}

/// The element with the first problem; 0: there is none.
std::size_t first_problem(const message& m) {
    if (m.empty())
        return 1;
    for (const shape& s : shapes) {
        if (m.size() < 2 ||
            (m[1] != element{std::string{s.name}} && (s.number == 0 || m[1] != element{s.number})))
            continue;
        std::size_t next = 3;
        bool optional = false;
        for (const char what : s.elements) {
            if (what == '?') {
                optional = true;
                continue;
            }
            if (next > m.size() ? !optional : !fits(m[next - 1], what))
                return next;
            if (next > m.size())
                return 0;
            ++next;
        }
        return next > m.size() ? 0 : next;
    }
    return 2;
}

void check_any(fuzz::input& in) {
    message m;
    const unsigned method = in.choice(12);
    if (method < shapes.size())
        m = {std::string{"hr"}, std::string{shapes[method].name}};
    while (!in.empty())
        m.push_back(make_element(in));
    const std::size_t expected = first_problem(m);
    const auto result = from_message(m);
    require(std::holds_alternative<call>(result) == (expected == 0), "whether it is a call");
    if (const auto* problem = std::get_if<message_problem>(&result)) {
        require(problem->element == expected, "the first problem");
        require(problem->text.starts_with("element " + std::to_string(expected) + ": "),
                "a problem's text");
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in{data, size};
    const unsigned what = in.choice(5);
    if (what == 4)
        return check_any(in), 0;
    const std::string object{in.line()};
    switch (what) {
    case 0: check_request(object, in); break;
    case 1: check_upgrade(object, in); break;
    case 2: check_receive(object, in); break;
    default: check_close(object, in); break;
    }
    return 0;
}
