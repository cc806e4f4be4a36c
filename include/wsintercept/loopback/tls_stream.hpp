// One TLS connection of `tls`, without I/O.
#pragma once

#include <wsintercept/loopback/detail/openssl.hpp>
#include <wsintercept/loopback/detail/tls_identity.hpp>

#include <cstddef>
#include <ctime>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::loopback {

/// tls::stream: bytes of the peer in, bytes for the peer out. The caller bounds its memory: it puts
/// at most 64 KiB at a time, then reads until nothing comes, and puts and writes only while the
/// output is small. Used while its `tls` lives, on the same thread; destroyed whenever.
class tls_stream {
  public:
    /// Bytes of the peer. They are used up; behind the peer's end they count for nothing. false: it
    /// has failed. Once established, it is `read` that finds what is wrong with them.
    bool put(std::string_view cipher) {
        if (failed())
            return false;
        if (ended() || cipher.empty())
            return true;
        const detail::openssl_errors errors;
        std::size_t taken = 0;
        if (BIO_write_ex(state_->in, cipher.data(), cipher.size(), &taken) != 1 ||
            taken != cipher.size())
            return fail();
        return established() || shake_hands();
    }

    /// Plaintext of the peer, at most a record; 0: none now.
    std::size_t read(std::span<char> into) {
        if (!established() || failed() || ended() || into.empty())
            return 0;
        const detail::openssl_errors errors;
        std::size_t size = 0;
        if (SSL_read_ex(state_->ssl.get(), into.data(), into.size(), &size) == 1)
            return size;
        const int why = SSL_get_error(state_->ssl.get(), 0);
        if (why == SSL_ERROR_ZERO_RETURN)
            state_->ended = true;
        else if (why != SSL_ERROR_WANT_READ)
            fail();
        return 0;
    }

    /// How much of it was taken: at most a record, 16 KiB. 0: it is not established, closed or
    /// failed.
    std::size_t write(std::string_view plain) {
        if (!established() || failed() || state_->closed || plain.empty())
            return 0;
        const detail::openssl_errors errors;
        std::size_t taken = 0;
        if (SSL_write_ex(state_->ssl.get(), plain.data(), plain.size(), &taken) != 1)
            fail();
        return taken;
    }

    /// Bytes for the peer, handshake and alerts included; also of one that has failed. Valid until
    /// the next call.
    std::string_view output() const noexcept {
        char* data = nullptr;
        const long size = state_->out == nullptr ? 0 : BIO_get_mem_data(state_->out, &data);
        return {data, static_cast<std::size_t>(size)};
    }
    /// n: at most what `output` gave.
    void consumed(std::size_t n) noexcept {
        char sink[4096];
        std::size_t part = 0;
        for (; n != 0; n -= part)
            if (BIO_read_ex(state_->out, sink, n < sizeof sink ? n : sizeof sink, &part) != 1)
                return;
    }

    bool established() const noexcept { return state_->established; } ///< the handshake is done
    bool ended() const noexcept { return state_->ended; } ///< close_notify came, and all was read

    /// Says close_notify; nothing is written behind it, but what comes can be read. Does nothing
    /// before it is established.
    void close() {
        if (!established() || failed() || state_->closed)
            return;
        const detail::openssl_errors errors;
        state_->closed = true;
        SSL_shutdown(state_->ssl.get());
    }

    bool failed() const noexcept { return state_->failed; }

    /// What OpenSSL said, or the check of the certificate: one line. "": nothing.
    std::string problem() const { return state_->problem; }

    /// Server side: the SNI in normal form, as soon as it came; "": none.
    std::string_view server_name() const noexcept { return state_->server_name; }

  private:
    friend class tls;

    static constexpr std::string_view http11 = "http/1.1"; ///< RFC 7301 6

    /// At one address, for OpenSSL's callbacks.
    struct state {
        detail::ssl_ptr ssl;
        BIO* in = nullptr;       ///< the peer's bytes; ssl's own
        BIO* out = nullptr;      ///< bytes for the peer; ssl's own
        std::string name;        ///< server side: what is served without SNI
        std::string server_name; ///< server side: the SNI
        std::string problem;
        bool established = false;
        bool ended = false;  ///< by the peer
        bool closed = false; ///< by us
        bool failed = false;
    };

    explicit tls_stream(SSL_CTX* context) : state_{std::make_unique<state>()} {
        state_->ssl.reset(context == nullptr ? nullptr : SSL_new(context));
        detail::bio_ptr in{BIO_new(BIO_s_mem())}, out{BIO_new(BIO_s_mem())};
        if (!state_->ssl || !in || !out || SSL_set_app_data(state_->ssl.get(), state_.get()) != 1) {
            fail(detail::openssl_error().message());
            return;
        }
        BIO_set_mem_eof_return(in.get(), -1); // its end is not the connection's
        state_->in = in.get();
        state_->out = out.get();
        SSL_set_bio(state_->ssl.get(), in.release(), out.release());
    }

    void start_server(std::string_view name) {
        state_->name = name;
        SSL_set_accept_state(state_->ssl.get());
    }

    void start_client(std::string_view host) {
        const auto name = detail::certificate_name::parse(host);
        if (!name) {
            fail("no certificate can name this host");
            return;
        }
        SSL* const ssl = state_->ssl.get();
        X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
        X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        const std::string& text = name->text;
        // RFC 6066 3: an address is no server name.
        const bool set =
            name->is_address
                ? X509_VERIFY_PARAM_set1_ip_asc(expected, text.c_str()) == 1
                : X509_VERIFY_PARAM_set1_host(expected, text.data(), text.size()) == 1 &&
                      SSL_set_tlsext_host_name(ssl, text.c_str()) == 1;
        SSL_set_connect_state(ssl);
        if (set)
            shake_hands();
        else
            fail();
    }

    bool shake_hands() {
        SSL* const ssl = state_->ssl.get();
        const int result = SSL_do_handshake(ssl);
        if (result != 1)
            return SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ || fail();
        state_->established = true;
        return true;
    }

    /// false, for the caller to return. The first reason stays; "": what OpenSSL says.
    bool fail(std::string_view why = {}) {
        state_->failed = true;
        if (state_->problem.empty())
            state_->problem = why.empty() ? reason() : std::string{why};
        return false;
    }

    std::string reason() const {
        const unsigned long code = ERR_peek_last_error(); // the outermost call's
        if (code == 0)
            return "the peer ended the connection in the handshake";
        std::string text = detail::openssl_text(code);
        if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
            ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
            text.append(": ").append(
                X509_verify_cert_error_string(SSL_get_verify_result(state_->ssl.get())));
        return text;
    }

    /// OpenSSL's, for every ClientHello, with SNI or without: RFC 6066 3.
    static int on_server_name(SSL* ssl, int* alert, void* identity) {
        auto& house = *static_cast<detail::tls_identity*>(identity);
        auto& self = *static_cast<state*>(SSL_get_app_data(ssl));
        const char* const sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        const auto name = detail::certificate_name::parse(sni != nullptr ? sni : self.name);
        if (!name) {
            self.problem = sni != nullptr      ? "the SNI is not the name of a host"
                           : self.name.empty() ? "no SNI, and no CONNECT that names a host"
                                               : "no certificate can name the host of the CONNECT";
            *alert = SSL_AD_UNRECOGNIZED_NAME;
            return SSL_TLSEXT_ERR_ALERT_FATAL;
        }
        if (sni != nullptr)
            self.server_name = name->text;
        X509* const certificate = house.certificate(*name, std::time(nullptr));
        if (certificate != nullptr &&
            SSL_use_cert_and_key(ssl, certificate, house.key(), nullptr, 1) == 1)
            return SSL_TLSEXT_ERR_OK;
        *alert = SSL_AD_INTERNAL_ERROR;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }

    /// OpenSSL's, for the protocols that a ClientHello offers: RFC 7301 3.2.
    static int on_protocols(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                            const unsigned char* in, unsigned in_size, void*) {
        std::string_view offers{reinterpret_cast<const char*>(in), in_size};
        while (!offers.empty()) {
            const std::string_view offer = offers.substr(1, static_cast<unsigned char>(offers[0]));
            if (offer == http11) {
                *out = reinterpret_cast<const unsigned char*>(offer.data());
                *out_size = static_cast<unsigned char>(offer.size());
                return SSL_TLSEXT_ERR_OK;
            }
            offers.remove_prefix(1 + offer.size());
        }
        static_cast<state*>(SSL_get_app_data(ssl))->problem = "no application protocol in common";
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }

    std::unique_ptr<state> state_;
};

} // namespace wsintercept::inline v0_1_0::loopback
