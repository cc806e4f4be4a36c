// What must hold after each step, whatever came before.
#include "world.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace worlds {

void world::check() {
    const wsintercept::adapter_faults& f = core_->faults();
    expect(f.calls_from_traits == 0 && f.calls_after_end == 0 && f.early_wakes == 0,
           "the adapter is told of no fault");
    expect(core_->idle() == page_.over(), "a connection is kept until its end, and no longer");
    if (host_.unknown())
        host_.expect_unknown();
    check_output();
    check_input();
    check_time();
    check_not_early();
    check_end();
    host_.queued = host_.abandoned = 0; // told of one step
}

void world::check_output() {
    const served& out = page_.output;
    const std::size_t n = waiting();
    if (page_.over())
        return expect(n == 0, "nothing waits after the end");
    expect(n == 0 || host_.begun, "nothing is answered ahead of the turn behind open");
    expect(n == 0 || page_.output_waits, "output_ready tells of output that waits");
    expect(host_.unknown() || core_->buffered_amount(page_.id) == n, "buffered_amount is right");
    // Behind messages up to the limit come a header, pongs, a ping and a close frame.
    const std::size_t messages =
        out.owes_large() ? large_message : std::max(setting_.limits.output, good_answer.size());
    expect(n <= messages + 4 + 3 * page_.pings() + 2 + 127, "the queue is bounded");
    expect(out.pongs() <= page_.pings(), "a ping has one pong at most");
    if (n == 0 && page_.waiting() == 0)
        page_.forget_pings();
}

void world::check_input() {
    const knowledge& k = host_.knows();
    expect(k.messages <= page_.messages() &&
               k.letters <= page_.letters() + (page_.message() + 3U) / 2,
           "no message comes twice");
    expect(k.letters == 0 || page_.output.switched(), "a message comes behind the 101");
    if (!is_open())
        return;
    if (page_.waiting() != 0)
        return expect(k.paused || page_.input_waits, "input_ready follows a short write");
    if (page_.well_behaved() && !page_.unfinished()) {
        expect(k.messages == page_.messages() && k.letters == page_.letters(),
               "a message is delivered when it is whole");
        page_.forget_messages();
        host_.forget_messages();
    }
}

void world::check_time() {
    if (page_.over() || !host_.begun)
        return;
    const knowledge& k = host_.knows();
    const wsintercept::limits& l = setting_.limits;
    expect(page_.armed <= must_end_, "nothing outlives a shutdown's time");
    if (is_open() && k.paused && !k.closing)
        return; // no clock runs
    const wsintercept::duration longest = k.ended || k.denied        ? l.closing
                                          : !page_.output.switched() ? l.handshake
                                          : k.closing                ? l.closing
                                                                     : std::max(l.ping, l.idle);
    expect(page_.armed <= loop_.time + longest,
           "a deadline is armed, no later than its limit asks");
}

/// Of time-outs of handshakes, opening and closing, and of output that nobody takes.
void world::check_not_early() {
    const knowledge& k = host_.knows();
    const bool told = k.ended && (stage_ & 1U) == 0; // in this step
    const bool opening = told && k.reason == error::handshake_timed_out;
    const bool closing = told ? k.reason == error::close_timed_out
                              : page_.ended == ending::abort && !was_over_ && !k.aborted;
    const wsintercept::limits& l = setting_.limits;
    expect(!(opening || closing) || loop_.time >= must_end_ ||
               loop_.time >= since_ + (opening ? l.handshake : l.closing),
           "a time-out does not come early");
    was_over_ = page_.over();
    const bool ends = k.closing && page_.output.switched(); // till then the opening goes on
    const unsigned stage = k.ended | k.denied << 1 | k.accepted << 2 | ends << 3;
    if (std::exchange(stage_, static_cast<std::uint8_t>(stage)) != stage)
        since_ = loop_.time;
}

void world::check_end() {
    const knowledge& k = host_.knows();
    const served& out = page_.output;
    expect(!k.upgrade || setting_.manual || out.switched(), "Upgrade comes when the 101 was taken");
    expect(!k.aborted || page_.ended == ending::abort, "an abort ends the transport at once");
    expect(!page_.over() || k.ended || k.denied || k.aborted, "an end is told, once");
    if ((k.ended || k.denied) && !page_.over())
        expect(waiting() != 0, "the transport ends when all was taken");
    if (page_.ended == ending::finish) {
        const bool silent = setting_.manual && out.nothing() && k.ended;
        expect(silent || out.closed() || (out.head() != answer::none && !out.switched()),
               "a finish comes behind a close frame or a refusal");
    }
    if (out.closed() && k.close_code != 0)
        expect(out.close_code() == k.close_code, "the close frame has the host's code");
    else if (out.closed())
        expect(k.closed ? out.close_code() == 3000
                        : k.ended && out.close_code() > 1000 && out.close_code() < 1010,
               "the close frame has the peer's code, or says what was wrong");
    if (k.refused != 0 && !k.closing && !host_.unknown())
        expect(!host_.fits(k.refused), "drained comes when there is room");
}

} // namespace worlds
