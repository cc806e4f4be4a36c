// The host's methods for other threads.
#pragma once

#include <wsintercept/detail/mailbox.hpp>
#include <wsintercept/event.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsintercept::inline v0_1_0 {

/// The methods of `interceptor` from any thread: copyable, cheap, may outlive the interceptor. Data
/// is copied and travels in one `post` a batch; calls of one thread keep their order. `done`, where
/// given, is called once with the method's result: on the interceptor's executor, or at once, on
/// the calling thread, with error::shut_down where the interceptor is gone.
class remote {
  public:
    using completion = std::function<void(std::error_code)>;

    explicit remote(std::shared_ptr<detail::mailbox> box) noexcept : box_{std::move(box)} {}

    void send(socket_id id, std::string_view data, bool fin = true,
              std::optional<data_type> type = std::nullopt, completion done = {}) const {
        put(send_call{id, std::string{data}, fin, type}, std::move(done));
    }
    void close(socket_id id, std::uint16_t code = 1000, std::string_view reason = {},
               completion done = {}) const {
        put(close_call{id, code, std::string{reason}}, std::move(done));
    }
    void abort(socket_id id, completion done = {}) const { put(abort_call{id}, std::move(done)); }
    void answer(socket_id id, std::string_view head, completion done = {}) const {
        put(answer_call{id, std::string{head}}, std::move(done));
    }
    void respond(respond_by_id response, completion done = {}) const {
        put(std::move(response), std::move(done));
    }

  private:
    void put(detail::mailbox::method what, completion done) const {
        box_->put({std::move(what), std::move(done)});
    }

    std::shared_ptr<detail::mailbox> box_;
};

} // namespace wsintercept::inline v0_1_0
