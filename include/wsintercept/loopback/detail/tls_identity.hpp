// The identity of the endpoint: one key, and a certificate for each host that it stands for.
#pragma once

#include <wsintercept/loopback/detail/openssl.hpp>
#include <wsintercept/url/host.hpp>

#include <openssl/sha.h>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::loopback::detail {

/// A host as certificates name it: RFC 5280 4.2.1.6.
struct certificate_name {
    std::string text; ///< in normal form, without the brackets of an address or a last dot
    bool is_address;

    /// A host of a URL, or of a peer. Stricter than URLs are: what is a wildcard in a certificate,
    /// or is no name of DNS, is none.
    static std::optional<certificate_name> parse(std::string_view host) {
        if (host.size() > 254)
            return std::nullopt;
        std::optional<std::string> text = wsintercept::detail::parse_host(host);
        if (!text)
            return std::nullopt;
        if (text->starts_with('['))
            return certificate_name{text->substr(1, text->size() - 2), true};
        if (text->ends_with('.'))
            text->pop_back();
        if (!is_name(*text))
            return std::nullopt;
        const bool is_address = wsintercept::detail::ends_in_number(*text);
        return certificate_name{std::move(*text), is_address};
    }

  private:
    static bool is_name(std::string_view text) {
        if (text.size() > 253)
            return false;
        std::size_t label = 0; // characters since the last dot
        for (const char c : text) {
            const bool fits =
                wsintercept::detail::is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
            if (c == '.' ? label == 0 : !fits || label == 63)
                return false;
            label = c == '.' ? 0 : label + 1;
        }
        return label != 0;
    }
};

/// The key is made with it, and only ever in memory; the certificates are made when they are asked
/// for, by the key itself. Not for two threads at once. Times: as std::time gives them.
class tls_identity {
  public:
    static constexpr std::size_t most_kept = 64; ///< certificates, beside those to keep
    static constexpr std::time_t day = 24 * 60 * 60;
    static constexpr std::time_t lifetime = 14 * day;

    tls_identity() {
        const openssl_errors errors;
        key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
        if (!key_ || !hash_key())
            made_ = openssl_error();
    }

    /// Why there is no key.
    std::error_code made() const noexcept { return made_; }

    EVP_PKEY* key() const noexcept { return key_.get(); }

    /// base64(SHA-256(SubjectPublicKeyInfo)): RFC 7469 2.4.
    const std::string& spki_hash() const noexcept { return spki_hash_; }

    /// The host's certificate; valid until the next call; null: OpenSSL failed. One that is to be
    /// kept stays the same until the last day that it is valid: an engine compares it.
    X509* certificate(const certificate_name& name, std::time_t now, bool keep = false) {
        auto at = std::find_if(kept_.begin(), kept_.end(),
                               [&](const entry& e) { return e.name == name.text; });
        if (at != kept_.end() && (now < at->from || now > at->from + lifetime - day)) {
            keep = keep || at->keep;
            kept_.erase(at);
            at = kept_.end();
        }
        if (at == kept_.end()) {
            x509_ptr made = make(name, now);
            if (!made)
                return nullptr;
            make_room();
            kept_.push_back({name.text, std::move(made), now - day, false});
            at = kept_.end() - 1;
        }
        at->keep = at->keep || keep;
        return at->certificate.get();
    }

    std::size_t kept() const noexcept { return kept_.size(); }

  private:
    struct entry {
        std::string name;
        x509_ptr certificate;
        std::time_t from; ///< it is valid
        bool keep;
    };

    bool hash_key() {
        unsigned char* der = nullptr;
        const int size = i2d_PUBKEY(key_.get(), &der);
        if (size <= 0)
            return false;
        unsigned char hash[SHA256_DIGEST_LENGTH];
        const bool hashed =
            EVP_Digest(der, static_cast<std::size_t>(size), hash, nullptr, EVP_sha256(), nullptr);
        OPENSSL_free(der);
        unsigned char text[4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1];
        if (!hashed)
            return false;
        const int length = EVP_EncodeBlock(text, hash, SHA256_DIGEST_LENGTH);
        spki_hash_.assign(text, text + length);
        return true;
    }

    /// The oldest goes.
    void make_room() {
        const auto passing = [](const entry& e) { return !e.keep; };
        if (static_cast<std::size_t>(std::count_if(kept_.begin(), kept_.end(), passing)) >=
            most_kept)
            kept_.erase(std::find_if(kept_.begin(), kept_.end(), passing));
    }

    /// Valid from a day ago: clocks differ.
    x509_ptr make(const certificate_name& name, std::time_t now) const {
        x509_ptr made{X509_new()};
        const bignum_ptr serial{BN_new()};
        X509* const x = made.get();
        if (x == nullptr || !serial ||
            BN_rand(serial.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1 ||
            BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(x)) == nullptr ||
            X509_set_version(x, X509_VERSION_3) != 1 || X509_set_pubkey(x, key_.get()) != 1 ||
            X509_time_adj_ex(X509_getm_notBefore(x), -1, 0, &now) == nullptr ||
            X509_time_adj_ex(X509_getm_notAfter(x), lifetime / day - 1, 0, &now) == nullptr ||
            !set_issuer(x) || !add_extension(x, NID_basic_constraints, "critical,CA:FALSE") ||
            !add_extension(x, NID_key_usage, "critical,digitalSignature") ||
            !add_extension(x, NID_ext_key_usage, "serverAuth") || !add_name(x, name) ||
            X509_sign(x, key_.get(), EVP_sha256()) == 0)
            return nullptr;
        return made;
    }

    // The host stands in subjectAltName alone: RFC 9110 4.3.4.
    static bool set_issuer(X509* x) {
        X509_NAME* const name = X509_get_subject_name(x);
        const auto* const text = reinterpret_cast<const unsigned char*>("wsintercept");
        return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
               X509_set_issuer_name(x, name) == 1;
    }

    static bool add_extension(X509* x, int nid, const char* value) {
        const extension_ptr extension{X509V3_EXT_conf_nid(nullptr, nullptr, nid, value)};
        return extension && X509_add_ext(x, extension.get(), -1) == 1;
    }

    static bool add_name(X509* x, const certificate_name& host) {
        const general_names_ptr names{sk_GENERAL_NAME_new_null()};
        GENERAL_NAME* const name = GENERAL_NAME_new();
        if (!names || name == nullptr || sk_GENERAL_NAME_push(names.get(), name) == 0) {
            GENERAL_NAME_free(name);
            return false;
        }
        ASN1_STRING* const value =
            host.is_address ? a2i_IPADDRESS(host.text.c_str()) : ASN1_IA5STRING_new();
        if (value == nullptr)
            return false;
        GENERAL_NAME_set0_value(name, host.is_address ? GEN_IPADD : GEN_DNS, value);
        return (host.is_address || ASN1_STRING_set(value, host.text.data(),
                                                   static_cast<int>(host.text.size())) == 1) &&
               X509_add1_ext_i2d(x, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1;
    }

    key_ptr key_;
    std::string spki_hash_;
    std::error_code made_;
    std::vector<entry> kept_; ///< the oldest comes first
};

} // namespace wsintercept::inline v0_1_0::loopback::detail
