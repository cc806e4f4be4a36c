// From an ID to what it names, without a hash: slots, each with its generation.
#pragma once

#include <wsintercept/socket_id.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace wsintercept::inline v0_1_0 {

/// Value: default constructible; it never moves. An ID is never given twice: a slot whose
/// generations are used up is retired.
template <class Value>
class slot_table {
  public:
    slot_table() noexcept : owner_{next_owner()} {}
    slot_table(const slot_table&) = delete;
    slot_table& operator=(const slot_table&) = delete;

    /// A new ID; an empty one if all are used up.
    socket_id insert() {
        if (owner_ == 0)
            return {};
        std::uint32_t index = free_;
        if (index != none)
            free_ = at(index).next_free;
        else if (used_ == max_slots)
            return {};
        else {
            index = used_;
            if (index % slots_a_block == 0)
                blocks_.push_back(std::make_unique<slot[]>(slots_a_block));
            ++used_;
        }
        slot& s = at(index);
        s.used = 1;
        ++count_;
        return {owner_, index, s.generation};
    }

    /// Null: it is not of this table, or was erased. Valid until then.
    Value* find(socket_id id) noexcept {
        if (id.interceptor() != owner_ || id.slot() >= used_)
            return nullptr;
        slot& s = at(id.slot());
        return s.used && s.generation == id.generation() ? &s.value : nullptr;
    }
    const Value* find(socket_id id) const noexcept {
        return const_cast<slot_table*>(this)->find(id);
    }

    /// id is in use.
    void erase(socket_id id) {
        slot& s = at(id.slot());
        s.value.~Value();
        new (&s.value) Value{};
        s.used = 0;
        --count_;
        if (++s.generation == max_generation)
            return;
        s.next_free = free_;
        free_ = id.slot();
    }

    std::size_t size() const noexcept { return count_; }

    /// Calls visit(id, value) for each; visit may not insert or erase.
    template <class Visit>
    void for_each(Visit&& visit) {
        for (std::uint32_t i = 0; i < used_; ++i)
            if (slot& s = at(i); s.used)
                visit(socket_id{owner_, i, s.generation}, s.value);
    }

  private:
    static constexpr std::uint32_t none = 0xffffffffU;
    static constexpr std::uint32_t max_slots = 1U << socket_id::slot_bits;
    static constexpr std::uint32_t max_generation = (1U << socket_id::generation_bits) - 1;

    struct slot {
        Value value{};
        std::uint32_t generation : socket_id::generation_bits = 1;
        std::uint32_t used : 1 = 0;
        std::uint32_t next_free = none;
    };

    /// So many lie together: they never move, and are found with a shift.
    static constexpr std::uint32_t slots_a_block = 16;
    slot& at(std::uint32_t index) noexcept {
        return blocks_[index / slots_a_block][index % slots_a_block];
    }

    /// This table's number in the process; 0 when all 65,535 are used up.
    static std::uint32_t next_owner() noexcept {
        std::uint32_t n = owners_.load(std::memory_order_relaxed);
        while (n < 0xffffU && !owners_.compare_exchange_weak(n, n + 1, std::memory_order_relaxed)) {
        }
        return n < 0xffffU ? n + 1 : 0;
    }

    inline static constinit std::atomic<std::uint32_t> owners_{0};
    std::uint32_t owner_;
    std::uint32_t free_ = none;
    std::size_t count_ = 0;
    std::uint32_t used_ = 0; ///< slots that were ever used
    std::vector<std::unique_ptr<slot[]>> blocks_;
};

} // namespace wsintercept::inline v0_1_0
