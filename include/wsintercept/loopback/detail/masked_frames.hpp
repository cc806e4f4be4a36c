// That what a page sends behind an upgrade which is relayed are frames: RFC 6455 5.1.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/rfc6455/frame_header.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wsintercept::inline v0_1_0::loopback::detail {

/// Follows the headers of a client's frames. What is not masked could be a request that somebody on
/// the way to the destination takes for one, RFC 6455 10.3.
class masked_frames {
  public:
    /// error{}: so far they are masked frames.
    error put(std::string_view bytes) noexcept {
        while (!bytes.empty()) {
            const auto inside =
                static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
            bytes.remove_prefix(inside);
            left_ -= inside;
            if (bytes.empty())
                break;
            header_[have_++] = bytes.front();
            bytes.remove_prefix(1);
            if (have_ < 2)
                continue;
            if ((rfc6455::detail::octet(header_[1]) & 0x80U) == 0)
                return error::not_masked;
            if (have_ < rfc6455::header_size(header_[1]))
                continue;
            left_ = rfc6455::payload_length(header_.data());
            if (left_ >> 63 != 0)
                return error::length_top_bit;
            have_ = 0;
        }
        return error{};
    }

  private:
    std::array<char, rfc6455::max_header_size> header_{};
    std::size_t have_ = 0;   ///< of header_
    std::uint64_t left_ = 0; ///< of the frame's payload
};

} // namespace wsintercept::inline v0_1_0::loopback::detail
