// One view of WebKit's in a window of its own, by either API: 4.1 (GTK 3) or 6.0 (GTK 4).
#pragma once

#if __has_include(<webkit2/webkit2.h>)
#include <webkit2/webkit2.h>
#else
#include <webkit/webkit.h>
#endif

#include <functional>
#include <utility>

namespace gtk_demo {

/// The thread that runs GTK. Its session keeps nothing on disk.
class window {
  public:
#if GTK_CHECK_VERSION(4, 0, 0)
    using session_type = WebKitNetworkSession;
#else
    using session_type = WebKitWebContext;
#endif

    /// Once; false: there is no display.
    static bool start() {
#if GTK_CHECK_VERSION(4, 0, 0)
        return gtk_init_check();
#else
        return gtk_init_check(nullptr, nullptr);
#endif
    }

    window() = default;
    window(const window&) = delete;
    window& operator=(const window&) = delete;
    ~window() {
        closed_ = nullptr;
        close();
        g_object_unref(session_);
        g_object_unref(context_);
    }

    WebKitWebContext* context() const noexcept {
        return context_;
    }
    session_type* session() const noexcept {
        return session_;
    }
    /// Null but from `show` to its end.
    WebKitWebView* view() const noexcept {
        return view_;
    }

    /// `closed`: the window is gone, whoever closed it.
    void show(std::function<void()> closed = {}) {
        closed_ = std::move(closed);
#if GTK_CHECK_VERSION(4, 0, 0)
        view_ = WEBKIT_WEB_VIEW(g_object_new(WEBKIT_TYPE_WEB_VIEW, "web-context", context_,
                                             "network-session", session_, nullptr));
        top_ = gtk_window_new();
        gtk_window_set_child(GTK_WINDOW(top_), GTK_WIDGET(view_));
#else
        view_ = WEBKIT_WEB_VIEW(webkit_web_view_new_with_context(context_));
        top_ = gtk_window_new(GTK_WINDOW_TOPLEVEL);
        gtk_container_add(GTK_CONTAINER(top_), GTK_WIDGET(view_));
        gtk_widget_show(GTK_WIDGET(view_));
#endif
        g_signal_connect(top_, "destroy", G_CALLBACK(&gone), this);
        gtk_window_set_default_size(GTK_WINDOW(top_), 1100, 900);
        gtk_window_present(GTK_WINDOW(top_));
    }
    void close() {
        if (top_ == nullptr)
            return;
#if GTK_CHECK_VERSION(4, 0, 0)
        gtk_window_destroy(GTK_WINDOW(top_));
#else
        gtk_widget_destroy(top_);
#endif
    }

  private:
    static void gone(GtkWidget*, gpointer data) {
        auto* const self = static_cast<window*>(data);
        self->top_ = nullptr;
        self->view_ = nullptr;
        if (const auto tell = std::exchange(self->closed_, nullptr))
            tell();
    }

#if GTK_CHECK_VERSION(4, 0, 0)
    WebKitWebContext* const context_ = webkit_web_context_new();
    session_type* const session_ = webkit_network_session_new_ephemeral();
#else
    WebKitWebContext* const context_ = webkit_web_context_new_ephemeral();
    session_type* const session_ = static_cast<session_type*>(g_object_ref(context_));
#endif
    WebKitWebView* view_ = nullptr;
    GtkWidget* top_ = nullptr;
    std::function<void()> closed_;
};

} // namespace gtk_demo
