// The HTMLRenderer object as a process: see --help.
#include "options.hpp"
#include "program.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    try {
        const auto parsed = htmlrenderer::parse_options(argc, argv, std::cout, std::cerr);
        if (!parsed.value)
            return parsed.status;
        return htmlrenderer::program{*parsed.value}.run();
    } catch (const std::exception& e) {
        std::cerr << "htmlrenderer: " << e.what() << '\n';
        return 1;
    }
}
