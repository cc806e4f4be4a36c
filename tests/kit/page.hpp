// The page's half of the protocol, as small as the kit needs it: requests, masked frames, and a
// reader of what a server sends.
#pragma once

#include <wsintercept/rfc6455/accept_key.hpp>
#include <wsintercept/rfc6455/frame_header.hpp>
#include <wsintercept/rfc6455/masking.hpp>
#include <wsintercept/rfc9112/write_head.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::kit {

/// What a page asks for. For engines with structured requests as it is, for others as `head`.
struct page_request {
    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> fields; ///< without Host
    std::string body;

    bool is_socket() const { return url.starts_with("ws"); }

    /// The request's head in origin form.
    std::string head() const {
        const std::string normal = normalise(url).value_or(std::string{});
        const url_parts parts = split_url(normal).value_or(url_parts{});
        std::vector<rfc9112::field> list;
        for (const auto& [name, value] : fields)
            list.push_back({name, value});
        return rfc9112::write_head(method, parts.target, parts.host, list).value_or(std::string{});
    }
};

/// RFC 6455 1.3.
inline constexpr std::string_view page_key = "dGhlIHNhbXBsZSBub25jZQ==";

inline page_request socket_request(std::string_view path,
                                   std::string_view origin = "http://myapp") {
    return {"GET",
            "ws://myapp" + std::string{path},
            {{"Connection", "Upgrade"},
             {"Upgrade", "websocket"},
             {"Origin", std::string{origin}},
             {"Sec-WebSocket-Version", "13"},
             {"Sec-WebSocket-Key", std::string{page_key}}},
            {}};
}

inline page_request plain_request(std::string_view method, std::string_view path,
                                  std::string_view body = {}) {
    page_request r{std::string{method}, "http://myapp" + std::string{path}, {}, std::string{body}};
    r.fields.emplace_back("Accept", "*/*");
    if (!body.empty())
        r.fields.emplace_back("Content-Length", std::to_string(body.size()));
    return r;
}

/// The host's answer to socket_request in a manual handshake.
inline std::string accepting_head() {
    const auto accept = rfc6455::accept_key::compute(page_key);
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " +
           std::string{accept.data(), accept.size()} + "\r\n\r\n";
}

/// A client's frame. The masking key changes with the payload's size.
inline std::string page_frame(rfc6455::opcode op, std::string_view payload, bool fin = true) {
    rfc6455::frame_header header;
    header.fin = fin;
    header.op = op;
    header.masked = true;
    header.key = {0x9d, static_cast<unsigned char>(payload.size()), 0x21, 0x7a};
    header.payload_length = payload.size();
    char bytes[rfc6455::max_header_size];
    std::string out(bytes, rfc6455::encode(header, bytes));
    const std::size_t at = out.size();
    out += payload;
    rfc6455::mask(std::span<char>{out}.subspan(at), header.key, 0);
    return out;
}
inline std::string page_text(std::string_view payload) {
    return page_frame(rfc6455::opcode::text, payload);
}
inline std::string page_close(std::uint16_t code) {
    const char body[] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    return page_frame(rfc6455::opcode::close, {body, 2});
}

struct served_frame {
    rfc6455::opcode op = rfc6455::opcode::text;
    bool fin = true;
    std::string payload;
    friend bool operator==(const served_frame&, const served_frame&) = default;
};

/// A server's frame at the front of `bytes`, which becomes what is left. False: not whole yet.
inline bool read_frame(std::string_view& bytes, served_frame& out) {
    if (bytes.size() < 2 || bytes.size() < rfc6455::header_size(bytes[1]))
        return false;
    const rfc6455::frame_header header = rfc6455::parse(bytes.data());
    const std::size_t start = rfc6455::header_size(bytes[1]);
    if (bytes.size() - start < header.payload_length)
        return false;
    const auto size = static_cast<std::size_t>(header.payload_length);
    out = {header.op, header.fin, std::string{bytes.substr(start, size)}};
    bytes.remove_prefix(start + size);
    return true;
}

/// What a page has received of a socket: a head, then frames.
struct served {
    std::string_view head;
    std::vector<served_frame> frames;
    std::string_view rest; ///< a frame that is not whole
};

inline served read_served(std::string_view received) {
    const std::size_t end = received.find("\r\n\r\n");
    if (end == std::string_view::npos)
        return {{}, {}, received};
    served out{received.substr(0, end + 4), {}, received.substr(end + 4)};
    for (served_frame f; read_frame(out.rest, f);)
        out.frames.push_back(std::move(f));
    return out;
}

} // namespace wsintercept::inline v0_1_0::kit
