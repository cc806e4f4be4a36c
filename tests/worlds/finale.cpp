// How sequences are brought to their ends, and what is looked at there.
#include "world.hpp"

#include <memory>

namespace worlds {

void world::end(finale f) {
    switch (f) {
    case finale::silence: silence(); break;
    case finale::order: order(); break;
    case finale::neglect: return neglect();
    }
    turn();
    check();
    expect(page_.over(), "everything ends");
    expect(host_.knows().ended != host_.knows().denied, "there is one last event, or none as due");
    expect(!loop_.posted && on_their_way_ == 0, "each call from elsewhere has a result");
}

void world::silence() {
    for (int i = 0; i < 32 && !page_.over() && (loop_.posted || page_.armed != never); ++i) {
        turn();
        check();
        wake();
        check();
    }
    if (page_.over())
        return;
    expect(page_.output.switched() && !host_.knows().ended && !host_.knows().closing,
           "only an open socket outlives all deadlines");
    shutdown();
    check();
    wake();
    check();
}

void world::order() {
    host_.next = {};
    turn();
    if (setting_.manual)
        host_.answer(good_answer);
    page_reads();
    host_.pause(false);
    turn();
    page_reads();
    check();
    const bool fits = setting_.chunks || page_.message() == 0 ||
                      page_.message() + 3 <= setting_.limits.unfinished;
    if (is_open()) {
        expect(page_.well_behaved(), "a fault or a close of the page is an end");
        page_acts(action::text);
        check();
        page_acts(action::peer_close);
        page_reads();
        check();
        expect(host_.knows().closed == fits, "a closing handshake ends in Close");
    }
    expect(page_.over(), "what is in order comes to its end");
}

/// Nothing is told to the host, and everything that it holds is given back.
void world::neglect() {
    const bool over = page_.over();
    const bool ended = host_.knows().ended;
    neglected_ = true;
    core_.reset();
    expect(over || page_.ended == ending::abort, "the interceptor's end is an abort");
    expect(host_.knows().ended == ended, "the interceptor's end is no event");
    expect(on_their_way_ == 0, "each call from elsewhere has a result");
    call_from_elsewhere(action::remote_send);
    expect(on_their_way_ == 0, "calls behind the interceptor's end have one at once");
    loop_.turn();
}

void world::renew() {
    const bool shut_down = host_.knows().shut_down;
    std::destroy_at(&host_);
    std::destroy_at(&page_);
    std::construct_at(&page_, verdict_);
    std::construct_at(&host_, verdict_, setting_, page_);
    host_.sockets = &*core_;
    was_over_ = false;
    stage_ = 0;
    since_ = loop_.time;
    if (shut_down) {
        const wsintercept::opened o =
            core_->open(&page_, {"GET", "ws://myapp/feed", request_head, {}});
        expect(!o.id && o.reason == error::shut_down && o.status == 503,
               "nothing opens after a shutdown");
        page_.lost = true;
        return;
    }
    request();
    connect();
    host_.send(large_message);
    host_.send(small_message);
    page_acts(action::ping);
    page_acts(action::part);
    page_acts(action::text); // with the part all that unfinished messages may hold
    expect(host_.knows().messages == 1 && host_.knows().refused != 0, "the next socket is as new");
    check();
    page_reads();
    expect(host_.knows().refused == 0, "the next socket is as new");
    page_acts(action::peer_close);
    page_reads();
    check();
    expect(host_.knows().closed && page_.ended == ending::finish, "the next socket is as new");
}

} // namespace worlds
