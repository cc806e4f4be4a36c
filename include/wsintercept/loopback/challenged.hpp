// The request that got a 407, for engines that forget its target when they ask again.
#pragma once

#include <wsintercept/rfc9112/head.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback {

/// libsoup 3 (WebKitGTK 2.50), told the credentials in the proxy's URI, repeats a challenged
/// request with the proxy's own URI as its target and all else as it was: `GET
/// http://127.0.0.1:PORT/` with the Host and the key of the upgrade, `CONNECT 127.0.0.1:PORT` with
/// the Host of the tunnel. What was asked for stands in the request before.
///
/// Remembers one request, for the very next one of the same connection. It only gives back a target
/// that this peer has sent itself, to a request with credentials that could have named it anyway.
class challenged {
  public:
    /// A request that was challenged.
    void remember(const rfc9112::request_head& head) {
        target_ = head.target;
        same_ = fingerprint(head);
    }

    /// The target that `head`, which has the credentials, stands for; empty: its own. port: where
    /// the endpoint listens. Forgets it.
    std::string take_target(const rfc9112::request_head& head, std::uint16_t port) {
        std::string target = std::exchange(target_, {});
        const std::string same = std::exchange(same_, {});
        if (target.empty() || !names_proxy(head, port) || fingerprint(head) != same)
            return {};
        return target;
    }

    /// Gives its memory back.
    void forget() noexcept {
        std::string{}.swap(target_);
        std::string{}.swap(same_);
    }
    std::size_t size() const noexcept { return target_.size() + same_.size(); }

  private:
    static bool names_proxy(const rfc9112::request_head& head, std::uint16_t port) {
        const std::string site = "127.0.0.1:" + std::to_string(port);
        return head.target == (head.method == "CONNECT" ? site : "http://" + site + "/");
    }

    /// What the two have in common. Each part is a line, which no value can break.
    static std::string fingerprint(const rfc9112::request_head& head) {
        std::string out{head.method};
        for (const std::string_view name : {"Host", "Origin", "Sec-WebSocket-Key"}) {
            const rfc9112::occurrence field = rfc9112::find(head.fields, name);
            out.append("\n").append(std::to_string(field.count)).append(" ").append(field.value);
        }
        return out;
    }

    std::string target_; ///< empty: none is remembered
    std::string same_;
};

} // namespace wsintercept::inline v0_1_0::loopback
