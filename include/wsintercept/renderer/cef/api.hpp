// CEF's types and functions as the adapter names them.
#pragma once

#include <wsintercept/limits.hpp>

#include <cstdint>

#if defined(CEF_INCLUDE_CEF_BASE_H_)
#include "include/cef_command_line.h"
#include "include/cef_request_context.h"
#include "include/cef_request_context_handler.h"
#include "include/cef_resource_handler.h"
#include "include/cef_scheme.h"
#include "include/cef_task.h"
#include "include/cef_urlrequest.h"
#include "include/cef_values.h"
#endif

namespace wsintercept::inline v0_1_0::cef {

/// The adapter's templates take an Api: a struct whose members are CEF's own, by CEF's own names,
/// and a clock. So they can be parsed without CEF's headers, and tests hand in classes of their
/// own. Where a header of CEF was included before this one, `real_api` is CEF's C++ API, of 133
/// and later.
#if defined(CEF_INCLUDE_CEF_BASE_H_)
struct real_api {
    template <class T>
    using CefRefPtr = ::CefRefPtr<T>;
    template <class T>
    using CefRawPtr = ::CefRawPtr<T>;
    using CefString = ::CefString;
    using CefThreadId = ::CefThreadId;
    using CefTask = ::CefTask;
    using CefCommandLine = ::CefCommandLine;

    using CefRequestContext = ::CefRequestContext;
    using CefRequestContextHandler = ::CefRequestContextHandler;
    using CefRequestContextSettings = ::CefRequestContextSettings;
    using CefResourceRequestHandler = ::CefResourceRequestHandler;
    using CefValue = ::CefValue;
    using CefDictionaryValue = ::CefDictionaryValue;

    using CefURLRequest = ::CefURLRequest;
    using CefURLRequestClient = ::CefURLRequestClient;
    using CefAuthCallback = ::CefAuthCallback;

    using CefSchemeRegistrar = ::CefSchemeRegistrar;
    using CefSchemeHandlerFactory = ::CefSchemeHandlerFactory;
    using CefResourceHandler = ::CefResourceHandler;
    using CefCallback = ::CefCallback;
    using CefResourceReadCallback = ::CefResourceReadCallback;
    using CefBrowser = ::CefBrowser;
    using CefFrame = ::CefFrame;
    using CefRequest = ::CefRequest;
    using CefResponse = ::CefResponse;
    using CefPostData = ::CefPostData;
    using CefPostDataElement = ::CefPostDataElement;

    static constexpr auto TID_UI = ::TID_UI;
    static constexpr auto PDE_TYPE_BYTES = ::PDE_TYPE_BYTES;
    static constexpr auto UR_SUCCESS = ::UR_SUCCESS;
    static constexpr int UR_FLAG_SKIP_CACHE = ::UR_FLAG_SKIP_CACHE;
    static constexpr int UR_FLAG_ALLOW_STORED_CREDENTIALS = ::UR_FLAG_ALLOW_STORED_CREDENTIALS;
    static constexpr int CEF_SCHEME_OPTION_STANDARD = ::CEF_SCHEME_OPTION_STANDARD;
    static constexpr int CEF_SCHEME_OPTION_SECURE = ::CEF_SCHEME_OPTION_SECURE;
    static constexpr int CEF_SCHEME_OPTION_CORS_ENABLED = ::CEF_SCHEME_OPTION_CORS_ENABLED;
    static constexpr int CEF_SCHEME_OPTION_FETCH_ENABLED = ::CEF_SCHEME_OPTION_FETCH_ENABLED;

    static bool CefPostTask(CefThreadId thread, CefRefPtr<CefTask> task) {
        return ::CefPostTask(thread, task);
    }
    static bool CefPostDelayedTask(CefThreadId thread, CefRefPtr<CefTask> task,
                                   std::int64_t milliseconds) {
        return ::CefPostDelayedTask(thread, task, milliseconds);
    }
    static time_point now() noexcept { return clock::now(); }
};
#endif

} // namespace wsintercept::inline v0_1_0::cef
