// Boost.Beast's websocket::stream, on a stream in memory.
#pragma once

#include "../samples.hpp"
#include "policy.hpp"

#include <utility> // Beast 1.74 needs it first

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <cstdlib>

namespace peers {

/// Reads from a source and writes to a sink; without a sink what is written is dropped.
class memory_stream {
  public:
    using error_code = boost::beast::error_code;
    using executor_type = boost::asio::io_context::executor_type;
    executor_type get_executor() {
        static boost::asio::io_context io{1};
        return io.get_executor();
    }

    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, error_code& failed) {
        failed = {};
        for (const boost::asio::mutable_buffer b : boost::beast::buffers_range_ref(buffers))
            if (b.size() != 0 && source != nullptr)
                if (const std::size_t n = source->read(static_cast<char*>(b.data()), b.size()))
                    return n;
        failed = boost::asio::error::would_block;
        return 0;
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, error_code& failed) {
        failed = {};
        std::size_t n = 0;
        for (const boost::asio::const_buffer b : boost::beast::buffers_range_ref(buffers)) {
            if (sink != nullptr && !sink->write(b.data(), b.size()))
                failed = boost::asio::error::no_buffer_space;
            n += b.size();
        }
        return n;
    }
    // Beast's concept of a stream wants these too.
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers) {
        error_code ignored;
        return read_some(buffers, ignored);
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers) {
        error_code ignored;
        return write_some(buffers, ignored);
    }

    incoming* source = nullptr;
    outgoing* sink = nullptr;
};
inline void teardown(boost::beast::role_type, memory_stream&, memory_stream::error_code& failed) {
    failed = {};
}

class beast {
  public:
    /// A server's end, after its handshake.
    class socket {
      public:
        socket() {
            memory_stream::error_code failed;
            stream_.accept(boost::asio::buffer(samples::request.data(), samples::request.size()),
                           failed);
            if (failed)
                std::abort();
            stream_.read_message_max(0);
            stream_.auto_fragment(false);
        }
        std::size_t read(incoming& source, std::string& buffer) {
            stream_.next_layer().source = &source;
            std::size_t payload = 0;
            memory_stream::error_code failed;
            while (payload < source.payload && !failed) // an error would end the stream for good
                payload +=
                    stream_.read_some(boost::asio::buffer(buffer.data(), buffer.size()), failed);
            return payload;
        }
        bool write(std::string_view message, data_type type, outgoing& to) {
            stream_.next_layer().sink = &to;
            stream_.binary(type == data_type::binary);
            memory_stream::error_code failed;
            stream_.write(boost::asio::buffer(message.data(), message.size()), failed);
            return !failed;
        }

      private:
        boost::beast::websocket::stream<memory_stream> stream_;
    };

    class decoder {
      public:
        std::size_t read(incoming& source) { return socket_.read(source, buffer_); }

      private:
        socket socket_;
        std::string buffer_ = std::string(read_size, '\0');
    };

    using encoder = socket;
};

} // namespace peers
