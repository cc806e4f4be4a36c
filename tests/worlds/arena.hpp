// Memory whose whole content can be saved and put back. The worlds live in it, all that the core
// allocates included, so that a state of a world is one image of bytes.
#pragma once

#include "digest.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace worlds {

/// There is one; operator new serves from it while a `scope` lives. For one thread.
class arena {
  public:
    struct scope {
        scope() noexcept { ++entered_; }
        ~scope() { --entered_; }
        scope(const scope&) = delete;
        scope& operator=(const scope&) = delete;
    };
    using image = std::vector<std::uint64_t>;

    static void save(image& to);
    static void restore(const image& from) noexcept; ///< what `save` made
    /// Of all that is allocated: where, how much, its bytes. Equal ones have one future, since
    /// whatever a step reads is in here or never changes.
    static digest look() noexcept;
    static bool empty() noexcept { return book_.count == 0; }

    static bool entered() noexcept { return entered_ != 0; }
    static bool owns(const void* p) noexcept;
    static void* allocate(std::size_t size) noexcept;
    static void release(void* p) noexcept;

  private:
    // Blocks stand in granules, the lowest that are free, and what is released is filled: so an
    // allocation that came and went leaves no trace. Those of output queues are large and hardly
    // used: they get a window of address space of which only the front is there, up to a page's
    // end. The worlds write no further, or stop with a fault.
    static constexpr std::size_t granule = 64;
    static constexpr std::size_t granules = 512;
    static constexpr std::size_t largest_small = 8 * 1024;
    static constexpr std::size_t small_size = granule * granules;
    static constexpr std::size_t page = 4096;
    static constexpr std::size_t front = 1024;
    static constexpr std::size_t window_size = 8 * page;
    static constexpr std::size_t windows = 8;

    struct alignas(8) book {
        std::array<std::uint16_t, granules>
            size;                         ///< of the block that begins here, in bytes; 0: none
        std::uint32_t count;              ///< blocks
        std::uint32_t lowest;             ///< all granules below are taken
        std::uint32_t top;                ///< no granule from here on is taken
        std::array<bool, windows> window; ///< which are taken
    };

    static char* map() noexcept;
    static std::size_t length(std::size_t size) noexcept; ///< in granules
    static char* at(std::size_t i) noexcept { return memory_ + i * granule; }
    static char* window_at(std::size_t i) noexcept {
        return memory_ + small_size + i * window_size + page - front;
    }
    static void* allocate_window(std::size_t size) noexcept;
    static void guard(std::size_t top) noexcept;

    static inline std::size_t entered_ = 0;
    static inline book book_{};
    static char* const memory_;
};

} // namespace worlds
