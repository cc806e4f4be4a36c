// Runs a check with every choice of instruction sets that code makes a difference of.
#pragma once

#include <wsintercept/detail/cpu.hpp>

/// Those that the machine lacks are left out; all that it has are used again afterwards.
template <class Check>
void on_each_cpu(Check&& check) {
    namespace cpu = wsintercept::detail;
    for (const unsigned features :
         {0U, unsigned{cpu::cpu_vectors}, cpu::cpu_vectors | cpu::cpu_avx2 | 0U, ~0U}) {
        cpu::allow_cpu(features);
        check();
    }
    cpu::allow_cpu(~0U);
}
