// The kit over exemplars/ginputstream_like.hpp: an engine with one read and one write under way.
#pragma once

#include "exemplars/ginputstream_like.hpp"
#include "traits_fixture.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::kit {

class ginputstream_fixture {
    struct view {
        std::shared_ptr<exemplars::io_stream> stream; ///< null: refused
        std::array<char, 4096> buffer;
        std::string sent, under_way, received;
        bool reads = true, gone = false, reading = false, writing = false;
        std::optional<ending> told;
        unsigned status = 0;
        std::string reason, media_type, fields, body;
    };

  public:
    using page = view*;
    static constexpr duration unit = std::chrono::seconds{1};
    static constexpr int patience = 1;

    ginputstream_fixture(host& h, const table_pointer& table, const interceptor_options& options)
        : adapter_{loop_, h, table, options} {}

    auto& core() { return adapter_.core(); }
    page open(const page_request& r) {
        view& v = views_.emplace_back();
        exemplars::scheme_request request{r.method, r.url, r.head(), r.body, {}, {}};
        request.finish_plain = [&v](const response& a) {
            v.status = a.status;
            v.reason = a.reason;
            v.media_type = a.media_type;
            v.fields = a.fields;
            v.body = a.head_only ? std::string_view{} : a.body;
        };
        request.finish_error = [&v](unsigned status) { v.status = status; };
        v.stream = adapter_.request(request);
        take(v);
        return &v;
    }
    void write(page p, std::string_view bytes) {
        p->sent += bytes;
        give(*p);
        run();
    }
    void reads(page p, bool on) {
        p->reads = on;
        take(*p);
    }
    page_view seen(page p) const {
        return {p->received, p->told, p->status, p->reason, p->media_type, p->fields, p->body};
    }
    void hang_up(page p) {
        p->gone = true;
        p->stream->cancel();
        run();
    }
    void post(const task& work) { adapter_.post(work); }
    time_point now() { return loop_.now(); }
    void run() { loop_.run(); }
    void advance(duration d) {
        const time_point until = loop_.now() + d;
        do
            run();
        while (loop_.fire(until));
    }

  private:
    void take(view& v) {
        if (!v.stream || !v.reads || v.reading || v.told)
            return;
        v.reading = true;
        v.stream->read_async(v.buffer, [this, &v](std::ptrdiff_t n) {
            v.reading = false;
            if (n > 0 && !v.gone)
                v.received.append(v.buffer.data(), static_cast<std::size_t>(n));
            else if (!v.gone)
                v.told = n == 0 ? ending::finish : ending::abort;
            if (n > 0)
                take(v);
        });
    }
    void give(view& v) {
        if (!v.stream || v.writing || v.gone || (v.sent.empty() && v.under_way.empty()))
            return;
        if (v.under_way.empty()) {
            v.under_way = v.sent.substr(0, 5000);
            v.sent.erase(0, v.under_way.size());
        }
        v.writing = true;
        v.stream->write_async(v.under_way, [this, &v](std::ptrdiff_t n) {
            v.writing = false;
            if (n < 0) { // the pipe is closed
                v.sent.clear();
                n = static_cast<std::ptrdiff_t>(v.under_way.size());
            }
            v.under_way.erase(0, static_cast<std::size_t>(n));
            give(v);
        });
    }

    exemplars::loop loop_;
    std::deque<view> views_;
    exemplars::stream_adapter<host> adapter_;
};

} // namespace wsintercept::inline v0_1_0::kit
