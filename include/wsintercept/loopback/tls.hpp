// TLS for wss: the identity of the endpoint, and connections of both sides. Needs OpenSSL 3.0.
#pragma once

#include <wsintercept/loopback/detail/openssl.hpp>
#include <wsintercept/loopback/detail/tls_identity.hpp>
#include <wsintercept/loopback/tls_stream.hpp>

#include <openssl/pem.h>

#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace wsintercept::inline v0_1_0::loopback {

/// TLS 1.2 and 1.3, for http/1.1. The endpoint and adapters of engines call it and its streams, on
/// one thread at a time.
class tls {
  public:
    static constexpr bool built_in = true;

    /// Makes the identity: a P-256 key from the system's generator, which stays in memory.
    tls() : house_{std::make_unique<house>()} {}

    /// Why there is no identity: what OpenSSL said. Then `accept` gives streams that have failed.
    std::error_code made() const noexcept { return house_->made; }

    /// base64(SHA-256(SubjectPublicKeyInfo)) of all certificates, as Chromium's
    /// --ignore-certificate-errors-spki-list takes it. It does not change.
    std::string spki_hash() const { return house_->identity.spki_hash(); }

    /// The certificate which a host is served with, in PEM, for an engine's hook that compares it
    /// (WebKitGTK: allow_tls_certificate_for_host). host: of a URL. It is served for 12 days: ask
    /// again then. "" where no certificate can name the host.
    std::string certificate(std::string_view host) const {
        const detail::openssl_errors errors;
        const auto name = detail::certificate_name::parse(host);
        if (house_->made || !name)
            return {};
        X509* const certificate = house_->identity.certificate(*name, std::time(nullptr), true);
        const detail::bio_ptr text{BIO_new(BIO_s_mem())};
        if (certificate == nullptr || !text || PEM_write_bio_X509(text.get(), certificate) != 1)
            return {};
        char* data = nullptr;
        const long size = BIO_get_mem_data(text.get(), &data);
        return {data, static_cast<std::size_t>(size)};
    }

    using stream = tls_stream;

    /// Server side. name: the host of the CONNECT before, which is served where the peer sends no
    /// SNI; "": then it must send one. Whether SNI, CONNECT and Host agree is the caller's to
    /// judge.
    stream accept(std::string_view name) {
        const detail::openssl_errors errors;
        stream made{house_->serving.get()};
        if (!made.failed())
            made.start_server(name);
        else if (house_->made)
            made.state_->problem = house_->made.message();
        return made;
    }

    /// Client side, to a host of a URL: its certificate is checked against the system's store,
    /// which is read at the first call.
    stream connect(std::string_view host) {
        const detail::openssl_errors errors;
        stream made{house_->client()};
        if (!made.failed())
            made.start_client(host);
        return made;
    }

  private:
    /// At one address, for OpenSSL's callbacks.
    struct house {
        detail::tls_identity identity;
        std::error_code made = identity.made();
        detail::ssl_ctx_ptr serving;
        detail::ssl_ctx_ptr connecting; ///< none before it is needed

        house() {
            const detail::openssl_errors errors;
            if (made)
                return;
            serving = make_context(TLS_server_method());
            if (!serving || SSL_CTX_set_num_tickets(serving.get(), 0) != 1) {
                made = detail::openssl_error();
                serving.reset();
                return;
            }
            SSL_CTX_set_tlsext_servername_callback(serving.get(), stream::on_server_name);
            SSL_CTX_set_tlsext_servername_arg(serving.get(), &identity);
            SSL_CTX_set_alpn_select_cb(serving.get(), stream::on_protocols, nullptr);
        }

        SSL_CTX* client() {
            if (connecting)
                return connecting.get();
            detail::ssl_ctx_ptr context = make_context(TLS_client_method());
            const auto* const http11 = reinterpret_cast<const unsigned char*>("\x08http/1.1");
            if (!context || SSL_CTX_set_default_verify_paths(context.get()) != 1 ||
                SSL_CTX_set_alpn_protos(context.get(), http11, 9) != 0) // 0: it is set
                return nullptr;
            SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
            connecting = std::move(context);
            return connecting.get();
        }

        static detail::ssl_ctx_ptr make_context(const SSL_METHOD* method) {
            detail::ssl_ctx_ptr context{SSL_CTX_new(method)};
            if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1)
                return nullptr;
            SSL_CTX_set_options(context.get(),
                                SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
            SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
            // A record a write, from wherever; no buffers for those who are silent.
            SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                                SSL_MODE_RELEASE_BUFFERS);
            return context;
        }
    };

    std::unique_ptr<house> house_;
};

} // namespace wsintercept::inline v0_1_0::loopback
