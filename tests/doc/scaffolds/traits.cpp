// An adapter is tested: renderer/memory.hpp stands for it.
#include <wsintercept/kit/memory_fixture.hpp>

#include <iostream>

using my_fixture = wsintercept::kit::memory_fixture;

int main() {
    // the block
}
