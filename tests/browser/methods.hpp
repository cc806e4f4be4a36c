// The methods that a host of tests calls, whatever its sockets come by; what fails is printed.
#pragma once

#include <wsintercept/event.hpp>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <system_error>

namespace hosts {

struct methods {
    virtual void send(wsintercept::socket_id id, std::string_view data, bool fin = true,
                      std::optional<wsintercept::data_type> type = std::nullopt) = 0;
    virtual void close(wsintercept::socket_id id, std::uint16_t code, std::string_view reason) = 0;
    virtual void abort(wsintercept::socket_id id) = 0;
    virtual void answer(wsintercept::socket_id id, std::string_view head) = 0;

  protected:
    ~methods() = default;

    static void tell(std::error_code failed) {
        if (failed)
            std::fprintf(stderr, "%s\n", failed.message().c_str());
    }
};

/// Of an interceptor, on its executor.
template <class Interceptor>
struct methods_of final : methods {
    explicit methods_of(Interceptor& i) : to{i} {}
    void send(wsintercept::socket_id id, std::string_view data, bool fin,
              std::optional<wsintercept::data_type> type) override {
        tell(to.send(id, data, fin, type));
    }
    void close(wsintercept::socket_id id, std::uint16_t code, std::string_view reason) override {
        tell(to.close(id, code, reason));
    }
    void abort(wsintercept::socket_id id) override { tell(to.abort(id)); }
    void answer(wsintercept::socket_id id, std::string_view head) override {
        tell(to.answer(id, head));
    }
    Interceptor& to;
};

} // namespace hosts
