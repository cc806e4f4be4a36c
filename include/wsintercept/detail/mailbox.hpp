// The methods of other threads on their way to the interceptor's executor.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/message.hpp>
#include <wsintercept/socket_id.hpp>
#include <wsintercept/traits.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace wsintercept::inline v0_1_0 {

/// An HTTPRequest's answer that travels: as http_response, but owned.
struct respond_by_id {
    socket_id id;
    bool handled = true;
    unsigned status = 200;
    std::string reason;
    std::string media_type = "text/html";
    std::string fields;
    std::string body;
};

namespace detail {

/// Where remote calls wait. Shared by the interceptor and its remotes; outlives either.
class mailbox final : public task::work, public std::enable_shared_from_this<mailbox> {
  public:
    using completion = std::function<void(std::error_code)>;
    using method = std::variant<send_call, close_call, abort_call, answer_call, respond_by_id>;
    struct letter {
        method what;
        completion done;
    };
    /// The interceptor behind it; `perform` on its executor, `post` on any thread.
    struct reader {
        virtual void perform(std::vector<letter>& letters) noexcept = 0;
        virtual void post(const task& work) noexcept = 0;

      protected:
        ~reader() = default;
    };

    explicit mailbox(reader& r) noexcept : reader_{&r} {}

    /// Any thread. One post a batch: letters that come before it ran go with it.
    void put(letter l) {
        std::unique_lock lock{mutex_};
        if (reader_ == nullptr) {
            lock.unlock();
            if (l.done)
                l.done(error::shut_down);
            return;
        }
        letters_.push_back(std::move(l));
        request_turn();
    }

    /// A turn of its own, for events that a host's call gave rise to.
    void ask_for_turn() {
        const std::lock_guard lock{mutex_};
        if (reader_ != nullptr)
            request_turn();
    }

    void run() noexcept override {
        std::vector<letter> letters;
        reader* r = nullptr;
        {
            const std::lock_guard lock{mutex_};
            posted_ = false;
            letters.swap(letters_);
            r = reader_;
        }
        if (r != nullptr)
            return r->perform(letters);
        for (letter& l : letters)
            if (l.done)
                l.done(error::shut_down);
    }

    /// On the executor, by the interceptor's end: later letters are told so.
    void detach() noexcept {
        std::vector<letter> letters;
        {
            const std::lock_guard lock{mutex_};
            reader_ = nullptr;
            letters.swap(letters_);
        }
        for (letter& l : letters)
            if (l.done)
                l.done(error::shut_down);
    }

  private:
    // Under the lock, so that the interceptor cannot end while its traits are being asked.
    void request_turn() {
        if (!std::exchange(posted_, true))
            reader_->post(task{shared_from_this()});
    }

    std::mutex mutex_;
    reader* reader_;
    std::vector<letter> letters_;
    bool posted_ = false;
};

} // namespace detail

} // namespace wsintercept::inline v0_1_0
