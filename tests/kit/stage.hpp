// One check's scene: a host, a fixture, and what checks do with them.
#pragma once

#include "traits_fixture.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::kit {

/// Paths under /manual are answered by the host, all else of ws://myapp is automatic.
inline table_pointer stage_table() {
    const std::vector<row> rows{{"*://myapp/manual*", action::manual},
                                {"*://myapp/*", action::automatic}};
    return intercepted_urls::build(rows).table;
}

/// What one check is given.
template <traits_fixture F>
struct trial {
    const maker<F>& make;
    const reporter& report;
    std::string_view check; ///< its name
    bool& go_on;            ///< cleared where the checks behind it would hang
};

template <traits_fixture F>
class stage {
  public:
    using page = typename F::page;
    struct socket {
        page where;
        socket_id id;
    };

    explicit stage(const trial<F>& t, const limits& l = {})
        : trial_{t}, table_{stage_table()}, fixture_{t.make(app, table_,
                                                            {l, allowed_origins{*table_}})} {}

    F& fixture() { return *fixture_; }
    auto& core() { return fixture_->core(); }
    page_view seen(const page& p) { return fixture_->seen(p); }

    void expect(bool good, std::string_view what) { trial_.report(trial_.check, what, good); }

    /// Lets the loop run until something is so.
    template <class Condition>
    bool until(Condition&& condition) {
        for (int i = 0; i < F::patience && !condition(); ++i)
            fixture_->run();
        return condition();
    }
    /// Lets the loop run for a while in which nothing ought to happen.
    void linger() {
        for (int i = 0; i < std::min<int>(F::patience, 50); ++i)
            fixture_->run();
    }

    /// A socket that is open at both ends; an empty ID if it is not.
    socket connect(const std::string& path = "/socket") {
        const page p = fixture_->open(socket_request(path));
        socket_id id;
        const bool good = until([&] {
            id = app.find(host::kind::upgrade, "ws://myapp" + path);
            return id && !seen(p).received.empty();
        });
        expect(good, "a socket opens");
        return {p, id};
    }

    /// The page has received a number of frames, and they are whole.
    bool until_frames(const page& p, std::size_t count) {
        return until([&] {
            const served s = read_served(seen(p).received);
            return s.frames.size() >= count && s.rest.empty();
        });
    }

    /// Lets time pass in small steps until something is so; how long that took, at most `most`.
    template <class Condition>
    duration time_until(Condition&& condition, duration most) {
        const time_point start = fixture_->now();
        while (!condition() && fixture_->now() - start < most)
            fixture_->advance(duration{F::unit} / 2);
        return fixture_->now() - start;
    }

    bool ended_with(socket_id id, host::kind k) const { return app.count(k, id) == 1; }

    host app;

  private:
    trial<F> trial_;
    table_pointer table_;
    std::unique_ptr<F> fixture_; // behind the host, which its interceptor calls
};

} // namespace wsintercept::inline v0_1_0::kit
