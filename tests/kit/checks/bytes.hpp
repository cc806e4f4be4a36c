// Checks of the bytes: output, input, answers, and connections kept apart.
#pragma once

#include "../stage.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wsintercept::inline v0_1_0::kit::checks {

/// Bytes that look different everywhere.
inline std::string pattern_bytes(std::size_t size, std::size_t seed) {
    std::string out(size, '\0');
    std::size_t x = seed * 2654435761U + 1;
    for (char& c : out) {
        x = x * 6364136223846793005U + 1442695040888963407U;
        c = static_cast<char>(x >> 33);
    }
    return out;
}

/// traits.hpp: output_ready is told once, each time that output waits where none did.
template <traits_fixture F>
void output_is_taken_each_time(const trial<F>& t) {
    stage<F> s{t};
    const auto socket = s.connect();
    for (std::size_t i = 1; i <= 30; ++i) {
        (void)s.core().send(socket.id, std::to_string(i));
        if (!s.until_frames(socket.where, i))
            return s.expect(false, "message " + std::to_string(i) + " reaches the page");
        s.linger(); // the queue is empty
    }
    s.expect(true, "each message reaches the page");
}

/// interceptor.hpp, output, consumed, read: what was taken is delivered, once, in order; more than
/// fits at once waits.
template <traits_fixture F>
void output_is_whole_and_in_order(const trial<F>& t) {
    stage<F> s{t};
    const auto socket = s.connect();
    std::vector<std::string> sent;
    for (int round = 0; round < 2; ++round) {
        s.fixture().reads(socket.where, false);
        for (const std::size_t size :
             {std::size_t{0}, std::size_t{1}, std::size_t{125}, std::size_t{126}, std::size_t{2000},
              std::size_t{65535}, std::size_t{65536}, std::size_t{300000}, std::size_t{1000000}})
            for (int copy = 0; copy < 2; ++copy) {
                sent.push_back(pattern_bytes(size, sent.size()));
                const std::error_code result =
                    copy != 0 ? s.core().send(socket.id, sent.back(), true, data_type::binary)
                              : s.core().send(socket.id, shared_buffer{sent.back()}, true,
                                              data_type::binary);
                s.expect(!result, "a message is taken");
                if (size == 2000)
                    s.fixture().run();
            }
        s.linger();
        s.fixture().reads(socket.where, true);
        s.expect(s.until_frames(socket.where, sent.size()), "what waited reaches the page");
    }
    s.linger();
    const served got = read_served(s.seen(socket.where).received);
    s.expect(std::equal(got.frames.begin(), got.frames.end(), sent.begin(), sent.end(),
                        [](const served_frame& f, const std::string& m) {
                            return f.fin && f.op == rfc6455::opcode::binary && f.payload == m;
                        }) &&
                 got.rest.empty(),
             "all of it, once, in order");
    s.expect(s.core().buffered_amount(socket.id) == 0, "nothing waits any more");
}

/// traits.hpp: after a write that took less than all, input_ready asks for the rest.
template <traits_fixture F>
void input_is_kept_and_written_again(const trial<F>& t) {
    stage<F> s{t};

    // A page that sends before it was answered.
    const auto page = s.fixture().open(socket_request("/manual"));
    socket_id id;
    s.expect(s.until([&] {
        id = s.app.find(host::kind::upgrade, "ws://myapp/manual");
        return bool(id);
    }),
             "a manual handshake is reported");
    s.fixture().write(page, page_text("early") + page_text("birds"));
    s.linger();
    s.expect(s.app.messages(id).empty(), "no message before the answer");
    s.expect(!s.core().answer(id, accepting_head()), "the answer is good");
    s.until([&] { return s.app.messages(id).size() == 2; });
    s.expect(s.app.messages(id) == std::vector<std::string>{"early", "birds"},
             "bytes from before the answer arrive behind it");

    // A host that pauses after every tenth message.
    const auto socket = s.connect();
    std::size_t heard = 0;
    bool paused = false;
    s.app.on_receive = [&](const websocket_receive& e) {
        paused = paused || ++heard % 10 == 0;
        if (paused)
            (void)s.core().pause(e.id);
    };
    std::vector<std::string> sent;
    for (std::size_t i = 0; i < 55; ++i) {
        sent.push_back(std::to_string(i) + std::string(i % 7 * 3000, '.'));
        s.fixture().write(socket.where, page_text(sent.back()));
    }
    for (std::size_t i = 10; i <= 50; i += 10) {
        s.expect(s.until([&] { return paused; }), "messages come until the host pauses");
        s.linger();
        s.expect(heard == i, "nothing comes while the host pauses");
        paused = false;
        (void)s.core().resume(socket.id);
    }
    s.until([&] { return heard == sent.size(); });
    s.expect(s.app.messages(socket.id) == sent, "all messages arrive, once, in order");
}

/// traits.hpp, respond: the answer of an HTTPRequest as it was given.
template <traits_fixture F>
void respond_delivers_all(const trial<F>& t) {
    stage<F> s{t};
    const std::string big = pattern_bytes(200000, 1);
    struct answer {
        std::string_view method, path, request_body;
        http_response given;
        bool body;
    };
    const std::vector<answer> answers{
        {"GET", "/a?x=1", "", {true, 200, {}, "text/css", {}, "p{}"}, true},
        {"POST",
         "/b",
         "{}",
         {true, 201, "Made", "application/json", "X-A: 1\r\nSet-Cookie: a=1\r\nX-B: 2 3\r\n", big},
         true},
        {"GET", "/c", "", {true, 404, {}, "text/plain", "X-Empty-Body: yes\r\n", ""}, true},
        {"HEAD", "/d", "", {true, 200, {}, "text/html", {}, "not sent"}, false},
    };
    for (const answer& a : answers) {
        const auto page = s.fixture().open(plain_request(a.method, a.path, a.request_body));
        socket_id id;
        std::string request_body;
        s.app.on_request = [&](const http_request& e) {
            id = e.id;
            request_body = e.body;
        };
        const std::string name = " (" + std::string{a.method} + ")";
        s.expect(s.until([&] { return bool(id); }), "the request is reported" + name);
        s.expect(request_body == a.request_body, "with its body" + name);
        s.expect(!s.core().respond(id, a.given), "the answer is taken" + name);
        s.expect(s.until([&] { return s.seen(page).status != 0; }), "the page is answered" + name);
        const std::string_view reason =
            a.given.reason.empty() ? rfc9112::standard_reason(a.given.status) : a.given.reason;
        const std::string_view body = a.body ? a.given.body : std::string_view{};
        s.until([&] { return s.seen(page).body.size() >= body.size(); });
        s.linger();
        const page_view seen = s.seen(page);
        s.expect(seen.status == a.given.status, "status" + name);
        s.expect(seen.reason == reason, "reason" + name);
        s.expect(seen.media_type == a.given.media_type, "media type" + name);
        s.expect(seen.body == body, (a.body ? "body" : "no body") + name);
        for (std::string_view rest = a.given.fields; !rest.empty();) {
            const std::string_view line = rest.substr(0, rest.find("\r\n") + 2);
            s.expect(seen.fields.find(line) != std::string_view::npos,
                     "field " + std::string{line.substr(0, line.find(':'))} + name);
            rest.remove_prefix(line.size());
        }
    }
}

/// traits.hpp, respond: lines of one name are several fields, and stay so in their order.
template <traits_fixture F>
void respond_keeps_repeated_fields(const trial<F>& t) {
    stage<F> s{t};
    const auto page = s.fixture().open(plain_request("GET", "/"));
    socket_id id;
    s.app.on_request = [&](const http_request& e) { id = e.id; };
    s.until([&] { return bool(id); });
    http_response r;
    r.fields = "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n";
    s.expect(!s.core().respond(id, r), "the answer is taken");
    s.until([&] { return s.seen(page).status != 0; });
    const std::string_view fields = s.seen(page).fields;
    const std::size_t first = fields.find("Set-Cookie: a=1\r\n");
    s.expect(first != std::string_view::npos &&
                 fields.find("Set-Cookie: b=2\r\n", first) != std::string_view::npos,
             "both fields of one name reach the page in their order");
}

/// request.hpp, opened: what is refused at once gets the status that it deserves.
template <traits_fixture F>
void refusal_reaches_the_page(const trial<F>& t) {
    stage<F> s{t};
    const auto page = s.fixture().open(socket_request("/socket", "http://foreign.test"));
    s.until([&] { return s.seen(page).status != 0; });
    s.expect(s.seen(page).status == 403, "a foreign Origin is answered with 403");
    s.expect(s.app.events.empty() && s.core().idle(), "and nothing is kept of it");
}

/// Many connections at once, each with its own bytes.
template <traits_fixture F>
void connections_stay_apart(const trial<F>& t) {
    constexpr std::size_t count = 100, rounds = 3;
    stage<F> s{t};
    s.app.on_receive = [&](const websocket_receive& e) { (void)s.core().send(e.id, e.data); };
    std::vector<typename F::page> pages;
    for (std::size_t i = 0; i < count; ++i)
        pages.push_back(s.fixture().open(socket_request("/" + std::to_string(i))));
    const auto frames = [&](std::size_t i) { return read_served(s.seen(pages[i]).received); };
    s.expect(s.until([&] {
        for (std::size_t i = 0; i < count; ++i)
            if (frames(i).head.empty())
                return false;
        return true;
    }),
             "all of many sockets open");
    for (std::size_t round = 1; round <= rounds; ++round) {
        for (std::size_t i = 0; i < count; ++i)
            s.fixture().write(pages[i], page_text(std::to_string(i * round)));
        s.until([&] {
            for (std::size_t i = 0; i < count; ++i)
                if (frames(i).frames.size() < round)
                    return false;
            return true;
        });
    }
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<served_frame> own;
        for (std::size_t round = 1; round <= rounds; ++round)
            own.push_back({rfc6455::opcode::text, true, std::to_string(i * round)});
        wrong += frames(i).frames == own ? 0U : 1U;
    }
    s.expect(wrong == 0, "each page gets its own messages back, and no other's");
}

} // namespace wsintercept::inline v0_1_0::kit::checks
