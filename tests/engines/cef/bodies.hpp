// POST bodies by the scheme-handler route, which a real CEF gives whole, or without a Blob's bytes.
#pragma once

#include "scenario.hpp"

#include <wsintercept/renderer/cef.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace engines::cef {

class bodies final : public scenario {
    static constexpr std::size_t most = ws::limits{}.body;

    /// Serves the page, and says whether what it posts is whole.
    struct host : ws::ignore<ws::websocket_upgrade, ws::websocket_receive, ws::websocket_close,
                             ws::websocket_error, ws::drained> {
        using ignore::on;
        void on(const ws::http_request& e) noexcept {
            if (e.method != "POST")
                return answer(e.id, page);
            bool whole = e.body.size() == most;
            for (std::size_t i = 0; whole && i < most; ++i)
                whole = e.body[i] == static_cast<char>(i * 7 >> 3);
            answer(e.id, whole ? "whole" : "changed");
        }
        void on(const ws::log_entry& e) noexcept { logged = e.reason; }

        std::function<void(ws::socket_id, std::string_view)> answer;
        std::string page;
        ws::error logged{};
    };

  public:
    using scenario::scenario;
    ~bodies() override { CefRequestContext::GetGlobalContext()->ClearSchemeHandlerFactories(); }
    void run() override {
        handlers_.emplace(executor, host_, table());
        host_.answer = [this](ws::socket_id id, std::string_view body) {
            ws::http_response r;
            r.body = body;
            (void)handlers_->sockets().respond(id, r);
        };
        CefRequestContext::GetGlobalContext()->RegisterSchemeHandlerFactory("https", "myapp",
                                                                            handlers_->factory());
        const auto lost = [this](std::string seen) {
            check("request body", "a Blob", seen, refused(400, ws::error::body_lost));
            check("request body", "the log says why", ws::describe(host_.logged),
                  ws::describe(ws::error::body_lost));
            finish();
        };
        const auto larger = [this, lost](std::string seen) {
            check("request body", "one byte more", seen, refused(413, ws::error::body_too_large));
            post("new Blob(['x'])", lost);
        };
        const auto whole = [this, larger](std::string seen) {
            check("request body", "16 MiB", seen, "200 whole");
            post("filled(" + std::to_string(most + 1) + ")", larger);
        };
        post("filled(" + std::to_string(most) + ")", whole);
    }

  private:
    /// Opens a page that posts what this expression of its script gives.
    void post(std::string_view body, std::function<void(std::string)> then) {
        host_.page = "<!doctype html><script>"
                     "const filled = size => new Uint8Array(size).map((_, i) => i * 7 >> 3);"
                     "fetch('/', {method: 'POST', body: ";
        host_.page += body;
        host_.page += "}).then(async r => r.status + ' ' + await r.text())"
                      ".catch(String).then(text => { document.title = 'saw ' + text; });</script>";
        visit(CefRequestContext::GetGlobalContext(), "https://myapp/", std::move(then));
    }
    static std::string refused(unsigned status, ws::error why) {
        return std::to_string(status) + ' ' + ws::describe(why);
    }

    host host_;
    std::optional<ws::cef::scheme_handlers<api, host>> handlers_;
};

} // namespace engines::cef
