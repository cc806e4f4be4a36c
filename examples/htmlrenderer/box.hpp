// Messages drawn as the model's document draws them: nested vectors in boxes.
#pragma once

#include <wsintercept/message.hpp>

#include <string>

namespace htmlrenderer {

/// The lines of a message, each with its line's end. The object and numbers stand plain; a text has
/// a box of its own, with an arrow on its upper edge; binary data is a numeric vector, its lower
/// edge marked ~. A CR LF inside a text begins a row without a mark, a long row goes on after a
/// hooked arrow, other controls show as their pictures, and of very long data only the first part
/// is drawn. Text stays aligned where characters are two columns wide or none.
std::string draw(const wsintercept::message& event);

} // namespace htmlrenderer
