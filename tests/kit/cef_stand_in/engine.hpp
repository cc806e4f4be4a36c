// The stand-in's network: it asks factories and handlers as CEF does, on threads as CEF has them.
#pragma once

#include "api.hpp"
#include "threads.hpp"

#include <wsintercept/traits.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::kit::cef_stand_in {

/// What a page asks for.
struct asked {
    std::string method, url;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;

    ref<request> make() const {
        const ref<request> r = request::Create();
        r->SetMethod(string{method});
        r->SetURL(string{url});
        header_map map;
        for (const auto& [name, value] : fields)
            map.insert({string{name}, string{value}});
        r->SetHeaderMap(map);
        if (!body.empty()) { // an empty string is no element
            const ref<post_data> data = new post_data;
            data->elements.emplace_back(new post_data_element{PDE_TYPE_BYTES, body});
            r->SetPostData(data);
        }
        return r;
    }
};

/// A request as the engine keeps it. On its IO thread.
struct transfer {
    ref<resource_handler> handler;
    ref<response> head;
    std::int64_t length = -1;
    std::array<char, 2048> buffer;
    std::string body;
    bool has_head = false;
    bool reads = true; ///< the page takes what comes
    bool waits_for_page = false;
    bool cancelled = false;
    bool external = false; ///< left to the network
    std::optional<ending> told;
    std::function<void()> progress = [] {}; ///< the head came, or more of the body

    unsigned status() const { return has_head ? static_cast<unsigned>(head->GetStatus()) : 0; }
    std::string field(const std::string& name) const {
        header_map all;
        if (head)
            head->GetHeaderMap(all);
        const auto at = all.find(string{name});
        return at == all.end() ? std::string{} : at->second.ToString();
    }
};

/// One at a time. The thread that made it is TID_UI, which `run` runs.
class engine {
  public:
    engine() { api::ui = &ui_; }
    ~engine() {
        run();
        threads_.stop();
        transfers_.clear();
        while (ui_.run()) {
        }
        api::ui = nullptr;
    }
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    exemplars::loop& ui() { return ui_; }
    cef_stand_in::threads& threads() { return threads_; }

    transfer& start(
        ref<scheme_handler_factory> factory, ref<request> r,
        std::function<void()> progress = [] {}) {
        transfer& t = transfers_.emplace_back();
        t.progress = std::move(progress);
        threads_.on_io([this, &t, factory, r] { ask(t, factory, r); });
        return t;
    }
    void reads(transfer& t, bool on) {
        threads_.on_io([this, &t, on] {
            t.reads = on;
            if (on && std::exchange(t.waits_for_page, false))
                read(t);
        });
    }
    void cancel(transfer& t) {
        threads_.on_io([this, &t] { finish(t); });
    }

    /// What can happen now, on all threads.
    void run() {
        for (bool again = true; again;) {
            again = threads_.wait();
            again = ui_.run() || again;
        }
    }

  private:
    template <class Function>
    struct callback_of final : cef::counted<callback> {
        Function go_on;
        explicit callback_of(Function f) : go_on{std::move(f)} {}
        void Continue() override { go_on(true); }
        void Cancel() override { go_on(false); }
    };
    template <class Function>
    struct read_callback_of final : cef::counted<read_callback> {
        Function go_on;
        explicit read_callback_of(Function f) : go_on{std::move(f)} {}
        void Continue(int size) override { go_on(size); }
    };

    void ask(transfer& t, const ref<scheme_handler_factory>& factory, const ref<request>& r) {
        const std::string url = r->GetURL().ToString();
        t.handler = factory->Create(nullptr, nullptr, string{url.substr(0, url.find(':'))}, r);
        t.external = !t.handler;
        if (t.external)
            return;
        threads_.on_pool([this, &t, handler = t.handler, r] {
            bool now = false;
            const auto go_on = [this, &t](bool good) {
                threads_.on_io([this, &t, good] { headers(t, good); });
            };
            const bool good = handler->Open(r, now, new callback_of{go_on});
            if (now)
                go_on(good);
        });
    }
    void headers(transfer& t, bool good) {
        if (t.cancelled)
            return;
        if (!good) {
            t.told = ending::abort;
            return finish(t);
        }
        t.head = new response;
        string redirect;
        t.handler->GetResponseHeaders(t.head, t.length, redirect);
        t.has_head = true;
        read(t);
        t.progress();
    }
    void read(transfer& t) {
        t.waits_for_page = !t.reads;
        if (t.waits_for_page || t.cancelled)
            return;
        threads_.on_pool([this, &t, handler = t.handler] {
            int n = 0;
            const auto go_on = [this, &t](int size) {
                threads_.on_io([this, &t, size] { got(t, size); });
            };
            const bool more = handler->Read(t.buffer.data(), static_cast<int>(t.buffer.size()), n,
                                            new read_callback_of{go_on});
            if (n > 0 || !more)
                go_on(n);
        });
    }
    void got(transfer& t, int size) {
        if (t.cancelled)
            return;
        if (size > 0) {
            t.body.append(t.buffer.data(), static_cast<std::size_t>(size));
            t.progress();
            return read(t);
        }
        t.told = size == 0 ? ending::finish : ending::abort;
        finish(t);
    }
    /// For finished requests too.
    void finish(transfer& t) {
        if (std::exchange(t.cancelled, true) || !t.handler)
            return;
        t.handler->Cancel();
        std::fill(t.buffer.begin(), t.buffer.end(), '\0'); // the engine's again
    }

    exemplars::loop ui_;
    std::deque<transfer> transfers_;
    cef_stand_in::threads threads_{3};
};

} // namespace wsintercept::inline v0_1_0::kit::cef_stand_in
