// The value of a Sec-WebSocket-Extensions field: RFC 6455 9.1.
#pragma once

#include <wsintercept/rfc9112/words.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wsintercept::inline v0_1_0::rfc6455 {

/// Reads the list item by item: an extension, its parameters, the next extension. Empty list
/// elements are left out (RFC 9110 5.6.1.2), blanks may stand around ',', ';' and '='.
///
///     extension_reader list{"permessage-deflate; client_max_window_bits=10"};
///     while (list.next() == extension_reader::item::extension) ...
class extension_reader {
  public:
    /// What `next` came to.
    enum class item : std::uint8_t {
        extension, ///< name() is its name
        parameter, ///< of the last extension: name(), has_value(), value()
        end,
        malformed, ///< and so is each later item
    };

    explicit constexpr extension_reader(std::string_view list) noexcept : rest_{list} {}

    /// Reads one item more.
    constexpr item next() noexcept {
        skip_blanks();
        if (in_extension_ && at(';')) {
            rest_.remove_prefix(1);
            return parameter();
        }
        if (in_extension_ && !rest_.empty() && !at(','))
            return broken();
        in_extension_ = false;
        while (at(',')) {
            rest_.remove_prefix(1);
            skip_blanks();
        }
        if (rest_.empty())
            return item::end;
        in_extension_ = true;
        return token(name_) ? item::extension : broken();
    }

    /// Views into the list.
    constexpr std::string_view name() const noexcept { return name_; }
    constexpr bool has_value() const noexcept { return has_value_; }
    /// A quoted value without its quotes; an escape in it stays as it came.
    constexpr std::string_view value() const noexcept { return value_; }

  private:
    constexpr bool at(char c) const noexcept { return !rest_.empty() && rest_.front() == c; }
    constexpr void skip_blanks() noexcept {
        while (at(' ') || at('\t'))
            rest_.remove_prefix(1);
    }
    constexpr item broken() noexcept {
        rest_ = ",;"; // stays malformed: no extension begins with ';'
        in_extension_ = false;
        return item::malformed;
    }
    constexpr bool token(std::string_view& out) noexcept {
        const std::size_t n = rfc9112::detail::run(rest_, rfc9112::detail::tchar);
        out = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return n != 0;
    }

    constexpr item parameter() noexcept {
        skip_blanks();
        value_ = {};
        has_value_ = false;
        if (!token(name_))
            return broken();
        skip_blanks();
        if (!at('='))
            return item::parameter;
        rest_.remove_prefix(1);
        skip_blanks();
        has_value_ = true;
        return (at('"') ? quoted() : token(value_)) ? item::parameter : broken();
    }

    /// RFC 6455 9.1: what is quoted must be a token once its escapes are undone.
    constexpr bool quoted() noexcept {
        rest_.remove_prefix(1);
        for (std::size_t i = 0; i < rest_.size(); ++i) {
            if (rest_[i] == '"') {
                value_ = rest_.substr(0, i);
                rest_.remove_prefix(i + 1);
                return i != 0;
            }
            if (rest_[i] == '\\' && ++i == rest_.size())
                return false;
            if (!rfc9112::detail::is(rest_[i], rfc9112::detail::tchar))
                return false;
        }
        return false;
    }

    std::string_view rest_;
    std::string_view name_;
    std::string_view value_;
    bool has_value_ = false;
    bool in_extension_ = false; ///< ';' may follow
};

/// Whether the value keeps to the grammar: one extension at least.
constexpr bool is_extension_list(std::string_view list) noexcept {
    extension_reader reader{list};
    if (reader.next() != extension_reader::item::extension)
        return false;
    for (;;) {
        const extension_reader::item item = reader.next();
        if (item == extension_reader::item::end || item == extension_reader::item::malformed)
            return item == extension_reader::item::end;
    }
}

} // namespace wsintercept::inline v0_1_0::rfc6455
