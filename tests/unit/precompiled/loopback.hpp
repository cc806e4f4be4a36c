// What each test of the endpoint parses first: once a program instead.
#pragma once

#include "../loopback_support.hpp"
