// Compresses the messages of one connection: RFC 7692 7.2.1, by the system's zlib.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc7692 {

/// Our messages, one behind the other. Holds some 270 KiB at 15 bits until its end. It does not
/// move.
class deflater {
  public:
    /// bits: 9 to 15, of the window that messages refer to. takeover: also to earlier messages.
    deflater(int bits, bool takeover, int level) noexcept : takeover_{takeover} {
        ready_ = deflateInit2(&stream_, level, Z_DEFLATED, -bits, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    }
    ~deflater() {
        if (ready_)
            deflateEnd(&stream_);
    }
    deflater(const deflater&) = delete;
    deflater& operator=(const deflater&) = delete;

    bool ready() const noexcept { return ready_; } ///< false: there was no memory

    /// Appends what a fragment becomes, so that the peer can inflate all of it at once.
    void deflate(std::string_view in, bool fin, std::string& out) {
        if (!in.empty())
            run(in, out);
        if (!fin)
            return;
        // RFC 7692 7.2.1: without the last four bytes, which are 00 00 ff ff; 7.2.3.6: what has
        // none of its own is an empty block without them.
        if (in.empty())
            out += '\0';
        else
            out.resize(out.size() - 4);
        if (!takeover_)
            deflateReset(&stream_);
    }

  private:
    void run(std::string_view in, std::string& out) {
        constexpr std::size_t most = (std::numeric_limits<uInt>::max)();
        while (!in.empty()) {
            const std::size_t size = (std::min)(in.size(), most);
            stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
            stream_.avail_in = static_cast<uInt>(size);
            in.remove_prefix(size);
            std::size_t room = std::clamp<std::size_t>(size / 4, 128, 256 * 1024);
            do {
                const std::size_t had = out.size();
                out.resize(had + room);
                stream_.next_out = reinterpret_cast<Bytef*>(out.data() + had);
                stream_.avail_out = static_cast<uInt>(room);
                ::deflate(&stream_, in.empty() ? Z_SYNC_FLUSH : Z_NO_FLUSH);
                out.resize(had + room - stream_.avail_out);
            } while (stream_.avail_out == 0);
        }
    }

    z_stream stream_{};
    bool takeover_;
    bool ready_ = false;
};

} // namespace wsintercept::inline v0_1_0::rfc7692
