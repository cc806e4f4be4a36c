// Requests from the bytes of one connection, one after another. No I/O.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/loopback/arrival.hpp>
#include <wsintercept/loopback/body_framing.hpp>
#include <wsintercept/loopback/challenged.hpp>
#include <wsintercept/loopback/credentials.hpp>
#include <wsintercept/loopback/forwarded.hpp>
#include <wsintercept/loopback/redirected.hpp>
#include <wsintercept/rfc9112/head.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback {

/// What came of the bytes.
enum class found : std::uint8_t {
    need_more,
    tls,          ///< a TLS ClientHello in a request's place
    tunnel,       ///< CONNECT: wants a 200; what follows is for that host
    go_on,        ///< wants a 100, then sends its body
    request,      ///< a whole one
    relay,        ///< one for the network: its head; what follows is its body
    relay_tunnel, ///< CONNECT to the network: wants a 200; what follows is for that host
    challenged,   ///< wants a 407: `reason` says why
    refused,      ///< `reason` and `subject` say why and what
};

/// Which part of a request the bytes are in.
enum class request_part : std::uint8_t { none, head, body };

/// What an endpoint's requests are read by.
template <class Urls>
struct reading {
    const wsintercept::limits& limits;
    const Urls& table;
    std::string_view root;
    const std::optional<credentials>& wanted;
    bool relays = false;    ///< what no row takes goes to the network
    bool to_proxy = false;  ///< by way of a proxy
    std::uint16_t port = 0; ///< the endpoint's
};

/// Reads the requests of one connection, one behind the other, and says what each asks for. It
/// keeps no more of them than its limits allow.
class request_reader {
  public:
    /// Bytes of the peer, copied; then `next`.
    void append(std::string_view bytes) { bytes_.append(bytes); }
    /// From here on the bytes come out of TLS.
    void secure() noexcept { secure_ = true; }

    /// Reads on; call again until it needs more. Members below are of the request that it found.
    template <class Urls>
    found next(const reading<Urls>& by) {
        const limits& l = by.limits;
        if (in_body_)
            return read_body();
        // RFC 9112 2.2: one empty line ahead of a request is ignored.
        if (bytes_.starts_with("\r\n") && !std::exchange(past_blank_line_, true)) {
            bytes_.erase(0, 2);
            scanned_ = 0;
        }
        if (bytes_.empty())
            return found::need_more;
        if (bytes_[0] == 0x16 && !secure_) // a TLS record of the type handshake
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
        if (const error bad = by.wanted ? by.wanted->check(head, tunnel_.has_value()) : error{};
            bad != error{}) {
            const found result = refuse(*by.wanted, head, bad, l.body);
            return in_body_ ? read_body() : result;
        }
        if (const std::string asked = challenged_.take_target(head, by.port); !asked.empty()) {
            const auto at = static_cast<std::size_t>(head.target.data() - bytes_.data());
            bytes_.replace(at, head.target.size(), asked);
            if (rfc9112::parse_request(bytes_, {l.head, l.fields}, head).state !=
                rfc9112::parse_state::done)
                return refuse(error::head_too_large);
        }
        const way_in way{tunnel_ ? &*tunnel_ : nullptr, secure_};
        const rfc9112::occurrence url =
            by.wanted ? by.wanted->redirected_url(head) : rfc9112::occurrence{};
        arrival_ = url.count == 0 ? read_arrival(head, way, by.table, by.root, by.relays)
                                  : read_redirected(head, url, way, by.port);
        const found result = take_head(head, by);
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
    /// request: its body.
    std::string take_body() noexcept { return std::exchange(body_, {}); }
    /// relay: what goes to the network, and where its body ends.
    forwarded& to_forward() noexcept { return forwarded_; }
    const body_framing& framing() const noexcept { return framing_; }
    /// What CONNECT named.
    const std::optional<site>& tunnel() const noexcept { return tunnel_; }

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
    std::string tunnel_name() const { return tunnel_ ? tunnel_->text() : std::string{}; }

    /// Bytes that no request has used yet.
    std::size_t size() const noexcept { return bytes_.size(); }
    std::size_t held() const noexcept { return bytes_.size() + body_.size(); }
    std::string_view rest() const noexcept { return bytes_; }
    /// Gives back what it keeps: nothing more is read.
    void clear() noexcept {
        std::string{}.swap(bytes_);
        std::string{}.swap(body_);
        challenged_.forget();
    }
    /// The first n bytes of `rest` were used by others: a relay, or a socket.
    void drop(std::size_t n) { bytes_.erase(0, n); }
    /// All of `rest`, for who goes on with it.
    std::string take_rest() noexcept { return std::exchange(bytes_, {}); }

  private:
    /// `head` views bytes_.
    template <class Urls>
    found take_head(const rfc9112::request_head& head, const reading<Urls>& by) {
        if (arrival_.kind == arrival::kind::refused)
            return refuse(arrival_.reason);
        if (head.method == "CONNECT") {
            tunnel_ = arrival_.where;
            if (arrival_.kind == arrival::kind::tunnel)
                return found::tunnel;
            const bool checked = !by.wanted || by.wanted->covers_tunnels();
            return checked ? found::relay_tunnel : refuse(error::no_secret);
        }
        shown_head_ = arrival_.redirected ? head_before_redirect(head, arrival_, by.wanted)
                                          : loopback::shown_head(head, by.wanted);
        close_after_ = asks_to_close(head);
        if (arrival_.kind == arrival::kind::relay_request) {
            const error bad = framing_.start(head, (std::numeric_limits<std::uint64_t>::max)());
            if (bad != error{})
                return refuse(bad);
            const bool absolute = by.to_proxy && !arrival_.secure && !arrival_.handshake;
            forwarded_ = forward(head, arrival_, absolute, by.wanted);
            return found::relay;
        }
        // A handshake has no body; one that claims to is refused by the interceptor.
        if (arrival_.handshake)
            return found::request;
        if (const error bad = framing_.start(head, by.limits.body); bad != error{})
            return refuse(bad);
        body_.clear();
        in_body_ = !framing_.done();
        if (!in_body_)
            return found::request;
        const bool waits = framing_.wants_continue() && head.bytes.size() == bytes_.size();
        return waits ? found::go_on : found::need_more;
    }

    found read_body() {
        error bad{};
        // Grows with the bytes that came, never with a length that was announced.
        bytes_.erase(0, framing_.put(bytes_, bad, [this](std::string_view part) {
            if (!drops_body_)
                body_.append(part);
        }));
        if (bad == error{} && !framing_.done())
            return found::need_more;
        in_body_ = false;
        const found whole = std::exchange(drops_body_, false) ? found::challenged : found::request;
        return bad == error{} ? whole : refuse(bad);
    }

    static bool asks_to_close(const rfc9112::request_head& head) noexcept {
        return rfc9112::has_token(head.fields, "Connection", "close") ||
               rfc9112::has_token(head.fields, "Proxy-Connection", "close");
    }

    /// A challenged engine asks again on the same connection. A body in between is read first, and
    /// dropped; not one that is too large, or that the engine would rather not send.
    found refuse(const credentials& wanted, const rfc9112::request_head& head, error why,
                 std::size_t most) {
        reason_ = why;
        challenged_.forget();
        if (!wanted.challenges(head))
            return found::refused;
        const bool framed = framing_.start(head, most) == error{} && !framing_.wants_continue();
        close_after_ = head.version < 11 || asks_to_close(head) || !framed;
        drops_body_ = in_body_ = !close_after_ && !framing_.done();
        if (!close_after_)
            challenged_.remember(head);
        bytes_.erase(0, head.bytes.size());
        return in_body_ ? found::need_more : found::challenged;
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
    body_framing framing_;
    std::string body_;
    forwarded forwarded_;
    bool secure_ = false;
    error reason_{};
    challenged challenged_;
    bool in_body_ = false;
    bool drops_body_ = false; ///< of a challenged request
    bool close_after_ = false;
};

} // namespace wsintercept::inline v0_1_0::loopback
