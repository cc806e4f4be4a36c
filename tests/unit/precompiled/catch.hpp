// What each unit test parses first: once a program instead.
#include "../catch.hpp"
