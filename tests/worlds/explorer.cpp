#include "explorer.hpp"

#include "last_words.hpp"

#include <cstdio>
#include <utility>

namespace worlds {

namespace {

constexpr std::size_t shown = 5; ///< failures

/// Runs it where operator new serves from the arena.
template <class What>
void in_arena(What&& what) {
    const arena::scope inside;
    what();
}

} // namespace

explorer::explorer(const setting& s) : setting_{s} {
    last_words::world = setting_.name;
    in_arena([&] {
        world_ = new world{setting_};
        if (setting_.connected)
            world_->connect();
    });
    arena::save(root_);
}

explorer::~explorer() {
    last_words::steps = {};
    arena::restore(root_);
    in_arena([&] { delete world_; });
}

bool explorer::explore(std::size_t depth) {
    std::vector<sequence> shorter;
    std::uint64_t sequences = 1;
    if (arrive({}))
        shorter.emplace_back();
    for (std::size_t i = 0; i < depth && failures_ == 0; ++i) {
        std::vector<sequence> longer;
        for (const sequence& s : shorter)
            follow(s, longer);
        shorter = std::move(longer);
        sequences *= alphabet();
    }
    std::printf("%s: %s: %llu sequences of %zu actions: %zu steps, %zu images, "
                "%zu abstract states\n",
                failures_ == 0 ? "passed" : "FAILED", setting_.name,
                static_cast<unsigned long long>(sequences), depth, steps_, seen_.size(),
                abstract_.size());
    return failures_ == 0;
}

bool explorer::replay(const sequence& s) {
    last_words::steps = s;
    bool good = true;
    for (const finale f : finales) {
        std::printf("%s, to its end in %s\n", setting_.name, name(f));
        arena::restore(root_);
        telling = true;
        for (const action a : s) {
            std::printf("%.*s\n", static_cast<int>(name(a).size()), name(a).data());
            step(a);
        }
        std::printf("(%s)\n", name(f));
        ended_.clear();
        const char* const broken = world_->broken() ? world_->broken() : finish(f);
        telling = false;
        if (broken != nullptr)
            std::printf("does not hold: %s\n", broken);
        good = good && broken == nullptr;
    }
    return good;
}

void explorer::step(action a) {
    in_arena([&] { world_->step(a); });
}

/// All sequences that are one action longer.
void explorer::follow(const sequence& s, std::vector<sequence>& longer) {
    last_words::steps = s;
    arena::restore(root_);
    for (const action a : s)
        step(a);
    arena::save(here_);
    for (std::size_t i = 0; i < alphabet(); ++i) {
        arena::restore(here_);
        const sequence next = s.then(static_cast<action>(i));
        last_words::steps = next;
        step(static_cast<action>(i));
        ++steps_;
        if (world_->broken() != nullptr)
            fail(next, "a step", world_->broken());
        else if (arrive(next))
            longer.push_back(next);
    }
}

/// Where a sequence leads. True: it is new there, and more can happen.
bool explorer::arrive(const sequence& s) {
    if (!seen_.insert(arena::look()))
        return false;
    abstract_.insert(world_->abstract());
    const bool over = world_->over();
    arena::save(there_);
    for (const finale f : finales) {
        if (over && f == finale::silence)
            continue; // nothing is left to be done: the same as order
        arena::restore(there_);
        if (const char* const broken = finish(f))
            fail(s, name(f), broken);
    }
    return !over;
}

/// Brings the world to an end. What is behind an end is looked at once. The world may be gone.
const char* explorer::finish(finale f) {
    in_arena([&] { world_->end(f); });
    if (world_->broken() != nullptr)
        return world_->broken();
    if (f != finale::neglect) {
        if (!ended_.insert(arena::look()))
            return nullptr;
        in_arena([&] {
            world_->renew();
            world_->end(finale::neglect);
        });
        if (world_->broken() != nullptr)
            return world_->broken();
    }
    in_arena([&] { delete world_; });
    return arena::empty() ? nullptr : "all memory is given back";
}

void explorer::fail(const sequence& s, const char* where, const char* broken) {
    if (++failures_ <= shown)
        std::printf("does not hold: %s\n    in %s: --world %s --replay \"%s\"\n", broken, where,
                    setting_.name, to_string(s).c_str());
}

} // namespace worlds
