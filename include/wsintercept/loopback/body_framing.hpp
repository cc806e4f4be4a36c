// Where a body ends: RFC 9112 6 and 7.1.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/rfc9112/words.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <system_error>

namespace wsintercept::inline v0_1_0::loopback {

/// Follows one body as its bytes come, and keeps none of them.
class body_framing {
  public:
    static constexpr std::size_t longest_line = 4096; ///< a chunk's size and extensions, a trailer
    static constexpr std::size_t most_trailers = 16 * 1024; ///< bytes

    /// The fields of a request say how its body is framed, RFC 9112 6.3. `limit`: of the body.
    /// Not error{}: refuse it.
    error start(const rfc9112::request_head& head, std::uint64_t limit) noexcept {
        const error bad = start(head.fields, limit);
        if (bad == error{} && next_ == expects::everything)
            next_ = expects::nothing; // RFC 9112 6.3: a request without a length has none
        wants_continue_ = !done() && rfc9112::has_token(head.fields, "Expect", "100-continue");
        return bad;
    }

    /// Those of a response. `to_head`: it answers a HEAD.
    error start(const rfc9112::status_head& head, bool to_head) noexcept {
        const error bad = start(head.fields, (std::numeric_limits<std::uint64_t>::max)());
        wants_continue_ = false;
        if (to_head || head.status < 200 || head.status == 204 || head.status == 304)
            next_ = expects::nothing;
        return bad;
    }

    /// How many bytes belong to the body and were taken; `bad` is set where they make no body.
    /// What came and was not taken is given again, together with what comes next. `data` is called
    /// with what is neither a chunk's frame nor a trailer.
    template <class Data>
    std::size_t put(std::string_view bytes, error& bad, Data&& data) {
        std::string_view rest = bytes;
        while (bad == error{} && !done())
            if (!step(rest, bad, data))
                break;
        return bytes.size() - rest.size();
    }

    bool done() const noexcept { return next_ == expects::nothing; }
    /// Of a response: it ends with its connection.
    bool until_end() const noexcept { return next_ == expects::everything; }
    /// The peer waits for a 100 before it sends the body, RFC 9110 10.1.1.
    bool wants_continue() const noexcept { return wants_continue_; }

  private:
    enum class expects : std::uint8_t { nothing, data, size, data_end, trailer, everything };

    error start(const rfc9112::fields& fields, std::uint64_t limit) noexcept {
        const rfc9112::occurrence length = rfc9112::find(fields, "Content-Length");
        const rfc9112::occurrence coding = rfc9112::find(fields, "Transfer-Encoding");
        limit_ = limit;
        left_ = 0;
        trailers_ = 0;
        next_ = expects::everything;
        chunked_ = coding.count != 0;
        if (coding.count != 0) {
            // RFC 9112 6.1: both of them is how requests are smuggled.
            if (length.count != 0)
                return error::bad_content_length;
            if (coding.count != 1 || !rfc9112::equal_ignoring_case(coding.value, "chunked"))
                return error::bad_transfer_encoding;
            next_ = expects::size;
        } else if (length.count != 0) {
            const char* const end = length.value.data() + length.value.size();
            const auto read = std::from_chars(length.value.data(), end, left_);
            if (length.count != 1 || read.ptr != end || length.value.empty())
                return error::bad_content_length;
            if (read.ec != std::errc{} || left_ > limit)
                return error::body_too_large;
            next_ = left_ == 0 ? expects::nothing : expects::data;
        }
        return error{};
    }

    /// False: needs more bytes.
    template <class Data>
    bool step(std::string_view& rest, error& bad, Data& data) {
        if (next_ == expects::everything) {
            data(rest);
            rest = {};
            return false;
        }
        if (next_ == expects::data)
            return pass_data(rest, data);
        std::string_view line;
        if (!read_line(rest, line, bad))
            return false;
        if (next_ == expects::size) {
            bad = read_size(line);
        } else if (next_ == expects::data_end) {
            bad = line.empty() ? error{} : error::bad_chunk;
            next_ = expects::size;
        } else if (line.empty()) {
            next_ = expects::nothing;
        } else { // RFC 9112 7.1.2
            trailers_ += line.size();
            const bool field =
                rfc9112::is_token(line.substr(0, line.find(':'))) && line.find(':') != line.npos;
            bad = field && trailers_ <= most_trailers ? error{} : error::bad_chunk;
        }
        return true;
    }

    template <class Data>
    bool pass_data(std::string_view& rest, Data& data) {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
        data(rest.substr(0, n));
        rest.remove_prefix(n);
        left_ -= n;
        if (left_ == 0)
            next_ = chunked_ ? expects::data_end : expects::nothing;
        return left_ == 0;
    }

    /// A line that ends in CR LF and holds no other controls.
    bool read_line(std::string_view& rest, std::string_view& line, error& bad) noexcept {
        const std::size_t end = rest.find('\n');
        const std::size_t size = (std::min)(end, rest.size());
        // Behind a chunk's data only the line's end may stand: nothing else is waited for.
        if (size > (next_ == expects::data_end ? 1 : longest_line)) {
            bad = error::bad_chunk;
            return false;
        }
        if (end == rest.npos)
            return false;
        if (end == 0 || rest[end - 1] != '\r' || !rfc9112::is_field_value(rest.substr(0, end - 1)))
            bad = error::bad_chunk;
        line = rest.substr(0, end == 0 ? 0 : end - 1);
        rest.remove_prefix(end + 1);
        return bad == error{};
    }

    /// RFC 9112 7.1, 7.1.1: hexadecimal digits, then perhaps extensions, which are ignored.
    error read_size(std::string_view line) noexcept {
        const char* const end = line.data() + line.size();
        const auto read = std::from_chars(line.data(), end, left_, 16);
        std::string_view extensions = line.substr(static_cast<std::size_t>(read.ptr - line.data()));
        extensions = rfc9112::trim(extensions);
        if (read.ptr == line.data() || (!extensions.empty() && extensions[0] != ';'))
            return error::bad_chunk;
        if (read.ec != std::errc{} || left_ > limit_)
            return error::body_too_large;
        limit_ -= left_;
        next_ = left_ == 0 ? expects::trailer : expects::data;
        return error{};
    }

    std::uint64_t limit_ = 0; ///< of chunks to come
    std::uint64_t left_ = 0;  ///< of the body, or of the chunk
    std::size_t trailers_ = 0;
    expects next_ = expects::nothing;
    bool chunked_ = false;
    bool wants_continue_ = false;
};

} // namespace wsintercept::inline v0_1_0::loopback
