// What the CEF-shaped exemplar stands on: the engine's types, and a read that is under way.
#pragma once

#include <wsintercept/output_queue.hpp>
#include <wsintercept/rfc9112/write_head.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <cstddef>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::kit::exemplars {

struct cef_request {
    std::string method, url;
    std::vector<std::pair<std::string, std::string>> fields; ///< CefRequest::HeaderMap
    std::string body;

    const std::string* field(std::string_view name) const {
        for (const auto& [n, value] : fields)
            if (rfc9112::equal_ignoring_case(n, name))
                return &value;
        return nullptr;
    }
    /// The head that events show. Empty: some part of it cannot stand in one.
    std::string head() const {
        const std::string normal = normalise(url).value_or(std::string{});
        const url_parts parts = split_url(normal).value_or(url_parts{});
        std::vector<rfc9112::field> list;
        for (const auto& [name, value] : fields)
            list.push_back({name, value});
        return rfc9112::write_head(method, parts.target, parts.host, list).value_or(std::string{});
    }
};

struct cef_response {
    unsigned status = 200;
    std::string media_type = "application/octet-stream", reason = "OK";
    std::string fields; ///< "Name: value" lines
};

/// CefResourceHandler. open and read come on threads of a pool, the others on TID_IO. cancel comes
/// for every request, also while open or read run; behind it no buffer may be written.
struct resource_handler {
    virtual bool open(const cef_request& r, bool& handle_now, std::function<void()> go_on) = 0;
    virtual void get_response_headers(cef_response& r) = 0;
    /// True and size 0: `go_on` will come, with a size, 0 for the end, or less for an error.
    virtual bool read(char* out, int room, int& size, std::function<void(int)> go_on) = 0;
    virtual void cancel() = 0;

  protected:
    ~resource_handler() = default;
};

/// A read that is answered later, unless it is cancelled first. On the executor, but for `cancel`.
class pending_read {
  public:
    void cancel() {
        const std::lock_guard lock{mutex_};
        cancelled_ = true;
    }
    bool cancelled() {
        const std::lock_guard lock{mutex_};
        return cancelled_;
    }

    void begin(std::span<char> out, std::function<void(int)> go_on) {
        out_ = out;
        go_on_ = std::move(go_on);
    }
    explicit operator bool() const { return bool(go_on_); }

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
    void go_on(int result) { std::exchange(go_on_, {})(result); }

  private:
    std::mutex mutex_;
    bool cancelled_ = false;
    std::span<char> out_;
    std::function<void(int)> go_on_;
};

/// 128 bits, in hexadecimal digits.
inline std::string random_token() {
    std::random_device random;
    std::string out;
    for (int i = 0; i < 32; ++i)
        out += "0123456789abcdef"[random() & 15U];
    return out;
}

} // namespace wsintercept::kit::exemplars
