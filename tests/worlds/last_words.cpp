#include "last_words.hpp"

#include "sanitizer.hpp"

#include <unistd.h>

#include <csignal>
#include <string_view>

namespace worlds {

namespace {

void put(std::string_view text) noexcept {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

void speak() noexcept {
    put("\ndied in --world ");
    put(last_words::world);
    put(" --replay \"");
    const char* space = "";
    for (const action a : last_words::steps) {
        put(space);
        put(name(a));
        space = " ";
    }
    put("\"\n");
}

#ifndef WORLDS_ASAN
void on_signal(int number) noexcept {
    speak();
    std::signal(number, SIG_DFL);
    std::raise(number);
}
#endif

} // namespace

void last_words::prepare() noexcept {
#ifdef WORLDS_ASAN
    __sanitizer_set_death_callback(speak);
#else
    for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
        std::signal(number, on_signal);
#endif
}

} // namespace worlds
