// One request of the CEF-shaped exemplar. The engine's calls come on threads of its choosing: each
// hops to the executor and is answered later.
#pragma once

#include "cef_parts.hpp"
#include "loop.hpp"

#include <wsintercept/interceptor.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace wsintercept::kit::exemplars {

/// Adapter: cef_adapter.
template <class Adapter>
class cef_resource final : public resource_handler,
                           public std::enable_shared_from_this<cef_resource<Adapter>> {
  public:
    cef_resource(Adapter& owner, bool is_socket) : owner_{owner}, is_socket_{is_socket} {}

    bool open(const cef_request& r, bool& handle_now, std::function<void()> go_on) override {
        handle_now = false;
        hop([this, r, go_on] { begin(r, go_on); });
        return true;
    }
    void get_response_headers(cef_response& r) override { r = response_; } // behind go_on
    bool read(char* out, int room, int& size, std::function<void(int)> go_on) override {
        size = 0;
        hop([this, out, room, go_on] {
            read_.begin({out, static_cast<std::size_t>(room)}, go_on);
            serve();
        });
        return true;
    }
    void cancel() override {
        read_.cancel();
        hop([this] {
            if (!rest())
                owner_.core_.closed(id_);
        });
    }

  private:
    friend Adapter;

    template <class Work>
    void hop(Work work) {
        owner_.loop_.post([self = this->shared_from_this(), work] { work(); });
    }

    void begin(const cef_request& r, const std::function<void()>& go_on) {
        if (read_.cancelled())
            return;
        open_ = go_on;
        if (const std::string* token = r.field("x-socket")) {
            const auto found = owner_.sockets_.find(*token);
            if (found == owner_.sockets_.end())
                return answer({410, "text/plain", "Gone", {}});
            found->second->kept_ += r.body;
            found->second->up_ = this->shared_from_this();
            return found->second->feed();
        }
        const std::string head = r.head();
        const opened o =
            owner_.core_.open(this->shared_from_this(), {r.method, r.url, head, r.body});
        id_ = o.id;
        over_ = !o.id;
        if (over_)
            return answer({o.status == 0 ? 404U : o.status, "text/plain", "Refused", {}});
        if (!is_socket_)
            return; // `respond` will come
        token_ = random_token();
        owner_.sockets_[token_] = this->shared_from_this();
        response_.fields = "X-Socket: " + token_ + "\r\n";
        std::exchange(open_, {})();
    }

    void answer(cef_response r) {
        response_ = std::move(r);
        is_socket_ = false;
        if (open_)
            std::exchange(open_, {})();
    }

    /// Answers the read that is under way, if there is something to answer.
    void serve() {
        if (!read_ || read_.cancelled())
            return;
        const bool asks = is_socket_ && !over_;
        const std::size_t n =
            read_.copy(asks ? owner_.core_.output(id_) : output_views{{body_}, 1});
        if (n == 0 && asks)
            return; // output_ready will come
        if (asks)
            owner_.core_.consumed(id_, n); // may end it
        else
            body_.erase(0, n);
        read_.go_on(n != 0 ? static_cast<int>(n) : last_);
    }

    /// Writes what the page sent; when all is taken, the request that brought it is answered.
    void feed() {
        kept_.erase(0, over_ ? kept_.size() : owner_.core_.write(id_, kept_));
        if (kept_.empty() && up_)
            std::exchange(up_, {})->answer({204, "text/plain", "No Content", {}});
    }

    /// The ID rests. False: it did not yet.
    bool rest() {
        owner_.loop_.stop(timer_);
        owner_.sockets_.erase(token_);
        return std::exchange(over_, true);
    }

    Adapter& owner_;
    bool is_socket_;
    bool over_ = true; ///< ended, closed, or not opened yet
    int last_ = 0;     ///< what reads give at the end
    socket_id id_{};
    cef_response response_;
    std::function<void()> open_; ///< open waits for it
    pending_read read_;
    std::string token_, kept_, body_;
    std::shared_ptr<cef_resource> up_;
    loop::timer timer_ = 0;
};

} // namespace wsintercept::kit::exemplars
