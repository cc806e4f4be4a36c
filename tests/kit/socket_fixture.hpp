// The kit over exemplars/gathered_socket.hpp: a stream that takes a little at a time.
#pragma once

#include "exemplars/gathered_socket.hpp"
#include "traits_fixture.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::kit {

class socket_fixture {
    using adapter = exemplars::gathered_socket<host>;

    /// The engine's end of a connection, and the page behind it.
    struct peer final : exemplars::byte_stream {
        static constexpr std::size_t room = 3000; ///< of the kernel's buffer, so to say

        std::size_t write(std::span<const std::string_view> pieces) override {
            std::size_t taken = 0;
            for (const std::string_view p : pieces) {
                const std::size_t n = (std::min)(p.size(), room - buffer.size());
                buffer += p.substr(0, n);
                taken += n;
            }
            full = buffer.size() == room;
            return taken;
        }
        std::size_t read(std::span<char> into) override {
            const std::size_t n = (std::min)({into.size(), sent.size(), std::size_t{1000}});
            std::copy_n(sent.begin(), n, into.begin());
            sent.erase(0, n);
            return n;
        }
        void finish() override { told = ending::finish; }
        void reset() override {
            told = ending::abort;
            buffer.clear();
        }

        adapter::connection connection;
        std::string buffer, sent, received;
        std::string head, body; ///< of a plain answer
        unsigned status = 0;
        std::string reason, media_type;
        bool plain = false, full = false, reads = true, gone = false;
        std::optional<ending> told;
    };

  public:
    using page = peer*;
    static constexpr duration unit = std::chrono::seconds{1};
    static constexpr int patience = 1;

    socket_fixture(host& h, const table_pointer& table, const interceptor_options& options)
        : adapter_{loop_, h, table, options} {}

    auto& core() { return adapter_.core(); }
    page open(const page_request& r) {
        peer& p = peers_.emplace_back();
        p.plain = !r.is_socket();
        const auto [connection, result] = adapter_.open(p, {r.method, r.url, r.head(), r.body});
        p.connection = connection;
        p.status = result.status;
        return &p;
    }
    void write(page p, std::string_view bytes) {
        if (p->gone || p->told)
            return;
        p->sent += bytes;
        adapter_.readable(p->connection);
        run();
    }
    void reads(page p, bool on) { p->reads = on; }
    page_view seen(page p) const {
        const bool all = p->buffer.empty();
        return {
            p->received, all ? p->told : std::nullopt, p->status, p->reason, p->media_type, p->head,
            p->body};
    }
    void hang_up(page p) {
        p->gone = true;
        adapter_.closed(p->connection);
        run();
    }
    void post(const task& work) { adapter_.post(work); }
    time_point now() { return loop_.now(); }
    void run() {
        for (bool again = true; again;) {
            again = loop_.run();
            for (peer& p : peers_)
                again = take(p) || again;
        }
    }
    void advance(duration d) {
        const time_point until = loop_.now() + d;
        do
            run();
        while (loop_.fire(until));
    }

  private:
    /// The page reads what is in the buffer.
    bool take(peer& p) {
        if (p.buffer.empty() || !p.reads || p.gone)
            return false;
        p.received += std::exchange(p.buffer, {});
        if (p.plain)
            read_answer(p);
        if (std::exchange(p.full, false))
            adapter_.writable(p.connection);
        return true;
    }
    static void read_answer(peer& p) {
        rfc9112::status_head head;
        if (rfc9112::parse_status(p.received, {}, head).state != rfc9112::parse_state::done)
            return;
        p.status = head.status;
        p.reason = head.reason;
        p.media_type = rfc9112::find(head.fields, "Content-Type").value;
        p.head = head.bytes;
        p.body = p.received.substr(head.bytes.size());
    }

    exemplars::loop loop_;
    std::deque<peer> peers_;
    adapter adapter_;
};

} // namespace wsintercept::inline v0_1_0::kit
