// The one parser of heads: RFC 9112 request and status lines and fields. No allocation.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/rfc9112/fields.hpp>
#include <wsintercept/rfc9112/known_word.hpp>
#include <wsintercept/rfc9112/quick_lines.hpp>
#include <wsintercept/rfc9112/words.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc9112 {

/// RFC 9112 3. Views into the bytes that were parsed.
struct request_head {
    std::string_view method;
    std::string_view target; ///< as it came: origin, absolute, authority or asterisk form
    unsigned version = 11;   ///< 10 or 11
    rfc9112::fields fields;
    std::string_view bytes; ///< the whole head, blank line included
};

/// RFC 9112 4. Views into the bytes that were parsed.
struct status_head {
    unsigned version = 11;
    unsigned status = 0; ///< three digits, not checked further
    std::string_view reason;
    rfc9112::fields fields;
    std::string_view bytes;
};

/// done: `out` is set, and its `bytes` are the head.
enum class parse_state : std::uint8_t { need_more, done, failed };

/// What became of the bytes.
struct parse_result {
    parse_state state = parse_state::need_more;
    error reason{};         ///< failed: what is wrong
    std::size_t offset = 0; ///< failed: at which byte
};

/// What a head may have; the bytes with its blank line.
struct head_limits {
    std::size_t bytes = 16 * 1024;
    std::size_t fields = 100;
};

namespace detail {

/// One pass over a head. Each step says whether to go on; if not, `result` says why.
class scanner {
  public:
    scanner(std::string_view bytes, const head_limits& limits) noexcept
        : bytes_{bytes.substr(0, limits.bytes)},
          most_fields_{(std::min)(limits.fields, max_fields)}, full_{bytes.size() >= limits.bytes} {
    }

    /// What a step that said no stands for.
    parse_result result() const noexcept {
        if (failure_.state == parse_state::need_more && full_)
            return {parse_state::failed, error::head_too_large, bytes_.size()};
        return failure_;
    }
    std::string_view taken() const noexcept { return bytes_.substr(0, at_); }

    /// A run of characters of a class and `end`, which is not in it and is passed too.
    bool until(char end, unsigned allowed, error bad, error missing,
               std::string_view& out) noexcept {
        const std::size_t start = at_;
        at_ += run(bytes_.substr(start), allowed);
        if (at_ == bytes_.size())
            return false;
        const char c = bytes_[at_];
        if (c != end)
            return unexpected(c == '\r' || c == '\n' ? missing : bad);
        if (at_ == start)
            return fail(missing);
        out = bytes_.substr(start, at_ - start);
        ++at_;
        return true;
    }

    /// "HTTP/1.0" or "HTTP/1.1".
    bool http_version(error bad_line, unsigned& out) noexcept {
        if (starts_with<"HTTP/1.1">(bytes_.substr(at_))) { // mostly
            at_ += 8;
            out = 11;
            return true;
        }
        constexpr std::string_view start = "HTTP/1.";
        for (std::size_t i = 0; i < start.size(); ++i, ++at_) {
            if (at_ == bytes_.size())
                return false;
            if (bytes_[at_] != start[i])
                return unexpected(i < 5 ? bad_line : error::bad_http_version);
        }
        if (at_ == bytes_.size())
            return false;
        if (bytes_[at_] != '0' && bytes_[at_] != '1')
            return unexpected(error::bad_http_version);
        out = bytes_[at_++] == '1' ? 11 : 10;
        return true;
    }

    bool blank(error bad) noexcept {
        if (at_ == bytes_.size())
            return false;
        if (bytes_[at_] != ' ')
            return unexpected(bad);
        ++at_;
        return true;
    }

    bool three_digits(error bad, unsigned& out) noexcept {
        out = 0;
        for (int i = 0; i < 3; ++i, ++at_) {
            if (at_ == bytes_.size())
                return false;
            if (!is(bytes_[at_], digit))
                return unexpected(bad);
            out = out * 10 + static_cast<unsigned>(bytes_[at_] - '0');
        }
        return true;
    }

    /// RFC 9112 2.2: CR LF and nothing else.
    bool line_end(error bad) noexcept {
        if (at_ == bytes_.size())
            return false;
        if (bytes_[at_] != '\r')
            return fail(bytes_[at_] == '\n' ? error::bad_line_end : bad);
        if (at_ + 1 == bytes_.size())
            return false;
        if (bytes_[at_ + 1] != '\n')
            return fail(error::bad_line_end);
        at_ += 2;
        return true;
    }

    /// RFC 9110 5.5: text without controls up to the line's end, blanks around it left out.
    bool text(error bad, std::string_view& out) noexcept {
        const std::size_t start = at_;
        at_ += run(bytes_.substr(start), text_char);
        out = trim(bytes_.substr(start, at_ - start));
        return line_end(bad);
    }

    /// RFC 9112 5: field lines and the blank line.
    bool fields(rfc9112::fields& out) noexcept {
        quick_lines quick{bytes_, at_};
        for (std::size_t& n = out.count = 0;; ++n) {
            n += quick.take(at_, {out.list.data() + n, most_fields_ - n});
            if (at_ == bytes_.size())
                return false;
            const char c = bytes_[at_];
            if (c == '\r' || c == '\n')
                return line_end(error::bad_line_end);
            if (is_blank(c)) // RFC 9112 2.2 before the first field, 5.2 after it
                return fail(n == 0 ? error::bad_field_name : error::obsolete_folding);
            if (n == most_fields_)
                return fail(error::too_many_fields);
            field& f = out.list[n];
            if (!until(':', tchar, error::bad_field_name, error::bad_field_name, f.name) ||
                !text(error::bad_field_value, f.value))
                return false;
        }
    }

  private:
    bool fail(error reason) noexcept {
        failure_ = {parse_state::failed, reason, at_};
        return false;
    }

    /// A byte that may not stand here. A lone CR or LF is told from a line that ends too soon.
    bool unexpected(error reason) noexcept {
        const char c = bytes_[at_];
        if (c == '\n')
            return fail(error::bad_line_end);
        if (c != '\r')
            return fail(reason);
        if (at_ + 1 == bytes_.size())
            return false;
        return fail(bytes_[at_ + 1] == '\n' ? reason : error::bad_line_end);
    }

    std::string_view bytes_; ///< no more than the limit
    std::size_t most_fields_;
    bool full_; ///< as many bytes as a head may have are there
    std::size_t at_ = 0;
    parse_result failure_;
};

} // namespace detail

/// Parses a request head at the start of `bytes`. Strict: CR LF only, no folding, no NUL, no blank
/// before a colon, names are tokens, a target without controls, blanks, '#', or bytes above 0x7E.
/// A first empty line (RFC 9112 2.2) is not skipped. Bytes behind the head are not looked at.
/// Malformed input fails as early as it is seen; need_more with the limit reached fails.
///
/// Each call starts at the first byte. Who gets a head in small pieces calls again only when a LF
/// came or the limit is reached: then the cost is bounded by limits.fields passes. `out` views
/// `bytes`, and means something only where the state is done.
inline parse_result parse_request(std::string_view bytes, const head_limits& limits,
                                  request_head& out) noexcept {
    detail::scanner scan{bytes, limits};
    if (!scan.until(' ', detail::tchar, error::bad_method, error::bad_request_line, out.method) ||
        !scan.until(' ', detail::target_char, error::bad_target, error::bad_request_line,
                    out.target) ||
        !scan.http_version(error::bad_request_line, out.version) ||
        !scan.line_end(error::bad_request_line) || !scan.fields(out.fields))
        return scan.result();
    out.bytes = scan.taken();
    return {parse_state::done, error{}, 0};
}

/// The same for a response head. RFC 9112 4: the blank behind the status stands even where no
/// reason follows.
inline parse_result parse_status(std::string_view bytes, const head_limits& limits,
                                 status_head& out) noexcept {
    detail::scanner scan{bytes, limits};
    if (!scan.http_version(error::bad_status_line, out.version) ||
        !scan.blank(error::bad_status_line) ||
        !scan.three_digits(error::bad_status_line, out.status) ||
        !scan.blank(error::bad_status_line) || !scan.text(error::bad_status_line, out.reason) ||
        !scan.fields(out.fields))
        return scan.result();
    out.bytes = scan.taken();
    return {parse_state::done, error{}, 0};
}

} // namespace wsintercept::inline v0_1_0::rfc9112
