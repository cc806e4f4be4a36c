// Room for a control frame's payload, RFC 6455 5.5.
#pragma once

#include <wsintercept/rfc6455/frame_header.hpp>

#include <array>
#include <memory>
#include <new>

namespace wsintercept::rfc6455::detail {

/// The payload of a control frame that arrives in pieces: on the heap, from its first piece to the
/// next frame's header.
class control_payload {
  public:
    control_payload() noexcept = default;
    control_payload(const control_payload& other) noexcept { *this = other; }
    control_payload(control_payload&&) noexcept = default;
    control_payload& operator=(control_payload&&) noexcept = default;
    control_payload& operator=(const control_payload& other) noexcept {
        if (this != &other)
            bytes_.reset(other.bytes_ ? new (std::nothrow) storage(*other.bytes_) : nullptr);
        return *this;
    }
    ~control_payload() = default;

    /// Null: there is no memory.
    char* data() noexcept {
        if (!bytes_)
            bytes_.reset(new (std::nothrow) storage);
        return bytes_ ? bytes_->data() : nullptr;
    }
    void release() noexcept { bytes_.reset(); }

  private:
    using storage = std::array<char, max_control_payload>;
    std::unique_ptr<storage> bytes_;
};

} // namespace wsintercept::rfc6455::detail
