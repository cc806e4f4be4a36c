// An echo server on websocketpp, which is C++17 at most. Prints its port.
#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/server.hpp>

#include <cstdio>

int main() {
    using server = websocketpp::server<websocketpp::config::asio>;
    namespace asio = websocketpp::lib::asio;
    server echo;
    echo.clear_access_channels(websocketpp::log::alevel::all);
    echo.clear_error_channels(websocketpp::log::elevel::all);
    echo.init_asio();
    echo.set_tcp_post_init_handler([&echo](websocketpp::connection_hdl where) {
        echo.get_con_from_hdl(where)->get_raw_socket().set_option(asio::ip::tcp::no_delay{true});
    });
    echo.set_message_handler([&echo](websocketpp::connection_hdl where, server::message_ptr m) {
        echo.send(where, m->get_payload(), m->get_opcode());
    });
    asio::error_code failed;
    echo.listen(asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), 0});
    const auto at = echo.get_local_endpoint(failed);
    if (failed)
        return 1;
    std::printf("%u\n", unsigned{at.port()});
    std::fflush(stdout);
    echo.start_accept();
    echo.run();
}
