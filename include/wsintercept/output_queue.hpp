// Bytes on their way to the renderer: copied into blocks, or owned buffers as they are.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0 {

/// Bytes that several parties own. Cheap to copy; never changed.
class shared_buffer {
  public:
    shared_buffer() = default;
    explicit shared_buffer(std::string bytes)
        : shared_buffer{std::make_shared<const std::string>(std::move(bytes))} {}
    explicit shared_buffer(std::shared_ptr<const std::string> bytes) noexcept
        : view_{*bytes}, owner_{std::move(bytes)} {}
    /// Any bytes that `owner` keeps alive.
    shared_buffer(std::shared_ptr<const void> owner, std::string_view bytes) noexcept
        : view_{bytes}, owner_{std::move(owner)} {}

    std::string_view view() const noexcept { return view_; }

  private:
    std::string_view view_;
    std::shared_ptr<const void> owner_;
};

/// Output for those who can gather: some of what waits, in order.
struct output_views {
    union { // the first `count` are set; to clear the rest, too, would cost each read
        std::array<std::string_view, 16> list;
    };
    std::size_t count = 0;

    output_views() noexcept {}
    explicit output_views(std::string_view one) noexcept : list{one}, count{1} {}
    output_views(const output_views& other) noexcept { *this = other; }
    output_views& operator=(const output_views& other) noexcept {
        count = other.count;
        std::copy_n(other.list.begin(), count, list.begin());
        return *this;
    }
    const std::string_view* begin() const noexcept { return list.data(); }
    const std::string_view* end() const noexcept { return list.data() + count; }
    std::size_t size() const noexcept {
        std::size_t n = 0;
        for (const std::string_view v : *this)
            n += v.size();
        return n;
    }
};

namespace detail {

/// A link of an output queue. Its bytes never move, so that views of them stay valid.
struct output_block {
    static constexpr std::size_t pooled_capacity = 16 * 1024 - 96;
    static constexpr std::size_t no_capacity = 0; ///< of one that holds an owned buffer

    output_block* next = nullptr;
    const char* data = nullptr; ///< the first byte that was not taken yet
    std::size_t size = 0;       ///< bytes not taken yet
    char* room = nullptr;       ///< where the next byte is copied to
    std::size_t room_left = 0;
    std::size_t capacity = 0;
    shared_buffer owned;

    static output_block* make(std::size_t capacity) {
        void* memory = ::operator new(sizeof(output_block) + capacity);
        auto* block = new (memory) output_block;
        block->capacity = capacity;
        block->reset();
        return block;
    }
    void reset() noexcept {
        next = nullptr;
        data = room = reinterpret_cast<char*>(this) + sizeof(output_block);
        size = 0;
        room_left = capacity;
        if (capacity == no_capacity)
            owned = {};
    }
    /// There is room for both, of which each may be empty.
    void put(std::string_view header, std::string_view payload) noexcept {
        if (header.size() == 2) // most are: a call of memcpy would take longer than it does
            std::memcpy(room, header.data(), 2);
        else if (!header.empty())
            std::memcpy(room, header.data(), header.size());
        if (!payload.empty())
            std::memcpy(room + header.size(), payload.data(), payload.size());
        const std::size_t n = header.size() + payload.size();
        room += n;
        room_left -= n;
        size += n;
    }
    static void destroy(output_block* block) noexcept {
        block->~output_block();
        ::operator delete(block);
    }
};

} // namespace detail

/// Blocks for reuse, one pool an interceptor: idle sockets hold none, busy ones allocate none.
class block_pool {
  public:
    block_pool() = default;
    block_pool(const block_pool&) = delete;
    block_pool& operator=(const block_pool&) = delete;
    ~block_pool() {
        for (free_list* list : {&copies_, &links_})
            while (list->first != nullptr)
                detail::output_block::destroy(std::exchange(list->first, list->first->next));
    }

    /// With room for copies, more than is usual where `size` asks for it.
    detail::output_block* take(std::size_t size) {
        using detail::output_block;
        return size > output_block::pooled_capacity ? output_block::make(size)
                                                    : take(copies_, output_block::pooled_capacity);
    }
    /// To hold an owned buffer.
    detail::output_block* take_link() { return take(links_, detail::output_block::no_capacity); }

    /// Keeps it for later, or frees it where enough are kept.
    void give_back(detail::output_block* block) noexcept {
        using detail::output_block;
        block->reset(); // lets go of an owned buffer
        free_list& list = block->capacity == output_block::no_capacity ? links_ : copies_;
        if (block->capacity > output_block::pooled_capacity || list.count == max_kept)
            return output_block::destroy(block);
        block->next = std::exchange(list.first, block);
        ++list.count;
    }

  private:
    static constexpr std::size_t max_kept = 64;
    struct free_list {
        detail::output_block* first = nullptr;
        std::size_t count = 0;
    };

    static detail::output_block* take(free_list& list, std::size_t capacity) {
        if (list.first == nullptr)
            return detail::output_block::make(capacity);
        --list.count;
        detail::output_block* block = std::exchange(list.first, list.first->next);
        block->next = nullptr;
        return block;
    }

    free_list copies_;
    free_list links_;
};

/// First in, first out. Needs `clear` before its end, since blocks go back to the pool.
class output_queue {
  public:
    output_queue() = default;
    output_queue(const output_queue&) = delete;
    output_queue& operator=(const output_queue&) = delete;

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }

    /// Copies.
    void append(block_pool& pool, std::string_view bytes) {
        size_ += bytes.size();
        while (!bytes.empty()) {
            if (last_ == nullptr || last_->room_left == 0)
                push(pool.take(bytes.size()));
            const std::size_t n = (std::min)(bytes.size(), last_->room_left);
            last_->put({}, bytes.substr(0, n));
            bytes.remove_prefix(n);
        }
    }
    /// Copies both, a frame's header and its payload.
    void append(block_pool& pool, std::string_view header, std::string_view payload) {
        const std::size_t both = header.size() + payload.size();
        if (last_ == nullptr)
            push(pool.take(both));
        if (last_->room_left < both) {
            append(pool, header);
            return append(pool, payload);
        }
        last_->put(header, payload);
        size_ += both;
    }

    /// Copies nothing.
    void append(block_pool& pool, shared_buffer buffer) {
        if (buffer.view().empty())
            return;
        detail::output_block* block = pool.take_link();
        block->data = buffer.view().data();
        block->size = buffer.view().size();
        block->owned = std::move(buffer);
        size_ += block->size;
        push(block);
    }

    output_views views() const noexcept {
        output_views out;
        for (const auto* b = first_; b != nullptr && out.count < out.list.size(); b = b->next)
            if (b->size != 0)
                out.list[out.count++] = {b->data, b->size};
        return out;
    }

    /// The first n bytes were taken; n is at most size().
    void consume(block_pool& pool, std::size_t n) noexcept {
        size_ -= n;
        while (first_ != nullptr && first_->size <= n) {
            n -= first_->size;
            pool.give_back(std::exchange(first_, first_->next));
        }
        if (first_ == nullptr)
            last_ = nullptr;
        else {
            first_->data += n;
            first_->size -= n;
        }
    }

    /// Drops all.
    void clear(block_pool& pool) noexcept { consume(pool, size_); }

  private:
    void push(detail::output_block* block) noexcept {
        (last_ == nullptr ? first_ : last_->next) = block;
        last_ = block;
    }

    detail::output_block* first_ = nullptr;
    detail::output_block* last_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace wsintercept::inline v0_1_0
