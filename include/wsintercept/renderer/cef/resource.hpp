// CEF's end of a request: its calls come on threads of CEF's choosing, each hops to the executor
// and is answered later.
#pragma once

#include <wsintercept/renderer/cef/counted.hpp>
#include <wsintercept/renderer/cef/exchange.hpp>
#include <wsintercept/renderer/cef/request.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0::cef {

/// Open and Read come on threads of a pool, the others on TID_IO. Cancel comes for every request,
/// also while Open or Read run.
template <class Api, class Adapter>
class resource final : public counted<typename Api::CefResourceHandler> {
    template <class T>
    using ref = typename Api::template CefRefPtr<T>;
    using string = typename Api::CefString;
    using gate_type = gate<Api, Adapter>;
    using exchange_type = exchange<Api, Adapter>;

  public:
    resource(std::shared_ptr<gate_type> gate, bool for_bridge)
        : gate_{std::move(gate)}, body_limit_{for_bridge ? bridge_body : gate_->limits.body},
          exchange_{std::make_shared<exchange_type>(gate_, for_bridge)} {}

    bool Open(ref<typename Api::CefRequest> request, bool& handle_request,
              ref<typename Api::CefCallback> callback) override {
        handle_request = false;
        gate_->executor.post([e = exchange_, r = read_request<Api>(request, body_limit_),
                              callback] { e->begin(r, callback); });
        return true;
    }

    void GetResponseHeaders(ref<typename Api::CefResponse> out, std::int64_t& length,
                            string&) override {
        const answer& from = exchange_->response();
        out->SetStatus(static_cast<int>(from.status));
        out->SetStatusText(string{from.reason});
        set_media_type(*out, from.media_type);
        typename Api::CefResponse::HeaderMap fields;
        for (std::string_view rest = from.fields; !rest.empty();) {
            const std::size_t colon = rest.find(':');
            const std::size_t end = rest.find("\r\n", colon);
            fields.insert(
                {string{std::string{rest.substr(0, colon)}},
                 string{std::string{rfc9112::trim(rest.substr(colon + 1, end - colon - 1))}}});
            rest.remove_prefix(end + 2);
        }
        out->SetHeaderMap(fields);
        length = from.size;
    }

    bool Read(void* out, int room, int& size,
              ref<typename Api::CefResourceReadCallback> callback) override {
        size = 0;
        gate_->executor.post([e = exchange_, to = static_cast<char*>(out), room, callback] {
            e->read({to, static_cast<std::size_t>(room)}, callback);
        });
        return true;
    }

    void Cancel() override {
        exchange_->cancel();
        gate_->executor.post([e = exchange_] { e->gone(); });
    }

  private:
    /// The largest post of the page-side class.
    static constexpr std::size_t bridge_body = bridge::uplink::most_held + bridge::token_size + 4;

    static void set_media_type(typename Api::CefResponse& out, std::string_view text) {
        constexpr std::string_view charset = "charset=";
        const std::size_t semicolon = text.find(';');
        out.SetMimeType(string{std::string{rfc9112::trim(text.substr(0, semicolon))}});
        const std::size_t at = text.find(charset);
        if (at != text.npos)
            out.SetCharset(string{std::string{text.substr(at + charset.size())}});
    }

    const std::shared_ptr<gate_type> gate_;
    const std::size_t body_limit_;
    const std::shared_ptr<exchange_type> exchange_;
};

} // namespace wsintercept::inline v0_1_0::cef
