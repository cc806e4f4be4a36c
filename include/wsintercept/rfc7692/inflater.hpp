// Inflates the messages of one connection: RFC 7692 7.2.2, by the system's zlib.
#pragma once

#include <wsintercept/error.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc7692 {

/// What one message may inflate to. Checked while it inflates, never after.
struct inflate_limits {
    std::uint64_t message;     ///< bytes
    std::uint32_t ratio;       ///< bytes for a byte that came, from the first 64 KiB on
    std::uint32_t last_blocks; ///< blocks with BFINAL 1
};

/// A peer's messages, one behind the other. Holds its window of at most 32 KiB until its end. It
/// does not move.
class inflater {
  public:
    /// bits: 8 to 15, of the window that messages refer to. takeover: also to earlier messages.
    /// Within what one call inflates to, zlib lets a peer refer further back; it costs nothing.
    inflater(int bits, bool takeover) noexcept : takeover_{takeover} {
        ready_ = inflateInit2(&stream_, -bits) == Z_OK;
    }
    ~inflater() {
        if (ready_)
            inflateEnd(&stream_);
    }
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;

    /// Appends to `out` what the next bytes of a message inflate to. error{}: the bytes are used
    /// up.
    error inflate(std::string_view in, bool fin, const inflate_limits& limits, std::string& out) {
        if (!ready_)
            return error::memory_exhausted;
        if (const error bad = run(in, limits, out); bad != error{} || !fin)
            return bad;
        // RFC 7692 7.2.2: what the sender took away. Behind it stands a block's boundary, or the
        // message was cut off.
        if (const error bad = run({"\x00\x00\xff\xff", 4}, limits, out); bad != error{})
            return bad;
        if (!at_boundary_)
            return error::bad_deflate_data;
        came_ = made_ = 0;
        last_blocks_ = 0;
        if (!takeover_)
            inflateReset(&stream_);
        return {};
    }

  private:
    static constexpr std::uint64_t step = 64 * 1024; ///< the ratio is looked at so often
    static constexpr std::size_t window = 32 * 1024;

    // Stops exactly where a limit is reached: how the bytes are split must not show.
    error run(std::string_view in, const inflate_limits& limits, std::string& out) {
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
        stream_.avail_in = static_cast<uInt>(in.size());
        std::uint64_t guess = std::max<std::size_t>(4 * in.size(), 256);
        for (;; guess = (std::min)(2 * guess, step)) {
            const auto room = static_cast<std::size_t>(
                (std::min)({guess, step - made_ % step, limits.message + 1 - made_}));
            const std::size_t had = out.size();
            out.resize(had + room);
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + had);
            stream_.avail_out = static_cast<uInt>(room);
            const uInt before = stream_.avail_in;
            const int result = ::inflate(&stream_, Z_SYNC_FLUSH);
            const std::size_t made = room - stream_.avail_out;
            out.resize(had + made);
            made_ += made;
            came_ += before - stream_.avail_in;
            if (made_ > limits.message) {
                out.resize(had + made - std::min<std::uint64_t>(made, made_ - limits.message));
                return error::message_too_big;
            }
            if (made != 0 && made_ % step == 0 && made_ / limits.ratio > came_)
                return error::inflates_too_much;
            if (result == Z_STREAM_END) {
                at_boundary_ = true;
                if (++last_blocks_ > limits.last_blocks)
                    return error::too_many_fragments;
                if (!go_on())
                    return error::memory_exhausted;
            } else if (result == Z_OK || result == Z_BUF_ERROR) {
                // zlib.h: 128 where a block has just ended, and below it the bits that are left of
                // the last byte.
                at_boundary_ = (stream_.data_type & (128 | 63)) == 128;
            } else {
                return result == Z_MEM_ERROR ? error::memory_exhausted : error::bad_deflate_data;
            }
            if (stream_.avail_in == 0 && stream_.avail_out != 0)
                return {};
        }
    }

    /// RFC 7692 7.2.3.4: behind a block with BFINAL 1 the message goes on, with the same window.
    bool go_on() {
        if (!last_window_)
            last_window_.reset(new (std::nothrow) Bytef[window]);
        uInt size = 0;
        return last_window_ && inflateGetDictionary(&stream_, last_window_.get(), &size) == Z_OK &&
               inflateReset(&stream_) == Z_OK &&
               inflateSetDictionary(&stream_, last_window_.get(), size) == Z_OK;
    }

    z_stream stream_{};
    std::unique_ptr<Bytef[]> last_window_; ///< for go_on, which few peers need
    std::uint64_t came_ = 0;               ///< bytes of the message that were used
    std::uint64_t made_ = 0;               ///< bytes that they inflated to
    std::uint32_t last_blocks_ = 0;        ///< of the message
    bool takeover_;
    bool ready_ = false;
    bool at_boundary_ = true; ///< between two blocks, and two bytes
};

} // namespace wsintercept::inline v0_1_0::rfc7692
