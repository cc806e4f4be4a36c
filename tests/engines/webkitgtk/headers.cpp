// Both headers alone and twice, with more warnings than the rest.
#include <wsintercept/renderer/webkitgtk.hpp>
#include <wsintercept/renderer/webkitgtk_scheme.hpp>

int main() {}
