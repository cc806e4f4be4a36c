// The HTMLRenderer object as a process: see --help.
#include "explain.hpp"
#include "options.hpp"
#include "program.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    try {
        const auto parsed = htmlrenderer::parse_options(argc, argv, std::cout, std::cerr);
        if (!parsed.value)
            return parsed.status;
        if (htmlrenderer::asks_for_explanation(*parsed.value)) {
            htmlrenderer::explain(*parsed.value, std::cin, std::cout, std::cerr);
            return 0;
        }
        return htmlrenderer::program{*parsed.value}.run();
    } catch (const std::exception& e) {
        std::cerr << "htmlrenderer: " << e.what() << '\n';
        return 1;
    }
}
