// All sequences of one setting, the shortest first.
#pragma once

#include "arena.hpp"
#include "world.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

namespace worlds {

/// Of the sequences that lead to one image of memory only the first is followed: what would come
/// behind the others is the same.
class explorer {
  public:
    explicit explorer(const setting& s);
    ~explorer();
    explorer(const explorer&) = delete;
    explorer& operator=(const explorer&) = delete;

    /// Prints what it saw. True: all held.
    bool explore(std::size_t depth);
    /// One sequence to each of its ends, told step by step.
    bool replay(const sequence& s);

  private:
    std::size_t alphabet() const { return setting_.manual ? action_count : automatic_count; }
    void step(action a);
    void follow(const sequence& s, std::vector<sequence>& longer);
    bool arrive(const sequence& s);
    const char* finish(finale f);
    void fail(const sequence& s, const char* where, const char* broken);

    const setting& setting_;
    world* world_ = nullptr; ///< in the arena
    arena::image root_;      ///< ahead of the first step
    arena::image here_;      ///< ahead of the next step
    arena::image there_;     ///< behind it
    digest_set seen_;        ///< where sequences led
    digest_set ended_;       ///< where their ends led
    std::unordered_set<std::uint64_t> abstract_;
    std::size_t steps_ = 0;
    std::size_t failures_ = 0;
};

} // namespace worlds
