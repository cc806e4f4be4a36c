// Frame policy with permessage-deflate: RFC 6455 5 and RFC 7692 6, server role.
#pragma once

#include <wsintercept/rfc6455/framing.hpp>
#include <wsintercept/rfc7692/deflater.hpp>
#include <wsintercept/rfc7692/inflater.hpp>
#include <wsintercept/rfc7692/negotiation.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::rfc7692 {

/// As `rfc6455::decoder`, whose parts it inflates. What came in one message of the peer's is
/// inflated a part at a time, so that a limit ends it before it was all there.
class decoder {
  public:
    /// What the handshake agreed on; before any bytes.
    void agree(const agreement& agreed) noexcept {
        if (!agreed.on)
            return;
        frames_.allow_rsv1();
        bits_ = agreed.client_bits();
        takeover_ = !agreed.answer.client_no_context_takeover;
        max_ratio_ = agreed.wanted.max_ratio;
    }

    rfc6455::decoded next(std::span<char>& in, const rfc6455::decoder_limits& limits) {
        if (inflated_.capacity() > kept)
            std::string{}.swap(inflated_);
        inflated_.clear();
        const rfc6455::decoded part = frames_.next(in, limits);
        return part.kind == rfc6455::decoded_kind::data && part.rsv1 ? inflate(part, limits) : part;
    }

    bool in_message() const noexcept { return frames_.in_message(); }
    bool in_frame() const noexcept { return frames_.in_frame(); }
    std::uint64_t position() const noexcept { return frames_.position(); }

  private:
    static constexpr std::size_t kept = 16 * 1024;

    rfc6455::decoded inflate(rfc6455::decoded part, const rfc6455::decoder_limits& limits) {
        if (part.begins && !inflater_)
            inflater_ = std::make_unique<inflater>(bits_, takeover_);
        const error bad = inflater_->inflate(
            part.payload, part.fin, {limits.message, max_ratio_, limits.fragments}, inflated_);
        // RFC 6455 8.1, of what the text inflates to; what came ahead of another fault counts
        // first.
        const bool text = part.type == data_type::text;
        if (text && !utf8_.feed(inflated_))
            return frames_.fail_frame(error::text_not_utf8);
        if (bad != error{})
            return frames_.fail_frame(bad);
        if (text && part.fin && !utf8_.complete())
            return frames_.fail_frame(error::text_not_utf8);
        part.payload = inflated_;
        part.rsv1 = false;
        return part;
    }

    rfc6455::decoder frames_;
    std::unique_ptr<inflater> inflater_; ///< from the first compressed message on
    std::string inflated_;               ///< what the last part became
    rfc6455::utf8_validator utf8_;       ///< between messages it stands on a boundary
    int bits_ = 15;
    bool takeover_ = true;
    std::uint32_t max_ratio_ = 0;
};

/// As `rfc6455::outgoing_message`, whose fragments it compresses.
class outgoing_message {
  public:
    /// What the handshake agreed on; before any message.
    void agree(const agreement& agreed) noexcept { agreed_ = agreed; }

    rfc6455::outgoing_fragment add(std::string_view data, bool fin, std::optional<data_type> type) {
        rfc6455::outgoing_fragment made = plain_.add(data, fin, type);
        if (made.reason != error{} || !agreed_.on)
            return made;
        const bool begins = made.op != rfc6455::opcode::continuation;
        if (begins)
            compresses_ = (!fin || data.size() >= agreed_.wanted.compress_from) && ready();
        if (!compresses_)
            return made;
        if (deflated_.capacity() > kept)
            std::string{}.swap(deflated_);
        deflated_.clear();
        deflater_->deflate(data, fin, deflated_);
        made.rsv1 = begins; // RFC 7692 6: on the first frame alone
        made.payload = deflated_;
        return made;
    }

    bool open() const noexcept { return plain_.open(); }

  private:
    static constexpr std::size_t kept = 16 * 1024;

    /// Without memory for it messages go out as they are, RFC 7692 6.
    bool ready() {
        if (!deflater_)
            deflater_ = std::make_unique<deflater>(agreed_.server_bits(),
                                                   !agreed_.answer.server_no_context_takeover,
                                                   agreed_.wanted.level);
        return deflater_->ready();
    }

    rfc6455::outgoing_message plain_;
    agreement agreed_;
    std::unique_ptr<deflater> deflater_; ///< from the first compressed message on
    std::string deflated_;               ///< what the last fragment became
    bool compresses_ = false;            ///< the message
};

/// The frame policy of RFC 6455 with permessage-deflate, where the handshake agreed on it.
struct framing : rfc6455::framing {
    using decoder = rfc7692::decoder;
    using outgoing = rfc7692::outgoing_message;
};

} // namespace wsintercept::inline v0_1_0::rfc7692
