// How a context of CEF learns the launch secret before its pages open a socket.
#pragma once

#include <wsintercept/loopback/credentials.hpp>
#include <wsintercept/loopback/secret.hpp>
#include <wsintercept/renderer/cef/counted.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace wsintercept::inline v0_1_0::cef {

/// One request for a URL that only the proxy script brings to the endpoint, which asks for the
/// secret: CEF keeps it for the context and says it unasked from then on, for sockets too. Nobody
/// is asked when a WebSocket comes first. On TID_UI, but for GetAuthCredentials.
template <class Api>
class warm_up final : public counted<typename Api::CefURLRequestClient> {
    template <class T>
    using ref = typename Api::template CefRefPtr<T>;
    using string = typename Api::CefString;
    using url_request = typename Api::CefURLRequest;

  public:
    /// An empty text: the context is warm. Else why it is not.
    using completion = std::function<void(std::string why)>;

    warm_up(std::string url, std::uint16_t port, loopback::launch_secret secret, completion done)
        : url_{std::move(url)}, port_{port}, secret_{std::move(secret)}, done_{std::move(done)} {}

    /// Asks, for this context. Once.
    void start(ref<typename Api::CefRequestContext> context) {
        const ref<typename Api::CefRequest> request = Api::CefRequest::Create();
        request->SetURL(string{url_});
        request->SetMethod(string{"GET"});
        request->SetFlags(Api::UR_FLAG_ALLOW_STORED_CREDENTIALS | Api::UR_FLAG_SKIP_CACHE);
        request_ = url_request::Create(request, this, context);
        if (!request_)
            finish("CefURLRequest::Create failed");
    }

    /// Lets go of the request, without a word: CEF must hold none when it shuts down.
    void cancel() {
        done_ = {};
        if (const ref<url_request> request = std::exchange(request_, nullptr))
            request->Cancel();
    }
    bool is_over() const { return !request_; }

    void OnRequestComplete(ref<url_request> request) override {
        request_ = nullptr;
        if (request->GetRequestStatus() != Api::UR_SUCCESS)
            return finish(url_ + " did not reach the endpoint, net error " +
                          std::to_string(static_cast<int>(request->GetRequestError())) +
                          ": is its proxy script in force?");
        const ref<typename Api::CefResponse> response = request->GetResponse();
        const int status = response ? response->GetStatus() : 0;
        finish(status != 407 ? std::string{} : "the endpoint refused the secret");
    }

    /// TID_IO. Nobody but our endpoint is told.
    bool GetAuthCredentials(bool is_proxy, const string& host, int port, const string& realm,
                            const string&, ref<typename Api::CefAuthCallback> callback) override {
        if (!is_proxy || host.ToString() != "127.0.0.1" || port != port_ ||
            realm.ToString() != loopback::credentials::realm || asked_.exchange(true))
            return false; // or asked again: the secret is not that of the endpoint
        callback->Continue(string{std::string{loopback::credentials::user}},
                           string{secret_.text()});
        return true;
    }

    void OnUploadProgress(ref<url_request>, std::int64_t, std::int64_t) override {}
    void OnDownloadProgress(ref<url_request>, std::int64_t, std::int64_t) override {}
    void OnDownloadData(ref<url_request>, const void*, std::size_t) override {}

  private:
    void finish(std::string why) {
        if (const completion done = std::exchange(done_, {}))
            done(std::move(why));
    }

    const std::string url_;
    const std::uint16_t port_;
    const loopback::launch_secret secret_;
    completion done_;
    ref<url_request> request_; ///< while it runs; it holds us
    std::atomic<bool> asked_{false};
};

} // namespace wsintercept::inline v0_1_0::cef
