// OpenSSL's objects with their owners, and what it says of its failures.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <system_error>

namespace wsintercept::inline v0_1_0::loopback::detail {

template <auto Free>
struct openssl_free {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
template <class T, auto Free>
using openssl_ptr = std::unique_ptr<T, openssl_free<Free>>;

using bignum_ptr = openssl_ptr<BIGNUM, BN_free>;
using bio_ptr = openssl_ptr<BIO, BIO_free>;
using extension_ptr = openssl_ptr<X509_EXTENSION, X509_EXTENSION_free>;
using general_names_ptr = openssl_ptr<GENERAL_NAMES, GENERAL_NAMES_free>;
using key_ptr = openssl_ptr<EVP_PKEY, EVP_PKEY_free>;
using octets_ptr = openssl_ptr<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using ssl_ctx_ptr = openssl_ptr<SSL_CTX, SSL_CTX_free>;
using ssl_ptr = openssl_ptr<SSL, SSL_free>;
using x509_ptr = openssl_ptr<X509, X509_free>;

/// Stands around each call: the queue of errors is a thread's, others leave theirs in it, and
/// SSL_get_error takes those for its own.
class openssl_errors {
  public:
    openssl_errors() noexcept { ERR_clear_error(); }
    ~openssl_errors() { ERR_clear_error(); }
    openssl_errors(const openssl_errors&) = delete;
    openssl_errors& operator=(const openssl_errors&) = delete;
};

/// One line; "" of no error.
inline std::string openssl_text(unsigned long code) {
    if (code == 0)
        return {};
    if (const char* const reason = ERR_reason_error_string(code))
        return reason;
    char whole[256];
    ERR_error_string_n(code, whole, sizeof whole);
    return whole;
}

struct openssl_category_type final : std::error_category {
    const char* name() const noexcept override { return "OpenSSL"; }
    std::string message(int code) const override {
        return openssl_text(static_cast<unsigned int>(code));
    }
};
inline constinit const openssl_category_type openssl_category{};

/// What the call that failed said, behind what those said that it called.
inline std::error_code openssl_error() noexcept {
    if (const unsigned long code = ERR_peek_last_error())
        return {static_cast<int>(code), openssl_category};
    return std::make_error_code(std::errc::not_enough_memory); // the one failure that leaves none
}

} // namespace wsintercept::inline v0_1_0::loopback::detail
