// What each unit test parses first: once a program instead.
#pragma once

#include "../catch.hpp"
