// A URL policy: one policy first, then another.
#pragma once

#include <wsintercept/url/decision.hpp>
#include <wsintercept/url/explain.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace wsintercept::inline v0_1_0 {

/// A `url_policy`: what `First` decides, external included; where none of its rows matches, what
/// `Second` does. Rows of `Second` count on behind those of `First`, which says how many it has by
/// `size()`. Policies compose further: first_of<A, first_of<B, C>>.
template <class First, class Second>
class first_of {
  public:
    /// Neither is null.
    first_of(std::shared_ptr<const First> first, std::shared_ptr<const Second> second)
        : first_{std::move(first)}, second_{std::move(second)} {}

    decision match(std::string_view url) const noexcept {
        decision d = first_->match(url);
        if (d.row != decision::no_row || d.action != action::external)
            return d;
        d = second_->match(url);
        if (d.row != decision::no_row)
            d.row += first_->size();
        return d;
    }
    /// Whether one of them may. (What the first leaves external for a whole host is not weighed.)
    bool may_match_host(std::string_view host, unsigned port, bool tls) const noexcept {
        return first_->may_match_host(host, port, tls) || second_->may_match_host(host, port, tls);
    }

    /// See explain_url.
    std::string explain(std::string_view url) const { return explain_url(*this, url); }
    std::size_t size() const noexcept { return first_->size() + second_->size(); }
    /// For explanations: a row of either.
    std::string row_text(std::size_t row) const {
        return row < first_->size() ? std::string{first_->row_text(row)}
                                    : std::string{second_->row_text(row - first_->size())};
    }

  private:
    std::shared_ptr<const First> first_;
    std::shared_ptr<const Second> second_;
};

template <class First, class Second>
first_of(std::shared_ptr<First>, std::shared_ptr<Second>)
    -> first_of<std::remove_const_t<First>, std::remove_const_t<Second>>;

} // namespace wsintercept::inline v0_1_0
