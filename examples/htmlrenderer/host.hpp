// The HTMLRenderer object: prints events, takes the lines of standard input, and echoes.
#pragma once

#include "options.hpp"
#include "pages.hpp"
#include "standard_streams.hpp"

#include <wsintercept/loopback/secret.hpp>

#include <utility> // Asio 1.74 needs it first

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace htmlrenderer {

/// All calls and callbacks on the io_context's one thread.
class host {
  public:
    /// What is served without an event, before the table is asked.
    using page_source =
        std::function<std::optional<served_page>(std::string_view method, std::string_view url)>;

    /// `o` and `out` outlive it. `secret`: what each request must have, as proxy credentials.
    host(boost::asio::io_context& io, const options& o, line_writer& out, page_source own_pages,
         const std::optional<wsintercept::loopback::launch_secret>& secret);
    ~host();

    std::error_code listen();
    std::uint16_t port() const;
    std::string spki_hash() const; ///< of the key that wss and https are served with

    void take_line(std::string_view line); ///< of standard input; counts them

    void shutdown(wsintercept::duration limit); ///< 1001 to all
    bool idle() const;                          ///< nothing is open
    void stop();

  private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace htmlrenderer
