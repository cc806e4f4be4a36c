// An adapter shaped as CEF's scheme handlers. A page's own WebSocket class makes one request for
// each socket, whose answer never ends: the way down. Each batch of its bytes is a request of its
// own, which names the socket by a token and is answered when all was taken: the way up.
#pragma once

#include "cef_resource.hpp"
#include "loop.hpp"

#include <wsintercept/interceptor.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace wsintercept::kit::exemplars {

template <class Handler>
class cef_adapter {
    using resource = cef_resource<cef_adapter>;

    // What has to call the interceptor is posted.
    struct traits {
        using connection = std::shared_ptr<resource>;
        cef_adapter& owner;

        time_point now() noexcept { return owner.loop_.now(); }
        void post(const task& work) noexcept { owner.loop_.post(work); }
        void output_ready(const connection& c) noexcept {
            owner.loop_.post([c] { c->serve(); });
        }
        void input_ready(const connection& c) noexcept {
            owner.loop_.post([c] { c->feed(); });
        }
        void respond(const connection& c, const response& r) noexcept {
            c->body_ = r.head_only ? std::string_view{} : r.body;
            c->answer({r.status, std::string{r.media_type}, std::string{r.reason},
                       std::string{r.fields}});
        }
        void wake_at(const connection& c, time_point when) noexcept {
            owner.loop_.stop(c->timer_);
            c->timer_ = owner.loop_.start(when, [this, c] { owner.core_.wake(c->id_); });
        }
        void end(const connection& c, ending how) noexcept {
            c->last_ = how == ending::finish ? 0 : -1;
            c->rest();
            owner.loop_.post([c] { c->serve(), c->feed(); });
        }
    };

  public:
    using interceptor = wsintercept::interceptor<traits, default_policies, Handler>;

    cef_adapter(loop& executor, Handler& handler, typename interceptor::table_pointer table,
                interceptor_options options)
        : loop_{executor}, core_{traits_, handler, std::move(table), std::move(options)} {}

    interceptor& core() noexcept { return core_; } ///< on the executor
    void post(const task& work) noexcept { traits_.post(work); }

    /// CefSchemeHandlerFactory::Create, on TID_IO: null leaves the request to the network.
    std::shared_ptr<resource_handler> create(const cef_request& r) {
        // A socket is asked for as http, and stands in the table as ws.
        const bool is_socket = r.field("sec-websocket-key") || r.field("x-socket");
        if (core_.decide(is_socket ? "ws" + r.url.substr(4) : r.url).action == action::external)
            return nullptr;
        return std::make_shared<resource>(*this, is_socket);
    }

  private:
    friend resource;

    loop& loop_;
    std::map<std::string, std::shared_ptr<resource>> sockets_; ///< by token
    traits traits_{*this};
    interceptor core_;
};

} // namespace wsintercept::kit::exemplars
