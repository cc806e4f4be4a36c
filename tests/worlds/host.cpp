#include "host.hpp"

#include <memory>
#include <string>
#include <utility>

namespace worlds {

namespace {

const std::string bytes(large_message, 'x');

} // namespace

std::size_t host::waiting() const noexcept {
    return sockets->output(page_.id).size();
}

bool host::fits(std::size_t size) const noexcept {
    const std::size_t n = waiting();
    return n == 0 || n + size <= setting_.limits.output;
}

void host::expect(std::error_code got, error due, const char* call, const char* must) noexcept {
    tell("  %s: %s", call, got ? got.message().c_str() : "done");
    v_.expect(due == error{} ? !got : got == due, must);
}

// Calls.

void host::send(std::size_t size) noexcept {
    const bool full = !fits(size);
    const std::size_t before = waiting();
    if (size == small_message) {
        send_gave(sockets->send(page_.id, std::string_view{bytes}.substr(0, size)), size, full);
    } else { // owned: what keeps it alive is counted by the arena
        wsintercept::shared_buffer owned{std::make_shared<char>(), bytes};
        send_gave(sockets->send(page_.id, std::move(owned)), size, full);
    }
    queued = static_cast<std::uint16_t>(queued + waiting() - before);
}

void host::send_gave(std::error_code got, std::size_t size, bool may_be_full) noexcept {
    error due = unknown()                                 ? error::unknown_id
                : setting_.manual && !knows_.accepted     ? error::not_open
                : knows_.closing                          ? error::closing
                : may_be_full && got == error::queue_full ? error::queue_full
                                                          : error{};
    expect(got, due, "send", "a send gives what its moment asks for");
    if (got == error::queue_full)
        knows_.refused = static_cast<std::uint16_t>(size);
    if (!got)
        page_.output.promise(size);
}

void host::close() noexcept {
    const std::size_t before = waiting();
    close_gave(sockets->close(page_.id));
    queued = static_cast<std::uint16_t>(queued + waiting() - before);
}

void host::close_gave(std::error_code got) noexcept {
    expect(got,
           unknown()                         ? error::unknown_id
           : knows_.denied || knows_.closing ? error::closing
                                             : error{},
           "close", "a close gives what its moment asks for");
    if (got)
        return;
    if (unanswered()) {
        knows_.denied = true;
    } else {
        knows_.closing = true;
        knows_.close_code = 1000;
    }
}

void host::abort() noexcept {
    const std::size_t before = waiting();
    const error due = unknown() ? error::unknown_id : error{};
    const std::error_code got = sockets->abort(page_.id);
    expect(got, due, "abort", "an abort gives what its moment asks for");
    if (got)
        return;
    abandoned = static_cast<std::uint16_t>(before);
    knows_.aborted = true;
    v_.expect(waiting() == 0, "nothing waits after an abort");
}

void host::pause(bool on) noexcept {
    const std::error_code got = on ? sockets->pause(page_.id) : sockets->resume(page_.id);
    expect(got,
           unknown()                             ? error::unknown_id
           : setting_.manual && !knows_.accepted ? error::not_open
                                                 : error{},
           on ? "pause" : "resume", "pause and resume give what their moment asks for");
    if (!got)
        knows_.paused = on;
}

error host::answer_due(std::string_view head) const noexcept {
    if (unknown())
        return error::unknown_id;
    if (!unanswered())
        return error::already_answered;
    return head == good_answer || head == denial ? error{} : error::answer_bad_extension;
}

void host::answer(std::string_view head) noexcept {
    expect(sockets->check_answer(page_.id, head), answer_due(head), "check_answer",
           "check_answer gives what its moment asks for");
    answer_gave(sockets->answer(page_.id, head), head);
}

void host::answer_gave(std::error_code got, std::string_view head) noexcept {
    expect(got, answer_due(head), "answer", "an answer gives what its moment asks for");
    if (!got)
        (head == denial ? knows_.denied : knows_.accepted) = true;
}

void host::shutdown(wsintercept::duration limit) noexcept {
    tell("  shutdown");
    sockets->shutdown(limit);
    knows_.shut_down = true;
    if (!begun || knows_.ended || knows_.aborted || page_.over() || knows_.denied)
        return;
    if (unanswered()) {
        knows_.denied = true;
    } else if (!std::exchange(knows_.closing, true)) {
        knows_.close_code = 1001;
    }
}

void host::expect_unknown() noexcept {
    core& c = *sockets;
    const auto id = page_.id;
    for (const std::error_code got :
         {c.send(id, "x"), c.send(id, wsintercept::shared_buffer{}), c.close(id), c.abort(id),
          c.answer(id, good_answer), c.answer(id, denial), c.check_answer(id, good_answer),
          c.pause(id), c.resume(id)})
        v_.expect(got == error::unknown_id, "no method succeeds for an ID that is not known");
    v_.expect(c.respond(id, {}) == error::no_open_request, "a socket is no HTTPRequest");
    v_.expect(c.buffered_amount(id) == 0, "nothing is buffered for an ID that is not known");
}

// Events.

void host::event(wsintercept::socket_id id) noexcept {
    v_.expect(id == page_.id, "an event names the socket");
    v_.expect(!knows_.ended, "no event follows the last one");
    v_.expect(!knows_.denied, "no event follows a denial");
    v_.expect(begun || page_.lost, "no event comes ahead of the turn behind open");
}

void host::last_event() noexcept {
    knows_.ended = true;
    expect_unknown();
    act();
}

/// Does what was planned.
void host::act() noexcept {
    const plan now = std::exchange(next, {});
    if (now.answer)
        answer(good_answer);
    if (now.send)
        send(small_message);
    if (now.pause)
        pause(true);
    if (now.close)
        close();
    if (now.abort)
        abort();
}

void host::on(const wsintercept::websocket_upgrade& e) noexcept {
    tell("  event: Upgrade");
    event(e.id);
    v_.expect(!std::exchange(knows_.upgrade, true), "Upgrade comes once");
    v_.expect(!knows_.aborted, "after an abort only its Error comes");
    v_.expect(e.type == (setting_.manual ? wsintercept::upgrade_type::manual
                                         : wsintercept::upgrade_type::automatic),
              "Upgrade has the type of its row");
    v_.expect(e.url == "ws://myapp/feed" && e.headers == request_head, "Upgrade shows the request");
    act();
}

void host::on(const wsintercept::websocket_receive& e) noexcept {
    tell("  event: Receive, %zu bytes%s", e.data.size(), e.fin ? ", fin" : "");
    event(e.id);
    v_.expect(knows_.upgrade && (knows_.accepted || !setting_.manual),
              "a message comes when the socket is open");
    v_.expect(!knows_.aborted, "after an abort only its Error comes");
    v_.expect(!knows_.paused, "no message comes while the host pauses");
    v_.expect(e.type == wsintercept::data_type::text, "a message has its type");
    v_.expect(e.fin || setting_.chunks, "without chunks messages are whole");
    v_.expect(e.data.size() % 2 == 0, "text ends on a code point");
    for (std::string_view rest = e.data; rest.size() > 1; rest.remove_prefix(2))
        v_.expect(rest.starts_with(page::letter), "a message comes as it was sent");
    knows_.letters = static_cast<std::uint8_t>(knows_.letters + e.data.size() / 2);
    knows_.messages = static_cast<std::uint8_t>(knows_.messages + e.fin);
    act();
}

void host::on(const wsintercept::websocket_close& e) noexcept {
    tell("  event: Close %u", unsigned{e.code});
    event(e.id);
    v_.expect(knows_.upgrade && !knows_.aborted, "Close comes for an open socket");
    v_.expect(e.code == 3000 && e.reason.empty(), "Close has the code of the peer's frame");
    knows_.closed = true;
    last_event();
}

bool host::fits_the_end(error reason) const noexcept {
    const bool open = page_.output.switched();
    if (knows_.aborted || page_.lost)
        return reason == (knows_.aborted ? error::aborted_by_host : error::peer_gone);
    switch (reason) {
    case error::shut_down: return knows_.shut_down && !knows_.upgrade;
    case error::handshake_timed_out: return !open;
    case error::close_timed_out: return open && knows_.closing;
    case error::message_timed_out: return open && page_.unfinished();
    case error::idle_timed_out: return open && setting_.chunks;
    case error::pong_timed_out: return open && !setting_.chunks;
    case error::memory_exhausted: return open && !setting_.chunks;
    default: return open && reason == error::reserved_opcode && !page_.well_behaved();
    }
}

void host::on(const wsintercept::websocket_error& e) noexcept {
    tell("  event: Error %s", std::string{e.message}.c_str());
    event(e.id);
    v_.expect(fits_the_end(e.reason), "an Error has the reason of its end");
    knows_.reason = e.reason;
    last_event();
}

void host::on(const wsintercept::drained& e) noexcept {
    tell("  event: drained");
    event(e.id);
    v_.expect(knows_.refused != 0 && !knows_.closing && !knows_.aborted,
              "drained comes after queue_full");
    v_.expect(fits(knows_.refused), "after drained there is room for what was refused");
    knows_.refused = 0;
    act();
}

} // namespace worlds
