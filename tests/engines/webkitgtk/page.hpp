// Pages of a real WebKitGTK, for tests: what they are to run, and what they say.
#pragma once

#include "window.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace webkitgtk_tests {

inline std::string engine_name() {
    return GTK_CHECK_VERSION(4, 0, 0) ? "WebKitGTK, API 6.0" : "WebKitGTK, API 4.1";
}
inline std::string engine_version() {
    return std::to_string(webkit_get_major_version()) + "." +
           std::to_string(webkit_get_minor_version()) + "." +
           std::to_string(webkit_get_micro_version());
}

/// Runs the main loop until something is so; false: it hangs.
inline bool until(const std::function<bool()>& so) {
    bool late = false;
    const auto ring = [](gpointer to) -> gboolean {
        *static_cast<bool*>(to) = true;
        return G_SOURCE_CONTINUE;
    };
    const guint limit = g_timeout_add_seconds(90, ring, &late);
    while (!late && !so())
        g_main_context_iteration(nullptr, TRUE);
    g_source_remove(limit);
    return so();
}

/// A call of JavaScript, which may still be under way.
struct call {
    bool done = false;
    std::string value; ///< what it gave, as text; or "failed: " and why
};

/// The view of a window that is shown.
class page {
  public:
    explicit page(gtk_demo::window& in) : view_{in.view()} {
        g_object_add_weak_pointer(G_OBJECT(view_), reinterpret_cast<gpointer*>(&view_));
        g_signal_connect(view_, "load-changed", G_CALLBACK(&on_load), this);
    }
    page(const page&) = delete;
    page& operator=(const page&) = delete;
    ~page() {
        if (view_ == nullptr)
            return;
        g_signal_handlers_disconnect_by_data(view_, this);
        g_object_remove_weak_pointer(G_OBJECT(view_), reinterpret_cast<gpointer*>(&view_));
    }

    /// Returns when it is there. text: of the document.
    bool load(const std::string& text, const char* url) {
        webkit_web_view_load_html(view_, text.c_str(), url);
        return until_loaded();
    }
    bool visit(const char* url) {
        webkit_web_view_load_uri(view_, url);
        return until_loaded();
    }
    /// One more document than those that were waited for.
    bool until_loaded() {
        return until([this] { return loaded_; }) && std::exchange(loaded_, false);
    }

    /// body: of an async function whose parameter, text, is `argument`.
    std::shared_ptr<const call> start(const std::string& body, const std::string& argument = "") {
        GVariantBuilder arguments;
        g_variant_builder_init(&arguments, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&arguments, "{sv}", "argument",
                              g_variant_new_string(argument.c_str()));
        const auto begun = std::make_shared<call>();
        webkit_web_view_call_async_javascript_function(
            view_, body.c_str(), -1, g_variant_builder_end(&arguments), nullptr, nullptr, nullptr,
            &on_result, new std::shared_ptr<call>{begun});
        return begun;
    }
    std::string run(const std::string& body, const std::string& argument = "") {
        const auto begun = start(body, argument);
        return until([&] { return begun->done; }) ? begun->value : "it hangs";
    }

  private:
    static void on_load(WebKitWebView*, WebKitLoadEvent event, gpointer data) {
        if (event == WEBKIT_LOAD_FINISHED)
            static_cast<page*>(data)->loaded_ = true;
    }
    static void on_result(GObject* view, GAsyncResult* result, gpointer data) {
        const std::unique_ptr<std::shared_ptr<call>> to{static_cast<std::shared_ptr<call>*>(data)};
        GError* failed = nullptr;
        JSCValue* const value = webkit_web_view_call_async_javascript_function_finish(
            WEBKIT_WEB_VIEW(view), result, &failed);
        if (value != nullptr) {
            char* const text = jsc_value_to_string(value);
            (*to)->value = text;
            g_free(text);
            g_object_unref(value);
        } else {
            (*to)->value = std::string{"failed: "} + failed->message;
            g_error_free(failed);
        }
        (*to)->done = true;
    }

    WebKitWebView* view_; ///< null: the window was closed
    bool loaded_ = false;
};

} // namespace webkitgtk_tests
