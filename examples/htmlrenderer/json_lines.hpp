// The lines of the program: events, methods and results as JSON, one value a line.
#pragma once

#include <wsintercept/message.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace htmlrenderer {

// Out; none with a line's end.

/// An event: the message as an array. Binary data is {"base64":"..."}.
std::string event_line(const wsintercept::message& event);

/// {"drained":ID}
std::string drained_line(wsintercept::socket_id id);

/// {"line":3,"error":"column 17: ..."}; lines count from 1.
std::string problem_line(std::size_t line, std::string_view problem);

// In.

/// A method, or an answer, and the text that its result names: the ID, or an HTTPRequest's URL.
struct method_line {
    wsintercept::call call;
    std::string subject;
};

/// Reads a line. A problem's text begins with the column, counted in characters from 1.
std::variant<method_line, std::string> read_line(std::string_view line, std::string_view object);

/// {"method":NAME,"id":ID,"result":0}, or with "error" where there is one.
std::string result_line(const method_line& of, std::string_view error);

/// A line of blanks is counted, and otherwise ignored.
bool is_blank(std::string_view line) noexcept;

} // namespace htmlrenderer
