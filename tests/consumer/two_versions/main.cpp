// A program with one version of the headers, linked to a library that was built with another.
#include "uses.hpp"

#include <iostream>

static void print(const vendored_answer& a) {
    std::cout << a.version << ": " << a.messages << ", " << a.message_limit << ", "
              << a.size_of_limits << '\n';
}

int main() {
    print(use());
    print(ask_vendored());
}
