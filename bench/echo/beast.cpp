// An echo server on Boost.Beast, in the form of its examples: each socket an object that keeps
// itself alive from one asynchronous call to the next. Prints its port.
#include <utility> // Beast 1.74 needs it first

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <cstddef>
#include <cstdio>
#include <memory>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

class session : public std::enable_shared_from_this<session> {
  public:
    explicit session(tcp::socket&& socket) : stream_{std::move(socket)} {}
    void start() {
        stream_.set_option(
            beast::websocket::stream_base::timeout::suggested(beast::role_type::server));
        stream_.async_accept([self = shared_from_this()](beast::error_code failed) {
            if (!failed)
                self->read();
        });
    }

  private:
    void read() {
        stream_.async_read(buffer_,
                           [self = shared_from_this()](beast::error_code failed, std::size_t) {
                               if (!failed)
                                   self->write();
                           });
    }
    void write() {
        stream_.text(stream_.got_text());
        stream_.async_write(buffer_.data(),
                            [self = shared_from_this()](beast::error_code failed, std::size_t n) {
                                self->buffer_.consume(n);
                                if (!failed)
                                    self->read();
                            });
    }

    beast::websocket::stream<beast::tcp_stream> stream_;
    beast::flat_buffer buffer_;
};

void accept(tcp::acceptor& acceptor) {
    acceptor.async_accept([&acceptor](beast::error_code failed, tcp::socket socket) {
        if (failed)
            return;
        socket.set_option(tcp::no_delay{true});
        std::make_shared<session>(std::move(socket))->start();
        accept(acceptor);
    });
}

} // namespace

int main() {
    asio::io_context io{1};
    tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    std::printf("%u\n", unsigned{acceptor.local_endpoint().port()});
    std::fflush(stdout);
    accept(acceptor);
    io.run();
}
