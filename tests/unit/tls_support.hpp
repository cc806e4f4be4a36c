// What TLS is tested with: OpenSSL itself as the peer, certificates of a CA that is made here, and
// the system's store as a file of the test.
#pragma once

#include "catch.hpp"

#include <wsintercept/loopback/tls.hpp>

#include <openssl/pem.h>

#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace test {

namespace tls_detail = wsintercept::loopback::detail;
using wsintercept::loopback::tls;

inline std::string pem_of(X509* x) {
    const tls_detail::bio_ptr text{BIO_new(BIO_s_mem())};
    REQUIRE(PEM_write_bio_X509(text.get(), x) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

inline tls_detail::x509_ptr from_pem(const std::string& pem) {
    const tls_detail::bio_ptr text{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    tls_detail::x509_ptr x{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)};
    REQUIRE(x);
    return x;
}

/// A key and a certificate, signed by itself or by an issuer.
struct identity {
    tls_detail::key_ptr key{EVP_EC_gen("P-256")};
    tls_detail::x509_ptr certificate{X509_new()};

    /// names: as OpenSSL's configuration has them ("DNS:a.test,IP:127.0.0.1"); "": it is a CA.
    explicit identity(const std::string& names, const identity* issuer = nullptr,
                      int first_day = -1, int last_day = 1) {
        X509* const x = certificate.get();
        REQUIRE(X509_set_version(x, X509_VERSION_3) == 1);
        REQUIRE(ASN1_INTEGER_set(X509_get_serialNumber(x), issuer == nullptr ? 1 : 2) == 1);
        REQUIRE(X509_time_adj_ex(X509_getm_notBefore(x), first_day, 0, nullptr) != nullptr);
        REQUIRE(X509_time_adj_ex(X509_getm_notAfter(x), last_day, 0, nullptr) != nullptr);
        REQUIRE(X509_set_pubkey(x, key.get()) == 1);
        static int number = 0; // no two have the same name
        const std::string name = (names.empty() ? "CA " : "leaf ") + std::to_string(++number);
        REQUIRE(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                                           reinterpret_cast<const unsigned char*>(name.c_str()), -1,
                                           -1, 0) == 1);
        X509* const by = issuer == nullptr ? x : issuer->certificate.get();
        REQUIRE(X509_set_issuer_name(x, X509_get_subject_name(by)) == 1);
        add(NID_basic_constraints, names.empty() ? "critical,CA:TRUE" : "CA:FALSE");
        if (!names.empty())
            add(NID_subject_alt_name, names.c_str());
        REQUIRE(X509_sign(x, issuer == nullptr ? key.get() : issuer->key.get(), EVP_sha256()) > 0);
    }

  private:
    void add(int nid, const char* value) {
        const tls_detail::extension_ptr e{X509V3_EXT_conf_nid(nullptr, nullptr, nid, value)};
        REQUIRE(X509_add_ext(certificate.get(), e.get(), -1) == 1);
    }
};

/// While it lives, these certificates are the system's store.
class system_store {
  public:
    explicit system_store(const std::string& pem) {
        path_ = std::filesystem::temp_directory_path() / "wsintercept_store_XXXXXX";
        const int file = mkstemp(path_.data());
        REQUIRE(file >= 0);
        REQUIRE(write(file, pem.data(), pem.size()) == static_cast<ssize_t>(pem.size()));
        REQUIRE(::close(file) == 0);
        setenv("SSL_CERT_FILE", path_.c_str(), 1);
        setenv("SSL_CERT_DIR", "/nonexistent", 1);
    }
    ~system_store() {
        std::remove(path_.c_str());
        unsetenv("SSL_CERT_FILE");
        unsetenv("SSL_CERT_DIR");
    }
    system_store(const system_store&) = delete;
    system_store& operator=(const system_store&) = delete;

  private:
    std::string path_;
};

/// A peer of OpenSSL's own, with the members of a tls_stream that a test needs. It does not check
/// certificates.
class plain_peer {
  public:
    tls_detail::ssl_ctx_ptr context;
    tls_detail::ssl_ptr ssl;

    explicit plain_peer(const SSL_METHOD* method) : context{SSL_CTX_new(method)} {}

    /// After the context has been set up.
    SSL* make() {
        ssl.reset(SSL_new(context.get()));
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        BIO_set_mem_eof_return(in_, -1);
        SSL_set_bio(ssl.get(), in_, out_);
        return ssl.get();
    }
    void start() { step(); }

    bool put(std::string_view bytes) {
        BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
        step();
        return problem_.empty();
    }
    std::size_t read(std::span<char> into) {
        std::size_t size = 0;
        if (!established())
            return 0;
        ERR_clear_error();
        if (SSL_read_ex(ssl.get(), into.data(), into.size(), &size) == 1)
            return size;
        const int why = SSL_get_error(ssl.get(), 0);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_ZERO_RETURN)
            note();
        return 0;
    }
    std::size_t write(std::string_view plain) {
        std::size_t size = 0;
        return SSL_write_ex(ssl.get(), plain.data(), plain.size(), &size) == 1 ? size : 0;
    }
    std::string_view output() const {
        char* data = nullptr;
        const long size = BIO_get_mem_data(out_, &data);
        return {data, static_cast<std::size_t>(size)};
    }
    void consumed(std::size_t n) {
        std::string sink(n, '\0');
        REQUIRE(BIO_read(out_, sink.data(), static_cast<int>(n)) == static_cast<int>(n));
    }
    bool established() const { return SSL_is_init_finished(ssl.get()) == 1; }
    bool ended() const { return (SSL_get_shutdown(ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
    void close() { SSL_shutdown(ssl.get()); }
    std::string problem() const { return problem_; }

    std::string protocol() const {
        const unsigned char* text = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(ssl.get(), &text, &size);
        return {reinterpret_cast<const char*>(text), size};
    }
    /// Of the peer's certificate.
    bool names(const char* host) const {
        const tls_detail::x509_ptr x{SSL_get1_peer_certificate(ssl.get())};
        return x && X509_check_host(x.get(), host, 0, 0, nullptr) == 1;
    }
    bool names_address(const char* address) const {
        const tls_detail::x509_ptr x{SSL_get1_peer_certificate(ssl.get())};
        return x && X509_check_ip_asc(x.get(), address, 0) == 1;
    }

  private:
    void step() {
        if (established() || !problem_.empty())
            return;
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl.get());
        if (result != 1 && SSL_get_error(ssl.get(), result) != SSL_ERROR_WANT_READ)
            note();
    }
    void note() {
        const char* const reason = ERR_reason_error_string(ERR_peek_error());
        problem_ = reason != nullptr ? reason : "unknown";
    }

    BIO* in_ = nullptr;
    BIO* out_ = nullptr;
    std::string problem_;
};

/// OpenSSL's client. sni "": none. protocols: a list of RFC 7301 3.1, or "": none.
struct plain_client : plain_peer {
    explicit plain_client(const std::string& sni, std::string_view protocols = {}, int version = 0)
        : plain_peer{TLS_client_method()} {
        if (version != 0) {
            SSL_CTX_set_min_proto_version(context.get(), version);
            SSL_CTX_set_max_proto_version(context.get(), version);
            SSL_CTX_set_cipher_list(context.get(), "DEFAULT:@SECLEVEL=0");
        }
        make();
        if (!sni.empty())
            SSL_set_tlsext_host_name(ssl.get(), sni.c_str());
        if (!protocols.empty())
            SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                                static_cast<unsigned>(protocols.size()));
        SSL_set_connect_state(ssl.get());
        start();
    }
};

/// OpenSSL's server with one certificate.
struct plain_server : plain_peer {
    explicit plain_server(const identity& who) : plain_peer{TLS_server_method()} {
        REQUIRE(SSL_CTX_use_certificate(context.get(), who.certificate.get()) == 1);
        REQUIRE(SSL_CTX_use_PrivateKey(context.get(), who.key.get()) == 1);
    }
    void listen() { SSL_set_accept_state(make()); }
};

/// What one end has to say goes to the other, in pieces of a size; what the other reads of it is
/// appended to `read`. false: nothing moved.
template <class From, class To>
bool move_bytes(From& from, To& to, std::string& read, std::size_t piece = 65536) {
    bool moved = false;
    std::array<char, 20000> room;
    while (!from.output().empty()) {
        const std::string bytes{from.output().substr(0, piece)};
        from.consumed(bytes.size());
        moved = true;
        to.put(bytes);
        while (const std::size_t n = to.read(room))
            read.append(room.data(), n);
    }
    return moved;
}

/// Both ways, until both are silent.
template <class A, class B>
void talk(A& a, B& b, std::size_t piece = 65536) {
    std::string read;
    for (bool moved = true; moved;) {
        moved = move_bytes(a, b, read, piece);
        moved = move_bytes(b, a, read, piece) || moved;
    }
    REQUIRE(read.empty());
}

/// All of `plain`, from one to the other: what arrives.
template <class From, class To>
std::string send(From& from, To& to, std::string_view plain, std::size_t piece = 65536) {
    std::string read;
    while (!plain.empty()) {
        const std::size_t taken = from.write(plain);
        if (taken == 0)
            break;
        plain.remove_prefix(taken);
        move_bytes(from, to, read, piece);
    }
    return read;
}

} // namespace test
