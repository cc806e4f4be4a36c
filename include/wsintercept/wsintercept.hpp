// The whole core: the standard library only, no engine, no thread, no socket.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/event.hpp>
#include <wsintercept/handler.hpp>
#include <wsintercept/interceptor.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/message.hpp>
#include <wsintercept/policies.hpp>
#include <wsintercept/remote.hpp>
#include <wsintercept/request.hpp>
#include <wsintercept/rfc9112/write_head.hpp>
#include <wsintercept/traits.hpp>
#include <wsintercept/url/allowed_origins.hpp>
#include <wsintercept/url/intercepted_urls.hpp>
#include <wsintercept/url/pac.hpp>
#include <wsintercept/version.hpp>
