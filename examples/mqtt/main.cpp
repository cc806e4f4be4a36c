// A published client library in the page, unmodified: MQTT.js speaks MQTT over a WebSocket to a
// small broker in this program, which publishes a boiler's values and switches its lamp.
#include "app.hpp"
#include "broker.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cmath>
#include <cstdio>
#include <string>

namespace ws = wsintercept;

namespace {

using namespace std::chrono_literals;

class app : public ws::ignore<ws::http_request, ws::drained> {
  public:
    ws::loopback::endpoint<app>* endpoint = nullptr;

    explicit app(boost::asio::io_context& io) : timer_{io} {
        broker_.send = [this](ws::socket_id id, const std::string& packet) {
            tell(endpoint->sockets().send(id, packet, true, ws::data_type::binary));
        };
        broker_.close = [this](ws::socket_id id, std::string_view why) {
            tell(endpoint->sockets().close(id, why.empty() ? 1000 : 1002, why));
        };
        broker_.on_publish = [this](std::string_view topic, std::string_view payload) {
            if (topic == "lamp/set" && (payload == "on" || payload == "off"))
                broker_.publish("lamp", payload, true);
        };
        broker_.publish("lamp", "off", true);
        measure();
    }
    void stop() { timer_.cancel(); }

    using ignore::on;
    void on(const ws::websocket_upgrade& e) noexcept { broker_.open(e.id); }
    void on(const ws::websocket_receive& e) noexcept {
        if (e.type == ws::data_type::binary)
            broker_.receive(e.id, e.data);
        else // MQTT 6.0.0-1
            tell(endpoint->sockets().close(e.id, 1003, "MQTT is binary"));
    }
    void on(const ws::websocket_close& e) noexcept { broker_.gone(e.id); }
    void on(const ws::websocket_error& e) noexcept {
        broker_.gone(e.id);
        std::cerr << e.message << '\n';
    }
    void on(const ws::log_entry& e) noexcept { std::cerr << e.text << '\n'; }

  private:
    void measure() {
        const double t = ticks_++ * .1;
        char text[32];
        std::snprintf(text, sizeof text, "%.1f", 64 + 9 * std::sin(.3 * t) + std::sin(2.3 * t));
        broker_.publish("boiler/temperature", text, true);
        std::snprintf(text, sizeof text, "%.2f", 1.6 + .3 * std::sin(.3 * t - .8));
        broker_.publish("boiler/pressure", text, true);
        timer_.expires_after(100ms);
        timer_.async_wait([this](const boost::system::error_code& cancelled) {
            if (!cancelled)
                measure();
        });
    }
    static void tell(std::error_code failed) {
        if (failed)
            std::cerr << failed.message() << '\n';
    }

    mqtt::broker broker_;
    boost::asio::steady_timer timer_;
    unsigned ticks_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    ws::row_options mqtt; // others are refused with 403
    mqtt.subprotocols = {"mqtt"};
    const std::vector<ws::row> rows{{"ws://myapp/mqtt", ws::action::automatic, mqtt}};
    const auto urls = ws::intercepted_urls::build(rows).table;
    boost::asio::io_context io;
    app handler{io};
    examples::app shown{io, *urls, PAGE_FOLDER};
    shown.on_end = [&] { handler.stop(); };
    ws::loopback::endpoint<app> endpoint{io, handler, urls, shown.endpoint_options()};
    handler.endpoint = &endpoint;
    return shown.run(endpoint, argc, argv);
}
