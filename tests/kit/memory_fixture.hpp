// The kit over renderer/memory.hpp.
#pragma once

#include "traits_fixture.hpp"

#include <wsintercept/renderer/memory.hpp>

#include <string>

namespace wsintercept::inline v0_1_0::kit {

class memory_fixture {
  public:
    using page = memory::stream*;
    static constexpr duration unit = std::chrono::seconds{1};
    static constexpr int patience = 1;

    memory_fixture(host& h, const table_pointer& table, const interceptor_options& options)
        : renderer_{h, table, options} {}

    auto& core() { return renderer_.core(); }
    page open(const page_request& r) {
        opened result;
        memory::stream& s = renderer_.open({r.method, r.url, r.head(), r.body}, &result);
        if (result.status != 0)
            s.status = result.status;
        return &s;
    }
    void write(page p, std::string_view bytes) { renderer_.write(*p, bytes); }
    void reads(page p, bool on) { p->reads = on; }
    page_view seen(page p) const {
        return {p->output, p->ended, p->status.value_or(0), p->reason, p->media_type,
                p->fields, p->body};
    }
    void hang_up(page p) { renderer_.hang_up(*p); }
    void post(const task& work) { renderer_.post(work); }
    time_point now() { return renderer_.now(); }
    void run() { renderer_.run(); }
    void advance(duration d) { renderer_.advance(d); }

  private:
    memory::renderer<host> renderer_;
};

} // namespace wsintercept::inline v0_1_0::kit
