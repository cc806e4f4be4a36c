#include "json_lines.hpp"

#include "encoding.hpp"

#include <wsintercept/message.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace htmlrenderer {
namespace {

using wsintercept::element;
using wsintercept::message;
using json = nlohmann::ordered_json;

/// Never throws on bytes that are no UTF-8: they become U+FFFD.
std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json to_json(const element& e) {
    if (const auto* number = std::get_if<std::int64_t>(&e))
        return *number;
    if (const auto* text = std::get_if<std::string>(&e))
        return *text;
    if (const auto* data = std::get_if<wsintercept::signed_bytes>(&e))
        return {{"base64", to_base64(wsintercept::to_bytes(*data))}};
    return nullptr;
}

/// How many characters the first `bytes` bytes of a line are.
std::size_t characters(std::string_view line, std::size_t bytes) {
    const std::string_view part = line.substr(0, bytes);
    return static_cast<std::size_t>(std::count_if(part.begin(), part.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

std::string at_column(std::size_t column, std::string_view text) {
    return "column " + std::to_string(column) + ": " + std::string{text};
}

/// Builds a message straight from the parser's events, so that deep nesting costs nothing.
class message_builder : public nlohmann::json_sax<nlohmann::json> {
  public:
    message built;
    std::string problem;          ///< of the JSON text
    std::size_t problem_byte = 0; ///< where: bytes read up to it
    bool is_array = false;
    std::size_t bad_base64 = 0; ///< the first element with it, counted from 1

    bool null() override { return scalar(std::monostate{}); }
    bool boolean(bool) override { return scalar(std::monostate{}); }
    bool number_integer(number_integer_t n) override { return scalar(n); }
    bool number_unsigned(number_unsigned_t n) override {
        constexpr auto most = std::numeric_limits<std::int64_t>::max();
        return scalar(n > static_cast<number_unsigned_t>(most) ? most
                                                               : static_cast<std::int64_t>(n));
    }
    bool number_float(number_float_t n, const string_t&) override {
        if (std::trunc(n) == n && std::abs(n) < 9e15)
            return scalar(static_cast<std::int64_t>(n));
        return scalar(std::monostate{});
    }
    bool string(string_t& text) override {
        if (depth_ == 2 && in_base64_ && !base64_) {
            base64_ = std::move(text);
            return true;
        }
        return scalar(std::move(text));
    }
    bool binary(binary_t&) override { return scalar(std::monostate{}); }
    bool start_array(std::size_t) override {
        if (depth_++ == 0)
            is_array = true;
        else
            odd();
        return true;
    }
    bool end_array() override {
        --depth_;
        return true;
    }
    bool start_object(std::size_t) override {
        if (depth_++ == 0)
            return false;
        if (depth_ == 2) {
            built.emplace_back(std::monostate{});
            base64_.reset();
            in_base64_ = is_odd_ = false;
        } else
            is_odd_ = true;
        return true;
    }
    bool key(string_t& name) override {
        if (depth_ == 2) {
            in_base64_ = name == "base64" && !base64_;
            is_odd_ = is_odd_ || !in_base64_;
        }
        return true;
    }
    bool end_object() override {
        in_base64_ = false;
        if (--depth_ != 1 || is_odd_ || !base64_)
            return true;
        if (const auto bytes = from_base64(*base64_))
            built.back() = wsintercept::to_signed_bytes(*bytes);
        else if (bad_base64 == 0)
            bad_base64 = built.size();
        return true;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::json::exception& e) override {
        problem_byte = position;
        problem = e.what();
        return false;
    }

  private:
    template <class Value>
    bool scalar(Value&& value) {
        if (depth_ == 1)
            built.emplace_back(std::forward<Value>(value));
        else
            is_odd_ = true;
        return depth_ != 0;
    }
    void odd() {
        if (depth_ == 2)
            built.emplace_back(std::monostate{});
        is_odd_ = true;
    }

    std::size_t depth_ = 0;
    bool in_base64_ = false; ///< the value that comes is that of the key "base64"
    bool is_odd_ = false;    ///< the object holds something else too
    std::optional<std::string> base64_;
};

/// What the parser says, without its own names, places and copies of the input.
std::string plain_words(std::string what) {
    for (const std::string_view end : {"; last read:", " parsing '"})
        if (const auto at = what.find(end); at != std::string::npos)
            what.resize(at);
    if (const auto at = what.find("column "); at != std::string::npos)
        if (const auto text = what.find(": ", at); text != std::string::npos)
            return what.substr(text + 2);
    const auto at = what.find("] ");
    return at == std::string::npos ? what : what.substr(at + 2);
}

/// The column where an element of an array begins, or, where it has too few, that of its end. The
/// line is known to be JSON.
std::size_t element_column(std::string_view line, std::size_t number) {
    std::size_t depth = 0;
    std::size_t count = 0;
    bool in_string = false;
    bool expected = false; // the next thing begins an element of the array
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            in_string = c != '"';
            continue;
        }
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        const bool ends = c == ']' || c == '}';
        if (depth == 1 && (c == ',' || ends)) {
            if (ends)
                return characters(line, i) + 1;
            expected = true;
            continue;
        }
        if (depth == 1 && expected && ++count == number)
            return characters(line, i) + 1;
        expected = false;
        in_string = c == '"';
        if (c == '[' || c == '{')
            expected = depth++ == 0;
        else if (ends)
            --depth;
    }
    return characters(line, line.size()) + 1;
}

/// The elements of an answer that are octets; counted from 1, 0: none.
std::array<std::size_t, 3> octet_elements(const message& m) {
    if (m.size() < 2)
        return {};
    const auto is = [&](std::string_view name, wsintercept::event_number number) {
        const auto* text = std::get_if<std::string>(&m[1]);
        const auto* value = std::get_if<std::int64_t>(&m[1]);
        return (text != nullptr && *text == name) ||
               (value != nullptr && *value == static_cast<int>(number));
    };
    if (is(wsintercept::websocket_upgrade::name, wsintercept::event_number::websocket_upgrade))
        return {5};
    if (is(wsintercept::http_request::name, wsintercept::event_number::http_request))
        return {6, 7, 9};
    return {};
}

/// Turns heads and fields into octets. The first element that cannot be, or 0.
std::size_t to_octets(message& m) {
    for (const std::size_t number : octet_elements(m)) {
        if (number == 0 || number > m.size())
            continue;
        if (auto* text = std::get_if<std::string>(&m[number - 1])) {
            auto octets = utf8_to_octets(*text);
            if (!octets)
                return number;
            *text = std::move(*octets);
        }
    }
    return 0;
}

std::string element_problem(std::string_view line, std::size_t number, std::string_view text) {
    return at_column(element_column(line, number),
                     "element " + std::to_string(number) + ": " + std::string{text});
}

} // namespace

std::string event_line(const message& event) {
    json line = json::array();
    for (const element& e : to_shown(event))
        line.push_back(to_json(e));
    return dump(line);
}

std::string drained_line(wsintercept::socket_id id) {
    return dump({{"drained", to_string(id)}});
}

std::string problem_line(std::size_t line, std::string_view problem) {
    return dump({{"line", line}, {"error", problem}});
}

std::variant<method_line, std::string> read_line(std::string_view line, std::string_view object) {
    message_builder builder;
    const bool parsed = nlohmann::json::sax_parse(line.begin(), line.end(), &builder);
    if (!builder.problem.empty()) {
        const std::size_t before = std::max<std::size_t>(builder.problem_byte, 1) - 1;
        return at_column(characters(line, before) + 1, plain_words(std::move(builder.problem)));
    }
    if (!parsed || !builder.is_array)
        return at_column(characters(line, line.find_first_not_of(" \t\r\n")) + 1,
                         "expected an array");

    message& m = builder.built;
    const auto* name = m.empty() ? nullptr : std::get_if<std::string>(&m[0]);
    if (name == nullptr)
        return element_problem(line, 1, "expected a string");
    if (*name != object)
        return element_problem(line, 1, "expected " + dump(json(object)) + ", the object's name");
    if (builder.bad_base64 != 0)
        return element_problem(line, builder.bad_base64, "invalid base64");
    if (const std::size_t number = to_octets(m); number != 0)
        return element_problem(line, number, "expected characters up to U+00FF");

    auto result = wsintercept::from_message(m);
    if (const auto* problem = std::get_if<wsintercept::message_problem>(&result))
        return at_column(element_column(line, problem->element), problem->text);
    const bool is_page =
        std::holds_alternative<wsintercept::respond_call>(std::get<wsintercept::call>(result));
    return method_line{std::move(std::get<wsintercept::call>(result)),
                       std::get<std::string>(m[is_page ? 7 : 2])};
}

std::string result_line(const method_line& of, std::string_view error) {
    json line = json::object();
    line["method"] = std::visit([](const auto& call) { return call.name; }, of.call);
    line[std::holds_alternative<wsintercept::respond_call>(of.call) ? "url" : "id"] = of.subject;
    if (error.empty())
        line["result"] = 0;
    else
        line["error"] = error;
    return dump(line);
}

bool is_blank(std::string_view line) noexcept {
    return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

} // namespace htmlrenderer
