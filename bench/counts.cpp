// Instructions of the hot paths, for counts.py, which runs this under valgrind --tool=callgrind:
// each path is a dump of its own, named "LEVEL PATH TIMES". Outside of valgrind it checks that each
// path does what it should, and counts nothing.
#include "samples.hpp"

#include <wsintercept/detail/cpu.hpp>
#include <wsintercept/wsintercept.hpp>

#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace wsintercept;

/// The levels of dispatch. One that this processor, or the one that valgrind shows, lacks is named.
struct cpu_level {
    const char* name;
    unsigned features;
};
constexpr cpu_level levels[] = {{"scalar", 0},
                                {"sse2", detail::cpu_vectors},
                                {"avx2", detail::cpu_vectors | detail::cpu_avx2},
                                {"sha", detail::cpu_sha}};

const char* level = levels[0].name;

void must(bool so, const std::string& path) {
    if (so)
        return;
    std::fprintf(stderr, "%s %s: another result than expected\n", level, path.c_str());
    std::exit(1);
}

[[gnu::noinline]] void counted(const std::string& path, const std::function<bool()>& work) {
    CALLGRIND_TOGGLE_COLLECT;
    const bool good = work();
    CALLGRIND_TOGGLE_COLLECT;
    must(good, path);
}

/// Counts `work`, which does what the path names `times` times and says whether that was right.
/// `prepare` goes ahead of each run, uncounted. A first run warms what later ones find warm.
void count(const std::string& path, int times, const std::function<void()>& prepare,
           const std::function<bool()>& work) {
    prepare();
    must(work(), path);
    prepare();
    counted(path, work);
    const std::string name = std::string{level} + " " + path + " " + std::to_string(times);
    CALLGRIND_DUMP_STATS_AT(name.c_str());
    std::puts(name.c_str());
}
void count(const std::string& path, int times, const std::function<bool()>& work) {
    count(
        path, times, [] {}, work);
}

/// What is done again and again is done each time.
void again() {
    asm volatile("" ::: "memory");
}

/// Small things are done more often, so that what surrounds them does not count.
constexpr std::size_t sizes[] = {16, 1024, 65536};
constexpr int times_of(std::size_t size) {
    return size < 10'000 ? 100 : 10;
}
std::string sized(const std::string& path, std::size_t size) {
    return path + "/" + std::to_string(size);
}

void handshakes() {
    count("accept_key", 100, [] {
        bool good = true;
        for (int i = 0; i < 100; ++i, again())
            good &= rfc6455::accept_key::compute(samples::key).front() == 's';
        return good;
    });
    using policy = default_policies::handshake;
    std::string out;
    count("handshake", 100, [&out] {
        bool good = true;
        for (int i = 0; i < 100; ++i) {
            out.clear();
            rfc9112::request_head head;
            rfc6455::upgrade_request upgrade;
            rfc9112::parse_request(samples::request, {}, head);
            good &= policy::validate(head, upgrade).reason == error{};
            policy::response(upgrade, {}, {}, out);
        }
        return good && out.starts_with("HTTP/1.1 101 ");
    });
}

void masking() {
    for (const std::size_t size : sizes) {
        std::string bytes(size, 'a');
        count(sized("mask", size), times_of(size), [&bytes] {
            const rfc6455::masking_key key{0x12, 0x34, 0x56, 0x78};
            for (int i = times_of(bytes.size()); i != 0; --i, again())
                rfc6455::mask(bytes, key, 1);
            return bytes.front() == 'a' || bytes.front() == ('a' ^ 0x34);
        });
    }
}

void decoding(const std::string& path, rfc6455::opcode op) {
    const rfc6455::decoder_limits limits{1 << 30, 1 << 30, 1 << 20};
    for (const std::size_t size : sizes) {
        const int times = times_of(size);
        const std::string bytes = samples::frames(size, op, static_cast<std::size_t>(times));
        std::string work;
        count(
            sized(path, size), times, [&] { work = bytes; },
            [&] {
                rfc6455::decoder decoder;
                std::size_t payload = 0;
                for (std::span<char> in{work}; !in.empty();) {
                    const rfc6455::decoded d = decoder.next(in, limits);
                    if (d.kind != rfc6455::decoded_kind::data)
                        return false;
                    payload += d.payload.size();
                }
                return payload == size * static_cast<std::size_t>(times) && !decoder.in_message();
            });
    }
}

void encoding(const std::string& path, data_type type) {
    using frame = default_policies::frame;
    for (const std::size_t size : sizes) {
        const std::string message(size, 'm');
        count(sized(path, size), times_of(size), [&] {
            bool good = true;
            frame::outgoing outgoing;
            for (int i = times_of(size); i != 0; --i, again()) {
                const auto made = outgoing.add(message, true, type);
                good &= made.reason == error{} && !frame::header(made, true).view().empty();
            }
            return good;
        });
    }
}

void utf8() {
    constexpr std::pair<const char*, std::string_view> texts[] = {
        {"ascii", "The quick brown fox jumps over the lazy dog. "},
        {"latin", "Übergrößenträger naïve, déjà vu: señor, ça va? "},
        {"cyrillic", "Съешь же ещё этих мягких французских булок. "},
        {"cjk", "天地玄黃宇宙洪荒日月盈昃辰宿列張"},
    };
    for (const auto& [name, text] : texts) {
        std::string all;
        while (all.size() < 4096)
            all += text;
        count(std::string{"utf8/"} + name, 1, [&all] { return rfc6455::is_utf8(all); });
    }
}

void url_matching() {
    for (const std::size_t n : {std::size_t{10}, std::size_t{1000}}) {
        std::vector<row> rows;
        for (const std::string& pattern : samples::patterns(n))
            rows.push_back({pattern, action::automatic, {}});
        const auto table = intercepted_urls::build(rows).table;
        const std::size_t expected[] = {0, n - 1, decision::no_row};
        for (std::size_t hit = 0; hit < samples::hits.size(); ++hit)
            for (std::size_t length = 0; length < samples::lengths.size(); ++length) {
                const std::string url = samples::url(hit, length);
                count(sized("url", n) + "/" + samples::hits[hit] + "/" + samples::lengths[length],
                      10, [&] {
                          bool good = true;
                          for (int i = 0; i < 10; ++i, again())
                              good &= table->match(url).row == expected[hit];
                          return good;
                      });
            }
    }
}

/// A renderer that keeps nothing: one connection, whose work is done when told.
struct traits {
    using connection = int;
    time_point now() noexcept { return {}; }
    void post(const task& work) noexcept { posted.emplace(work); }
    void output_ready(int) noexcept {}
    void input_ready(int) noexcept {}
    void respond(int, const response&) noexcept {}
    void wake_at(int, time_point) noexcept {}
    void end(int, ending) noexcept { ++ended; }

    std::optional<task> posted;
    int ended = 0;
};

struct host {
    void on(const websocket_upgrade& e) noexcept { opened = e.id; }
    void on(const websocket_receive& e) noexcept { received += e.data.size(); }
    void on(const auto&) noexcept {}

    socket_id opened;
    std::size_t received = 0;
};

/// An interceptor and the page's side of its socket.
struct world {
    traits renderer;
    host handler;
    std::shared_ptr<const intercepted_urls> table =
        intercepted_urls::build(std::vector<row>{{"*://myapp/*"}}).table;
    interceptor<traits, default_policies, host> core{
        renderer, handler, table, {{}, allowed_origins{*table}}};

    bool open() {
        const opened o = core.open(1, {"GET", "ws://myapp/feed?topic=1", samples::request, {}});
        (*std::exchange(renderer.posted, std::nullopt))();
        return take_all(o.id) > 100 && handler.opened == o.id;
    }
    std::size_t take_all(socket_id id) {
        std::size_t taken = 0;
        for (output_views out = core.output(id); out.count != 0; out = core.output(id)) {
            taken += out.size();
            core.consumed(id, out.size());
        }
        return taken;
    }
    std::size_t take_all() { return take_all(handler.opened); }
    bool write(std::span<char> bytes) { return core.write(handler.opened, bytes) == bytes.size(); }
};

void sockets() {
    world w;
    const std::string close{"\x88\x82\0\0\0\0\x03\xe8", 8}; // Close 1000
    std::string frame;
    count(
        "socket", 1, [&] { frame = close; },
        [&] {
            const int before = w.renderer.ended;
            return w.open() && w.write(frame) && w.take_all() == 4 &&
                   w.renderer.ended == before + 1;
        });

    must(w.open(), "message");
    for (const std::size_t size : {std::size_t{125}, std::size_t{65536}}) {
        const int times = times_of(size);
        const std::string one = samples::frames(size, rfc6455::opcode::text, 1);
        std::vector<std::string> frames;
        count(
            sized("message_in", size), times,
            [&] {
                frames.assign(static_cast<std::size_t>(times), one);
                w.handler.received = 0;
            },
            [&] {
                bool good = true;
                for (std::string& each : frames)
                    good &= w.write(each);
                return good && w.handler.received == size * static_cast<std::size_t>(times);
            });
        const std::string message(size, 'm');
        count(sized("message_out", size), times, [&] {
            bool good = true;
            for (int i = 0; i < times; ++i, again())
                good &= !w.core.send(w.handler.opened, message) && w.take_all() > size;
            return good;
        });
    }
}

const char* compiler() {
#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define COMPILER "gcc " TEXT(__GNUC__)
#else
#define COMPILER "other"
#endif
#if defined(__x86_64__)
    return COMPILER " x86_64";
#else
    return COMPILER " another machine";
#endif
}

} // namespace

int main() {
    std::printf("compiler: %s\n", compiler());
    for (const cpu_level& each : levels) {
        detail::allow_cpu(each.features);
        if ((detail::cpu_features & each.features) != each.features) {
            std::printf("not on this processor: %s\n", each.name);
            continue;
        }
        level = each.name;
        handshakes();
        masking();
        decoding("decode/binary", rfc6455::opcode::binary);
        decoding("decode/text", rfc6455::opcode::text);
        encoding("encode/binary", data_type::binary);
        encoding("encode/text", data_type::text);
        utf8();
        url_matching();
        sockets();
    }
}
