// The request of an opening handshake: RFC 6455 4.2.1, check by check.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/rfc6455/accept_key.hpp>
#include <wsintercept/rfc6455/extension_list.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/rfc9112/known_word.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc6455 {

/// What a valid opening handshake asks for. Views into the request's bytes; `fields` are those of
/// the head that was validated, which must live as long.
struct upgrade_request {
    std::string_view key; ///< 24 characters
    const rfc9112::fields* fields = nullptr;
    bool offers_subprotocols = false;
};

/// The absolute cap on subprotocols that a request offers.
inline constexpr std::size_t max_subprotocols = 256;

/// A field of the WebSocket family, or Upgrade that names websocket in any case: an opening
/// handshake, good or bad, and never a plain HTTP request.
inline bool is_opening_handshake(const rfc9112::request_head& head) noexcept {
    const auto is_websocket = [](std::string_view element) noexcept {
        // "websocket/13" names it too, RFC 9110 7.8
        return rfc9112::detail::is_in_any_case<"websocket">(element.substr(0, element.find('/')));
    };
    for (const rfc9112::field& f : head.fields)
        if (rfc9112::detail::starts_with_in_any_case<"Sec-WebSocket-">(f.name) ||
            (rfc9112::detail::is_in_any_case<"Upgrade">(f.name) &&
             rfc9112::detail::any_element(f.value, is_websocket)))
            return true;
    return false;
}

namespace detail {

/// Origin form, or absolute form with a host: RFC 9112 3.2, RFC 6455 3.
constexpr bool is_upgrade_target(std::string_view target) noexcept {
    using namespace rfc9112::detail;
    if (run_with_percents(target, target_part) != target.size())
        return false;
    if (!target.empty() && target[0] == '/')
        return true;
    const std::size_t colon = target.find("://");
    if (colon == target.npos)
        return false;
    const std::string_view scheme = target.substr(0, colon);
    const std::string_view rest = target.substr(colon + 3);
    if (!is_in_any_case<"ws">(scheme) && !is_in_any_case<"http">(scheme) &&
        !is_in_any_case<"wss">(scheme) && !is_in_any_case<"https">(scheme))
        return false;
    return rfc9112::is_host(rest.substr(0, rest.find_first_of("/?")));
}

/// RFC 6454 7.1: "null", or origins with a single space between them.
constexpr bool is_origin(std::string_view text) noexcept {
    using namespace rfc9112::detail;
    if (is<"null">(text))
        return true;
    for (;;) {
        const std::string_view scheme = text.substr(0, scheme_size(text));
        text.remove_prefix(scheme.size());
        if (scheme.empty() || !starts_with<"://">(text))
            return false;
        text.remove_prefix(3);
        const std::size_t host = host_size(text);
        text.remove_prefix(host);
        // "file://" has no host; the web's own schemes always have one.
        if (host == 0 && (is_in_any_case<"http">(scheme) || is_in_any_case<"https">(scheme)))
            return false;
        if (text.empty())
            return true;
        if (text[0] != ' ')
            return false;
        text.remove_prefix(1);
    }
}

/// The fields of an opening handshake, found in one pass.
struct upgrade_fields {
    rfc9112::occurrence host, origin, upgrade, connection, content_length, transfer_encoding;
    rfc9112::occurrence key, version, protocol, extensions;
    bool connection_upgrade = false; ///< Connection names it
    bool bad_extensions = false;     ///< a Sec-WebSocket-Extensions is no list of extensions

    explicit upgrade_fields(const rfc9112::fields& in) noexcept {
        for (const rfc9112::field& f : in) {
            rfc9112::occurrence* const found = named(f.name);
            if (found == nullptr)
                continue;
            if (found->count++ == 0)
                found->value = f.value;
            if (found == &connection)
                connection_upgrade |= rfc9112::detail::any_element(
                    f.value, rfc9112::detail::is_in_any_case<"Upgrade">);
            else if (found == &extensions)
                bad_extensions |= !is_extension_list(f.value);
        }
    }

  private:
    rfc9112::occurrence* named(std::string_view name) noexcept {
        using rfc9112::detail::is_in_any_case;
        switch (name.size()) {
        case 4: return is_in_any_case<"Host">(name) ? &host : nullptr;
        case 6: return is_in_any_case<"Origin">(name) ? &origin : nullptr;
        case 7: return is_in_any_case<"Upgrade">(name) ? &upgrade : nullptr;
        case 10: return is_in_any_case<"Connection">(name) ? &connection : nullptr;
        case 14: return is_in_any_case<"Content-Length">(name) ? &content_length : nullptr;
        case 17:
            return is_in_any_case<"Sec-WebSocket-Key">(name)   ? &key
                   : is_in_any_case<"Transfer-Encoding">(name) ? &transfer_encoding
                                                               : nullptr;
        case 21: return is_in_any_case<"Sec-WebSocket-Version">(name) ? &version : nullptr;
        case 22: return is_in_any_case<"Sec-WebSocket-Protocol">(name) ? &protocol : nullptr;
        case 24: return is_in_any_case<"Sec-WebSocket-Extensions">(name) ? &extensions : nullptr;
        default: return nullptr;
        }
    }
};

/// RFC 6455 4.1 item 10: tokens, all of them different; some on each line.
inline error check_subprotocols(const rfc9112::fields& fields) noexcept {
    std::array<std::string_view, max_subprotocols> seen;
    std::size_t count = 0;
    error wrong{};
    for (const rfc9112::field& f : fields) {
        if (!rfc9112::equal_ignoring_case(f.name, "Sec-WebSocket-Protocol"))
            continue;
        const std::size_t before = count;
        const bool all = rfc9112::for_each_element(f.value, [&](std::string_view name) noexcept {
            if (!rfc9112::is_token(name))
                wrong = error::bad_subprotocol;
            else if (count == seen.size())
                wrong = error::too_many_subprotocols;
            else if (std::find(seen.data(), seen.data() + count, name) != seen.data() + count)
                wrong = error::duplicate_subprotocol;
            else
                seen[count++] = name;
            return wrong == error{};
        });
        if (!all)
            return wrong;
        if (count == before)
            return error::bad_subprotocol;
    }
    return {};
}

inline error check_upgrade(const rfc9112::request_head& head, upgrade_request& out) noexcept {
    using rfc9112::detail::is, rfc9112::detail::is_in_any_case;
    const upgrade_fields fields{head.fields};
    // RFC 6455 4.2.1 item 1
    if (!is<"GET">(head.method))
        return error::method_not_get;
    if (head.version < 11)
        return error::http_version_too_old;
    if (!is_upgrade_target(head.target))
        return error::bad_target;

    // Item 2, RFC 9112 3.2
    const rfc9112::occurrence& host = fields.host;
    if (host.count != 1)
        return host.count == 0 ? error::no_host : error::duplicate_host;
    if (!rfc9112::is_host(host.value))
        return error::bad_host;

    // Bytes behind the head are frames, never content.
    const rfc9112::occurrence& length = fields.content_length;
    if (fields.transfer_encoding.count != 0)
        return error::has_body;
    if (length.count > 1 ||
        (length.count == 1 &&
         (length.value.empty() || !rfc9112::detail::all(length.value, rfc9112::detail::digit))))
        return error::bad_content_length;
    if (length.count == 1 && !is<"0">(length.value))
        return error::has_body;

    // Item 3
    const rfc9112::occurrence& upgrade = fields.upgrade;
    if (upgrade.count != 1)
        return upgrade.count == 0 ? error::no_upgrade : error::duplicate_upgrade;
    if (!is_in_any_case<"websocket">(upgrade.value))
        return error::bad_upgrade;

    // Item 4
    if (fields.connection.count == 0)
        return error::no_connection;
    if (!fields.connection_upgrade)
        return error::bad_connection;

    // Item 5, and 11.3.1: once
    const rfc9112::occurrence& key = fields.key;
    if (key.count != 1)
        return key.count == 0 ? error::no_key : error::duplicate_key;
    if (!is_key(key.value))
        return error::bad_key;

    // Item 6, and 11.3.5: once
    const rfc9112::occurrence& version = fields.version;
    if (version.count != 1)
        return version.count == 0 ? error::no_version : error::duplicate_version;
    if (!is<"13">(version.value))
        return error::bad_version;

    // Item 7
    const rfc9112::occurrence& origin = fields.origin;
    if (origin.count > 1)
        return error::duplicate_origin;
    if (origin.count == 1 && !is_origin(origin.value))
        return error::bad_origin;

    // Item 8
    out.offers_subprotocols = fields.protocol.count != 0;
    if (out.offers_subprotocols)
        if (const error wrong = check_subprotocols(head.fields); wrong != error{})
            return wrong;

    // Item 9
    if (fields.bad_extensions)
        return error::bad_extensions;

    out.key = key.value;
    out.fields = &head.fields;
    return {};
}

/// The request's own word for this very subprotocol, or empty. Names are compared exactly.
inline std::string_view offered(const upgrade_request& request, std::string_view name) noexcept {
    std::string_view found;
    for (const rfc9112::field& f : *request.fields)
        if (rfc9112::equal_ignoring_case(f.name, "Sec-WebSocket-Protocol"))
            rfc9112::for_each_element(f.value, [&](std::string_view element) noexcept {
                if (element == name)
                    found = element;
                return found.empty();
            });
    return found;
}

} // namespace detail

} // namespace wsintercept::inline v0_1_0::rfc6455
