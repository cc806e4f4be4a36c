// Who decodes and encodes frames in frames.cpp. Each has
//   decoder: `std::size_t read(payloads::incoming&)` takes all and gives how much payload it was;
//   encoder: `bool write(std::string_view, data_type, payloads::outgoing&)`, a whole message.
// This one does it with a frame policy.
#pragma once

#include "../payloads.hpp"

#include <wsintercept/policies.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace peers {

using payloads::incoming;
using payloads::outgoing;
using wsintercept::data_type;

inline constexpr std::size_t read_size = 64 << 10; ///< of a read

template <class Frame>
struct policy {
    class decoder {
      public:
        std::size_t read(incoming& source) {
            std::size_t payload = 0;
            while (const std::size_t n = source.read(buffer_.data(), buffer_.size()))
                for (std::span<char> in{buffer_.data(), n}; !in.empty();) {
                    const typename Frame::decoded d = decoder_.next(in, limits_);
                    if (d.kind == Frame::decoded_kind::data)
                        payload += d.payload.size();
                }
            return payload;
        }

      private:
        typename Frame::decoder_limits limits_{1 << 30, 1 << 30, 1 << 20};
        typename Frame::decoder decoder_;
        std::string buffer_ = std::string(read_size, '\0');
    };

    class encoder {
      public:
        bool write(std::string_view message, data_type type, outgoing& to) {
            const auto made = outgoing_.add(message, true, type);
            const auto header = Frame::header(made, true);
            return made.reason == wsintercept::error{} &&
                   to.write(header.view().data(), header.view().size()) &&
                   to.write(made.payload.data(), made.payload.size());
        }

      private:
        typename Frame::outgoing outgoing_;
    };
};

} // namespace peers
