// An endpoint without TLS: nothing of OpenSSL is included.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace wsintercept::loopback {

/// Stands where loopback::tls does. A ClientHello for an intercepted host is refused with
/// error::tls_not_supported, and nothing is relayed that would have to be encrypted again.
class no_tls {
  public:
    static constexpr bool built_in = false;

    class stream {
      public:
        bool put(std::string_view) noexcept { return false; }
        std::size_t read(std::span<char>) noexcept { return 0; }
        std::size_t write(std::string_view) noexcept { return 0; }
        std::string_view output() const noexcept { return {}; }
        void consumed(std::size_t) noexcept {}
        bool established() const noexcept { return false; }
        bool ended() const noexcept { return false; }
        bool failed() const noexcept { return true; }
        void close() noexcept {}
        std::string problem() const { return "TLS is not built in"; }
        std::string_view server_name() const noexcept { return {}; }
    };

    std::error_code made() const noexcept { return {}; }
    std::string spki_hash() const { return {}; }
    std::string certificate(std::string_view) const { return {}; }
    stream accept(std::string_view) noexcept { return {}; }
    stream connect(std::string_view) noexcept { return {}; }
};

} // namespace wsintercept::loopback
