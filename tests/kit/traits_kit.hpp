// The kit for traits: run it against your own adapter. Needs no test framework.
//
//     struct my_fixture { ... };                     // traits_fixture.hpp says what it has
//     wsintercept::kit::failures wrong;
//     wsintercept::kit::check_traits<my_fixture>(wrong.collect());
//     std::cerr << wrong.text();                     // empty: the adapter keeps its contract
#pragma once

#include "checks/bytes.hpp"
#include "checks/ends.hpp"
#include "checks/loop.hpp"
#include "checks/time.hpp"

#include <array>
#include <string_view>

namespace wsintercept::inline v0_1_0::kit {

template <traits_fixture F>
struct traits_check {
    std::string_view name;
    void (*run)(const trial<F>&);
};

/// All checks, each of which makes a fixture of its own.
template <traits_fixture F>
inline constexpr std::array traits_checks{
    traits_check<F>{"post is later", checks::post_is_later<F>},
    traits_check<F>{"post from any thread", checks::post_from_any_thread<F>},
    traits_check<F>{"decide from any thread", checks::decide_from_any_thread<F>},
    traits_check<F>{"now never goes back", checks::now_never_goes_back<F>},
    traits_check<F>{"output_ready each time", checks::output_is_taken_each_time<F>},
    traits_check<F>{"output whole and in order", checks::output_is_whole_and_in_order<F>},
    traits_check<F>{"input_ready", checks::input_is_kept_and_written_again<F>},
    traits_check<F>{"respond", checks::respond_delivers_all<F>},
    traits_check<F>{"respond: repeated fields", checks::respond_keeps_repeated_fields<F>},
    traits_check<F>{"refused", checks::refusal_reaches_the_page<F>},
    traits_check<F>{"connections apart", checks::connections_stay_apart<F>},
    traits_check<F>{"wake_at", checks::wake_comes<F>},
    traits_check<F>{"wake_at again", checks::wake_comes_again<F>},
    traits_check<F>{"wake_at replaces", checks::wake_is_replaced<F>},
    traits_check<F>{"wake_at not early", checks::wake_is_not_early<F>},
    traits_check<F>{"end: finish", checks::finish_comes_last<F>},
    traits_check<F>{"end: abort", checks::abort_is_told_apart<F>},
    traits_check<F>{"closed", checks::closed_is_reported<F>},
    traits_check<F>{"no calls back", checks::nothing_calls_back<F>},
    traits_check<F>{"no ID after its end", checks::ids_rest_after_the_end<F>},
};

/// Runs all checks. A post that runs at once ends it early: the interceptor posts with a lock held.
template <traits_fixture F>
void check_traits(const reporter& report, const maker<F>& make = default_maker<F>()) {
    bool go_on = true;
    for (const traits_check<F>& c : traits_checks<F>)
        if (go_on)
            c.run({make, report, c.name, go_on});
}

} // namespace wsintercept::inline v0_1_0::kit
