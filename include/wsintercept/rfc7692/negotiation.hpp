// Offers of permessage-deflate and answers to them: RFC 7692 5 and 7.1. No zlib here.
#pragma once

#include <wsintercept/error.hpp>
#include <wsintercept/rfc6455/extension_list.hpp>
#include <wsintercept/rfc7692/options.hpp>
#include <wsintercept/rfc9112/head.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::rfc7692 {

/// The parameters of an offer or an answer, as they stand.
struct parameters {
    static constexpr int absent = 0, no_value = 1; ///< of window bits

    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    int server_max_window_bits = absent; ///< else 8 to 15
    int client_max_window_bits = absent; ///< else 8 to 15, or no_value
};

/// What both ends agreed on.
struct agreement {
    bool on = false;
    parameters answer;       ///< as they stand in the 101
    rfc7692::options wanted; ///< the row's

    /// Of the window that our messages may refer to, and the peer's.
    int server_bits() const noexcept { return bits(answer.server_max_window_bits); }
    int client_bits() const noexcept { return bits(answer.client_max_window_bits); }

  private:
    static constexpr int bits(int named) noexcept {
        return named == parameters::absent ? 15 : named;
    }
};

namespace detail {

/// RFC 7692 7.1.2: 8 to 15, without leading zeros; 0: no such number.
constexpr int window_bits(std::string_view text) noexcept {
    if (text == "8" || text == "9")
        return text[0] - '0';
    if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5')
        return 10 + (text[1] - '0');
    return 0;
}

/// Takes the parameter that the reader stands at. False: RFC 7692 7.1 does not know it, or knows it
/// without or with another value, or it stood before.
inline bool take_parameter(const rfc6455::extension_reader& at, parameters& out) noexcept {
    const auto flag = [&at](bool& known) noexcept {
        return !at.has_value() && !std::exchange(known, true);
    };
    const auto bits = [&at](int& known) noexcept {
        if (known != parameters::absent)
            return false;
        known = at.has_value() ? window_bits(at.value()) : parameters::no_value;
        return known != parameters::absent;
    };
    if (at.name() == "server_no_context_takeover")
        return flag(out.server_no_context_takeover);
    if (at.name() == "client_no_context_takeover")
        return flag(out.client_no_context_takeover);
    if (at.name() == "server_max_window_bits")
        return bits(out.server_max_window_bits) &&
               out.server_max_window_bits != parameters::no_value;
    if (at.name() == "client_max_window_bits")
        return bits(out.client_max_window_bits);
    return false;
}

/// Calls visit(name, parameters or null where they are not valid) for each extension of the
/// Sec-WebSocket-Extensions lines, in order, until it returns false.
template <class Visit>
void for_each_extension(const rfc9112::fields& fields, Visit&& visit) noexcept {
    using item = rfc6455::extension_reader::item;
    for (const rfc9112::field& f : fields) {
        if (!rfc9112::equal_ignoring_case(f.name, "Sec-WebSocket-Extensions"))
            continue;
        rfc6455::extension_reader reader{f.value};
        for (item at = reader.next(); at == item::extension;) {
            const std::string_view name = reader.name();
            parameters given;
            bool good = true;
            while ((at = reader.next()) == item::parameter)
                good = take_parameter(reader, given) && good;
            if (!visit(name, good && at != item::malformed ? &given : nullptr))
                return;
        }
    }
}

inline constexpr std::string_view extension_name = "permessage-deflate";

/// The answer to a valid offer; `on` is false where it cannot be met.
inline agreement answer_to(const parameters& offer, const options& wanted) noexcept {
    agreement out;
    if (offer.server_max_window_bits == 8) // zlib has no raw window of 8 bits
        return out;
    out.on = true;
    out.wanted = wanted;
    parameters& answer = out.answer;
    answer.server_no_context_takeover =
        offer.server_no_context_takeover || wanted.server_no_context_takeover;
    // RFC 7692 7.1.1.2: an offer of it is a hint; taken, it spares us a window.
    answer.client_no_context_takeover =
        offer.client_no_context_takeover || wanted.client_no_context_takeover;
    // RFC 7692 7.1.2.1: named wherever it was asked for.
    if (offer.server_max_window_bits != parameters::absent || wanted.server_max_window_bits < 15)
        answer.server_max_window_bits = (std::min)(
            offer.server_max_window_bits == parameters::absent ? 15 : offer.server_max_window_bits,
            wanted.server_max_window_bits);
    // RFC 7692 7.1.2.2: only where it was offered.
    if (offer.client_max_window_bits != parameters::absent) {
        const int most = offer.client_max_window_bits == parameters::no_value
                             ? 15
                             : offer.client_max_window_bits;
        if (const int bits = (std::min)(most, wanted.client_max_window_bits); bits < 15)
            answer.client_max_window_bits = bits;
    }
    return out;
}

/// RFC 7692 7.1: whether an answer of the host's fits an offer, and zlib can keep to it.
constexpr bool answers(const parameters& offer, const parameters& answer) noexcept {
    if (offer.server_no_context_takeover && !answer.server_no_context_takeover)
        return false;
    if (answer.server_max_window_bits == 8 ||
        (offer.server_max_window_bits != parameters::absent &&
         (answer.server_max_window_bits == parameters::absent ||
          answer.server_max_window_bits > offer.server_max_window_bits)))
        return false;
    if (answer.client_max_window_bits == parameters::absent)
        return true;
    return answer.client_max_window_bits != parameters::no_value &&
           offer.client_max_window_bits != parameters::absent &&
           (offer.client_max_window_bits == parameters::no_value ||
            answer.client_max_window_bits <= offer.client_max_window_bits);
}

} // namespace detail

/// The extension policy of permessage-deflate; see rfc6455/extensions.hpp for its members.
struct negotiation {
    using agreement = rfc7692::agreement;

    /// The first offer that can be taken as `wanted` has it; null, or none: off.
    static agreement negotiate(const rfc9112::fields& request, const options* wanted) noexcept {
        agreement out;
        if (wanted == nullptr || !wanted->in_range())
            return out;
        detail::for_each_extension(
            request, [&](std::string_view name, const parameters* offer) noexcept {
                if (offer != nullptr && rfc9112::equal_ignoring_case(name, detail::extension_name))
                    out = detail::answer_to(*offer, *wanted);
                return !out.on;
            });
        return out;
    }

    /// Appends the field of the 101; nothing where it is off.
    static void write(const agreement& agreed, std::string& out) {
        if (!agreed.on)
            return;
        const parameters& p = agreed.answer;
        out.append("Sec-WebSocket-Extensions: ").append(detail::extension_name);
        if (p.server_no_context_takeover)
            out.append("; server_no_context_takeover");
        if (p.client_no_context_takeover)
            out.append("; client_no_context_takeover");
        const auto bits = [&out](std::string_view name, int value) {
            if (value != parameters::absent)
                out.append(name).append(std::to_string(value));
        };
        bits("; server_max_window_bits=", p.server_max_window_bits);
        bits("; client_max_window_bits=", p.client_max_window_bits);
        out.append("\r\n");
    }

    /// Whether a 101 of the host's answers an offer of this request, and what is agreed on then,
    /// RFC 7692 7.1. Not error{}: it does not.
    static error check_answer(const rfc9112::fields& request, const rfc9112::fields& answer,
                              const options* wanted, agreement& out) noexcept {
        error wrong{};
        detail::for_each_extension(
            answer, [&](std::string_view name, const parameters* given) noexcept {
                if (out.on || given == nullptr || wanted == nullptr || !wanted->in_range() ||
                    !rfc9112::equal_ignoring_case(name, detail::extension_name) ||
                    !was_offered(request, *given))
                    wrong = error::answer_bad_extension;
                else
                    out = {true, *given, *wanted};
                return wrong == error{};
            });
        for (const rfc9112::field& f : answer)
            if (rfc9112::equal_ignoring_case(f.name, "Sec-WebSocket-Extensions") &&
                !rfc6455::is_extension_list(f.value))
                wrong = error::answer_bad_extension;
        return wrong;
    }

  private:
    static bool was_offered(const rfc9112::fields& request, const parameters& answer) noexcept {
        bool found = false;
        detail::for_each_extension(
            request, [&](std::string_view name, const parameters* offer) noexcept {
                found = offer != nullptr &&
                        rfc9112::equal_ignoring_case(name, detail::extension_name) &&
                        detail::answers(*offer, answer);
                return !found;
            });
        return found;
    }
};

} // namespace wsintercept::inline v0_1_0::rfc7692
