// Checks of wake_at.
#pragma once

#include "../stage.hpp"

namespace wsintercept::inline v0_1_0::kit::checks {

template <traits_fixture F>
inline constexpr duration unit = F::unit;

/// traits.hpp: wake_at calls wake then.
template <traits_fixture F>
void wake_comes(const trial<F>& t) {
    limits l;
    l.answer = 5 * unit<F>;
    stage<F> s{t, l};
    const time_point start = s.fixture().now();
    s.fixture().open(socket_request("/manual"));
    socket_id id;
    s.until([&] { return bool(id = s.app.find(host::kind::upgrade, "ws://myapp/manual")); });
    const auto over = [&] { return s.app.count(host::kind::error, id) != 0; };
    s.time_until(over, 15 * unit<F>);
    const duration took = s.fixture().now() - start;
    s.expect(over(), "a handshake without an answer times out");
    s.expect(took >= 5 * unit<F>, "not before its time");
    s.expect(took <= 10 * unit<F>, "and not long after");
}

/// traits.hpp: a later wake_at arms again what has fired.
template <traits_fixture F>
void wake_comes_again(const trial<F>& t) {
    limits l;
    l.handshake = 3 * unit<F>; // what is armed first, so that nothing is replaced here
    l.ping = 4 * unit<F>;
    stage<F> s{t, l};
    const auto socket = s.connect();
    const auto pings = [&] {
        std::size_t n = 0;
        for (const served_frame& f : read_served(s.seen(socket.where).received).frames)
            n += f.op == rfc6455::opcode::ping ? 1U : 0U;
        return n;
    };
    const auto over = [&] { return s.app.count(host::kind::error, socket.id) != 0; };
    s.time_until([&] { return pings() == 1; }, 15 * unit<F>);
    s.expect(pings() == 1, "a silent socket is pinged");
    s.time_until(over, 15 * unit<F>);
    s.expect(over(), "a ping without a pong ends the socket");
}

/// traits.hpp: wake_at replaces what was armed before.
template <traits_fixture F>
void wake_is_replaced(const trial<F>& t) {
    limits l;
    l.handshake = 30 * unit<F>; // armed first
    l.closing = 5 * unit<F>;
    stage<F> s{t, l};
    const auto socket = s.connect();
    s.expect(!s.core().close(socket.id), "the host closes");
    const duration took =
        s.time_until([&] { return s.app.count(host::kind::error, socket.id) != 0; }, 35 * unit<F>);
    s.expect(took >= 5 * unit<F>, "the closing handshake has its time");
    s.expect(took <= 20 * unit<F>, "an earlier wake_at replaces a later one");
}

/// interceptor.hpp: a wake before its time does no harm, but it is a fault.
template <traits_fixture F>
void wake_is_not_early(const trial<F>& t) {
    limits l;
    l.handshake = l.closing = 3 * unit<F>;
    l.ping = 4 * unit<F>;
    stage<F> s{t, l};
    const auto silent = s.connect();
    const auto closing = s.connect("/closing");
    (void)s.core().close(closing.id);
    s.time_until([&] { return s.app.count(host::kind::error, silent.id) != 0; }, 15 * unit<F>);
    s.fixture().advance(10 * unit<F>);
    s.expect(s.core().faults().early_wakes == 0, "no wake before the time that wake_at named");
}

} // namespace wsintercept::inline v0_1_0::kit::checks
