#include "broken.hpp"

#include "traits_kit.hpp"

#include "../unit/catch.hpp"

#include <type_traits>
#include <utility>

using wsintercept::kit::broken_fixture;
using wsintercept::kit::fault;

namespace {

struct outcome {
    wsintercept::kit::failures wrong;
    std::size_t wrong_calls = 0; ///< of the interceptor
};
outcome run(fault f) {
    outcome out;
    wsintercept::kit::check_traits<broken_fixture>(out.wrong.collect(),
                                                   broken_fixture::make(f, out.wrong_calls));
    return out;
}

} // namespace

TEST_CASE("broken traits: without a fault they pass, and the interceptor keeps its side") {
    const outcome out = run(fault::none);
    INFO(out.wrong.text());
    REQUIRE(out.wrong.list.empty());
    REQUIRE(out.wrong_calls == 0);
}

TEST_CASE("broken traits: each fault is noticed, by its own check and by no other") {
    for (const auto& broken : wsintercept::kit::broken_traits) {
        INFO("fault " << static_cast<int>(broken.fault) << ", to be noticed by " << broken.fails);
        const auto wrong = run(broken.fault).wrong;
        INFO(wrong.text());
        CHECK_FALSE(wrong.list.empty());
        for (const auto& e : wrong.list)
            CHECK(e.check == broken.fails);
    }
}
