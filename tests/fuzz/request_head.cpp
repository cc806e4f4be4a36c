// Request heads against a parser line by line, and against themselves cut short; what is a valid
// opening handshake; what a refusal looks like.
#include "input.hpp"
#include "reference/upgrade.hpp"

#include <wsintercept/rfc6455/accept_key.hpp>
#include <wsintercept/rfc6455/handshake.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace wsintercept;
using fuzz::require;
using rfc9112::head_limits;
using rfc9112::parse_state;

namespace {

constexpr std::size_t any = 1U << 20;

/// A parser's result on bytes that are alone in their memory.
struct parsed {
    parsed(std::string_view text, const head_limits& limits)
        : bytes(text.begin(), text.end()), result{rfc9112::parse_request(
                                               {bytes.data(), bytes.size()}, limits, head)} {}
    parsed(const parsed&) = delete;
    parsed& operator=(const parsed&) = delete;

    std::vector<char> bytes;
    rfc9112::request_head head;
    rfc9112::parse_result result;
};

/// Whether something could follow that makes it a head: an end of this one can.
bool can_go_on(std::string_view text, std::size_t most_fields) {
    constexpr std::string_view whole = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
    for (std::size_t i = 0; i <= whole.size(); ++i)
        if (reference::read_request(std::string{text}.append(whole.substr(i)), any, most_fields))
            return true;
    return false;
}

void same(const rfc9112::request_head& got, const reference::head& expected) {
    const auto words = reference::split(expected.first, ' ', false);
    require(got.bytes == expected.bytes, "the head's bytes");
    require(got.method == words[0] && got.target == words[1], "method and target");
    require(got.version == (words[2] == "HTTP/1.1" ? 11U : 10U), "the version");
    require(got.fields.count == expected.fields.size(), "as many fields");
    for (std::size_t i = 0; i < got.fields.count; ++i)
        require(got.fields.list[i].name == expected.fields[i].first &&
                    got.fields.list[i].value == expected.fields[i].second,
                "a field");
}

void check_result(std::string_view text, const head_limits& limits) {
    const parsed p{text, limits};
    const auto expected =
        reference::read_request(text, limits.bytes, std::min(limits.fields, rfc9112::max_fields));
    require((p.result.state == parse_state::done) == expected.has_value(), "whether it is a head");
    if (expected)
        return same(p.head, *expected);
    const bool goes_on =
        text.size() < limits.bytes && can_go_on(text, std::min(limits.fields, rfc9112::max_fields));
    // Behind a CR the next byte says which failure it is.
    require(text.ends_with('\r') ? !goes_on || p.result.state == parse_state::need_more
                                 : (p.result.state == parse_state::need_more) == goes_on,
            "it waits for more where more can help, and else fails");
    if (p.result.state == parse_state::failed)
        require(p.result.reason != error{} && p.result.offset <= text.size(), "where it failed");
}

/// The first bytes decide: what follows changes neither a failure nor a head.
void check_prefixes(std::string_view text, const head_limits& limits) {
    const parsed whole{text, limits};
    const std::size_t step = 1 + text.size() / 64;
    for (std::size_t n = 0; n < text.size(); n += step) {
        const parsed part{text.substr(0, n), limits};
        if (part.result.state == parse_state::need_more)
            continue;
        require(part.result.state == whole.result.state, "need_more is all that can change");
        require(part.result.reason == whole.result.reason &&
                    part.result.offset == whole.result.offset,
                "a failure stays what it was");
        if (part.result.state == parse_state::done)
            require(part.head.bytes == whole.head.bytes &&
                        part.head.fields.count == whole.head.fields.count,
                    "a head stays what it was");
    }
}

void check_refusal(const rfc6455::refusal& why, bool head_only) {
    const std::string answer = rfc6455::refusal_response(why, head_only);
    const auto head = reference::read_status(answer, any, any);
    require(head.has_value(), "a refusal is a response");
    require(head->first.substr(9, 3) == std::to_string(why.status) && why.status >= 400 &&
                why.status < 600,
            "a refusal's status");
    const std::string_view body = std::string_view{answer}.substr(head->bytes.size());
    const auto length = head->values("Content-Length");
    require(length.size() == 1 && !length[0].empty(), "a refusal has a length");
    require(head_only ? body.empty() : std::to_string(body.size()) == length[0],
            "a refusal's length");
    require(head->has_element("Connection", "close"), "a refusal is the last");
    require((why.status == 405) == head->has("Allow"), "RFC 9110 15.5.6");
    require((why.status == 426) ==
                (head->values("Sec-WebSocket-Version") == std::vector<std::string_view>{"13"}),
            "RFC 6455 4.4");
}

void check_handshake(const rfc9112::request_head& head, const reference::head& request) {
    using handshake = rfc6455::basic_handshake<rfc6455::accept_key>;
    rfc6455::upgrade_request upgrade;
    const rfc6455::refusal why = handshake::validate(head, upgrade);
    require((why.reason == error{}) == reference::is_upgrade(request), "a valid opening handshake");
    if (why.reason != error{})
        return check_refusal(why, head.method == "HEAD");
    require(rfc6455::is_opening_handshake(head), "it is an opening handshake");

    // The 101, as auto answers it.
    std::string_view chosen;
    require(handshake::choose_subprotocol(upgrade, {}, false, chosen).reason == error{},
            "the first subprotocol is taken");
    const auto offers = request.values("Sec-WebSocket-Protocol");
    require(chosen == (offers.empty() ? std::string_view{} : reference::elements(offers[0])[0]),
            "the first offered");
    std::string answer;
    handshake::response(upgrade, chosen, {}, answer);
    const auto checked = handshake::check_answer(upgrade, answer);
    require(checked.reason == error{} && checked.status == 101 && checked.bytes == answer &&
                checked.subprotocol == chosen,
            "the 101 is an answer that a host could give");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in{data, size};
    static constexpr std::array<head_limits, 4> choices{
        {{16 * 1024, 100}, {16 * 1024, 2}, {120, 100}, {16 * 1024, 1000}}};
    const head_limits limits = choices[in.choice(choices.size())];
    const std::string_view text = in.rest();

    check_result(text, limits);
    check_prefixes(text, limits);
    const parsed p{text, limits};
    if (p.result.state == parse_state::done)
        check_handshake(p.head, *reference::read_request(text, any, any));
    else if (p.result.state == parse_state::failed)
        check_refusal(rfc6455::refuse(p.result.reason), false);
    return 0;
}
