// Which of the code for different instruction sets runs.
#pragma once

#include <wsintercept/detail/cpu.hpp>

#include <array>
#include <cstddef>

namespace fuzz {

/// By the input's size, so that inputs find each; what the machine lacks is left out.
inline void choose_cpu(std::size_t size) noexcept {
    namespace cpu = wsintercept::detail;
    constexpr std::array<unsigned, 4> choices{~0U, cpu::cpu_vectors | cpu::cpu_avx2,
                                              cpu::cpu_vectors, 0};
    cpu::allow_cpu(choices[size % choices.size()]);
}

} // namespace fuzz
