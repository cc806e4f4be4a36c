// The stand-in as the adapter's Api. It is not CEF, and what passes on it was not shown of CEF.
#pragma once

#include "contexts.hpp"
#include "requests.hpp"

#include "../exemplars/loop.hpp"

#include <chrono>
#include <cstdint>

namespace wsintercept::inline v0_1_0::kit::cef_stand_in {

enum thread_id { TID_UI };

struct api {
    template <class T>
    using CefRefPtr = ref<T>;
    template <class T>
    using CefRawPtr = T*;
    using CefString = string;
    using CefThreadId = thread_id;
    using CefTask = task;
    using CefCommandLine = command_line;

    using CefRequestContext = request_context;
    using CefRequestContextHandler = request_context_handler;
    using CefRequestContextSettings = request_context_settings;
    using CefResourceRequestHandler = resource_request_handler;
    using CefValue = value;
    using CefDictionaryValue = dictionary;

    using CefURLRequest = url_request;
    using CefURLRequestClient = url_request_client;
    using CefAuthCallback = auth_callback;

    using CefSchemeRegistrar = scheme_registrar;
    using CefSchemeHandlerFactory = scheme_handler_factory;
    using CefResourceHandler = resource_handler;
    using CefCallback = callback;
    using CefResourceReadCallback = read_callback;
    using CefBrowser = browser;
    using CefFrame = frame;
    using CefRequest = request;
    using CefResponse = response;
    using CefPostData = post_data;
    using CefPostDataElement = post_data_element;

    static constexpr thread_id TID_UI = cef_stand_in::TID_UI;
    static constexpr element_type PDE_TYPE_BYTES = cef_stand_in::PDE_TYPE_BYTES;
    static constexpr url_request_status UR_SUCCESS = cef_stand_in::UR_SUCCESS;
    static constexpr int UR_FLAG_SKIP_CACHE = 1;
    static constexpr int UR_FLAG_ALLOW_STORED_CREDENTIALS = 8;
    static constexpr int CEF_SCHEME_OPTION_STANDARD = 1;
    static constexpr int CEF_SCHEME_OPTION_SECURE = 8;
    static constexpr int CEF_SCHEME_OPTION_CORS_ENABLED = 16;
    static constexpr int CEF_SCHEME_OPTION_FETCH_ENABLED = 64;

    /// TID_UI, which a test runs by hand; null: CEF is not there yet, or no more.
    static inline exemplars::loop* ui = nullptr;

    static bool CefPostTask(thread_id, ref<task> t) {
        if (ui == nullptr)
            return false;
        ui->post([t] { t->Execute(); });
        return true;
    }
    static bool CefPostDelayedTask(thread_id, ref<task> t, std::int64_t milliseconds) {
        if (ui == nullptr)
            return false;
        ui->start(ui->now() + std::chrono::milliseconds{milliseconds}, [t] { t->Execute(); });
        return true;
    }
    static time_point now() noexcept { return ui->now(); }
};

} // namespace wsintercept::inline v0_1_0::kit::cef_stand_in
