// wslay's event API; payload is given in parts, not gathered.
#pragma once

#include "policy.hpp"

#include <wslay/wslay.h>

#include <cstdint>
#include <cstdlib>

namespace peers {

class wslay {
    struct context {
        explicit context(const wslay_event_callbacks& callbacks, void* user) {
            if (wslay_event_context_server_init(&pointer, &callbacks, user) != 0)
                std::abort();
            wslay_event_config_set_no_buffering(pointer, 1);
        }
        ~context() { wslay_event_context_free(pointer); }
        context(const context&) = delete;
        context& operator=(const context&) = delete;
        wslay_event_context_ptr pointer = nullptr;
    };

  public:
    class decoder {
      public:
        std::size_t read(incoming& source) {
            source_ = &source;
            payload_ = 0;
            return wslay_event_recv(context_.pointer) == 0 ? payload_ : 0;
        }

      private:
        static ssize_t take(wslay_event_context_ptr where, std::uint8_t* to, std::size_t room, int,
                            void* self) {
            incoming& source = *static_cast<decoder*>(self)->source_;
            if (const std::size_t n = source.read(reinterpret_cast<char*>(to), room))
                return static_cast<ssize_t>(n);
            wslay_event_set_error(where, WSLAY_ERR_WOULDBLOCK);
            return -1;
        }
        static void part(wslay_event_context_ptr, const wslay_event_on_frame_recv_chunk_arg* part,
                         void* self) {
            static_cast<decoder*>(self)->payload_ += part->data_length;
        }

        incoming* source_ = nullptr;
        std::size_t payload_ = 0;
        context context_{{.recv_callback = take,
                          .send_callback = nullptr,
                          .genmask_callback = nullptr,
                          .on_frame_recv_start_callback = nullptr,
                          .on_frame_recv_chunk_callback = part,
                          .on_frame_recv_end_callback = nullptr,
                          .on_msg_recv_callback = nullptr},
                         this};
    };

    class encoder {
      public:
        bool write(std::string_view message, data_type type, outgoing& to) {
            sink_ = &to;
            const wslay_event_msg all{.opcode = static_cast<std::uint8_t>(type == data_type::text
                                                                              ? WSLAY_TEXT_FRAME
                                                                              : WSLAY_BINARY_FRAME),
                                      .msg = reinterpret_cast<const std::uint8_t*>(message.data()),
                                      .msg_length = message.size()};
            return wslay_event_queue_msg(context_.pointer, &all) == 0 &&
                   wslay_event_send(context_.pointer) == 0;
        }

      private:
        static ssize_t give(wslay_event_context_ptr, const std::uint8_t* from, std::size_t n, int,
                            void* self) {
            return static_cast<encoder*>(self)->sink_->write(from, n) ? static_cast<ssize_t>(n)
                                                                      : -1;
        }

        outgoing* sink_ = nullptr;
        context context_{{.recv_callback = nullptr,
                          .send_callback = give,
                          .genmask_callback = nullptr,
                          .on_frame_recv_start_callback = nullptr,
                          .on_frame_recv_chunk_callback = nullptr,
                          .on_frame_recv_end_callback = nullptr,
                          .on_msg_recv_callback = nullptr},
                         this};
    };
};

} // namespace peers
