// The kit for handshake policies: what RFC 6455 4 asks of a server.
#pragma once

#include "../page.hpp"
#include "../report.hpp"
#include "accept_key.hpp"

#include <wsintercept/policies.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace wsintercept::inline v0_1_0::kit {

/// An opening handshake in parts, to be spoiled one by one.
class handshake_text {
  public:
    std::string request_line = "GET /chat?x=1 HTTP/1.1";
    std::vector<std::string> fields{"Host: myapp",
                                    "Upgrade: websocket",
                                    "Connection: keep-alive, Upgrade",
                                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                                    "Sec-WebSocket-Version: 13",
                                    "Origin: http://myapp"};

    handshake_text with(std::string field) const {
        handshake_text copy = *this;
        copy.fields.push_back(std::move(field));
        return copy;
    }
    handshake_text without(std::string_view name) const {
        handshake_text copy = *this;
        std::erase_if(copy.fields, [&](const std::string& f) { return f.starts_with(name); });
        return copy;
    }
    handshake_text replaced(std::string_view name, std::string field) const {
        return without(name).with(std::move(field));
    }
    handshake_text lined(std::string line) const {
        handshake_text copy = *this;
        copy.request_line = std::move(line);
        return copy;
    }
    std::string text() const {
        std::string out = request_line + "\r\n";
        for (const std::string& f : fields)
            out.append(f).append("\r\n");
        return out + "\r\n";
    }
};

template <handshake_policy P>
class handshake_kit {
  public:
    explicit handshake_kit(const reporter& report) : report_{report} {}

    void run() {
        accepts();
        refuses();
        responds();
        chooses();
        checks_answers();
    }

  private:
    /// A request that was read, and what views it.
    struct reading {
        std::string bytes;
        rfc9112::request_head head;
        rfc6455::upgrade_request upgrade;
        rfc6455::refusal result;

        explicit reading(const handshake_text& t) : bytes{t.text()} {
            (void)rfc9112::parse_request(bytes, {}, head);
            result = P::validate(head, upgrade);
        }
        reading(const reading&) = delete;
        reading& operator=(const reading&) = delete;
    };

    void good(std::string_view what, const handshake_text& t) {
        report_("handshake: accepts", what, reading{t}.result.reason == error{});
    }
    void bad(std::string_view what, const handshake_text& t, unsigned status = 400) {
        const reading r{t};
        report_("handshake: refuses", what, r.result.reason != error{});
        report_("handshake: status", what, r.result.status == status);
    }

    void accepts() {
        good("RFC 6455 1.2", valid_);
        good("names in any case", valid_.replaced("Upgrade", "uPGRADE: WebSocket"));
        good("a Connection of several", valid_.replaced("Connection", "Connection: a,upgrade ,b"));
        good("extensions", valid_.with("Sec-WebSocket-Extensions: permessage-deflate; a=1, b"));
        good("subprotocols", valid_.with("Sec-WebSocket-Protocol: a, b"));
        good("no Origin", valid_.without("Origin"));
    }

    void refuses() {
        bad("POST", valid_.lined("POST /chat HTTP/1.1"), 405);
        bad("HTTP/1.0", valid_.lined("GET /chat HTTP/1.0"));
        for (const char* name : {"Host", "Upgrade", "Connection", "Sec-WebSocket-Key"})
            bad("no " + std::string{name}, valid_.without(name));
        bad("no Sec-WebSocket-Version", valid_.without("Sec-WebSocket-Version"), 426);
        bad("another version", valid_.replaced("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"),
            426);
        bad("another protocol", valid_.replaced("Upgrade", "Upgrade: h2c"));
        bad("a Connection without Upgrade", valid_.replaced("Connection", "Connection: close"));
        for (const char* key : {"", "dGhl", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZR==",
                                "dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25jZWEx"})
            bad("key `" + std::string{key} + "`",
                valid_.replaced("Sec-WebSocket-Key", "Sec-WebSocket-Key: " + std::string{key}));
        // security.md, CVE-2025-14523: two layers read duplicates differently.
        for (const std::string& field : valid_.fields)
            if (!field.starts_with("Connection") && !field.starts_with("Origin"))
                bad("twice " + field, valid_.with(field));
        bad("a body", valid_.with("Transfer-Encoding: chunked"));
        bad("a bad subprotocol", valid_.with("Sec-WebSocket-Protocol: a b"));
        bad("a subprotocol twice", valid_.with("Sec-WebSocket-Protocol: a, a"));
    }

    void responds() {
        const reading r{valid_.with("Sec-WebSocket-Protocol: a, b")
                            .with("Sec-WebSocket-Extensions: permessage-deflate")};
        std::string out = "before";
        P::response(r.upgrade, "b", P::negotiate(r.upgrade, nullptr), out);
        report_("handshake: response", "appends", out.starts_with("before"));
        const std::string bytes = out.substr(6);
        rfc9112::status_head head;
        const bool whole =
            rfc9112::parse_status(bytes, {}, head).state == rfc9112::parse_state::done;
        report_("handshake: response", "a whole head, and nothing behind it",
                whole && head.bytes.size() == bytes.size());
        const auto has = [&](std::string_view name, std::string_view value) {
            const rfc9112::occurrence found = rfc9112::find(head.fields, name);
            report_("handshake: response", name,
                    found.count == 1 && rfc9112::equal_ignoring_case(found.value, value));
        };
        report_("handshake: response", "101", head.status == 101);
        has("Upgrade", "websocket");
        has("Connection", "Upgrade");
        has("Sec-WebSocket-Accept", plain_accept_key(r.upgrade.key));
        has("Sec-WebSocket-Protocol", "b");
        report_("handshake: response", "no extension without being asked",
                rfc9112::find(head.fields, "Sec-WebSocket-Extensions").count == 0);
        report_("handshake: answers", "its own response is a good answer",
                P::check_answer(r.upgrade, bytes, nullptr).reason == error{});
    }

    void chooses() {
        const reading offer{
            valid_.with("Sec-WebSocket-Protocol: a, c").with("Sec-WebSocket-Protocol: b")};
        const reading none{valid_};
        using names = std::vector<std::string>;
        const auto choice = [&](const reading& r, const names& listed, bool optional,
                                std::string_view expected, bool refused, std::string_view what) {
            std::string_view chosen = "left over";
            const rfc6455::refusal result =
                P::choose_subprotocol(r.upgrade, listed, optional, chosen);
            report_("handshake: subprotocol", what,
                    (result.reason != error{}) == refused && (refused || chosen == expected));
            if (refused)
                report_("handshake: subprotocol", "403", result.status == 403);
        };
        choice(offer, {}, false, "a", false, "no list: the first offered");
        choice(offer, {"b", "c"}, false, "c", false, "the first offered that is listed");
        choice(offer, {"B"}, false, "", true, "none in common; case counts");
        choice(offer, {"z"}, true, "", false, "none in common, optional");
        choice(none, {"b"}, false, "", false, "nothing offered");
    }

    void checks_answers() {
        const reading r{valid_.with("Sec-WebSocket-Protocol: a, b")
                            .with("Sec-WebSocket-Extensions: permessage-deflate")};
        const std::string accept = "Sec-WebSocket-Accept: " + plain_accept_key(r.upgrade.key);
        const std::string start = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\n";
        const auto answer = [&](bool fine, std::string_view what, const std::string& text) {
            const auto checked = P::check_answer(r.upgrade, text, nullptr);
            report_("handshake: answers", what, (checked.reason == error{}) == fine);
            report_("handshake: answers", "bytes only of a good one",
                    fine != checked.bytes.empty());
        };
        answer(true, "a 101", start + accept + "\r\n\r\n");
        answer(true, "a subprotocol that was offered",
               start + accept + "\r\nSec-WebSocket-Protocol: b\r\n\r\n");
        answer(true, "a denial", "HTTP/1.1 403 Forbidden\r\n\r\nno");
        answer(false, "no head", "");
        answer(false, "half a head", start + accept + "\r\n");
        answer(false, "LF for CR LF", "HTTP/1.1 403 Forbidden\n\n");
        answer(false, "no accept key", start + "\r\n");
        answer(false, "another accept key",
               start + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOp=\r\n\r\n");
        answer(false, "two accept keys", start + accept + "\r\n" + accept + "\r\n\r\n");
        answer(false, "no Upgrade",
               "HTTP/1.1 101 OK\r\nConnection: Upgrade\r\n" + accept + "\r\n\r\n");
        answer(false, "no Connection",
               "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\n" + accept + "\r\n\r\n");
        answer(false, "a subprotocol that was not offered",
               start + accept + "\r\nSec-WebSocket-Protocol: c\r\n\r\n");
        answer(false, "an extension that is not switched on",
               start + accept + "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
        answer(false, "bytes behind a 101", start + accept + "\r\n\r\nframe");
        answer(false, "status 100", "HTTP/1.1 100 Continue\r\n\r\n");
        answer(false, "status 600", "HTTP/1.1 600 What\r\n\r\n");
        // security.md, CVE-2026-1527: CR or LF in a field.
        answer(false, "a CR in a field", start + accept + "\r\nX: a\rY: b\r\n\r\n");
        answer(false, "a LF in a field", start + accept + "\r\nX: a\nY: b\r\n\r\n");
        answer(false, "a NUL in a field", start + accept + "\r\nX: a" + '\0' + "\r\n\r\n");
    }

    const reporter& report_;
    const handshake_text valid_;
};

template <handshake_policy P>
void check_handshake_policy(const reporter& report) {
    handshake_kit<P>{report}.run();
}

} // namespace wsintercept::inline v0_1_0::kit
