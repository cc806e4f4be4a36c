// The traits of the worlds: they note what they are told, and judge it.
#pragma once

#include "verdict.hpp"

#include <wsintercept/session.hpp>
#include <wsintercept/traits.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace worlds {

using wsintercept::ending;
using wsintercept::never;
using wsintercept::time_point;

/// A connection as its adapter knows it.
struct connection {
    explicit connection(verdict& where) noexcept : v{where} {}

    verdict& v;
    wsintercept::socket_id id{};
    time_point armed = never;      ///< what wake_at said
    bool output_waits = false;     ///< output_ready was called, and not all was taken since
    bool input_waits = false;      ///< input_ready was called, and nothing was written since
    bool lost = false;             ///< reported `closed`
    std::optional<ending> ended{}; ///< `end` was called

    bool over() const noexcept { return ended || lost; }
};

struct loop {
    using connection = worlds::connection*;

    time_point now() const noexcept { return time; }
    void post(const wsintercept::task& work) noexcept {
        v.expect(!posted, "there is one post a batch");
        posted.emplace(work);
    }
    void output_ready(connection c) noexcept {
        told(c, "output_ready");
        v.expect(!std::exchange(c->output_waits, true), "output_ready comes once");
    }
    void input_ready(connection c) noexcept {
        told(c, "input_ready");
        v.expect(!std::exchange(c->input_waits, true), "input_ready comes once a short write");
    }
    void respond(connection c, const wsintercept::response&) noexcept {
        told(c, "respond");
        v.expect(false, "a WebSocket gets no answer of HTTP by respond");
    }
    void wake_at(connection c, time_point when) noexcept {
        told(c, "wake_at");
        tell("    in %g s", std::chrono::duration<double>(when - time).count());
        v.expect(when < c->armed, "wake_at names an earlier time than the armed one");
        c->armed = when;
    }
    void end(connection c, ending how) noexcept {
        told(c, how == ending::finish ? "end: finish" : "end: abort");
        c->ended = how;
        c->armed = never;
    }

    /// Runs what was posted; false: there was nothing.
    bool turn() noexcept {
        const std::optional<wsintercept::task> work = std::exchange(posted, std::nullopt);
        if (work)
            (*work)();
        return work.has_value();
    }

    verdict& v;
    time_point time{};
    std::optional<wsintercept::task> posted{};

  private:
    void told(connection c, const char* what) noexcept {
        tell("  traits: %s", what);
        v.expect(!c->over(), "no traits call follows end or closed");
    }
};

} // namespace worlds
