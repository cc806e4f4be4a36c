// A page: what it writes, and what it reads.
#pragma once

#include "loop.hpp"
#include "served.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace worlds {

/// Keeps to RFC 6455, but for `fault`. All its messages are runs of one letter of two bytes,
/// however they are cut, so that what was delivered can be counted.
class page : public connection {
  public:
    static constexpr std::string_view letter = "\xC3\xA4";

    using connection::connection;

    // What it writes goes behind what waits; `feed` hands it over.

    /// A whole message, or the last fragment of the one that has begun.
    void text() {
        rest_of_half();
        write(last_frame());
        end_message();
    }
    /// A frame up to the middle of its payload; then the rest of it.
    void half() {
        if (half_out())
            return rest_of_half();
        const std::string frame = last_frame();
        write(std::string_view{frame}.substr(0, 7));
        held_size_ = static_cast<std::uint8_t>(frame.size() - 7);
        std::copy(frame.begin() + 7, frame.end(), held_.begin());
    }
    /// A fragment, FIN 0. It ends within a letter.
    void part() {
        rest_of_half();
        write(test::frame(message_ == 0 ? 1 : 0, message_ == 0 ? "\xC3" : "\xA4\xC3", false));
        message_ = static_cast<std::uint8_t>(message_ == 0 ? 1 : message_ + 2);
    }
    void ping() {
        rest_of_half();
        write(test::frame(9, ping_payload));
        ++pings_;
    }
    void fault() {
        rest_of_half();
        write(test::frame(3, "")); // a reserved opcode, RFC 6455 5.2
        well_behaved_ = false;
    }
    void close() {
        rest_of_half();
        write(test::close_frame(3000));
        well_behaved_ = false; // what comes behind it
    }

    template <class Core>
    void feed(Core& core) {
        input_waits = false;
        const std::size_t taken = core.write(id, std::span{waiting_}.first(size_));
        v.expect(taken <= size_, "write takes no more than there is");
        std::fill(std::copy(waiting_.begin() + taken, waiting_.begin() + size_, waiting_.begin()),
                  waiting_.end(), '\0');
        size_ = static_cast<std::uint8_t>(size_ - taken);
    }

    /// All messages have come: nothing of them is to be remembered.
    void forget_messages() { letters_ = messages_ = 0; }
    /// All pongs have come.
    void forget_pings() {
        pings_ = 0;
        output.forget_pongs();
    }

    std::size_t waiting() const { return size_; } ///< written, but not taken yet
    bool half_out() const { return held_size_ != 0; }
    bool unfinished() const { return half_out() || message_ != 0 || size_ != 0; }
    bool well_behaved() const { return well_behaved_; }
    std::size_t message() const { return message_; } ///< bytes of the message that has begun
    std::size_t letters() const { return letters_; } ///< of all that it has finished
    std::size_t messages() const { return messages_; }
    std::size_t pings() const { return pings_; }

    served output;

  private:
    std::string last_frame() const {
        return test::frame(message_ == 0 ? 1 : 0,
                           message_ == 0 ? letter : std::string_view{"\xA4\xC3\xA4"});
    }
    void end_message() {
        letters_ = static_cast<std::uint8_t>(letters_ + (message_ == 0 ? 2 : message_ + 3) / 2);
        ++messages_;
        message_ = 0;
    }
    void rest_of_half() {
        if (!half_out())
            return;
        write({held_.data(), held_size_});
        held_ = {};
        held_size_ = 0;
        end_message();
    }
    void write(std::string_view bytes) {
        v.expect(size_ + bytes.size() <= waiting_.size(), "the worlds write less");
        bytes = bytes.substr(0, waiting_.size() - size_);
        std::copy(bytes.begin(), bytes.end(), waiting_.begin() + size_);
        size_ = static_cast<std::uint8_t>(size_ + bytes.size());
    }

    std::array<char, 128> waiting_{};
    std::array<char, 2> held_{}; ///< the rest of a half
    std::uint8_t size_ = 0;
    std::uint8_t held_size_ = 0;
    std::uint8_t message_ = 0;
    std::uint8_t letters_ = 0;
    std::uint8_t messages_ = 0;
    std::uint8_t pings_ = 0;
    bool well_behaved_ = true;
};

} // namespace worlds
