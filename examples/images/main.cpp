// Binary images on a canvas. The page names a point, the program computes the Julia set of it and
// sends the pixels as they are, and the page asks for the next when it has drawn them.
#include "app.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <cstring>

namespace ws = wsintercept;

namespace {

constexpr unsigned width = 640, height = 360;
constexpr unsigned limit = 160, shades = 16; ///< steps, and colours from one to the next

/// From dark over copper to white: three bytes a colour.
std::string make_palette() {
    std::string colours;
    for (unsigned i = 0; i < limit * shades; ++i)
        for (const double speed : {6., 3., 1.6})
            colours.push_back(static_cast<char>(255 * (1 - std::exp(-speed * i / limit / shades))));
    return colours;
}

/// RGBA, row by row: how soon z * z + c leaves, from each point z of the plane. Some 20 ms.
std::string julia_set(std::complex<double> c) {
    static const std::string palette = make_palette();
    std::string pixels;
    pixels.reserve(4 * width * height);
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x) {
            double a = (x + .5 - width / 2.) / 180, b = (y + .5 - height / 2.) / 180;
            unsigned n = 0;
            for (; n < limit && a * a + b * b <= 16; ++n) {
                const double next = a * a - b * b + c.real();
                b = 2 * a * b + c.imag();
                a = next;
            }
            if (n == limit) { // it stays
                pixels.append("\x0c\x0c\x0c\xff");
                continue;
            }
            // Smooth between the steps.
            const double steps = std::max(0., n + 2 - std::log2(std::log2(a * a + b * b)));
            const auto colour = std::min<std::size_t>(steps * shades, limit * shades - 1);
            pixels.append(palette, 3 * colour, 3).push_back('\xff');
        }
    return pixels;
}

/// Two numbers as the page's Float64Array has them.
std::complex<double> point(std::string_view bytes) {
    double parts[2];
    std::memcpy(parts, bytes.data(), sizeof parts);
    return {parts[0], parts[1]};
}

struct app : ws::ignore<ws::http_request, ws::websocket_upgrade, ws::websocket_close, ws::drained> {
    using ignore::on;
    void on(const ws::websocket_receive& e) noexcept {
        if (e.data.size() != 2 * sizeof(double))
            return tell(endpoint->sockets().close(e.id, 1008, "a point has two numbers"));
        // Taken, not copied.
        const ws::shared_buffer picture{julia_set(point(e.data))};
        tell(endpoint->sockets().send(e.id, picture, true, ws::data_type::binary));
    }
    void on(const ws::websocket_error& e) noexcept { std::cerr << e.message << '\n'; }
    void on(const ws::log_entry& e) noexcept { std::cerr << e.text << '\n'; }

    static void tell(std::error_code failed) {
        if (failed)
            std::cerr << failed.message() << '\n';
    }
    ws::loopback::endpoint<app>* endpoint = nullptr;
};

} // namespace

int main(int argc, char** argv) {
    static_assert(std::endian::native == std::endian::little, "as the page's array is");
    const std::vector<ws::row> rows{{"ws://myapp/julia", ws::action::automatic}};
    const auto urls = ws::intercepted_urls::build(rows).table;
    boost::asio::io_context io;
    app handler;
    examples::app shown{io, *urls, PAGE_FOLDER};
    ws::loopback::endpoint<app> endpoint{io, handler, urls, shown.endpoint_options()};
    handler.endpoint = &endpoint;
    return shown.run(endpoint, argc, argv);
}
