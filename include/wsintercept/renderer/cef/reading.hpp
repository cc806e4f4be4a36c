// A CefResourceHandler::Read that is answered later, unless it is cancelled first.
#pragma once

#include <wsintercept/output_queue.hpp>

#include <cstddef>
#include <cstring>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::cef {

/// The Read of CEF's that waits for bytes. On the executor, but for `cancel`.
template <class Api>
class reading {
    using callback = typename Api::template CefRefPtr<typename Api::CefResourceReadCallback>;

  public:
    /// Any thread. Behind it CEF's buffer is not written: it is gone then.
    void cancel() {
        const std::lock_guard lock{mutex_};
        cancelled_ = true;
    }

    /// A Read has come, which waits for an answer; at most one does.
    void begin(std::span<char> out, callback go_on) {
        out_ = out;
        go_on_ = std::move(go_on);
    }
    bool waits() const { return bool(go_on_); }

    /// How much of `all` fitted into the buffer; the lock keeps `cancel` waiting meanwhile.
    std::size_t copy(const output_views& all) {
        const std::lock_guard lock{mutex_};
        std::size_t n = 0;
        if (!cancelled_)
            for (std::string_view v : all) {
                v = v.substr(0, out_.size() - n);
                std::memcpy(out_.data() + n, v.data(), v.size());
                n += v.size();
            }
        return n;
    }
    /// size: 0 for the end, less for an error of Chromium's.
    void answer(int size) {
        if (const callback go_on = std::exchange(go_on_, nullptr))
            go_on->Continue(size);
    }
    /// Lets go of it without an answer.
    void drop() { go_on_ = nullptr; }

  private:
    std::mutex mutex_;
    bool cancelled_ = false;
    std::span<char> out_;
    callback go_on_;
};

} // namespace wsintercept::inline v0_1_0::cef
