// What each test of the endpoint parses first: once a program instead.
#include "../loopback_support.hpp"
