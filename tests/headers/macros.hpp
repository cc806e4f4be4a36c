// Macros of others that a program may have defined ahead of these headers.
#pragma once

// Qt, without QT_NO_KEYWORDS.
#undef signals
#undef slots
#undef emit
#undef foreach
#undef forever
#define signals public
#define slots
#define emit
#define foreach(variable, container) for (variable : container)
#define forever for (;;)

// <X11/Xlib.h> and <X11/X.h>.
#define Always 2
#define Bool int
#define Below 1
#define Complex 0
#define False 0
#define None 0L
#define Status int
#define Success 0
#define True 1
#define Unsorted 0

// <windows.h>, without NOMINMAX.
#undef min
#undef max
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#ifndef _WINDOWS_ // else it is here itself
#define CONST const
#define CreateWindow CreateWindowW
#define DELETE (0x00010000L)
#define ERROR 0
#define far
#define GetMessage GetMessageW
#define GetObject GetObjectW
#define IGNORE 0
#define IN
#define INFINITE 0xFFFFFFFF
#define interface struct
#define near
#define NO_ERROR 0L
#define OPTIONAL
#define OUT
#define SendMessage SendMessageW
#define small char
#define STRICT 1
#define VOID void
#define Yield()
#endif

// <sys/sysmacros.h>, <complex.h>, and the logs and checks of engines.
#undef major
#undef minor
#define CHECK(condition) static_cast<void>(0)
#define DCHECK(condition) static_cast<void>(0)
#define DEBUG 1
#define I 1
#define LOG(severity) static_cast<void>(0)
#define major(device) ((device) >> 8)
#define minor(device) ((device)&255)
#define unix 1
#define linux 1
