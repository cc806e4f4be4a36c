#include "uses.hpp"

vendored_answer ask_vendored() {
    return use();
}
