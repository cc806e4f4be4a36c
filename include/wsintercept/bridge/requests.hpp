// What the page-side class asks for, and the tokens by which its sockets are known.
#pragma once

#include <wsintercept/detail/random.hpp>
#include <wsintercept/error.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/rfc9112/write_head.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::bridge {

inline constexpr std::size_t token_size = 32; ///< 128 bits, as hexadecimal digits

/// A socket that a page asks for.
struct open_request {
    error reason{};   ///< error{}: good
    std::string url;  ///< as the page has it; empty: it is none
    std::string head; ///< of the opening handshake
};

/// body: the URL, CR LF, and the head of an opening handshake for it. origin: what the engine says
/// of the page's; it replaces the one that the page has written, and nothing leaves none.
inline open_request read_open(std::string_view body, std::optional<std::string_view> origin,
                              const limits& l = {}) {
    open_request out;
    const std::size_t end = body.find("\r\n");
    const std::optional<std::string> url = normalise(body.substr(0, end));
    const std::optional<url_parts> parts = url ? split_url(*url) : std::nullopt;
    if (end == body.npos || !parts || !parts->scheme.starts_with("ws")) {
        out.reason = error::bad_url;
        return out;
    }
    out.url = body.substr(0, end);
    rfc9112::request_head head;
    const std::string_view bytes = body.substr(end + 2);
    const rfc9112::parse_result parsed = rfc9112::parse_request(bytes, {l.head, l.fields}, head);
    // Nothing but a head: what follows it comes in posts.
    if (parsed.state != rfc9112::parse_state::done || head.bytes.size() != bytes.size()) {
        const bool failed = parsed.state == rfc9112::parse_state::failed;
        out.reason = failed ? parsed.reason : error::bad_request_line;
        return out;
    }
    // As the page has it: `normalise` is the interceptor's to call.
    const std::string_view site =
        body.substr(parts->scheme.size() + 3, end - parts->scheme.size() - 3);
    const std::size_t slash = (std::min)(site.find('/'), site.size());
    const std::string_view host = site.substr(0, slash);
    const rfc9112::occurrence named = rfc9112::find(head.fields, "Host");
    if (head.target != site.substr(slash))
        out.reason = error::bad_target;
    else if (named.count != 1 || named.value != host)
        out.reason = named.count == 1   ? error::wrong_host
                     : named.count == 0 ? error::no_host
                                        : error::duplicate_host;
    if (out.reason != error{})
        return out;
    std::vector<rfc9112::field> fields;
    for (const rfc9112::field& f : head.fields)
        if (!rfc9112::equal_ignoring_case(f.name, "Origin"))
            fields.push_back(f);
    if (origin)
        fields.push_back({"Origin", *origin});
    std::optional<std::string> written =
        rfc9112::write_head(head.method, head.target, host, fields);
    if (!written)
        out.reason = error::bad_field_value;
    else
        out.head = std::move(*written);
    return out;
}

/// A batch of a socket's bytes.
struct post {
    std::string_view token;
    std::uint32_t number = 0; ///< counted from 0
    std::string_view bytes;
};

/// body: the token, the number in 4 bytes, big endian, and the bytes. Views into it. Nothing: it is
/// too short.
inline std::optional<post> read_post(std::string_view body) noexcept {
    if (body.size() < token_size + 4)
        return std::nullopt;
    post out{body.substr(0, token_size), 0, body.substr(token_size + 4)};
    for (const char c : body.substr(token_size, 4))
        out.number = out.number << 8 | static_cast<unsigned char>(c);
    return out;
}

/// The open sockets of an adapter, by token. A token is told to the page that opened the socket
/// alone, so that no other page can write to it. Socket: a handle, null where there is none.
template <class Socket>
class tokens {
  public:
    /// A new token; empty where the system gives no random bits: nothing is added then.
    std::string add(Socket socket) {
        std::string token = wsintercept::detail::random_digits();
        if (!token.empty())
            list_[token.substr(0, known)] = {token, std::move(socket)};
        return token;
    }
    /// The socket of a token that a page sent; null: none has it.
    Socket find(std::string_view token) const {
        if (token.size() != token_size)
            return {};
        const auto at = list_.find(std::string{token.substr(0, known)});
        const bool same = at != list_.end() &&
                          wsintercept::detail::equal_in_constant_time(at->second.first, token);
        return same ? at->second.second : Socket{};
    }
    /// Its socket has ended.
    void erase(std::string_view token) { list_.erase(std::string{token.substr(0, known)}); }
    std::size_t size() const noexcept { return list_.size(); }

  private:
    // By the first half, so that the time that a search takes tells nothing of the second.
    static constexpr std::size_t known = token_size / 2;
    std::map<std::string, std::pair<std::string, Socket>> list_;
};

} // namespace wsintercept::inline v0_1_0::bridge
