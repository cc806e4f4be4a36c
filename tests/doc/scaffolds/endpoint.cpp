// A part of a program with an endpoint and an open socket, on its executor.
#include "tests/doc/scaffolds/page.hpp"

#include <thread>

void part([[maybe_unused]] boost::asio::io_context& io, [[maybe_unused]] app& handler,
          [[maybe_unused]] ws::socket_id id,
          [[maybe_unused]] std::shared_ptr<const ws::intercepted_urls> table,
          [[maybe_unused]] ws::loopback::endpoint<app>& endpoint) {
    // the block
}

int main() {
    return show(ws::action::automatic, part);
}
