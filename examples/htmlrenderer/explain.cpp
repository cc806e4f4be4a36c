#include "explain.hpp"

#include <wsintercept/url/pac.hpp>

#include <istream>
#include <ostream>
#include <string>

namespace htmlrenderer {
namespace {

const char* fallback_text(wsintercept::pac_fallback fallback) {
    using wsintercept::pac_fallback;
    switch (fallback) {
    case pac_fallback::none: return nullptr;
    case pac_fallback::hosts: return "it decides by host";
    case pac_fallback::suffixes: return "it decides by the last labels of hosts";
    case pac_fallback::everything: return "it sends everything to the program";
    }
    return nullptr;
}

} // namespace

bool asks_for_explanation(const options& o) {
    return o.print_pac || !o.explain.empty();
}

void explain(const options& o, std::istream& in, std::ostream& out, std::ostream& errors) {
    if (o.print_pac) {
        // The system chooses the port when the program listens.
        const auto script = wsintercept::make_pac(*o.table, "127.0.0.1:PORT");
        out << script.text << std::flush;
        if (const char* text = fallback_text(script.fallback))
            errors << "htmlrenderer: the table is too large for a script of its own: " << text
                   << std::endl;
    }
    for (const std::string& url : o.explain) {
        if (url != "-") {
            out << o.table->explain(url) << std::endl;
            continue;
        }
        for (std::string line; std::getline(in, line);)
            out << o.table->explain(line) << std::endl;
    }
}

} // namespace htmlrenderer
