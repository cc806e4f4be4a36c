// What may happen, step by step, and how a world is seen from outside.
#include "world.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <span>
#include <string_view>

namespace worlds {

namespace {

constexpr wsintercept::duration second = std::chrono::seconds{1};

} // namespace

world::world(const setting& s) : setting_{s} {
    // The table stands outside the arena, so that nobody may count its owners.
    const core::table_pointer table{std::shared_ptr<void>{}, s.table.get()};
    core_.emplace(loop_, host_, table,
                  wsintercept::interceptor_options{s.limits, wsintercept::allowed_origins{*table}});
    host_.sockets = &*core_;
    remote_.emplace(core_->remote());
    request();
}

void world::request() {
    page_.id = core_->open(&page_, {"GET", "ws://myapp/feed", request_head, {}}).id;
    expect(static_cast<bool>(page_.id), "a socket gets its ID");
}

void world::connect() {
    turn();
    if (setting_.manual)
        host_.answer(good_answer);
    page_reads();
    expect(page_.output.switched() && host_.knows().upgrade, "a socket opens");
    check();
}

// What may happen.

void world::step(action a) {
    switch (a) {
    case action::text:
    case action::half:
    case action::part:
    case action::ping:
    case action::fault:
    case action::peer_close: page_acts(a); break;
    case action::lost: lose(); break;
    case action::read: page_reads(); break;
    case action::sip: page_sips(); break;
    case action::turn: turn(); break;
    case action::time: wake(); break;
    case action::tick: pass(second); break;
    case action::send: host_.send(small_message); break;
    case action::large: host_.send(large_message); break;
    case action::close: host_.close(); break;
    case action::abort: host_.abort(); break;
    case action::pause: host_.pause(true); break;
    case action::resume: host_.pause(false); break;
    case action::good: host_.answer(good_answer); break;
    case action::bad: host_.answer(bad_answer); break;
    case action::deny: host_.answer(denial); break;
    case action::shutdown: shutdown(); break;
    case action::in_answer: host_.next.answer = true; break;
    case action::in_send: host_.next.send = true; break;
    case action::in_pause: host_.next.pause = true; break;
    case action::in_close: host_.next.close = true; break;
    case action::in_abort: host_.next.abort = true; break;
    case action::remote_answer:
    case action::remote_send:
    case action::remote_close: call_from_elsewhere(a); break;
    }
    if (host_.knows().ended || host_.knows().denied)
        host_.next = {}; // no event is to come
    check();
}

void world::page_acts(action a) {
    if (page_.over())
        return;
    const bool waited = page_.waiting() != 0;
    switch (a) {
    case action::text: page_.text(); break;
    case action::half: page_.half(); break;
    case action::part: page_.part(); break;
    case action::ping: page_.ping(); break;
    case action::fault: page_.fault(); break;
    default: page_.close();
    }
    if (!waited) // else input_ready says when
        page_writes();
}

void world::page_writes() {
    const knowledge& k = host_.knows();
    const bool held = !k.ended && !k.denied && (k.paused || !page_.output.switched());
    const std::size_t before = page_.waiting();
    page_.feed(*core_);
    expect(!held || (page_.waiting() == before && !page_.input_waits),
           "no bytes are taken before the socket is open, or while the host pauses");
    expect(!k.ended || page_.waiting() == 0, "bytes behind the end are taken and dropped");
}

void world::lose() {
    if (page_.over())
        return;
    page_.lost = true;
    page_.armed = never;
    core_->closed(page_.id);
}

std::size_t world::waiting() const {
    return core_->output(page_.id).size();
}

/// The next n bytes of output, or all.
std::string world::front(std::size_t n) const {
    std::string out;
    for (const std::string_view v : core_->output(page_.id))
        out += v.substr(0, n - out.size());
    return out;
}

void world::shutdown() {
    must_end_ = std::min(must_end_, loop_.time + shutdown_time);
    host_.shutdown(shutdown_time);
}

/// As an adapter that is given views.
void world::take_views(std::size_t n) {
    const std::string bytes = front(n);
    page_.output.take(bytes, verdict_);
    page_.output_waits = waiting() > n;
    note_taken();
    core_->consumed(page_.id, bytes.size());
}

/// A slow reader has its time anew, but for the 101.
void world::note_taken() {
    if (waiting() != 0 && (host_.knows().denied || host_.knows().ended || page_.output.switched()))
        since_ = loop_.time;
}

/// As an adapter that pulls.
void world::take_read(std::size_t n) {
    std::array<char, 2048> buffer;
    const std::size_t before = waiting();
    const bool aborted = host_.knows().aborted;
    host_.queued = 0;
    page_.output_waits = before > n;
    note_taken();
    const wsintercept::read_result got = core_->read(page_.id, std::span{buffer}.first(n));
    page_.output.take({buffer.data(), got.size}, verdict_);
    expect(got.finished == page_.over(), "read tells of the end when it comes");
    if (!aborted && host_.knows().aborted)
        expect(got.size + host_.abandoned <= before + host_.queued,
               "nothing is sent after an abort");
}

void world::page_reads() {
    if (page_.over())
        return;
    if (!setting_.chunks)
        return take_read(2048);
    while (!page_.over() && waiting() != 0)
        take_views(waiting());
}

/// Up to the last byte of an answer or frame; next time this last byte.
void world::page_sips() {
    if (page_.over() || waiting() == 0)
        return;
    const std::size_t rest = page_.output.until_boundary(front(16));
    const std::size_t n = page_.output.at_boundary() ? std::max<std::size_t>(rest - 1, 1) : rest;
    setting_.chunks ? take_read(n) : take_views(n);
}

void world::turn() {
    host_.begun = host_.begun || loop_.posted;
    loop_.turn();
    if (page_.input_waits && !page_.over())
        page_writes();
}

void world::wake() {
    if (page_.armed == never)
        return;
    loop_.time = std::max(loop_.time, page_.armed);
    page_.armed = never;
    core_->wake(page_.id);
}

void world::pass(wsintercept::duration d) {
    loop_.time += d;
    if (page_.armed <= loop_.time)
        wake();
}

void world::call_from_elsewhere(action a) {
    ++on_their_way_;
    const auto done = [this, a](std::error_code got) {
        --on_their_way_;
        if (neglected_)
            expect(got == error::shut_down, "calls that come too late are told so");
        else if (a == action::remote_answer)
            host_.answer_gave(got, good_answer);
        else if (a == action::remote_send)
            host_.send_gave(got, small_message, true);
        else
            host_.close_gave(got);
    };
    if (a == action::remote_answer)
        remote_->answer(page_.id, good_answer, done);
    else if (a == action::remote_send)
        remote_->send(page_.id, std::string(small_message, 'x'), true, {}, done);
    else
        remote_->close(page_.id, 1000, {}, done);
}

std::uint64_t world::abstract() const {
    const knowledge& k = host_.knows();
    const plan& next = host_.next;
    std::uint64_t out = 0;
    const auto add = [&](std::uint64_t value, unsigned bits) { out = out << bits | value; };
    for (const bool b : {host_.begun,
                         k.upgrade,
                         k.accepted,
                         k.denied,
                         k.closing,
                         k.aborted,
                         k.ended,
                         k.closed,
                         k.paused,
                         k.shut_down,
                         k.refused != 0,
                         k.messages != 0,
                         page_.lost,
                         page_.output_waits,
                         page_.input_waits,
                         page_.waiting() != 0,
                         page_.half_out(),
                         page_.message() != 0,
                         page_.well_behaved(),
                         page_.armed != never,
                         page_.output.nothing(),
                         page_.output.at_boundary(),
                         page_.output.closed(),
                         page_.output.owed() != 0,
                         page_.output.owes_large(),
                         on_their_way_ != 0,
                         loop_.posted.has_value(),
                         next.answer,
                         next.send,
                         next.pause,
                         next.close,
                         next.abort})
        add(b, 1);
    add(static_cast<unsigned>(page_.output.head()), 3);
    add(page_.ended ? 1 + static_cast<unsigned>(*page_.ended) : 0, 2);
    return out;
}

} // namespace worlds
