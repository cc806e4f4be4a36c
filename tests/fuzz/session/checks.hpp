// What must be so once a socket of the session target has ended: it agrees with the page's bytes.
#pragma once

#include "../reference/frames.hpp"
#include "../reference/served.hpp"
#include "world.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// What the page's bytes mean.
inline reference::stream meant(const socket& s) {
    const ws::limits& l = *s.where->options.limits;
    return reference::read_frames(s.page.taken, {l.frame, l.message, l.fragments});
}

/// The page's messages; `unfinished`: the last of them is.
inline std::vector<reference::message> messages(const reference::stream& page, bool& unfinished) {
    std::vector<reference::message> out;
    unfinished = false;
    for (const reference::frame& f : page.frames) {
        if (f.opcode > 2)
            continue;
        if (f.begins)
            out.push_back({f.opcode == 1 ? data_type::text : data_type::binary, {}});
        out.back().data += f.payload;
        unfinished = !f.fin || (page.open && &f == &page.frames.back());
    }
    return out;
}

/// `all`: nothing was in the way of a message.
inline void check_messages(const socket& s, bool all) {
    const reference::stream page = meant(s);
    const auto& got = s.life.received;
    bool unfinished = false;
    const std::vector<reference::message> sent = messages(page, unfinished);
    const std::size_t whole = sent.size() - (unfinished ? 1 : 0);
    require(got.size() <= whole && std::equal(got.begin(), got.end(), sent.begin()),
            "the messages are those of the page");
    require(!all || got.size() == whole, "every message of the page comes");
    std::string_view part;
    if (s.life.receiving) {
        require(got.size() < sent.size() && s.life.receiving->type == sent[got.size()].type &&
                    sent[got.size()].data.starts_with(s.life.receiving->data),
                "chunks are of a message of the page");
        part = s.life.receiving->data;
    }
    if (!all || !s.life.chunks || !unfinished)
        return;
    const reference::message& last = sent.back();
    require(part.size() == (last.type == data_type::text ? reference::utf8(last.data).whole
                                                         : last.data.size()),
            "chunks come as the bytes come");
}

/// While it is open, and the host and the page read.
inline void check_open(const socket& s) {
    const bool open = s.life.open() && !s.life.paused;
    check_messages(s, open || s.life.peer_closed);
    if (!open)
        return;
    const reference::stream page = meant(s);
    require(page.failure == error{} && !page.closed, "what the page got wrong ends it");
    require(s.page.stream.input.empty(), "what the page wrote was taken");
    if (s.life.closed)
        return;
    const auto is_ping = [](const reference::frame& f) { return f.opcode == 9; };
    const auto last = std::find_if(page.frames.rbegin(), page.frames.rend(), is_ping);
    if (last == page.frames.rend())
        return;
    const std::vector<reference::served_frame> read =
        reference::read_served(s.page.stream.output).frames;
    require(std::find(read.begin(), read.end(), reference::served_frame{10, true, last->payload}) !=
                read.end(),
            "the latest ping has its pong");
}

/// After a long silence: it stays open where nothing has a time limit.
inline void check_silent(const socket& s) {
    const ws::limits& l = *s.where->options.limits;
    const reference::stream page = meant(s);
    bool unfinished = false;
    messages(page, unfinished);
    const bool lasting = s.life.open() && !s.life.closed && !unfinished && !page.in_frame &&
                         l.ping == ws::duration::zero() && l.idle == ws::duration::zero();
    require(s.page.stream.ended.has_value() != lasting, "what has a time limit has ended");
}

/// The body of the close frame that a failure deserves.
inline std::string close_body(error why) {
    const unsigned status = reference::failure_status(why);
    return std::string{static_cast<char>(status >> 8), static_cast<char>(status)} + describe(why);
}

/// What the page read: the handshake's answer, the host's frames in their order, pongs for some of
/// the pings in their order, at most one close frame, and nothing behind it.
inline void check_output(const socket& s) {
    const reference::life& life = s.life;
    const reference::stream page = meant(s);
    const reference::served out = reference::read_served(s.page.stream.output);
    const bool finished = s.page.stream.ended == ws::ending::finish;
    if (s.asked->refused != nullptr || life.denied) {
        const std::string status = s.asked->refused != nullptr ? s.asked->refused : "403";
        require(out.head.empty() || out.head.starts_with("HTTP/1.1 " + status + ' '), "a refusal");
        require(!finished || !out.head.empty(), "a refusal comes whole");
        return;
    }
    if (life.type == ws::upgrade_type::manual && !life.answered)
        return require(s.page.stream.output.empty(), "nothing is sent before an answer");
    require(out.wrong == nullptr, out.wrong);
    require(out.head.empty() || out.head == accepting_head(s.asked->offers ? s.where->chosen : ""),
            "the 101");

    std::size_t sent = 0, ping = 0;
    std::optional<std::string> closed;
    for (const reference::served_frame& f : out.frames) {
        if (f.opcode < 3) {
            require(sent < life.sent.size() &&
                        life.sent[sent] == life.frame_text(f.opcode, f.fin, f.payload),
                    "the host's frames come in their order");
            ++sent;
        } else if (f.opcode == 9) {
            require(f.payload.empty() && s.where->options.limits->ping != ws::duration::zero(),
                    "pings come where they are on");
        } else if (f.opcode == 10) {
            while (ping < page.frames.size() &&
                   (page.frames[ping].opcode != 9 || page.frames[ping].payload != f.payload))
                ++ping;
            require(ping++ < page.frames.size(), "a pong has its ping");
        } else {
            closed = f.payload;
        }
    }
    if (closed && life.closed)
        require(closed == life.closed, "the host's close frame");
    else if (closed && life.peer_closed)
        require(page.closed && closed == page.frames.back().payload, "the page's close frame");
    else if (closed)
        require(life.failed && closed == close_body(*life.failed), "a failure's close frame");
    if (finished)
        require(closed && out.rest.empty() && sent == life.sent.size(),
                "an end in order comes after all that was sent");
}

/// The final event and how it came about. `taken`: bytes of all pages.
inline void check_end(const socket& s, std::size_t taken) {
    const reference::life& life = s.life;
    const reference::stream page = meant(s);
    require(s.page.stream.ended.has_value(), "the renderer is told of the end");
    require(life.over() != life.denied, "a final event, or a refusal of the host's own");
    if (life.denied)
        return;
    if (s.asked->refused != nullptr) {
        require(life.failed && !life.upgraded, "a bad handshake is one Error");
        return;
    }
    if (life.peer_closed) {
        require(page.closed, "Close: the page has closed");
        const std::string& body = page.frames.back().payload;
        const std::string status =
            body.empty() ? "1005" : std::to_string(reference::number(body.substr(0, 2)));
        require(*life.peer_closed == status + ' ' + (body.empty() ? "" : body.substr(2)),
                "Close: the page's code and reason");
        return;
    }
    const error why = *life.failed;
    const ws::limits& limits = *s.where->options.limits;
    bool unfinished = false;
    messages(page, unfinished);
    switch (why) {
    case error::aborted_by_host: return require(life.aborted, "the host aborted");
    case error::peer_gone: return require(s.hung_up, "the page went away");
    case error::memory_exhausted: return require(taken > limits.unfinished, "memory was used up");
    case error::handshake_timed_out:
        return require(s.failed.time_since_epoch() >= seconds{10}, "it was never open");
    case error::close_timed_out:
        return require(life.closed && s.failed - s.closed >= limits.closing, "a late close frame");
    case error::message_timed_out:
        require(page.in_frame || unfinished, "an unfinished message");
        return require(s.failed.time_since_epoch() >= limits.message_time, "a late end");
    case error::idle_timed_out:
        return require(limits.idle != ws::duration::zero() && s.failed - s.heard >= limits.idle,
                       "silence");
    case error::pong_timed_out:
        return require(limits.ping != ws::duration::zero() && s.failed - s.heard >= 2 * limits.ping,
                       "no pong");
    default: break;
    }
    require(page.failure == why, "the failure of the page's bytes");
    require(
        ws::kind(why) != ws::condition::protocol_violation ||
            life.failed_text.ends_with("in the first " + std::to_string(page.position) + " bytes"),
        "where the failure is");
}

} // namespace fuzz
