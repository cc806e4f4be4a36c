// How an engine carries the launch secret, and whether a request has it.
#pragma once

#include <wsintercept/detail/base64.hpp>
#include <wsintercept/error.hpp>
#include <wsintercept/loopback/secret.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/rfc9112/words.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback {

/// What requests must have; a value.
class credentials {
  public:
    static constexpr std::string_view user = "wsintercept";
    static constexpr std::string_view realm = "wsintercept";

    /// Proxy credentials, RFC 7617: `user` and the secret's text as the password. For engines that
    /// use the endpoint as a proxy. CONNECT and absolute-form requests are asked for them with a
    /// 407; a tunnel that was let through is trusted for what follows inside it; origin-form
    /// requests outside of tunnels cannot have any, and are refused.
    static credentials proxy(const launch_secret& secret) {
        std::string value;
        if (!secret.empty())
            wsintercept::detail::append_base64(value,
                                               std::string{user}.append(":").append(secret.text()));
        return {kind::proxy, "Proxy-Authorization", std::move(value)};
    }
    /// A request field whose value is the secret's text ("X-Wsintercept-Secret"), for engines that
    /// can add one to each request. CONNECT cannot have it and gives no access: what follows
    /// inside the tunnel is checked.
    static credentials field(std::string name, const launch_secret& secret) {
        return {kind::field, std::move(name), secret.text()};
    }
    /// The same, for engines that redirect a WebSocket to ws://127.0.0.1:PORT/ (QtWebEngine): the
    /// field `url_name` ("X-Wsintercept-Url") of a request that has the secret is the URL that the
    /// page asked for, in visible ASCII. What has no such field asks for what its target says.
    static credentials redirect(std::string name, std::string url_name,
                                const launch_secret& secret) {
        credentials c{kind::redirect, std::move(name), secret.text()};
        c.url_name_ = std::move(url_name);
        return c;
    }

    /// Not so: an empty secret, a name that is no token, two that are the same. `endpoint::listen`
    /// fails then.
    bool usable() const noexcept {
        const bool two =
            rfc9112::is_token(url_name_) && !rfc9112::equal_ignoring_case(url_name_, name_);
        return !value_.empty() && rfc9112::is_token(name_) && (two || kind_ != kind::redirect);
    }

    /// Whether the field may hold what no event, log or forwarded head may show.
    bool hides(std::string_view name) const noexcept {
        return rfc9112::equal_ignoring_case(name, name_) ||
               (kind_ == kind::redirect && rfc9112::equal_ignoring_case(name, url_name_));
    }

    /// The field with the URL of a redirected request. Only of what `check` let through; CONNECT,
    /// which shows no secret there, has none.
    rfc9112::occurrence redirected_url(const rfc9112::request_head& head) const noexcept {
        return kind_ == kind::redirect && head.method != "CONNECT"
                   ? rfc9112::find(head.fields, url_name_)
                   : rfc9112::occurrence{};
    }

    /// Whether a tunnel that was let through showed the secret.
    bool covers_tunnels() const noexcept { return kind_ == kind::proxy; }

    /// error{}: to be served. `in_tunnel`: behind a CONNECT that was let through.
    error check(const rfc9112::request_head& head, bool in_tunnel) const noexcept {
        const bool connect = head.method == "CONNECT";
        if (kind_ == kind::proxy ? in_tunnel : connect)
            return error{};
        const rfc9112::occurrence given = rfc9112::find(head.fields, name_);
        if (given.count == 0 || (kind_ == kind::proxy && !is_for_proxy(head)))
            return error::no_secret;
        return given.count == 1 && fits(given.value) ? error{} : error::wrong_secret;
    }

    /// Whether what `check` does not let through is answered with a 407; else it is a 403.
    bool challenges(const rfc9112::request_head& head) const noexcept {
        return kind_ == kind::proxy && is_for_proxy(head);
    }

  private:
    enum class kind : std::uint8_t { proxy, field, redirect };

    credentials(kind k, std::string name, std::string value)
        : kind_{k}, name_{std::move(name)}, value_{std::move(value)} {}

    static bool is_for_proxy(const rfc9112::request_head& head) noexcept {
        return head.method == "CONNECT" || head.target[0] != '/';
    }

    bool fits(std::string_view given) const noexcept {
        if (kind_ == kind::proxy) { // RFC 9110 11.4
            constexpr std::string_view scheme = "Basic ";
            if (!rfc9112::equal_ignoring_case(given.substr(0, scheme.size()), scheme))
                return false;
            given = rfc9112::trim(given.substr(scheme.size()));
        }
        return wsintercept::detail::equal_in_constant_time(value_, given);
    }

    kind kind_;
    std::string name_;
    std::string value_;    ///< of the field, without the scheme; empty: fits nothing
    std::string url_name_; ///< redirect: of the field with the URL
};

} // namespace wsintercept::inline v0_1_0::loopback
