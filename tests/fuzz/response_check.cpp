// What a host answers, to a manual handshake and to an HTTPRequest: whether it is good, and that
// what then goes to the page is one well-formed answer.
#include "input.hpp"
#include "reference/head.hpp"

#include <wsintercept/detail/response_check.hpp>
#include <wsintercept/rfc6455/accept_key.hpp>
#include <wsintercept/rfc6455/handshake.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace wsintercept;
using fuzz::require;
using handshake = rfc6455::basic_handshake<rfc6455::accept_key>;
using strings = std::vector<std::string_view>;

namespace {

constexpr std::size_t any = 1U << 20;

/// A page's opening handshake: RFC 6455 1.3.
struct asked {
    explicit asked(std::string_view offers)
        : bytes{"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"} {
        bytes.append(offers).append("\r\n");
        require(rfc9112::parse_request(bytes, {}, head).state == rfc9112::parse_state::done,
                "a request");
        require(handshake::validate(head, upgrade).reason == error{}, "an opening handshake");
    }
    asked(const asked&) = delete;
    asked& operator=(const asked&) = delete;

    std::string bytes;
    rfc9112::request_head head;
    rfc6455::upgrade_request upgrade;
};

bool is_length(std::string_view text, std::size_t size) {
    for (const char c : text)
        if (!reference::is_digit(c))
            return false;
    const std::size_t first = std::min(text.find_first_not_of('0'), text.size());
    return !text.empty() && text.substr(first) == (size == 0 ? "" : std::to_string(size));
}

/// RFC 6455 4.2.2 item 5.
bool accepts(const reference::head& h, std::string_view body, const strings& offered) {
    const strings chosen = h.values("Sec-WebSocket-Protocol");
    const strings upgrade = h.values("Upgrade");
    return h.first.starts_with("HTTP/1.1 101 ") && upgrade.size() == 1 &&
           reference::lower(upgrade[0]) == "websocket" && h.has_element("Connection", "upgrade") &&
           h.values("Sec-WebSocket-Accept") == strings{"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="} &&
           (chosen.empty() ||
            (chosen.size() == 1 && std::count(offered.begin(), offered.end(), chosen[0]) != 0)) &&
           !h.has("Sec-WebSocket-Extensions") && !h.has("Content-Length") &&
           !h.has("Transfer-Encoding") && body.empty();
}

/// RFC 9110 15: an answer that is no 101.
bool denies(const reference::head& h, std::string_view body) {
    const std::string_view status = h.first.substr(9, 3);
    const strings length = h.values("Content-Length");
    const bool no_body = status == "204" || status == "205" || status == "304";
    return status >= "200" && status <= "599" && !h.has("Transfer-Encoding") &&
           (!no_body || body.empty()) && (status != "204" || length.empty()) &&
           (length.empty() || (length.size() == 1 && is_length(length[0], body.size())));
}

/// What goes to the page: the host's fields as they are, and what was missing.
void check_bytes(std::string_view bytes, const reference::head& h, std::string_view body) {
    const auto sent = reference::read_status(bytes, any, any);
    require(sent.has_value(), "one head, no lone CR or LF, no NUL");
    require(bytes.substr(sent->bytes.size()) == body, "the body");
    require(sent->first.substr(0, 13) == "HTTP/1.1 " + std::string{h.first.substr(9, 4)},
            "the status");
    require(sent->first.substr(13) == reference::trimmed(h.first.substr(13)), "the reason");
    auto fields = h.fields;
    const std::string_view status = h.first.substr(9, 3);
    const std::string length = std::to_string(body.size());
    if (status != "101") {
        if (status != "204" && status != "304" && !h.has("Content-Length"))
            fields.emplace_back("Content-Length", length);
        if (!h.has_element("Connection", "close"))
            fields.emplace_back("Connection", "close");
    }
    require(sent->fields == fields, "the fields");
}

void check_answer(fuzz::input& in) {
    static const asked plain{""};
    static const asked offering{"Sec-WebSocket-Protocol: chat, superchat\r\n"
                                "Sec-WebSocket-Protocol: soap\r\n"
                                "Sec-WebSocket-Extensions: permessage-deflate\r\n"};
    const bool offers = in.choice(2) != 0;
    const asked& page = offers ? offering : plain;
    const strings offered = offers ? strings{"chat", "superchat", "soap"} : strings{};
    const std::vector<char> alone(in.rest().begin(), in.rest().end());
    const std::string_view text{alone.data(), alone.size()};

    const auto h =
        reference::read_status(text, rfc9112::head_limits{}.bytes, rfc9112::head_limits{}.fields);
    const std::string_view body = h ? text.substr(h->bytes.size()) : std::string_view{};
    const auto got = handshake::check_answer(page.upgrade, text);
    require((got.reason == error{}) == (h && (accepts(*h, body, offered) || denies(*h, body))),
            "whether the answer is good");
    if (got.reason != error{}) {
        require(kind(got.reason) == condition::bad_answer && got.bytes.empty(), "a bad answer");
        return;
    }
    require(std::to_string(got.status) == h->first.substr(9, 3), "its status");
    const strings chosen = h->values("Sec-WebSocket-Protocol");
    require(got.subprotocol ==
                (got.status == 101 && !chosen.empty() ? chosen[0] : std::string_view{}),
            "its subprotocol");
    check_bytes(got.bytes, *h, body);
    const auto again = handshake::check_answer(page.upgrade, got.bytes);
    require(again.reason == error{} && again.bytes == got.bytes && again.status == got.status &&
                again.subprotocol == got.subprotocol,
            "checked again, it is the same");
}

void check_response(fuzz::input& in) {
    http_response r;
    r.status = in.choice() * 256;
    r.status += in.choice();
    const std::string reason{in.line()}, media_type{in.line()};
    const std::string given{in.rest()}, text = "x\r\n" + given;
    r.reason = reason;
    r.media_type = media_type;
    r.fields = given;

    const bool ended = given.empty() || given.ends_with("\r\n");
    const std::string whole = text + (ended ? "\r\n" : "\r\n\r\n");
    const auto h = reference::read_head(whole, any, any);
    const bool good = r.status >= 200 && r.status <= 599 && reference::is_text(reason) &&
                      reference::is_text(media_type) && h && h->bytes == whole &&
                      !h->has("Content-Length") && !h->has("Connection") &&
                      !h->has("Transfer-Encoding");
    std::string fields;
    response out;
    const error wrong = detail::check_response(r, fields, out);
    require((wrong == error{}) == good, "whether the response is good");
    if (!good)
        return;

    const strings types = h->values("Content-Type");
    require(out.status == r.status && out.reason == reason, "status and reason");
    require(out.media_type == (types.empty() ? media_type : types.back()), "the media type");
    const std::string sent = "x\r\n" + std::string{out.fields} + "\r\n";
    const auto written = reference::read_head(sent, any, any);
    require(written && written->bytes == sent, "field lines, and nothing else");
    auto expected = h->fields;
    std::erase_if(expected,
                  [](const auto& f) { return reference::lower(f.first) == "content-type"; });
    require(written->fields == expected, "the fields");

    http_response again = r;
    again.media_type = out.media_type;
    again.fields = out.fields;
    std::string fields_again;
    response out_again;
    require(detail::check_response(again, fields_again, out_again) == error{} &&
                fields_again == fields && out_again.media_type == out.media_type,
            "checked again, it is the same");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in{data, size};
    if (in.choice(2) == 0)
        check_answer(in);
    else
        check_response(in);
    return 0;
}
