// An echo server on libwebsockets. Prints its port.
#include <libwebsockets.h>

#include <cstddef>
#include <cstdio>
#include <deque>
#include <new>
#include <string>
#include <utility>

namespace {

/// What waits to be sent on one socket; each has LWS_PRE bytes ahead of its payload.
struct session {
    std::deque<std::string> waiting;
    std::string incoming = std::string(LWS_PRE, '\0');
};

int echo(lws* where, lws_callback_reasons why, void* user, void* bytes, std::size_t size) {
    auto* const s = static_cast<session*>(user);
    switch (why) {
    case LWS_CALLBACK_ESTABLISHED: new (user) session; break;
    case LWS_CALLBACK_CLOSED: s->~session(); break;
    case LWS_CALLBACK_RECEIVE:
        s->incoming.append(static_cast<const char*>(bytes), size);
        if (lws_remaining_packet_payload(where) != 0 || lws_is_final_fragment(where) == 0)
            break;
        s->waiting.push_back(std::move(s->incoming));
        s->incoming.assign(LWS_PRE, '\0');
        lws_callback_on_writable(where);
        break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        while (!s->waiting.empty() && lws_send_pipe_choked(where) == 0) {
            std::string& next = s->waiting.front();
            const std::size_t n = next.size() - LWS_PRE;
            if (lws_write(where, reinterpret_cast<unsigned char*>(next.data()) + LWS_PRE, n,
                          LWS_WRITE_TEXT) < static_cast<int>(n))
                return -1;
            s->waiting.pop_front();
        }
        if (!s->waiting.empty())
            lws_callback_on_writable(where);
        break;
    default: break;
    }
    return 0;
}

} // namespace

int main() {
    lws_set_log_level(LLL_ERR, nullptr);
    const lws_protocols protocols[] = {{"echo", echo, sizeof(session), 65536, 0, nullptr, 0},
                                       {nullptr, nullptr, 0, 0, 0, nullptr, 0}};
    lws_context_creation_info about{};
    about.port = 0;
    about.iface = "127.0.0.1";
    about.protocols = protocols;
    about.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    lws_context* const context = lws_create_context(&about);
    lws_vhost* const host = context != nullptr ? lws_create_vhost(context, &about) : nullptr;
    if (host == nullptr)
        return 1;
    std::printf("%d\n", lws_get_vhost_listen_port(host));
    std::fflush(stdout);
    while (lws_service(context, 0) >= 0) {
    }
}
