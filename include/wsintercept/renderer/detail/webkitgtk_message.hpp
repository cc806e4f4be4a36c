// What the page-side class says by WebKit's script messages, out of JavaScriptCore's values.
#pragma once

#include <wsintercept/bridge/requests.hpp>
#include <wsintercept/detail/base64.hpp>
#include <wsintercept/renderer/detail/glib.hpp>
#include <wsintercept/rfc9112/words.hpp>

#if __has_include(<webkit2/webkit2.h>)
#include <webkit2/webkit2.h>
#else
#include <webkit/webkit.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::webkitgtk::detail {

/// What a page can say (bridge::channel::webkit).
struct script_message {
    enum class kind : std::uint8_t { open, up, read };

    std::string wrong; ///< not empty: it is none, and why; for its sender
    kind what{};
    std::string text;      ///< open: the request; up: what bridge::read_post reads; read: a token
    std::size_t count = 0; ///< read: bytes
};

/// Reads what any script of a page may have sent. What is too long is not copied.
class message_reader {
  public:
    static constexpr std::size_t most_text = std::size_t{4} << 20; ///< the class: 1 MiB, in base64

    /// most_read: bytes that a page may have read at a time.
    static script_message read(JSCValue* message, std::size_t most_read) {
        script_message out;
        message_reader{message, most_read, out}.read_all();
        return out;
    }

  private:
    using value_ptr = wsintercept::detail::gobject_ptr<JSCValue>;
    using kind = script_message::kind;

    message_reader(JSCValue* message, std::size_t most_read, script_message& out)
        : message_{message}, most_read_{most_read}, out_{out} {}

    void read_all() {
        std::string verb;
        if (!jsc_value_is_array(message_))
            return refuse("an array is expected");
        if (!take_text(0, verb))
            return;
        if (verb == "open")
            out_.what = kind::open;
        else if (verb == "up")
            out_.what = kind::up;
        else if (verb == "read")
            out_.what = kind::read;
        else
            return refuse("element 1: open, up or read is expected");
        const double elements = out_.what == kind::read ? 3 : 2;
        if (length_of(message_) != elements)
            return refuse(elements == 3 ? "3 elements are expected" : "2 elements are expected");
        if (!take_text(1, out_.text))
            return;
        if (out_.what == kind::up)
            decode();
        else if (out_.what == kind::read)
            take_count();
    }

    void decode() {
        if (!is_base64(out_.text))
            return refuse("element 2: base64 is expected");
        gsize size = 0;
        if (!out_.text.empty())
            g_base64_decode_inplace(out_.text.data(), &size);
        out_.text.resize(size);
        if (!bridge::read_post(out_.text))
            return refuse("element 2: it is shorter than a token and a number");
        check_token(std::string_view{out_.text}.substr(0, bridge::token_size));
    }
    void take_count() {
        check_token(out_.text);
        const value_ptr value{jsc_value_object_get_property_at_index(message_, 2)};
        const double n = jsc_value_is_number(value.get()) ? jsc_value_to_double(value.get()) : 0;
        if (!(n >= 1 && n <= static_cast<double>(most_read_)) || n != std::floor(n))
            return refuse("element 3: a whole number from 1 to " + std::to_string(most_read_) +
                          " is expected");
        out_.count = static_cast<std::size_t>(n);
    }

    void check_token(std::string_view text) {
        if (text.size() != bridge::token_size ||
            !rfc9112::detail::all(text, rfc9112::detail::hex_digit))
            refuse("element 2: a token is expected");
    }

    bool take_text(guint index, std::string& out) {
        const std::string place = "element " + std::to_string(index + 1) + ": ";
        const value_ptr value{jsc_value_object_get_property_at_index(message_, index)};
        if (!jsc_value_is_string(value.get())) {
            refuse(place + "a string is expected");
            return false;
        }
        // In UTF-16; as UTF-8 it is no shorter.
        if (length_of(value.get()) > static_cast<double>(most_text)) {
            refuse(place + "it is longer than " + std::to_string(most_text) + " characters");
            return false;
        }
        GBytes* const bytes = jsc_value_to_string_as_bytes(value.get());
        gsize size = 0;
        const void* const data = g_bytes_get_data(bytes, &size);
        out.assign(static_cast<const char*>(data), size);
        g_bytes_unref(bytes);
        return true;
    }
    static double length_of(JSCValue* of) {
        const value_ptr value{jsc_value_object_get_property(of, "length")};
        return jsc_value_to_double(value.get());
    }

    /// RFC 4648 4, with its padding.
    static bool is_base64(std::string_view text) {
        if (text.size() % 4 != 0)
            return false;
        for (int padding = 0; padding < 2 && text.ends_with('='); ++padding)
            text.remove_suffix(1);
        return std::all_of(text.begin(), text.end(), wsintercept::detail::is_base64_digit);
    }

    /// The first of what is wrong.
    void refuse(std::string why) {
        if (out_.wrong.empty())
            out_.wrong = std::move(why);
    }

    JSCValue* message_;
    std::size_t most_read_;
    script_message& out_;
};

} // namespace wsintercept::inline v0_1_0::webkitgtk::detail
