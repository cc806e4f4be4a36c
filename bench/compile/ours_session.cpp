// A minimal echo on one socket alone, as Beast's stream and its accept are: opening handshake and
// frames on standard input, the answers on standard output.
#include <wsintercept/wsintercept.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <unistd.h>

namespace ws = wsintercept;

namespace {

using handshake = ws::default_policies::handshake;
using session = ws::session<ws::default_policies::frame>;

struct echo {
    void on_message(std::string_view message, bool fin, ws::data_type type) {
        (void)socket.send(message, fin, type, at);
    }
    void on_close(std::uint16_t, std::string_view) noexcept {}
    void on_failed(ws::error) noexcept {}

    session& socket;
    ws::session_context& at;
};

struct opening {
    bool accepted = false;
    std::string answer;    ///< empty: the head is not whole
    std::size_t taken = 0; ///< accepted: bytes of the head
};

opening open(std::string_view bytes) {
    ws::rfc9112::request_head head;
    const auto parsed = ws::rfc9112::parse_request(bytes, {}, head);
    if (parsed.state == ws::rfc9112::parse_state::need_more)
        return {};
    ws::rfc6455::upgrade_request request;
    const auto refused = parsed.state == ws::rfc9112::parse_state::done
                             ? handshake::validate(head, request)
                             : ws::rfc6455::refuse(parsed.reason);
    if (refused.reason != ws::error{})
        return {false, ws::rfc6455::refusal_response(refused), 0};
    opening out{true, {}, head.bytes.size()};
    handshake::response(request, {}, {}, out.answer);
    return out;
}

bool write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(1, bytes.data(), bytes.size());
        if (n <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

} // namespace

int main() {
    const ws::limits limits;
    ws::block_pool pool;
    std::size_t unfinished = 0;
    ws::session_context at{limits, ws::delivery::whole, ws::clock::now(), pool, unfinished};
    session socket;
    echo sink{socket, at};

    std::string in;
    std::array<char, 4096> buffer{};
    bool opened = false;
    while (!socket.ended()) {
        const ssize_t n = ::read(0, buffer.data(), buffer.size());
        if (n <= 0)
            break;
        in.append(buffer.data(), static_cast<std::size_t>(n));
        if (!opened) {
            const opening made = open(in);
            if (made.answer.empty())
                continue;
            if (!write_all(made.answer) || !made.accepted)
                break;
            in.erase(0, made.taken);
            opened = true;
        }
        at.now = ws::clock::now();
        in.erase(0, socket.receive(in, at, sink));
        for (auto out = socket.output(); out.count != 0; out = socket.output()) {
            if (!write_all(out.list[0]))
                return 1;
            socket.consumed(out.list[0].size(), at);
        }
    }
    socket.drop(at);
}
