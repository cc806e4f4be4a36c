// A connection to the network: the name's addresses, a proxy on the way, TLS.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/loopback/arrival.hpp>
#include <wsintercept/loopback/detail/link.hpp>
#include <wsintercept/loopback/detail/resolver.hpp>
#include <wsintercept/loopback/options.hpp>
#include <wsintercept/loopback/relayed_response.hpp>
#include <wsintercept/rfc9112/head.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::loopback {

namespace detail {

/// DNS rebinding: a page's name for this machine is not relayed, nor is anything to ourselves.
inline error check_destination(std::string_view host, const boost::asio::ip::address& resolved,
                               unsigned port, unsigned own_port, bool names_of_loopback) {
    namespace ip = boost::asio::ip;
    const bool mapped = resolved.is_v6() && resolved.to_v6().is_v4_mapped();
    const ip::address address =
        mapped ? ip::address{ip::make_address_v4(ip::v4_mapped, resolved.to_v6())} : resolved;
    if (!address.is_loopback() && !address.is_unspecified())
        return error{};
    if (port == own_port)
        return error::relay_to_itself;
    const bool says_so = host == "localhost" || host.ends_with(".localhost") ||
                         host.starts_with('[') || rfc9112::detail::is_ipv4(host);
    return says_so || names_of_loopback ? error{} : error::relay_to_loopback;
}

/// Of literals, and of RFC 6761 6.3's names, which not every resolver knows. host: without
/// brackets. Empty: a resolver's to tell.
inline std::vector<tcp::endpoint> known_addresses(std::string_view host, unsigned port) {
    namespace ip = boost::asio::ip;
    const auto number = static_cast<std::uint16_t>(port);
    if (host == "localhost" || host.ends_with(".localhost"))
        return {{ip::address_v6::loopback(), number}, {ip::address_v4::loopback(), number}};
    error_code failed;
    const ip::address literal = ip::make_address(host, failed);
    if (failed)
        return {};
    return {{literal, number}};
}

} // namespace detail

/// `Self` has, beside what a link asks for: connected(), failed(why, in words), take_payload(bytes)
/// and wants_payload(). All on the endpoint's executor, within a turn.
template <class Self, class Endpoint>
class upstream : public detail::link<Self, Endpoint> {
    using base = detail::link<Self, Endpoint>;

  public:
    explicit upstream(Endpoint& house) : base{house.io_}, house_{&house} {}

    /// The endpoint that it belongs to.
    Endpoint& house() noexcept { return *house_; }
    bool over() const noexcept { return stage_ == stage::closed; }

    /// Looks for the way. straight: no HTTP request goes over it as it is, so that a proxy has to
    /// make a tunnel.
    void start(const site& to, bool secure, bool straight) {
        to_ = to;
        secure_ = secure;
        const relay_options& o = *house_->options_.relay;
        std::optional<site> first = to;
        by_proxy_ = !o.proxy.empty();
        asks_proxy_ = by_proxy_ && (straight || secure);
        if (by_proxy_)
            first = detail::read_site(o.proxy);
        if (!first)
            return self().failed(error::relay_failed, "the proxy is not HOST:PORT");
        stage_ = stage::connecting;
        this->arm(clock::now() + o.connect);
        std::string name = first->host;
        if (name.starts_with('['))
            name = name.substr(1, name.size() - 2);
        const auto known = detail::known_addresses(name, first->port);
        if (!known.empty())
            return resolved(
                {}, detail::resolver::results::create(known.begin(), known.end(), name, {}));
        house_->resolver_.resolve(
            std::move(name), static_cast<std::uint16_t>(first->port),
            [self = this->shared_from_this()](detail::error_code failed,
                                              const detail::resolver::results& found) {
                self->resolved(failed, found);
            });
    }

    bool is_connected() const noexcept { return stage_ == stage::ready; }

    // The link's.

    /// What a relay has to write, it writes at once.
    static constexpr bool is_marked() noexcept { return false; }
    /// Whether the far side is to be read.
    bool wants_bytes() noexcept {
        return stage_ == stage::asking || stage_ == stage::securing ||
               (stage_ == stage::ready && self().wants_payload());
    }
    /// Bytes of the far side: of the proxy's answer, then payload.
    void take(std::span<char> bytes) {
        if (stage_ == stage::ready)
            return self().take_payload({bytes.data(), bytes.size()});
        answer_.append(bytes.data(), bytes.size());
        read_answer();
    }
    /// TLS has shaken hands, and the certificate is the host's.
    void secured() { ready(); }
    /// TLS has failed: before the way was there, since nobody vouches for the certificate.
    void tls_failed() {
        self().failed(is_connected() ? error::relay_failed : error::relay_not_trusted,
                      this->stream_.problem());
    }

    /// The socket's call: TCP is connected, or why it is not.
    void on_connected(detail::error_code failed) {
        if (over())
            return;
        const typename Endpoint::turn t{*house_};
        if (failed)
            return self().failed(error::relay_failed, failed.message());
        if (asks_proxy_) {
            stage_ = stage::asking;
            const std::string name = to_.text();
            question_ = "CONNECT " + name + " HTTP/1.1\r\nHost: " + name + "\r\n\r\n";
            ask_proxy();
        } else {
            shake_hands();
        }
        this->settle();
    }

    /// Ends it at once; nothing is told.
    void close() {
        stage_ = stage::closed;
        this->stream_.close();
    }

  protected:
    /// While the way is looked for.
    bool is_on_its_way() const noexcept {
        return stage_ != stage::ready && stage_ != stage::closed;
    }
    /// Writes what the proxy is asked; the rest where there is room.
    void ask_proxy() {
        while (!question_.empty()) {
            detail::error_code failed;
            const std::array<std::string_view, 1> views{question_};
            const std::size_t n = this->stream_.write_now(views, failed);
            if (failed)
                return self().failed(error::relay_failed, failed.message());
            if (n == 0)
                return this->stream_.await_room(this->shared_from_this());
            question_.erase(0, n);
        }
    }

  private:
    enum class stage : std::uint8_t {
        unused,
        connecting,
        asking, ///< a proxy for a tunnel
        securing,
        ready,
        closed,
    };

    Self& self() noexcept { return static_cast<Self&>(*this); }

    void resolved(detail::error_code failed, const detail::resolver::results& found) {
        if (over())
            return;
        const typename Endpoint::turn t{*house_};
        if (failed || found.empty())
            return self().failed(error::relay_failed, failed.message());
        for (const auto& entry : found) {
            const auto& at = entry.endpoint();
            const error bad =
                by_proxy_
                    ? error{}
                    : detail::check_destination(to_.host, at.address(), at.port(), house_->port_,
                                                house_->options_.relay->names_of_loopback);
            if (bad != error{})
                return self().failed(bad, at.address().to_string());
        }
        this->stream_.connect(found, this->shared_from_this());
    }

    void read_answer() {
        rfc9112::status_head head;
        const rfc9112::parse_result parsed =
            rfc9112::parse_status(answer_, relayed_response::head_limits, head);
        if (parsed.state == rfc9112::parse_state::need_more)
            return;
        if (parsed.state == rfc9112::parse_state::failed || head.status < 200 || head.status > 299)
            return self().failed(error::relay_failed,
                                 "the proxy answered " + answer_.substr(0, answer_.find('\r')));
        const std::string rest = answer_.substr(head.bytes.size());
        answer_.clear();
        if (!rest.empty()) // the destination speaks behind us, or not at all
            return self().failed(error::relay_failed, "the proxy sent more than its answer");
        shake_hands();
    }

    void shake_hands() {
        if (!secure_)
            return ready();
        stage_ = stage::securing;
        this->secure(house_->tls_.connect(to_.host), {});
    }

    void ready() {
        stage_ = stage::ready;
        self().connected();
    }

    Endpoint* house_;
    site to_;
    stage stage_ = stage::unused;
    bool secure_ = false;
    bool by_proxy_ = false;
    bool asks_proxy_ = false; ///< for a tunnel
    std::string question_;
    std::string answer_; ///< of the proxy, as far as it came
};

} // namespace wsintercept::inline v0_1_0::loopback
