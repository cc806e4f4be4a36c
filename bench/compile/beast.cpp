// A minimal echo on Boost.Beast: one socket, accepted and read on the standard input.
#include <utility> // Beast 1.74 needs it first

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace beast = boost::beast;
using boost::asio::ip::tcp;

int main() {
    boost::asio::io_context io{1};
    beast::websocket::stream<tcp::socket> socket{tcp::socket{io, tcp::v4(), 0}};
    beast::error_code failed;
    socket.accept(failed);
    for (beast::flat_buffer buffer; !failed; buffer.clear()) {
        socket.read(buffer, failed);
        socket.text(socket.got_text());
        if (!failed)
            socket.write(buffer.data(), failed);
    }
}
