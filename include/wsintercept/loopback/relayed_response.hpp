// The response to a request that is relayed: what of it may be passed on, and where it ends.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/loopback/body_framing.hpp>
#include <wsintercept/loopback/forwarded.hpp>
#include <wsintercept/rfc6455/accept_key.hpp>
#include <wsintercept/rfc6455/handshake.hpp>
#include <wsintercept/rfc9112/head.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::loopback {

/// No I/O. Heads and bodies go on as they came, once they are known to be valid.
class relayed_response {
  public:
    /// Too long for an answer of a destination's, or of a proxy's.
    static constexpr rfc9112::head_limits head_limits{64 * 1024, rfc9112::max_fields};

    /// The one to this request, which lives as long. Not error{}: it is a handshake that is not
    /// valid, RFC 6455 4.2.1, and must not go out; judged are the very bytes that would.
    error expect(const forwarded& request) noexcept {
        request_ = &request;
        part_ = part::head;
        has_begun_ = closes_ = is_upgrade_ = false;
        interim_ = 0;
        if (!request.handshake)
            return error{};
        const rfc9112::parse_result parsed =
            rfc9112::parse_request(request.head, head_limits, handshake_);
        return parsed.state == rfc9112::parse_state::done
                   ? policy::validate(handshake_, upgrade_).reason
                   : error::bad_request_line;
    }

    /// Moves what may be passed on from the front of `in` to `out`; more of it comes later. Not
    /// empty: what is wrong with the rest.
    std::string pass(std::string& in, std::string& out) {
        std::string wrong;
        while (part_ == part::head && !is_upgrade_)
            if (!pass_head(in, out, wrong))
                return wrong;
        if (part_ == part::body) {
            error bad{};
            const std::size_t n = body_.put(in, bad, [](std::string_view) {});
            out.append(in, 0, n);
            in.erase(0, n);
            if (bad != error{})
                return describe(bad);
            if (body_.done())
                part_ = part::done;
        }
        closes_ = closes_ || (part_ == part::done && !in.empty()); // what nobody asked for
        return wrong;
    }

    /// The connection ended in order. Whether that is the response's end too.
    bool ends_here() noexcept {
        if (part_ == part::body && body_.until_end())
            part_ = part::done;
        closes_ = true;
        return part_ == part::done;
    }

    bool has_begun() const noexcept { return has_begun_; } ///< something was passed on
    bool is_done() const noexcept { return part_ == part::done; }
    bool is_upgrade() const noexcept { return is_upgrade_; } ///< a valid 101: frames follow
    bool closes() const noexcept { return closes_; } ///< nothing can follow on its connection

  private:
    using policy = rfc6455::basic_handshake<rfc6455::accept_key>;
    enum class part : std::uint8_t { head, body, done };

    static constexpr unsigned most_interim = 32; ///< 1xx responses ahead of one

    /// False: needs more bytes, or it is `wrong`.
    bool pass_head(std::string& in, std::string& out, std::string& wrong) {
        rfc9112::status_head head;
        const rfc9112::parse_result parsed = rfc9112::parse_status(in, head_limits, head);
        if (parsed.state == rfc9112::parse_state::failed)
            wrong = describe(parsed.reason);
        if (parsed.state != rfc9112::parse_state::done)
            return false;
        if (const error bad = judge(head); bad != error{}) {
            wrong = "status " + std::to_string(head.status) + ": " + describe(bad);
            return false;
        }
        has_begun_ = true;
        const std::size_t size = head.bytes.size(); // it views `in`
        out.append(in, 0, size);
        in.erase(0, size);
        return true;
    }

    error judge(const rfc9112::status_head& head) noexcept {
        if (head.status == 101)
            return judge_upgrade(head);
        // A 407 would have the engine hand out what is for us.
        if (head.status == 407 || (head.status < 200 && ++interim_ > most_interim))
            return error::relay_bad_answer;
        if (head.status < 200)
            return error{};
        part_ = part::body;
        const error bad = body_.start(head, request_->to_head);
        closes_ = request_->handshake || body_.until_end() || head.version < 11 ||
                  rfc9112::has_token(head.fields, "Connection", "close");
        return bad;
    }

    /// RFC 6455 4.1: only a whole and valid 101 makes a socket.
    error judge_upgrade(const rfc9112::status_head& head) noexcept {
        if (!request_->handshake)
            return error::relay_bad_answer;
        const auto accept = rfc6455::accept_key::compute(upgrade_.key);
        std::string_view subprotocol;
        const error bad = rfc6455::detail::check_accepted(
            upgrade_, head, {accept.data(), accept.size()}, subprotocol);
        is_upgrade_ = bad == error{};
        return bad;
    }

    const forwarded* request_ = nullptr;
    rfc9112::request_head handshake_;  ///< views the request
    rfc6455::upgrade_request upgrade_; ///< views handshake_
    body_framing body_;
    part part_ = part::head;
    unsigned interim_ = 0;
    bool has_begun_ = false;
    bool closes_ = false;
    bool is_upgrade_ = false;
};

} // namespace wsintercept::inline v0_1_0::loopback
