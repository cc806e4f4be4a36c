// A compressed message, simply: RFC 7692 7.2.2, all of it at once, by a zlib stream of its own that
// is given what came before as a dictionary.
#pragma once

#include "utf8.hpp"

#include <wsintercept/error.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace reference {

using wsintercept::error;

struct inflated {
    std::string text; ///< as far as it came
    error failure{};
};

/// A stream of its own for what follows `before`.
class stream_after {
  public:
    explicit stream_after(std::string_view before) {
        (void)inflateInit2(&z_, -15);
        before.remove_prefix(before.size() - std::min<std::size_t>(before.size(), 32768));
        (void)inflateSetDictionary(&z_, reinterpret_cast<const Bytef*>(before.data()),
                                   static_cast<uInt>(before.size()));
    }
    ~stream_after() { (void)inflateEnd(&z_); }
    stream_after(const stream_after&) = delete;
    stream_after& operator=(const stream_after&) = delete;

    /// Reads from the front of `in`, and appends one byte at a time until there are `most`. What
    /// zlib said last.
    int read(std::string_view& in, std::size_t most, std::string& out) {
        z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
        z_.avail_in = static_cast<uInt>(in.size());
        int result = Z_OK;
        while (result == Z_OK && out.size() < most) {
            char byte = 0;
            z_.next_out = reinterpret_cast<Bytef*>(&byte);
            z_.avail_out = 1;
            result = ::inflate(&z_, Z_NO_FLUSH);
            if (z_.avail_out == 0)
                out += byte;
        }
        in.remove_prefix(in.size() - z_.avail_in);
        return result;
    }

  private:
    z_stream z_{};
};

/// `history`: what earlier messages inflated to. Not more than `most` bytes, of not more than
/// `last_blocks` blocks with BFINAL 1.
inline inflated inflate(std::string_view deflated, std::string_view history, bool is_text,
                        std::size_t most, std::size_t last_blocks) {
    inflated out;
    std::string bytes{deflated};
    bytes.append("\x00\x00\xff\xff", 4); // what the sender took away
    std::string_view rest = bytes;
    std::string all{history};
    const std::size_t too_many = history.size() + most + 1;
    for (std::size_t ends = 0; out.failure == error{}; ++ends) {
        if (ends > last_blocks) {
            out.failure = error::too_many_fragments;
            break;
        }
        stream_after stream{all};
        const int result = stream.read(rest, too_many, all);
        if (all.size() == too_many)
            break;
        if (result == Z_STREAM_END) // and from there on, with the same window
            continue;
        if (result != Z_BUF_ERROR) {
            out.failure = error::bad_deflate_data;
            break;
        }
        // It wants more. Where that is not read as a last block, the message did not end between
        // two blocks.
        std::string_view last{"\x01\x00\x00\xff\xff", 5};
        std::string none;
        if (stream.read(last, 1, none) != Z_STREAM_END || !none.empty() || !last.empty())
            out.failure = error::bad_deflate_data;
        break;
    }
    out.text = all.substr(history.size());
    if (out.text.size() > most) {
        out.text.resize(most);
        out.failure = error::message_too_big;
    }
    const utf8_result checked = utf8(is_text ? std::string_view{out.text} : std::string_view{});
    if (checked.bad || (out.failure == error{} && is_text && checked.whole != out.text.size()))
        out.failure = error::text_not_utf8;
    return out;
}

} // namespace reference
