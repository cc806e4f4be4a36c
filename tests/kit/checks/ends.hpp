// Checks of the end of a connection, from either side, and of what may not be called.
#pragma once

#include "../stage.hpp"

#include <string>

namespace wsintercept::inline v0_1_0::kit::checks {

/// traits.hpp: end(finish) comes after the last output, and the page sees it there.
template <traits_fixture F>
void finish_comes_last(const trial<F>& t) {
    stage<F> s{t};
    const auto socket = s.connect();
    s.fixture().reads(socket.where, false);
    const std::string last(100000, 'x');
    (void)s.core().send(socket.id, last);
    s.fixture().write(socket.where, page_close(1000));
    s.expect(s.until([&] { return s.ended_with(socket.id, host::kind::close); }),
             "the closing handshake completes");
    s.linger();
    s.expect(!s.seen(socket.where).ended, "no end before the page has read all");
    s.fixture().reads(socket.where, true);
    s.expect(s.until([&] { return s.seen(socket.where).ended.has_value(); }),
             "the page is told the end");
    const page_view seen = s.seen(socket.where);
    const served got = read_served(seen.received);
    s.expect(seen.ended == ending::finish, "as an end in order");
    s.expect(got.frames.size() == 2 && got.frames[0].payload == last &&
                 got.frames[1].op == rfc6455::opcode::close && got.rest.empty(),
             "behind the last output");
}

/// traits.hpp: end(abort) is at once, and no end in order.
template <traits_fixture F>
void abort_is_told_apart(const trial<F>& t) {
    stage<F> s{t};
    const auto socket = s.connect();
    s.expect(!s.core().abort(socket.id), "the host aborts");
    s.expect(s.until([&] { return s.seen(socket.where).ended.has_value(); }),
             "the page is told the end");
    s.expect(s.seen(socket.where).ended == ending::abort, "as a connection that broke");
    s.expect(s.until([&] { return s.ended_with(socket.id, host::kind::error); }),
             "the host gets its one error");
}

/// interceptor.hpp, closed: the engine's end went away, and that is the end of it.
template <traits_fixture F>
void closed_is_reported(const trial<F>& t) {
    limits l;
    l.answer = l.handshake = 5 * duration{F::unit};
    stage<F> s{t, l};
    const auto socket = s.connect();
    const auto pending = s.fixture().open(socket_request("/manual"));
    const auto plain = s.fixture().open(plain_request("GET", "/page"));
    socket_id manual, request;
    s.until([&] {
        manual = s.app.find(host::kind::upgrade, "ws://myapp/manual");
        request = s.app.find(host::kind::request, "http://myapp/page");
        return manual && request;
    });
    s.fixture().write(socket.where, page_text("half").substr(0, 5));
    s.fixture().hang_up(socket.where);
    s.fixture().hang_up(pending);
    s.fixture().hang_up(plain);
    s.expect(s.until([&] { return s.core().idle(); }), "what the page left is forgotten");
    s.expect(s.ended_with(socket.id, host::kind::error), "one error for an open socket");
    s.expect(s.ended_with(manual, host::kind::error), "one error for a handshake");
    const std::size_t events = s.app.events.size();
    const std::size_t received = s.seen(socket.where).received.size();
    s.expect(s.core().send(socket.id, "x") == error::unknown_id, "its ID is unknown");
    s.expect(s.core().respond(request, {}) == error::no_open_request, "its request is gone");
    s.fixture().advance(10 * duration{F::unit});
    s.linger();
    s.expect(s.app.events.size() == events, "no event behind the last");
    s.expect(s.seen(socket.where).received.size() == received, "nothing reaches the page");
}

/// Everything that can happen to connections, for the two checks below.
template <traits_fixture F>
void a_life(stage<F>& s) {
    s.app.on_receive = [&s](const websocket_receive& e) { (void)s.core().send(e.id, e.data); };
    s.app.on_request = [&s](const http_request& e) {
        (void)s.core().respond(e.id, {true, 200, {}, "text/plain", {}, "page"});
    };
    const auto plain = s.fixture().open(plain_request("GET", "/page"));
    const auto finished = s.connect("/finished");
    const auto paused = s.connect("/paused");
    const auto aborted = s.connect("/aborted");
    const auto silent = s.connect("/silent");
    const auto slow = s.connect("/slow");
    const auto gone = s.connect("/gone");
    (void)s.core().pause(paused.id);
    for (const auto& socket : {finished, paused, aborted, gone})
        s.fixture().write(socket.where, page_text("a") + page_text("b"));
    s.fixture().reads(slow.where, false);
    (void)s.core().send(slow.id, std::string(200000, 'x'));
    s.linger();
    (void)s.core().resume(paused.id);
    s.fixture().hang_up(gone.where);
    (void)s.core().abort(aborted.id);
    (void)s.core().close(silent.id);
    (void)s.core().close(slow.id);
    s.fixture().write(finished.where, page_close(1000) + page_text("behind the end"));
    s.fixture().write(aborted.where, page_text("too late"));
    s.linger();
    s.fixture().write(finished.where, page_text("far too late"));
    s.fixture().advance(10 * duration{F::unit});
    s.fixture().reads(slow.where, true);
    s.linger();
    s.fixture().hang_up(paused.where);
    s.fixture().hang_up(finished.where);
    s.fixture().hang_up(plain);
    s.until([&] { return s.core().idle(); });
    s.fixture().advance(10 * duration{F::unit});
}

/// traits.hpp: no traits call calls back into the interceptor.
template <traits_fixture F>
void nothing_calls_back(const trial<F>& t) {
    limits l;
    l.closing = 3 * duration{F::unit};
    stage<F> s{t, l};
    a_life(s);
    s.expect(s.core().faults().calls_from_traits == 0, "no call came from inside a traits call");
}

/// traits.hpp: the adapter does not use an ID behind its end, nor behind closed.
template <traits_fixture F>
void ids_rest_after_the_end(const trial<F>& t) {
    limits l;
    l.closing = 3 * duration{F::unit};
    stage<F> s{t, l};
    a_life(s);
    s.expect(s.core().faults().calls_after_end == 0, "no call named an ID that had ended");
}

} // namespace wsintercept::inline v0_1_0::kit::checks
