// The grammars of single values of an opening handshake, each on the same text.
#include "input.hpp"
#include "reference/upgrade.hpp"

#include <wsintercept/rfc6455/upgrade_request.hpp>
#include <wsintercept/rfc9112/words.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

using namespace wsintercept;
using fuzz::require;

namespace {

/// As a list, and element by element.
void check_list(std::string_view text) {
    std::vector<std::string_view> got;
    require(rfc9112::for_each_element(text,
                                      [&](std::string_view element) {
                                          got.push_back(element);
                                          return true;
                                      }),
            "a list is read to its end");
    const std::vector<std::string_view> expected = reference::elements(text);
    require(got == expected, "the elements of a list");
    for (const std::string_view element : expected) {
        require(rfc9112::is_token(element) == reference::is_token(element), "a token");
        require(rfc9112::trim(element) == element, "an element has no blanks around it");
    }
}

/// As the value of an opening handshake's only Sec-WebSocket-Protocol field.
void check_subprotocols(std::string_view text) {
    rfc9112::fields fields;
    fields.list[fields.count++] = {"Sec-WebSocket-Protocol", text};
    const error wrong = rfc6455::detail::check_subprotocols(fields);
    const std::vector<std::string_view> names = reference::elements(text);
    bool good = !names.empty() && names.size() <= rfc6455::max_subprotocols;
    for (std::size_t i = 0; i < names.size(); ++i)
        for (std::size_t k = 0; k <= i; ++k)
            good = good && reference::is_token(names[i]) && (k == i || names[i] != names[k]);
    require((wrong == error{}) == good, "a list of subprotocols");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<char> alone(data, data + size);
    const std::string_view text{alone.data(), alone.size()};
    require(rfc9112::is_host(text) == reference::is_host(text), "a host");
    require(rfc9112::is_field_value(text) == reference::is_text(text), "a field's value");
    require(rfc6455::is_key(text) == reference::is_key(text), "a key");
    require(rfc6455::detail::is_origin(text) == reference::is_origin_list(text), "an origin");
    require(rfc6455::detail::is_upgrade_target(text) ==
                (reference::is_target(text) && reference::is_upgrade_target(text)),
            "a target");
    require(rfc6455::is_extension_list(text) == reference::is_extension_list(text),
            "a list of extensions");
    check_list(text);
    check_subprotocols(text);
    return 0;
}
