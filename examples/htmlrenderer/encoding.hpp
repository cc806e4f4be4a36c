// How bytes are shown as text: base64, octets as U+0000 to U+00FF, and what a terminal may be sent.
#pragma once

#include <wsintercept/message.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace htmlrenderer {

/// RFC 4648 4, with padding. Decoding is strict: no blanks, no missing padding, no stray bits.
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

/// Octets as UTF-8, those from 128 on as U+0080 to U+00FF; and back: nothing if a character of the
/// UTF-8 text is beyond U+00FF.
std::string octets_to_utf8(std::string_view octets);
std::optional<std::string> utf8_to_octets(std::string_view utf8);

/// An event as it is shown, in JSON and in boxes alike: heads as UTF-8, a body that is no UTF-8 as
/// binary data.
wsintercept::message to_shown(wsintercept::message event);

/// Takes one code point off the front of `utf8`; U+FFFD, and one byte, where it is no UTF-8.
char32_t take_code_point(std::string_view& utf8);
void append_utf8(std::string& to, char32_t code_point);

/// A character as a terminal may be sent it: controls as their pictures (ESC as U+241B), what
/// would change the direction of text, and what has no form, as "\u{202e}".
std::string visible(char32_t code_point);

/// A text on one line, each character `visible`.
std::string visible(std::string_view utf8);

/// How many columns a terminal gives a character that `visible` left as it is: 0, 1 or 2.
unsigned columns(char32_t code_point);

} // namespace htmlrenderer
