// An endpoint without wss: what stands where loopback/tls.hpp would.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace wsintercept::inline v0_1_0::loopback {

/// The members of `tls`, none of which does anything: see there. Needs no OpenSSL.
class no_tls {
  public:
    static constexpr bool built_in = false;

    std::error_code made() const noexcept { return {}; }
    std::string spki_hash() const { return {}; }
    std::string certificate(std::string_view) const { return {}; }

    /// The members of `tls_stream`, of one that has failed.
    class stream {
      public:
        bool put(std::string_view) noexcept { return false; }
        std::size_t read(std::span<char>) noexcept { return 0; }
        std::size_t write(std::string_view) noexcept { return 0; }
        std::string_view output() const noexcept { return {}; }
        void consumed(std::size_t) noexcept {}
        bool established() const noexcept { return false; }
        bool ended() const noexcept { return false; }
        void close() noexcept {}
        bool failed() const noexcept { return true; }
        std::string problem() const { return "wss is not built in"; }
        std::string_view server_name() const noexcept { return {}; }
    };
    stream accept(std::string_view) noexcept { return {}; }
    stream connect(std::string_view) noexcept { return {}; }
};

} // namespace wsintercept::inline v0_1_0::loopback
