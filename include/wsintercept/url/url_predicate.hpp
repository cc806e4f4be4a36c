// A URL policy: any callable.
#pragma once

#include <wsintercept/url/decision.hpp>
#include <wsintercept/url/explain.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace wsintercept::inline v0_1_0 {

/// A host that may be anyone's: what is not known of a predicate.
struct any_host {
    /// Always true.
    bool operator()(std::string_view, unsigned, bool) const noexcept { return true; }
};

/// A `url_policy` that asks `matches(url)`, with the URL in normal form. It gives a `decision`; an
/// `action`; an optional `action`, where nothing means that it does not decide; or a bool, where
/// true means `automatic` and false that it does not decide. Where it decides, it is row 0.
///
/// `may_match(host, port, tls)` says which tunnels may carry a URL that it intercepts; without one
/// all https and wss hosts come through the endpoint.
///
/// Both are called from any thread, at the same time, and do not throw.
template <class Matches, class MayMatch = any_host>
class url_predicate {
  public:
    explicit url_predicate(Matches matches, MayMatch may_match = {})
        : matches_{std::move(matches)}, may_match_{std::move(may_match)} {}

    decision match(std::string_view url) const noexcept { return decision_of(matches_(url)); }
    bool may_match_host(std::string_view host, unsigned port, bool tls) const noexcept {
        return may_match_(host, port, tls);
    }

    /// See explain_url.
    std::string explain(std::string_view url) const { return explain_url(*this, url); }
    /// For explanations: there is one row, without a pattern.
    static constexpr std::size_t size() noexcept { return 1; }
    /// For explanations: the one row.
    static constexpr std::string_view row_text(std::size_t) noexcept { return "a predicate"; }

  private:
    template <class Result>
    static decision decision_of(const Result& result) noexcept {
        if constexpr (std::same_as<Result, decision>)
            return result;
        else if constexpr (std::same_as<Result, bool>)
            return result ? decision{action::automatic, 0} : decision{};
        else if constexpr (std::same_as<Result, action>)
            return {result, 0};
        else {
            static_assert(std::same_as<Result, std::optional<action>>,
                          "a predicate gives a decision, an action, an optional action or a bool");
            return result ? decision{*result, 0} : decision{};
        }
    }

    Matches matches_;
    [[no_unique_address]] MayMatch may_match_;
};

} // namespace wsintercept::inline v0_1_0
