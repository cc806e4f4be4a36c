// A whole interceptor: a script of what pages, host and clock do, against the life of an ID and
// the meaning of the page's bytes.
#include "session/checks.hpp"
#include "session/world.hpp"

using namespace fuzz;

namespace {

/// One step: a letter, whose high bit chooses the socket, and what it needs, of which texts go to
/// the line's end. What is no letter is passed over.
void step(world& w, input& in) {
    const unsigned letter = in.octet();
    socket& s = w.sockets[letter / 128];
    switch (letter % 32 + 'a' - 1) {
    // The page.
    case 't': return w.write(s, page_frame(1, true, in.line()));
    case 'b': return w.write(s, page_frame(2, true, in.line()));
    case 'u': return w.write(s, page_frame(1, false, in.line()));
    case 'v': return w.write(s, page_frame(2, false, in.line()));
    case 'k': return w.write(s, page_frame(0, false, in.line()));
    case 'l': return w.write(s, page_frame(0, true, in.line()));
    case 'p': return w.write(s, page_frame(9, true, in.line()));
    case 'o': return w.write(s, page_frame(10, true, in.line()));
    case 'c': return w.write(s, page_frame(8, true, in.line()));
    case 'r': return w.write(s, in.take(in.octet()));
    case 'h': return w.hang_up(s);
    case 'w': s.page.writes = chunk_sizes{static_cast<unsigned char>(in.octet())}; return;
    case 'x': s.page.stream.reads = !s.page.stream.reads; return;
    case 'y':
        s.page.pulls = !s.page.pulls;
        s.page.reads = chunk_sizes{static_cast<unsigned char>(in.octet())};
        return;
    // The host.
    case 'a': return w.answer(s, accepting_head());
    case 'd': return w.answer(s, "HTTP/1.1 403 Forbidden\r\n\r\nno");
    case 'g': return w.answer(s, "HTTP/1.1 101 ", error::answer_bad_head);
    case 's': return w.send(s, in.line(), true, data_type::text);
    case 'm': return w.send(s, in.line(), false, data_type::text);
    case 'e': return w.send(s, in.line(), true, data_type::binary);
    case 'n': return w.send(s, in.line(), false, std::nullopt);
    case 'f': return w.send(s, in.line(), true, std::nullopt);
    case 'j': { // one size is more than the pongs' share of the queue, and slow
        const unsigned n = in.octet();
        const std::size_t size = n == 201 ? 70'000 : n * 16;
        return w.send(s, std::string(size, 'j'), true, std::nullopt, true);
    }
    case 'q': {
        const unsigned high = in.octet();
        const auto status = static_cast<std::uint16_t>(high * 256 + in.octet());
        return w.close(s, status, in.line());
    }
    case 'i': return w.abort(s);
    case 'z': return w.pause(s, !s.life.paused);
    // The clock: '['.
    case 'z' + 1: return w.advance(seconds{in.octet() % 64});
    default: return;
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static world w;
    input in{data, size};
    w.begin();
    for (reaction& r : w.reactions)
        r = static_cast<reaction>(in.choice(reaction_count));
    for (socket& s : w.sockets) {
        const site& where = sites[in.choice(sites.size())];
        w.open(s, where, handshakes[in.choice(handshakes.size())]);
    }
    while (!in.empty()) {
        step(w, in);
        w.run();
    }

    // All that can still come, comes.
    w.reactions = {};
    for (socket& s : w.sockets) {
        s.page.stream.reads = true;
        if (s.life.paused)
            w.pause(s, false);
    }
    w.run();
    for (const socket& s : w.sockets)
        check_open(s);
    w.advance(seconds{31}); // no limit is longer
    for (const socket& s : w.sockets)
        check_silent(s);
    for (socket& s : w.sockets)
        w.hang_up(s);
    w.run();
    const std::size_t taken = w.sockets[0].page.taken.size() + w.sockets[1].page.taken.size();
    for (const socket& s : w.sockets) {
        check_messages(s, s.life.peer_closed.has_value());
        check_output(s);
        check_end(s, taken);
    }
    require(w.core().idle(), "nothing is left");
    const ws::adapter_faults& faults = w.core().faults();
    require(faults.calls_from_traits + faults.calls_after_end + faults.early_wakes == 0,
            "the pages keep to the adapters' contract");
    return 0;
}
