// The policies that an interceptor is made of, and the concepts that they meet.
#pragma once

#include <wsintercept/rfc6455/accept_key.hpp>
#include <wsintercept/rfc6455/framing.hpp>
#include <wsintercept/rfc6455/handshake.hpp>
#include <wsintercept/url/intercepted_urls.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace wsintercept::inline v0_1_0 {

/// Decides whose a URL is. Immutable and shared: both are called from any thread.
/// Model: intercepted_urls.
template <class T>
concept url_policy = requires(const T& policy, std::string_view text) {
    { policy.match(text) }
    noexcept->std::same_as<decision>; // a URL in normal form
    { policy.may_match_host(text, 80U, false) }
    noexcept->std::same_as<bool>; // host, port, tls
};

/// 24 characters in, 28 out: RFC 6455 4.2.2. Stateless. Model: rfc6455::accept_key.
template <class T>
concept accept_key_policy = requires(std::string_view key) {
    { T::compute(key) }
    noexcept->std::same_as<std::array<char, 28>>;
};

/// Reads an opening handshake and writes or checks its answer. Stateless. What it agrees on, it
/// tells the frame policy. Model: rfc6455::basic_handshake.
template <class T>
concept handshake_policy = std::default_initializable<typename T::agreement> &&
    requires(const rfc9112::request_head& head, rfc6455::upgrade_request& upgrade,
             std::span<const std::string> names, std::string_view text, std::string_view& chosen,
             std::string& out, const rfc7692::options* wanted,
             const typename T::agreement& agreed) {
    { T::validate(head, upgrade) }
    noexcept->std::same_as<rfc6455::refusal>;
    { T::choose_subprotocol(upgrade, names, false, chosen) }
    noexcept->std::same_as<rfc6455::refusal>;
    { T::negotiate(upgrade, wanted) }
    noexcept->std::same_as<typename T::agreement>; // null: nothing is wanted
    T::response(upgrade, text, agreed, out);       // appends the 101
    { T::check_answer(upgrade, text, wanted).reason } -> std::convertible_to<error>;
    { T::check_answer(upgrade, text, wanted).bytes } -> std::convertible_to<std::string>;
    { T::check_answer(upgrade, text, wanted).status } -> std::convertible_to<unsigned>;
    { T::check_answer(upgrade, text, wanted).agreed } -> std::convertible_to<typename T::agreement>;
};

/// From bytes to messages and back. Model: rfc6455::framing, whose members say what each does.
template <class T>
concept frame_policy = std::default_initializable<typename T::decoder> &&
    std::default_initializable<typename T::outgoing> &&
    requires(typename T::decoder& decoder, typename T::outgoing& outgoing, std::span<char>& in,
             const typename T::decoder_limits& limits, std::string_view text) {
    { decoder.next(in, limits) } -> std::same_as<typename T::decoded>;
    { decoder.in_message() } -> std::same_as<bool>;
    { decoder.in_frame() } -> std::same_as<bool>;
    { outgoing.add(text, true, std::nullopt).reason } -> std::convertible_to<error>;
    { outgoing.add(text, true, std::nullopt).payload } -> std::convertible_to<std::string_view>;
    {
        T::header(outgoing.add(text, true, std::nullopt), true).view()
        } -> std::same_as<std::string_view>;
    { T::close(std::uint16_t{}, text).view() } -> std::same_as<std::string_view>;
    { T::ping(text).view() } -> std::same_as<std::string_view>;
    { T::pong(text).view() } -> std::same_as<std::string_view>;
};

/// A set of policies; give other ones by name or derive and redefine.
struct default_policies {
    using url = intercepted_urls;
    using handshake = rfc6455::basic_handshake<rfc6455::accept_key>;
    using frame = rfc6455::framing;
};

/// The frame policy takes what the handshake policy agrees on, before any frame; where that has no
/// members there is nothing to take.
template <class Frame, class Agreement>
concept agrees_on = std::is_empty_v<Agreement> ||
    requires(typename Frame::decoder& decoder, typename Frame::outgoing& outgoing,
             const Agreement& agreed) {
    decoder.agree(agreed);
    outgoing.agree(agreed);
};

/// All of an interceptor's policies, which fit each other. Model: default_policies.
template <class T>
concept policy_set = url_policy<typename T::url> && handshake_policy<typename T::handshake> &&
    frame_policy<typename T::frame> &&
    agrees_on<typename T::frame, typename T::handshake::agreement>;

} // namespace wsintercept::inline v0_1_0
