// What a program tells an endpoint, and what an endpoint counts.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/limits.hpp>
#include <wsintercept/loopback/credentials.hpp>
#include <wsintercept/loopback/peer.hpp>
#include <wsintercept/url/allowed_origins.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::loopback {

/// An answer given before the table is asked, without an event: an application's own files.
struct page {
    unsigned status = 200;
    std::string media_type = "text/html";
    std::string fields; ///< "Name: value" lines, each with CR LF
    std::string body;
};

/// How what is not intercepted reaches the network, where an engine sends it to the endpoint.
struct relay_options {
    std::string proxy{}; ///< HOST:PORT of an HTTP proxy on the way; empty: straight
    duration connect = std::chrono::seconds{20}; ///< to find the way
    duration idle = std::chrono::hours{1};       ///< a tunnel, socket or answer without a byte
    /// Whether names other than localhost may turn out to be this machine. Off: DNS rebinding, with
    /// which pages of the network would reach its services through the endpoint, is refused.
    bool names_of_loopback = false;
};

/// What an endpoint is made with; the defaults are for a program with pages of its own.
struct options {
    peer_policy peers{}; ///< who may connect: this process and its descendants
    /// What each request must have before it is looked at; none: the peer check is enough.
    std::optional<loopback::credentials> credentials{};
    std::string root = "myapp";               ///< the application's virtual host
    std::optional<allowed_origins> origins{}; ///< whose pages may open sockets; none: the table's
    wsintercept::limits limits{};
    std::uint16_t port = 0; ///< of 127.0.0.1; 0: the system chooses
    /// Asked for each plain request for http://ROOT/... or https://ROOT/..., the URL in normal
    /// form; nothing: the table decides. On the executor.
    std::function<std::optional<page>(std::string_view method, std::string_view url)> pages{};
    /// Nothing: what is not intercepted is refused. Nothing is relayed for peer_policy::anyone
    /// either, unless there are credentials: the endpoint is no open proxy.
    std::optional<relay_options> relay{relay_options{}};
    std::size_t connections_per_peer = 512; ///< of one process, where the system tells; else user
    /// Bytes of all requests, answers and what is relayed, where it is not taken yet. What an
    /// interceptor holds has limits of its own.
    std::size_t memory = std::size_t{256} << 20;
    /// Engines connect ahead of time and keep connections: so long one may stay without a request.
    duration preconnect = std::chrono::seconds{60};
};

/// How often each kind of refusal came: refusals().of(error::foreign_peer).
class refusals {
  public:
    /// How often this one came since the endpoint was made.
    std::uint64_t of(error reason) const noexcept {
        const auto n = static_cast<std::size_t>(reason);
        return n < counts_.size() ? counts_[n] : 0;
    }
    std::uint64_t all() const noexcept {
        std::uint64_t sum = 0;
        for (const std::uint64_t n : counts_)
            sum += n;
        return sum;
    }
    /// Counts one. The endpoint's call.
    void add(error reason) noexcept {
        const auto n = static_cast<std::size_t>(reason);
        if (n < counts_.size())
            ++counts_[n];
    }

  private:
    std::array<std::uint64_t, 400> counts_{}; // by enumerator
};

} // namespace wsintercept::inline v0_1_0::loopback
