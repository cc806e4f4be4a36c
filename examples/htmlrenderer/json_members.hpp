// Members of JSON objects from a peer, which is not trusted to have sent them.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace htmlrenderer {

/// A member of an object, or null.
inline nlohmann::json member(const nlohmann::json& object, const char* name) {
    const auto at = object.is_object() ? object.find(name) : object.end();
    return at != object.end() ? *at : nlohmann::json{};
}
/// A member that is a text, or "".
inline std::string text_of(const nlohmann::json& object, const char* name) {
    const nlohmann::json text = member(object, name);
    return text.is_string() ? text.get<std::string>() : std::string{};
}

} // namespace htmlrenderer
