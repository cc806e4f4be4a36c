#include "arena.hpp"

#include "sanitizer.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#ifdef WORLDS_ASAN
#define WORLDS_SEES_ALL __attribute__((no_sanitize("address")))
#else
#define WORLDS_SEES_ALL
#endif

namespace worlds {

namespace {

using word = std::uint64_t __attribute__((may_alias));

constexpr int released = 0xDD; ///< what free memory is filled with

#ifdef WORLDS_ASAN
constexpr bool guarded = true; // a granule behind each block that nobody may touch
void forbid(void* from, std::size_t size) noexcept {
    __asan_poison_memory_region(from, size);
}
void allow(void* from, std::size_t size) noexcept {
    __asan_unpoison_memory_region(from, size);
}
#else
constexpr bool guarded = false;
void forbid(void*, std::size_t) noexcept {}
void allow(void*, std::size_t) noexcept {}
#endif

[[noreturn]] void give_up(const char* why) noexcept {
    std::fprintf(stderr, "worlds: %s\n", why);
    std::abort();
}

WORLDS_SEES_ALL void copy(void* to, const void* from, std::size_t size) noexcept {
#ifdef WORLDS_ASAN
    for (std::size_t i = 0; i < size / sizeof(word); ++i)
        static_cast<word*>(to)[i] = static_cast<const word*>(from)[i];
#else
    std::memcpy(to, from, size);
#endif
}

void fill(void* from, std::size_t size) noexcept {
    allow(from, size);
    std::memset(from, released, size);
    forbid(from, size);
}

WORLDS_SEES_ALL void add(digester& to, const void* from, std::size_t size) noexcept {
    const word* const w = static_cast<const word*>(from);
    digester sum = to;
    for (std::size_t i = 0; i < size / sizeof(word); i += 2)
        sum.add(w[i], w[i + 1]);
    to = sum;
}

} // namespace

char* const arena::memory_ = map();

char* arena::map() noexcept {
    constexpr std::size_t size = small_size + windows * window_size;
    void* const memory = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        give_up("no memory");
    const auto open = [&](std::size_t offset, std::size_t n) {
        char* const from = static_cast<char*>(memory) + offset;
        if (::mprotect(from, n, PROT_READ | PROT_WRITE) != 0)
            give_up("mprotect failed");
        fill(from, n);
    };
    open(0, small_size);
    for (std::size_t i = 0; i < windows; ++i)
        open(small_size + i * window_size, page);
    return static_cast<char*>(memory);
}

bool arena::owns(const void* p) noexcept {
    const auto offset =
        reinterpret_cast<std::uintptr_t>(p) - reinterpret_cast<std::uintptr_t>(memory_);
    return offset < small_size + windows * window_size;
}

std::size_t arena::length(std::size_t size) noexcept {
    return (size + granule - 1) / granule + (guarded ? 1 : 0);
}

void* arena::allocate(std::size_t size) noexcept {
    if (size > largest_small)
        return allocate_window(size);
    size = std::max<std::size_t>(size, 1);
    const std::size_t n = length(size);
    std::size_t hole = book_.lowest;
    std::size_t end = hole; // free from `hole` to here
    while (end - hole < n) {
        if (end == granules)
            give_up("more memory is needed");
        if (book_.size[end] == 0)
            ++end;
        else
            hole = end += length(book_.size[end]);
    }
    book_.size[hole] = static_cast<std::uint16_t>(size);
    book_.top = std::max(book_.top, static_cast<std::uint32_t>(end));
    if (hole == book_.lowest)
        book_.lowest = static_cast<std::uint32_t>(end);
    ++book_.count;
    allow(at(hole), size);
    return at(hole);
}

void* arena::allocate_window(std::size_t size) noexcept {
    const auto free = std::find(book_.window.begin(), book_.window.end(), false);
    if (free == book_.window.end() || size > window_size - page)
        give_up("more windows are needed");
    *free = true;
    ++book_.count;
    char* const first = window_at(static_cast<std::size_t>(free - book_.window.begin()));
    allow(first, front);
    return first;
}

void arena::release(void* p) noexcept {
    const std::size_t offset = static_cast<std::size_t>(static_cast<char*>(p) - memory_);
    --book_.count;
    if (offset >= small_size) {
        const std::size_t i = (offset - small_size) / window_size;
        if (p != window_at(i) || !std::exchange(book_.window[i], false))
            give_up("released what was not allocated");
        return fill(p, front);
    }
    const std::size_t i = offset / granule;
    if (p != at(i) || book_.size[i] == 0)
        give_up("released what was not allocated");
    const std::size_t n = length(std::exchange(book_.size[i], std::uint16_t{0}));
    fill(p, n * granule);
    book_.lowest = std::min(book_.lowest, static_cast<std::uint32_t>(i));
    // The highest block that is left may be far below.
    if (i + n == book_.top) {
        std::size_t top = 0;
        for (std::size_t b = 0; b < i; b += book_.size[b] == 0 ? 1 : length(book_.size[b]))
            if (book_.size[b] != 0)
                top = b + length(book_.size[b]);
        book_.top = static_cast<std::uint32_t>(top);
    }
}

void arena::save(image& to) {
    const std::size_t small = book_.top * granule;
    const auto open =
        static_cast<std::size_t>(std::count(book_.window.begin(), book_.window.end(), true));
    to.resize((sizeof(book) + small + open * front) / sizeof(word));
    char* out = reinterpret_cast<char*>(to.data());
    copy(out, &book_, sizeof(book));
    copy(out += sizeof(book), memory_, small);
    out += small;
    for (std::size_t i = 0; i < windows; ++i)
        if (book_.window[i]) {
            copy(out, window_at(i), front);
            out += front;
        }
}

void arena::restore(const image& from) noexcept {
    const book before = book_;
    const char* in = reinterpret_cast<const char*>(from.data());
    copy(&book_, in, sizeof(book));
    in += sizeof(book);
    const std::size_t small = book_.top * granule;
    copy(memory_, in, small);
    in += small;
    if (before.top > book_.top)
        fill(at(book_.top), (before.top - book_.top) * granule);
    for (std::size_t i = 0; i < windows; ++i)
        if (book_.window[i]) {
            allow(window_at(i), front);
            copy(window_at(i), in, front);
            in += front;
        } else if (before.window[i])
            fill(window_at(i), front);
    guard(before.top);
}

/// Forbids what is free, allows what is not.
void arena::guard([[maybe_unused]] std::size_t top) noexcept {
    if constexpr (guarded) {
        forbid(memory_, std::max<std::size_t>(top, book_.top) * granule);
        for (std::size_t b = 0; b < book_.top; ++b)
            if (book_.size[b] != 0)
                allow(at(b), book_.size[b]);
    }
}

digest arena::look() noexcept {
    digester out;
    for (std::size_t b = 0; b < book_.top;) {
        const std::size_t size = book_.size[b];
        if (size == 0) {
            ++b;
            continue;
        }
        out.add(b, size);
        add(out, at(b), (size + granule - 1) / granule * granule);
        b += length(size);
    }
    for (std::size_t i = 0; i < windows; ++i)
        if (book_.window[i]) {
            out.add(granules + i, front);
            add(out, window_at(i), front);
        }
    return out.sum();
}

} // namespace worlds

namespace {

void* allocate(std::size_t size) {
    if (worlds::arena::entered())
        return worlds::arena::allocate(size);
    if (void* const p = std::malloc(size == 0 ? 1 : size))
        return p;
    std::abort();
}
void release(void* p) noexcept {
    if (p != nullptr && worlds::arena::owns(p))
        worlds::arena::release(p);
    else
        std::free(p);
}

} // namespace

void* operator new(std::size_t size) {
    return allocate(size);
}
void* operator new[](std::size_t size) { // a sanitizer's own would go past the one above
    return allocate(size);
}
void operator delete(void* p) noexcept {
    release(p);
}
void operator delete[](void* p) noexcept {
    release(p);
}
void operator delete[](void* p, std::size_t) noexcept {
    release(p);
}
void operator delete(void* p, std::size_t) noexcept {
    release(p);
}
