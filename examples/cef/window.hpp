// One browser of CEF's: a window of its own, or a view that nobody sees.
#pragma once

#include "include/cef_browser.h"
#include "include/cef_client.h"
#include "include/cef_life_span_handler.h"
#include "include/cef_render_handler.h"

#include <functional>
#include <string>
#include <utility>

namespace cef_demo {

/// TID_UI.
class window final : public CefClient, public CefLifeSpanHandler, public CefRenderHandler {
  public:
    /// `closed`: the browser is gone, whoever closed it.
    explicit window(std::function<void()> closed) : closed_{std::move(closed)} {}

    void open(const std::string& url, bool offscreen) {
        CefWindowInfo info;
        info.bounds = CefRect{0, 0, width, height};
        if (offscreen)
            info.SetAsWindowless(0);
        else
            info.runtime_style = CEF_RUNTIME_STYLE_ALLOY; // without Chrome's own tabs and menus
        browser_ = CefBrowserHost::CreateBrowserSync(info, this, url, {}, nullptr, nullptr);
    }
    void close() {
        if (browser_)
            browser_->GetHost()->CloseBrowser(true);
    }

    CefRefPtr<CefLifeSpanHandler> GetLifeSpanHandler() override { return this; }
    void OnBeforeClose(CefRefPtr<CefBrowser>) override {
        browser_ = nullptr;
        closed_();
    }

    CefRefPtr<CefRenderHandler> GetRenderHandler() override { return this; }
    void GetViewRect(CefRefPtr<CefBrowser>, CefRect& r) override {
        r = CefRect{0, 0, width, height};
    }
    void OnPaint(CefRefPtr<CefBrowser>, PaintElementType, const RectList&, const void*, int,
                 int) override {}

  private:
    static constexpr int width = 1100;
    static constexpr int height = 900;

    const std::function<void()> closed_;
    CefRefPtr<CefBrowser> browser_;

    IMPLEMENT_REFCOUNTING(window);
};

} // namespace cef_demo
