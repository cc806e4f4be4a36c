// The frames of tests/conformance/cases.json without a socket: given whole, byte by byte and cut in
// two everywhere, each must come to the same end, one that its case grades "ok".
#include <wsintercept/rfc7692/permessage_deflate.hpp>

#include "catch.hpp"
#include "recorder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using json = nlohmann::json;
namespace ws = wsintercept;

constexpr std::size_t largest = 200'000; // bytes of a case; larger ones need the conformance run

std::string unhex(std::string_view digits) {
    std::string out;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        out += static_cast<char>(std::stoi(std::string{digits.substr(i, 2)}, nullptr, 16));
    return out;
}

struct splitmix64 {
    std::uint64_t state;
    std::uint64_t next() {
        state += 0x9E3779B97F4A7C15U;
        std::uint64_t z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9U;
        z = (z ^ z >> 27) * 0x94D049BB133111EBU;
        return z ^ z >> 31;
    }
    std::size_t below(std::size_t n) { return (next() >> 32) % n; }
    std::string word(int syllables) {
        std::string out;
        while (syllables-- > 0) {
            out += "bdfghklmnprstvwz"[below(16)];
            out += "aeiou"[below(5)];
        }
        return out;
    }
};

/// Eight bytes a draw, lowest first.
std::string random_bytes(std::uint64_t seed, std::size_t n) {
    splitmix64 random{seed};
    std::string out;
    while (out.size() < n) {
        const std::uint64_t z = random.next();
        for (unsigned shift = 0; shift < 64 && out.size() < n; shift += 8)
            out += static_cast<char>(z >> shift & 255U);
    }
    return out;
}

/// The front of the corpus "json".
std::string json_lines(std::size_t n) {
    splitmix64 random{1};
    std::string out;
    for (int i = 0; out.size() < n; ++i) {
        const std::string name = random.word(3);
        const bool on = random.below(2) != 0;
        const std::string value = std::to_string(random.below(10000));
        const std::string cents = std::to_string(100 + random.below(100)).substr(1);
        out += "{\"id\":" + std::to_string(i) + ",\"name\":\"" + name +
               "\",\"on\":" + (on ? "true" : "false") + ",\"value\":" + value + "." + cents +
               "},\n";
    }
    return out.substr(0, n);
}

/// As RFC 7692 7.2.1 does, from an empty window.
std::string deflated(std::string_view bytes) {
    std::string out;
    wsintercept::rfc7692::deflater{15, false, 6}.deflate(bytes, true, out);
    return out;
}

/// A payload's bytes; nothing: too large, or of a kind that no plain frame has.
std::optional<std::string> payload(const json& p) {
    if (p.is_string())
        return p.get<std::string>();
    if (p.contains("hex"))
        return unhex(p["hex"].get<std::string>());
    if (p.contains("length") && p["length"].get<std::size_t>() > largest)
        return std::nullopt;
    if (p.contains("repeat")) {
        const std::string pattern = unhex(p["repeat"].get<std::string>());
        std::string out;
        for (std::size_t i = 0; i < p["length"].get<std::size_t>(); ++i)
            out += pattern[i % pattern.size()];
        return out;
    }
    if (p.contains("counter")) {
        std::string out;
        for (std::size_t i = 0; i < p["counter"].get<std::size_t>(); ++i)
            out += static_cast<char>(i & 255U);
        return out;
    }
    if (p.contains("corpus") && p["corpus"] == "json" && !p.contains("offset"))
        return json_lines(p["length"].get<std::size_t>());
    if (p.contains("deflate")) {
        const std::optional<std::string> bytes = payload(p["deflate"]);
        return bytes ? std::optional{deflated(*bytes)} : std::nullopt;
    }
    if (p.contains("random"))
        return random_bytes(p["random"].get<std::uint64_t>(), p["length"].get<std::size_t>());
    if (!p.contains("cat"))
        return std::nullopt;
    std::string out;
    for (const json& part : p["cat"]) {
        const std::optional<std::string> bytes = payload(part);
        if (!bytes)
            return std::nullopt;
        out += *bytes;
    }
    return out;
}

/// A client's frame as a step describes it, right or wrong.
std::string frame(const json& f, std::string_view bytes) {
    const std::uint64_t length = f.value("announce", std::uint64_t{bytes.size()});
    const int form = f.value("len", length < 126 ? 7 : length < 65536 ? 16 : 64);
    const bool masked = !f.contains("mask") || !f["mask"].is_null();
    // RFC 6455 5.7; "raw" steps go on with it
    const std::string key = unhex(masked ? f.value("mask", "37fa213d") : "00000000");
    std::string out;
    out += static_cast<char>(f.value("fin", 1) << 7 | f.value("rsv", 0) << 4 | f.value("op", 0));
    const std::uint64_t seven = form == 64 ? 127 : form == 16 ? 126 : length;
    out += static_cast<char>((masked ? 128U : 0U) | seven);
    for (int shift = form == 7 ? -8 : form - 8; shift >= 0; shift -= 8)
        out += static_cast<char>(length >> shift & 255U);
    if (masked)
        out += key;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        out += static_cast<char>(bytes[i] ^ key[i % 4]);
    return out;
}

std::string message(const json& m, std::string_view plain, bool agreed) {
    const bool compress = agreed && m.value("deflate", false);
    const std::string bytes = compress ? deflated(plain) : std::string{plain};
    const int rsv = compress ? 4 : m.value("rsv", 0);
    const int op = m["type"] == "text" ? 1 : 2;
    const std::size_t fragment = std::max<std::size_t>(m.value("fragment", std::size_t{0}) == 0
                                                           ? bytes.size()
                                                           : m.value("fragment", std::size_t{0}),
                                                       1);
    std::string out;
    std::size_t at = 0;
    do {
        const bool last = bytes.size() - at <= fragment;
        out += frame({{"op", at == 0 ? op : 0}, {"fin", last ? 1 : 0}, {"rsv", at == 0 ? rsv : 0}},
                     bytes.substr(at, fragment));
        at += fragment;
    } while (at < bytes.size());
    return out;
}

/// What the steps send; nothing: they do more than send, or send too much.
std::optional<std::string> sent(const json& steps, bool agreed) {
    std::string out;
    for (const json& s : steps) {
        std::optional<std::string> bytes;
        if (s.contains("frame")) {
            if ((bytes = payload(s["frame"].value("payload", json("")))))
                bytes = frame(s["frame"], *bytes);
        } else if (s.contains("message")) {
            if ((bytes = payload(s["message"]["payload"])))
                bytes = message(s["message"], *bytes, agreed);
        } else if (s.contains("raw")) {
            bytes = payload(s["raw"]);
        } else if (s.contains("join")) {
            bytes = sent(s["join"], agreed);
        } else if (s.contains("repeat")) {
            const std::optional<std::string> once = sent(s["steps"], agreed);
            if (!once || once->size() * s["repeat"].get<std::size_t>() > largest)
                return std::nullopt;
            bytes.emplace();
            for (std::size_t i = 0; i < s["repeat"].get<std::size_t>(); ++i)
                *bytes += *once;
        } else if (s.contains("pings")) {
            bytes.emplace();
            for (int i = 0; i < s["pings"]["count"].get<int>(); ++i)
                *bytes +=
                    frame({{"op", 9}}, s["pings"]["prefix"].get<std::string>() + std::to_string(i));
        }
        if (!bytes || out.size() + bytes->size() > largest)
            return std::nullopt;
        out += *bytes;
    }
    return out;
}

/// "text Hello", "pong x", "close 1002": what the page reads.
struct answer {
    std::vector<std::string> events;
    std::optional<std::string> close; ///< "1002", "null"
};

answer read(std::string_view out, bool agreed) {
    answer a;
    ws::rfc7692::inflater inflater{15, true};
    while (!out.empty()) {
        REQUIRE_FALSE(a.close); // RFC 6455 5.5.1: nothing behind a close frame
        REQUIRE(out.size() >= 2);
        const unsigned first = static_cast<unsigned char>(out[0]), op = first & 15U;
        const bool rsv1 = first == 0xC1U || first == 0xC2U;
        REQUIRE((first & 0xF0U) == (rsv1 && agreed ? 0xC0U : 0x80U)); // echoes are whole
        std::uint64_t length = static_cast<unsigned char>(out[1]);
        REQUIRE(length < 128); // not masked
        const std::size_t more = length == 127 ? 8 : length == 126 ? 2 : 0;
        REQUIRE(out.size() >= 2 + more);
        if (more != 0)
            length = 0;
        for (std::size_t i = 0; i < more; ++i)
            length = length << 8 | static_cast<unsigned char>(out[2 + i]);
        REQUIRE((more == 0 || length >= (more == 2 ? 126U : 65536U)));
        out.remove_prefix(2 + more);
        REQUIRE(out.size() >= length);
        std::string bytes{out.substr(0, length)};
        if (rsv1) {
            std::string plain;
            REQUIRE(inflater.inflate(bytes, true, {1U << 30, 1032, 1}, plain) == ws::error{});
            bytes = plain;
        }
        out.remove_prefix(length);
        if (op == 8)
            a.close = bytes.empty() ? "null"
                                    : std::to_string(static_cast<unsigned char>(bytes[0]) << 8 |
                                                     static_cast<unsigned char>(bytes.at(1)));
        else
            a.events.push_back((op == 1 ? "text " : op == 2 ? "binary " : "pong ") + bytes);
    }
    return a;
}

/// The events of an outcome as `read` gives them; all pongs are demanded.
void flatten(const json& events, std::vector<std::string>& out) {
    for (const json& e : events) {
        if (e.contains("times")) {
            for (int i = 0; i < e["times"].get<int>(); ++i)
                flatten(e["events"], out);
        } else if (e.contains("pongs")) {
            for (int i = 0; i < e["pongs"]["count"].get<int>(); ++i)
                out.push_back("pong " + e["pongs"]["prefix"].get<std::string>() +
                              std::to_string(i));
        } else {
            const std::optional<std::string> bytes = payload(e.begin().value());
            REQUIRE(bytes);
            out.push_back(e.begin().key() + " " + *bytes);
        }
    }
}

bool among(const json& codes, const std::string& code) {
    if (codes.is_string())
        return codes == "any";
    return std::any_of(codes.begin(), codes.end(),
                       [&](const json& one) { return one.dump() == code; });
}

/// A host that sends every message back, and connections of one page to it.
struct echo {
    /// offer: of permessage-deflate, or empty.
    explicit echo(const std::string& offer) : page{ws::action::automatic, options(), limits()} {
        if (!offer.empty())
            fields += "Sec-WebSocket-Extensions: " + offer + "\r\n";
        agreed = open().output.find("permessage-deflate") != std::string::npos;
        // Refused only where a close frame has gone before.
        page.host.on_receive = [this](const ws::websocket_receive& e) {
            (void)page.core().send(e.id, e.data, e.fin, e.type);
        };
    }
    static ws::row_options options() {
        ws::row_options o;
        o.deflate.emplace();
        return o;
    }
    static ws::limits limits() { // as the conformance run's host
        ws::limits l;
        l.frame = l.message = std::uint64_t{64} << 20;
        return l;
    }

    ws::memory::stream& open() {
        ws::memory::stream& s = page.open(test::handshake(fields));
        REQUIRE(s.output.starts_with("HTTP/1.1 101 "));
        return s;
    }
    /// What comes back for the pieces.
    template <class Pieces>
    ws::memory::stream& play(const Pieces& pieces) {
        ws::memory::stream& s = open();
        s.output.clear();
        page.events();
        for (const std::string_view piece : pieces)
            page.renderer.write(s, piece);
        return s;
    }

    std::string fields = "Origin: http://myapp\r\n";
    bool agreed; ///< on permessage-deflate
    test::basic_world<ws::deflate_policies> page;
};

/// Whether an outcome of grade "ok" fits; closes what is still open as the case says.
bool fits(const json& expect, echo& e, ws::memory::stream& s) {
    const answer first = read(s.output, e.agreed);
    const bool open = !s.ended;
    for (const json& o : expect) {
        if (o["grade"] != "ok")
            continue;
        const bool by_client = o["close"]["by"] == "client";
        std::vector<std::string> events = first.events;
        if (o["events"] != "any") {
            events.clear();
            flatten(o["events"], events);
        }
        if (by_client != open || events != first.events)
            continue;
        answer last = first;
        if (by_client) {
            REQUIRE_FALSE(first.close);
            e.page.renderer.write(s, test::close_frame(1000));
            last = read(s.output, e.agreed);
        }
        if (last.close && among(o["close"]["codes"], *last.close)) {
            REQUIRE(s.ended == ws::ending::finish);
            return true;
        }
    }
    return false;
}

/// All in the first 300 bytes and the last 50, and 200 between.
std::set<std::size_t> cuts(std::size_t size) {
    std::set<std::size_t> out;
    for (std::size_t i = 1; i < size; ++i)
        if (i <= 300 || i + 50 >= size || i * 200 / size != (i - 1) * 200 / size)
            out.insert(i);
    return out;
}

void check(const json& test, echo& e, const std::string& bytes) {
    ws::memory::stream& whole = e.play(std::array<std::string_view, 1>{bytes});
    const std::string output = whole.output;
    const std::vector<std::string> told = e.page.events();
    const auto ended = whole.ended;
    INFO("whole: " << output.substr(0, 200));
    REQUIRE(fits(test["expect"], e, whole));

    const auto same = [&](const ws::memory::stream& s) {
        REQUIRE(s.output == output);
        REQUIRE(s.ended == ended);
        REQUIRE(e.page.events() == told);
    };
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        single.push_back(std::string_view{bytes}.substr(i, 1));
    {
        INFO("byte by byte");
        same(e.play(single));
    }
    for (const std::size_t cut : cuts(bytes.size())) {
        INFO("cut at " << cut);
        const std::string_view all{bytes};
        same(e.play(std::array<std::string_view, 2>{all.substr(0, cut), all.substr(cut)}));
    }
}

} // namespace

TEST_CASE("frame vectors without a socket: whole, byte by byte and cut in two") {
    std::ifstream file{CONFORMANCE_CASES};
    const json cases = json::parse(file);
    std::size_t played = 0;
    for (const json& test : cases) {
        if (test["family"] == "h")
            continue;
        INFO(test["id"].get<std::string>() << ": " << test["desc"].get<std::string>());
        echo e{test.value("offer", "")};
        const std::optional<std::string> bytes = sent(test["steps"], e.agreed);
        if (!bytes)
            continue;
        check(test, e, *bytes);
        ++played;
    }
    REQUIRE(played > 560);
}
