// Whether AddressSanitizer is at work.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WORLDS_ASAN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WORLDS_ASAN
#endif

#ifdef WORLDS_ASAN
#include <sanitizer/asan_interface.h>
#endif
