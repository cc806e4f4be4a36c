// --explain and --print-pac: what the table does, without a browser.
#pragma once

#include "options.hpp"

#include <iosfwd>

namespace htmlrenderer {

/// Whether the command line asks for this in place of the program.
bool asks_for_explanation(const options& o);

/// Prints the script, then a line for each URL; for "-" one for each line of `in`, as it comes.
/// What the script had to give up goes to `errors`.
void explain(const options& o, std::istream& in, std::ostream& out, std::ostream& errors);

} // namespace htmlrenderer
