// The kit over renderer/cef.hpp and the stand-in of CEF's classes. Its pages have a class that
// speaks through the scheme handler, in RFC 6455's frames.
#pragma once

#include "cef_stand_in/engine.hpp"
#include "traits_fixture.hpp"

#include <wsintercept/renderer/cef.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::kit {

class cef_fixture {
    using api = cef_stand_in::api;
    using transfer = cef_stand_in::transfer;

    /// A page's request; of a socket the stream that answers it, and what is on its way up.
    struct tab {
        transfer* down = nullptr;
        bool is_socket = false;
        std::deque<std::string> sent{};
        std::uint32_t number = 0;
        int on_way = 0;
    };

  public:
    using page = tab*;
    static constexpr duration unit = std::chrono::seconds{1};
    static constexpr int patience = 1;

    cef_fixture(host& h, const table_pointer& table, const interceptor_options& options)
        : adapter_{executor_, h, table, options} {
        executor_.start();
    }
    ~cef_fixture() { engine_.run(); }

    auto& core() { return adapter_.sockets(); }

    page open(const page_request& r) {
        tab& t = tabs_.emplace_back();
        t.is_socket = r.is_socket();
        if (!t.is_socket) {
            t.down = &start({r.method, r.url, r.fields, r.body}, [] {});
            return &t;
        }
        std::string origin; // the engine says it, whatever the head has
        for (const auto& [name, value] : r.fields)
            if (name == "Origin")
                origin = value;
        t.down = &start(
            {"POST", "wsintercept://bridge/open", {{"Origin", origin}}, r.url + "\r\n" + r.head()},
            [this, &t] { send_up(t); });
        return &t;
    }
    void write(page p, std::string_view bytes) {
        engine_.threads().on_io([this, p, copy = std::string{bytes}] {
            p->sent.push_back(copy);
            send_up(*p);
        });
        run();
    }
    void reads(page p, bool on) {
        engine_.reads(*p->down, on);
        run();
    }
    page_view seen(page p) {
        engine_.threads().wait();
        const transfer& t = *p->down;
        page_view out{t.body, t.told, t.status(), {}, {}, {}, t.body};
        if (!t.has_head)
            return out;
        if (is_open(*p))
            out.received = out.received.substr((std::min)(token_size, t.body.size()));
        reason_ = t.head->GetStatusText().ToString();
        media_type_ = t.head->GetMimeType().ToString();
        if (const std::string charset = t.head->GetCharset().ToString(); !charset.empty())
            media_type_ += "; charset=" + charset;
        fields_.clear();
        cef_stand_in::header_map all;
        t.head->GetHeaderMap(all);
        for (const auto& [name, value] : all)
            fields_ += name.ToString() + ": " + value.ToString() + "\r\n";
        out.reason = reason_;
        out.media_type = media_type_;
        out.fields = fields_;
        return out;
    }
    bool external(page p) {
        engine_.threads().wait();
        return p->down->external;
    }
    void hang_up(page p) {
        engine_.cancel(*p->down);
        run();
    }
    void post(const task& work) { executor_.post(work); }
    time_point now() { return engine_.ui().now(); }
    void run() { engine_.run(); }
    void advance(duration d) {
        const time_point until = now() + d;
        do
            run();
        while (engine_.ui().fire(until));
    }

  private:
    static constexpr std::size_t token_size = bridge::token_size;
    static constexpr int most_on_way = 4; ///< as the page-side class has it

    static bool is_open(const tab& t) { return t.is_socket && t.down->status() == 200; }

    transfer& start(const cef_stand_in::asked& a, std::function<void()> progress) {
        return engine_.start(adapter_.factory(), a.make(), std::move(progress));
    }

    /// On the IO thread. Several are on their way at once: the pool hands them over in any order.
    void send_up(tab& t) {
        while (is_open(t) && t.down->body.size() >= token_size && !t.down->cancelled &&
               t.on_way < most_on_way && !t.sent.empty()) {
            std::string body = t.down->body.substr(0, token_size);
            for (int shift = 24; shift >= 0; shift -= 8)
                body += static_cast<char>(t.number >> shift & 0xFFU);
            body += t.sent.front();
            t.sent.pop_front();
            ++t.number;
            ++t.on_way;
            start({"POST", "wsintercept://bridge/up", {{"Origin", "http://myapp"}}, body},
                  [this, &t, answered = false]() mutable {
                      if (!std::exchange(answered, true))
                          --t.on_way;
                      send_up(t);
                  });
        }
    }

    cef_stand_in::engine engine_;
    std::deque<tab> tabs_;
    cef::executor<api> executor_;
    cef::scheme_handlers<api, host, default_policies> adapter_;
    std::string reason_, media_type_, fields_;
};

} // namespace wsintercept::inline v0_1_0::kit
