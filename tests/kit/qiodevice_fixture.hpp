// The kit over exemplars/qiodevice_like.hpp: an engine that reads and writes inside signals.
#pragma once

#include "exemplars/qiodevice_like.hpp"
#include "traits_fixture.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::kit {

class qiodevice_fixture {
    struct tab {
        std::shared_ptr<exemplars::io_device> device; ///< null: refused
        std::string sent, received;
        bool reads = true, gone = false;
        int depth = 0; ///< of signals that came from inside signals
        std::optional<ending> told;
        unsigned status = 0;
        std::string reason, media_type, fields, body;
    };

  public:
    using page = tab*;
    static constexpr duration unit = std::chrono::seconds{1};
    static constexpr int patience = 1;

    qiodevice_fixture(host& h, const table_pointer& table, const interceptor_options& options)
        : adapter_{loop_, h, table, options} {}

    auto& core() { return adapter_.core(); }
    page open(const page_request& r) {
        tab& t = tabs_.emplace_back();
        exemplars::job j{r.method, r.url, r.head(), r.body, {}, {}};
        j.reply_plain = [&t](const response& a) {
            t.status = a.status;
            t.reason = a.reason;
            t.media_type = a.media_type;
            t.fields = a.fields;
            t.body = a.head_only ? std::string_view{} : a.body;
        };
        j.fail = [&t](unsigned status) { t.status = status; };
        t.device = adapter_.request_started(j);
        if (t.device) {
            t.device->ready_read = [this, &t] { take(t); };
            t.device->bytes_written = [this, &t] { give(t); };
            t.device->read_channel_finished = [&t] { t.told = ending::finish; };
            t.device->failed = [&t] { t.told = ending::abort; };
        }
        return &t;
    }
    void write(page p, std::string_view bytes) {
        p->sent += bytes;
        give(*p);
        run();
    }
    void reads(page p, bool on) {
        p->reads = on;
        if (on)
            take(*p);
    }
    page_view seen(page p) const {
        return {p->received, p->told, p->status, p->reason, p->media_type, p->fields, p->body};
    }
    void hang_up(page p) {
        p->gone = true;
        p->device->close();
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
    /// As the engine reads: at once, and once more from inside, as nested signals make it do.
    void take(tab& t) {
        char buffer[700];
        while (t.reads && !t.gone) {
            const std::ptrdiff_t n = t.device->read(buffer, sizeof buffer);
            if (n <= 0)
                return;
            t.received.append(buffer, static_cast<std::size_t>(n));
            if (t.depth == 0 && t.device->bytes_available() > 0) {
                ++t.depth;
                t.device->ready_read();
                --t.depth;
            }
        }
    }
    void give(tab& t) {
        while (!t.sent.empty() && !t.gone) {
            const std::size_t size = std::min<std::size_t>(t.sent.size(), 900);
            const auto n = static_cast<std::size_t>(
                t.device->write(t.sent.data(), static_cast<std::ptrdiff_t>(size)));
            t.sent.erase(0, n);
            if (n < size)
                return;
        }
    }

    exemplars::loop loop_;
    std::deque<tab> tabs_;
    exemplars::device_adapter<host> adapter_;
};

} // namespace wsintercept::inline v0_1_0::kit
