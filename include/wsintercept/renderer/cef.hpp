// CEF, the Chromium Embedded Framework, 133 and later. Include it behind CEF's own headers: then
// cef::real_api is there, which all templates of this folder take. Without them it can be parsed,
// and given an Api of one's own (cef/api.hpp).
//
//     endpoint            for pages as they are: every WebSocket, workers' too; needs Boost, and is
//                         not included here (cef/endpoint.hpp)
//     loopback_route      the way to an endpoint, that one or the program's own
//     scheme_handlers     no port: plain requests, and the page-side class's sockets
//     executor            a thread of CEF's for interceptors, and for loopback::carried
#pragma once

#include <wsintercept/renderer/cef/api.hpp>
#include <wsintercept/renderer/cef/executor.hpp>
#include <wsintercept/renderer/cef/loopback_route.hpp>
#include <wsintercept/renderer/cef/scheme_handlers.hpp>
