// Requests from the bytes of one connection, one after another. No I/O.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/loopback/arrival.hpp>
#include <wsintercept/loopback/body.hpp>
#include <wsintercept/loopback/credentials.hpp>
#include <wsintercept/rfc9112/head.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::loopback {

/// What came of the bytes.
enum class found : std::uint8_t {
    need_more,
    tls,        ///< a TLS ClientHello in a request's place
    tunnel,     ///< CONNECT: wants a 200; what follows is for that host
    go_on,      ///< wants a 100, then sends its body
    request,    ///< a whole one
    challenged, ///< wants a 407: `reason` says why
    refused,    ///< `reason` and `subject` say why and what
};

/// Which part of a request the bytes are in.
enum class request_part : std::uint8_t { none, head, body };

class request_reader {
  public:
    void append(std::string_view bytes) { bytes_.append(bytes); }

    /// Reads on; call again until it needs more. Members below are of the request that it found.
    template <class Urls>
    found next(const limits& l, const Urls& table, std::string_view root,
               const std::optional<credentials>& wanted = std::nullopt) {
        if (in_body_)
            return read_body();
        // RFC 9112 2.2: one empty line ahead of a request is ignored.
        if (bytes_.starts_with("\r\n") && !std::exchange(past_blank_line_, true)) {
            bytes_.erase(0, 2);
            scanned_ = 0;
        }
        if (bytes_.empty())
            return found::need_more;
        if (bytes_[0] == 0x16) // a TLS record of the type handshake
            return found::tls;
        const bool line = bytes_.find('\n', scanned_) != bytes_.npos;
        scanned_ = bytes_.size();
        if (!line && bytes_.size() < l.head)
            return found::need_more;
        rfc9112::request_head head;
        const rfc9112::parse_result parsed =
            rfc9112::parse_request(bytes_, {l.head, l.fields}, head);
        if (parsed.state == rfc9112::parse_state::need_more)
            return found::need_more;
        method_.clear();
        arrival_ = {};
        scanned_ = 0;
        past_blank_line_ = false;
        if (parsed.state == rfc9112::parse_state::failed)
            return refuse(parsed.reason);
        method_ = head.method;
        if (const error bad = wanted ? wanted->check(head, tunnel_.has_value()) : error{};
            bad != error{})
            return refuse(*wanted, head, bad);
        arrival_ = read_arrival(head, tunnel_ ? &*tunnel_ : nullptr, table, root);
        const found result = take_head(head, l.body, wanted);
        bytes_.erase(0, head.bytes.size());
        return in_body_ && result == found::need_more ? read_body() : result;
    }

    request_part part() const noexcept {
        return in_body_         ? request_part::body
               : bytes_.empty() ? request_part::none
                                : request_part::head;
    }

    const arrival& what() const noexcept { return arrival_; }
    const std::string& method() const noexcept { return method_; } ///< "" where there is none
    const std::string& shown_head() const noexcept { return shown_head_; }
    bool close_after() const noexcept { return close_after_; } ///< the peer asks for it
    std::string take_body() noexcept { return body_.take(); }

    error reason() const noexcept { return reason_; }
    /// Where the request went, as far as that is known.
    std::string subject() const {
        if (!arrival_.url.empty())
            return arrival_.url;
        if (!arrival_.where.host.empty())
            return arrival_.where.host;
        return tunnel_name();
    }
    /// What CONNECT named, or "".
    std::string tunnel_name() const {
        return tunnel_ ? tunnel_->host + ':' + std::to_string(tunnel_->port) : std::string{};
    }

    /// Bytes that no request has used yet.
    std::size_t size() const noexcept { return bytes_.size(); }
    std::string take_rest() noexcept { return std::exchange(bytes_, {}); }

  private:
    /// `head` views bytes_.
    found take_head(const rfc9112::request_head& head, std::size_t most_body,
                    const std::optional<credentials>& wanted) {
        if (arrival_.kind == arrival::kind::refused)
            return refuse(arrival_.reason);
        if (arrival_.kind == arrival::kind::tunnel) {
            tunnel_ = arrival_.where;
            return found::tunnel;
        }
        shown_head_ = loopback::shown_head(head, wanted);
        close_after_ = asks_to_close(head);
        // A handshake has no body; one that claims to is refused by the interceptor.
        if (arrival_.handshake)
            return found::request;
        if (const error bad = body_.start(head, most_body); bad != error{})
            return refuse(bad);
        in_body_ = !body_.done();
        if (!in_body_)
            return found::request;
        const bool waits = body_.wants_continue() && head.bytes.size() == bytes_.size();
        return waits ? found::go_on : found::need_more;
    }

    found read_body() {
        error bad{};
        bytes_.erase(0, body_.put(bytes_, bad));
        if (bad == error{} && !body_.done())
            return found::need_more;
        in_body_ = false;
        return bad == error{} ? found::request : refuse(bad);
    }

    static bool asks_to_close(const rfc9112::request_head& head) noexcept {
        return rfc9112::has_token(head.fields, "Connection", "close") ||
               rfc9112::has_token(head.fields, "Proxy-Connection", "close");
    }

    /// A challenged engine asks again on the same connection, unless a body stands in between.
    found refuse(const credentials& wanted, const rfc9112::request_head& head, error why) {
        reason_ = why;
        if (!wanted.challenges(head))
            return found::refused;
        const rfc9112::occurrence length = rfc9112::find(head.fields, "Content-Length");
        close_after_ = head.version < 11 || asks_to_close(head) || length.count > 1 ||
                       (length.count == 1 && length.value != "0") ||
                       rfc9112::find(head.fields, "Transfer-Encoding").count != 0;
        bytes_.erase(0, head.bytes.size());
        return found::challenged;
    }

    found refuse(error why) noexcept {
        reason_ = why;
        return found::refused;
    }

    std::string bytes_;
    std::size_t scanned_ = 0;      ///< of bytes_, for an end of line
    bool past_blank_line_ = false; ///< ahead of the request
    std::optional<site> tunnel_;   ///< what CONNECT named
    arrival arrival_;
    std::string method_;
    std::string shown_head_;
    body_reader body_;
    error reason_{};
    bool in_body_ = false;
    bool close_after_ = false;
};

} // namespace wsintercept::loopback
