// What a page reads, judged as it comes: one answer to the handshake, then frames.
#pragma once

#include "verdict.hpp"

#include "../unit/recorder.hpp"

#include <wsintercept/rfc6455/refusal.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace worlds {

inline const std::string request_head = test::handshake();
inline const std::string good_answer = test::accepted();
inline const std::string bad_answer = test::accepted("Sec-WebSocket-Extensions: x\r\n");
/// A host's denial, as the core writes it again.
inline constexpr std::string_view denial =
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

// Payloads of the host's messages: one fits into the queue, the other into an empty queue only.
inline constexpr std::size_t small_message = 60;
inline constexpr std::size_t large_message = 1024;
inline constexpr std::string_view ping_payload = "p";

enum class answer : std::uint8_t { accepted, denied, refused, shut_down, none };
/// All that may stand ahead of frames, by `answer`.
inline const std::array<std::string, 4> answers{
    good_answer, std::string{denial},
    wsintercept::rfc6455::refusal_response({wsintercept::error::aborted_by_host, 403}),
    wsintercept::rfc6455::refusal_response({wsintercept::error::shut_down, 503})};

class served {
  public:
    void take(std::string_view bytes, verdict& v) {
        while (!bytes.empty() && v.broken == nullptr)
            bytes.remove_prefix(head_ == answer::none ? take_answer(bytes, v)
                                                      : take_frame(bytes, v));
    }

    /// The host's message was taken: its frame is to come, in the order of the calls.
    void promise(std::size_t size) {
        if (size == large_message)
            large_ |= 1U << owed_;
        ++owed_;
    }

    /// Bytes up to the end of the answer or frame that has begun, or of the next one. `next`: the
    /// front of what was not read yet.
    std::size_t until_boundary(std::string_view next) const {
        if (head_ == answer::none) {
            for (std::size_t i = 0; i < answers.size(); ++i) {
                const std::string_view rest = rest_of(i);
                const std::size_t n = std::min(rest.size(), next.size());
                if ((candidates_ & 1U << i) != 0 && rest.substr(0, n) == next.substr(0, n))
                    return rest.size();
            }
            return next.size();
        }
        if (remaining_ != 0)
            return remaining_;
        std::array<char, 4> header = header_;
        std::copy_n(next.begin(), std::min(next.size(), header.size() - have_),
                    header.begin() + have_);
        return header_size(header) + payload_size(header) - have_;
    }
    bool at_boundary() const { return head_ == answer::none ? at_ == 0 : have_ == 0; }

    answer head() const { return head_; } ///< none: not whole yet
    bool nothing() const { return head_ == answer::none && at_ == 0; }
    bool switched() const { return head_ == answer::accepted; }
    bool closed() const { return closed_; }
    std::uint16_t close_code() const { return close_code_; }
    unsigned owed() const { return owed_; } ///< the host's messages that are still to come
    bool owes_large() const { return large_ != 0; }
    unsigned pongs() const { return pongs_; }
    void forget_pongs() { pongs_ = 0; }

  private:
    std::string_view rest_of(std::size_t i) const {
        const std::string_view all = answers[i];
        return all.substr(std::min<std::size_t>(at_, all.size()));
    }
    static std::size_t octet(char c) { return static_cast<unsigned char>(c); }
    static std::size_t header_size(const std::array<char, 4>& h) { return h[1] == 126 ? 4 : 2; }
    static std::size_t payload_size(const std::array<char, 4>& h) {
        return h[1] == 126 ? octet(h[2]) << 8 | octet(h[3]) : octet(h[1]);
    }

    std::size_t take_answer(std::string_view bytes, verdict& v) {
        for (std::size_t i = 0; i < answers.size(); ++i) {
            const std::string_view rest = rest_of(i);
            const std::size_t n = std::min(rest.size(), bytes.size());
            if ((candidates_ & 1U << i) == 0 || rest.substr(0, n) != bytes.substr(0, n))
                continue;
            at_ = static_cast<std::uint16_t>(at_ + n);
            candidates_ = static_cast<std::uint8_t>(1U << i);
            if (n == rest.size())
                head_ = static_cast<answer>(i);
            return n;
        }
        v.expect(false, "output begins with a whole answer to the handshake");
        return bytes.size();
    }

    std::size_t take_frame(std::string_view bytes, verdict& v) {
        v.expect(head_ == answer::accepted, "nothing follows an answer that is no upgrade");
        v.expect(!closed_, "no bytes follow a close frame");
        if (have_ < 2 || have_ < header_size(header_)) {
            header_[have_++] = bytes.front();
            if (have_ >= 2 && have_ == header_size(header_))
                begin_frame(v);
            return 1;
        }
        const std::size_t n = std::min<std::size_t>(remaining_, bytes.size());
        take_payload(bytes.substr(0, n), v);
        remaining_ = static_cast<std::uint16_t>(remaining_ - n);
        if (remaining_ == 0)
            end_frame(v);
        return n;
    }

    unsigned op() const { return octet(header_[0]) & 15U; }

    void begin_frame(verdict& v) {
        v.expect((octet(header_[0]) & 0xF0U) == 0x80U, "frames have FIN and no reserved bit");
        v.expect(octet(header_[1]) < 127, "frames are not masked and of the expected sizes");
        remaining_ = static_cast<std::uint16_t>(payload_size(header_));
        switch (op()) {
        case 1:
            v.expect(owed_ != 0, "a data frame is one that the host sent");
            v.expect(remaining_ == ((large_ & 1U) != 0 ? large_message : small_message),
                     "data frames come in the order of the sends");
            break;
        case 8:
            v.expect(remaining_ != 1, "a close frame's body has a code");
            v.expect(owed_ == 0, "what was sent ahead of the close comes ahead of it");
            close_code_ = remaining_ == 0 ? 1005 : 0;
            break;
        case 9: v.expect(remaining_ == 0, "our pings are empty"); break;
        case 10:
            v.expect(remaining_ == ping_payload.size(), "a pong has the ping's payload");
            break;
        default: v.expect(false, "opcodes are text, close, ping and pong");
        }
        if (remaining_ == 0)
            end_frame(v);
    }

    void take_payload(std::string_view part, verdict& v) {
        if (op() == 1)
            v.expect(part.find_first_not_of('x') == part.npos, "a message comes as it was sent");
        else if (op() == 10)
            v.expect(part == ping_payload, "a pong has the ping's payload");
        else
            for (std::size_t i = 0, at = payload_size(header_) - remaining_;
                 i < part.size() && at + i < 2; ++i)
                close_code_ = static_cast<std::uint16_t>(close_code_ << 8 | octet(part[i]));
    }

    void end_frame(verdict&) {
        if (op() == 1) {
            --owed_;
            large_ >>= 1;
        }
        closed_ = op() == 8;
        pongs_ = static_cast<std::uint8_t>(pongs_ + (op() == 10));
        have_ = 0;
        header_ = {};
    }

    std::array<char, 4> header_{}; ///< of the frame that has begun
    std::uint32_t owed_ = 0;
    std::uint32_t large_ = 0; ///< which of the owed ones are large; the next is bit 0
    std::uint16_t at_ = 0;    ///< bytes of the answer
    std::uint16_t remaining_ = 0;
    std::uint16_t close_code_ = 0;
    std::uint8_t have_ = 0;        ///< bytes of the header
    std::uint8_t candidates_ = 15; ///< answers that it may be, a bit each
    std::uint8_t pongs_ = 0;
    answer head_ = answer::none;
    bool closed_ = false;
};

} // namespace worlds
