// websocketpp's processor, which always gathers a message.
#pragma once

#include "policy.hpp"

#include <websocketpp/error.hpp>
#include <websocketpp/extensions/permessage_deflate/disabled.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/message_buffer/alloc.hpp>
#include <websocketpp/message_buffer/message.hpp>
#include <websocketpp/processors/hybi13.hpp>
#include <websocketpp/random/none.hpp>

#include <cstdint>
#include <memory>

namespace peers {

class websocketpp {
    // Of its config::core what the processor needs; its loggers are no C++20.
    struct config {
        using request_type = ::websocketpp::http::parser::request;
        using response_type = ::websocketpp::http::parser::response;
        using message_type = ::websocketpp::message_buffer::message<
            ::websocketpp::message_buffer::alloc::con_msg_manager>;
        using con_msg_manager_type =
            ::websocketpp::message_buffer::alloc::con_msg_manager<message_type>;
        using rng_type = ::websocketpp::random::none::int_generator<std::uint32_t>;
        struct permessage_deflate_config {
            using request_type = config::request_type;
        };
        using permessage_deflate_type =
            ::websocketpp::extensions::permessage_deflate::disabled<permessage_deflate_config>;
        static constexpr bool enable_extensions = false;
        static constexpr std::size_t max_message_size = 1 << 30;
    };

    struct processor {
        using manager = config::con_msg_manager_type;
        std::shared_ptr<manager> messages = std::make_shared<manager>();
        config::rng_type random;
        ::websocketpp::processor::hybi13<config> hybi13{false, true, messages, random};
        ::websocketpp::lib::error_code failed;
    };

  public:
    class decoder : processor {
      public:
        decoder() { hybi13.set_max_message_size(config::max_message_size); }
        std::size_t read(incoming& source) {
            std::size_t payload = 0;
            while (const std::size_t n = source.read(buffer_.data(), buffer_.size()))
                for (std::size_t at = 0; at < n && !failed;) {
                    at += hybi13.consume(reinterpret_cast<std::uint8_t*>(buffer_.data()) + at,
                                         n - at, failed);
                    if (hybi13.ready())
                        payload += hybi13.get_message()->get_payload().size();
                }
            return payload;
        }

      private:
        std::string buffer_ = std::string(read_size, '\0');
    };

    class encoder : processor {
      public:
        bool write(std::string_view message, data_type type, outgoing& to) {
            namespace opcode = ::websocketpp::frame::opcode;
            const auto made = messages->get_message(
                type == data_type::text ? opcode::text : opcode::binary, message.size());
            made->append_payload(message.data(), message.size());
            const auto frame = messages->get_message();
            return !hybi13.prepare_data_frame(made, frame) &&
                   to.write(frame->get_header().data(), frame->get_header().size()) &&
                   to.write(frame->get_payload().data(), frame->get_payload().size());
        }
    };
};

} // namespace peers
