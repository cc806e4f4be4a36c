#include <wsintercept/loopback/tls.hpp>

#include "catch.hpp"
#include "tls_support.hpp"

#include <wsintercept/loopback/no_tls.hpp>

#include <random>
#include <utility>

using namespace std::string_literals;
using namespace test;
using tls_detail::certificate_name;
using tls_detail::tls_identity;

namespace {

const std::string h1 = "\x08http/1.1";
const std::string h2 = "\x02h2";

std::string some_bytes(std::size_t size) {
    std::mt19937 random{static_cast<unsigned>(size)};
    std::string bytes(size, '\0');
    for (char& c : bytes)
        c = static_cast<char>(random());
    return bytes;
}

/// The last alert in the clear, as in RFC 8446 6; 0: none.
int plain_alert(std::string_view output) {
    return output.size() >= 7 && output[output.size() - 7] == 21
               ? static_cast<unsigned char>(output.back())
               : 0;
}

std::string text_of(const std::optional<certificate_name>& name) {
    return !name ? "none" : (name->is_address ? "address " : "name ") + name->text;
}

} // namespace

TEST_CASE("TLS: which hosts a certificate can name") {
    const auto name = [](std::string_view host) { return text_of(certificate_name::parse(host)); };
    CHECK(name("myapp") == "name myapp");
    CHECK(name("My-App.Test") == "name my-app.test");
    CHECK(name("a_b.test.") == "name a_b.test");
    CHECK(name("xn--bcher-kva.test") == "name xn--bcher-kva.test");
    CHECK(name("127.0.0.1") == "address 127.0.0.1");
    CHECK(name("0x7f.1") == "address 127.0.0.1");
    CHECK(name("[::1]") == "address ::1");
    CHECK(name("[0:0::FFFF:127.0.0.1]") == "address ::ffff:7f00:1");
    CHECK(name(std::string(63, 'a') + ".b") == "name " + std::string(63, 'a') + ".b");
    for (const std::string& host : {""s,
                                    "."s,
                                    ".a"s,
                                    "a..b"s,
                                    "a.."s,
                                    "*"s,
                                    "*.myapp"s,
                                    "my*app"s,
                                    "a b"s,
                                    "a\0b"s,
                                    "a,b"s,
                                    "a\nb"s,
                                    "a/b"s,
                                    "a:80"s,
                                    "a@b"s,
                                    "DNS:a"s,
                                    "a;b"s,
                                    "a=b"s,
                                    "a'b"s,
                                    "b\xc3\xbc"s,
                                    "1.2.3.256"s,
                                    "::1"s,
                                    "[::1"s,
                                    "[a]"s,
                                    "%00"s,
                                    "%2a.myapp"s,
                                    std::string(64, 'a'),
                                    std::string(255, 'a')}) {
        CAPTURE(host);
        CHECK(name(host) == "none");
    }
    std::string longest = "a";
    while (longest.size() < 253)
        longest += ".a";
    CHECK(name(longest) == "name " + longest);
    CHECK(name(longest + ".") == "name " + longest);
    CHECK(name(longest + ".a") == "none");
}

TEST_CASE("TLS: a certificate says what it should and no more") {
    const tls one, two;
    REQUIRE_FALSE(one.made());
    const auto x = from_pem(one.certificate("myapp"));
    CHECK(X509_get_version(x.get()) == X509_VERSION_3);
    CHECK(X509_verify(x.get(), X509_get0_pubkey(x.get())) == 1);
    CHECK(X509_check_host(x.get(), "myapp", 0, 0, nullptr) == 1);
    CHECK(X509_check_host(x.get(), "a.myapp", 0, 0, nullptr) == 0);
    CHECK(X509_check_host(x.get(), "wsintercept", 0, 0, nullptr) == 0);
    CHECK(X509_check_ca(x.get()) == 0);
    CHECK(X509_get_extended_key_usage(x.get()) == XKU_SSL_SERVER);
    CHECK(X509_get_key_usage(x.get()) == KU_DIGITAL_SIGNATURE);
    const std::time_t now = std::time(nullptr);
    std::time_t nearly = now - tls_identity::day + 60, before = now - tls_identity::day - 60;
    CHECK(X509_cmp_time(X509_get0_notBefore(x.get()), &nearly) < 0);
    CHECK(X509_cmp_time(X509_get0_notBefore(x.get()), &before) > 0);
    nearly += tls_identity::lifetime, before += tls_identity::lifetime;
    CHECK(X509_cmp_time(X509_get0_notAfter(x.get()), &nearly) < 0);
    CHECK(X509_cmp_time(X509_get0_notAfter(x.get()), &before) > 0);

    // What a browser takes its hash of, by another way than ours.
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    unsigned char* der = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x.get()), &der);
    REQUIRE(EVP_Digest(der, static_cast<std::size_t>(length), hash, &size, EVP_sha256(), nullptr));
    OPENSSL_free(der);
    std::string text(44, '\0');
    REQUIRE(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), hash,
                            static_cast<int>(size)) == 44);
    CHECK(one.spki_hash() == text);
    CHECK(two.spki_hash() != text);

    const auto other = from_pem(one.certificate("other.test"));
    CHECK(X509_cmp(x.get(), other.get()) != 0);
    CHECK(ASN1_INTEGER_cmp(X509_get0_serialNumber(x.get()), X509_get0_serialNumber(other.get())) !=
          0);
    CHECK(EVP_PKEY_eq(X509_get0_pubkey(x.get()), X509_get0_pubkey(other.get())) == 1);
    CHECK(one.certificate("MYAPP.") == one.certificate("myapp"));
    CHECK(one.certificate("*.myapp").empty());
    CHECK(one.certificate("").empty());

    const auto v4 = from_pem(one.certificate("127.0.0.1"));
    CHECK(X509_check_ip_asc(v4.get(), "127.0.0.1", 0) == 1);
    CHECK(X509_check_host(v4.get(), "127.0.0.1", 0, 0, nullptr) == 0);
    const auto v6 = from_pem(one.certificate("[::1]"));
    CHECK(X509_check_ip_asc(v6.get(), "::1", 0) == 1);
    CHECK(X509_check_ip_asc(v6.get(), "::2", 0) == 0);
}

TEST_CASE("TLS: certificates are kept, few of them, and made again in time") {
    tls_identity house;
    std::time_t now = 1'800'000'000;
    const auto get = [&](const std::string& host, bool keep = false) {
        return pem_of(house.certificate(*certificate_name::parse(host), now, keep));
    };
    const std::string first = get("a");
    CHECK(get("a") == first);
    CHECK(house.kept() == 1);

    now += 12 * tls_identity::day;
    CHECK(get("a") == first);
    now += 1;
    const std::string second = get("a");
    CHECK(second != first);
    CHECK(house.kept() == 1);
    now -= tls_identity::day; // a clock that was set back
    CHECK(get("a") == second);
    now -= 1;
    CHECK(get("a") != second); // it was not valid yet
    CHECK(house.kept() == 1);

    const std::string kept = get("engine", true);
    const std::string oldest = get("n0");
    for (std::size_t i = 1; i < 1000; ++i) {
        get("n" + std::to_string(i));
        REQUIRE(house.kept() <= tls_identity::most_kept + 1);
    }
    CHECK(house.kept() == tls_identity::most_kept + 1);
    CHECK(get("engine") == kept);
    CHECK(get("n0") != oldest);
    const std::string youngest = get("n999");
    get("another");
    CHECK(get("n999") == youngest);
    now += tls_identity::lifetime;
    const std::string again = get("engine"); // it stays one to keep
    CHECK(again != kept);
    for (std::size_t i = 0; i < 100; ++i)
        get("m" + std::to_string(i));
    CHECK(get("engine") == again);
}

TEST_CASE("TLS: data both ways, byte for byte, whatever the pieces") {
    tls house;
    const system_store store{house.certificate("myapp")};
    for (const std::size_t piece : {65536, 1, 7, 1400}) {
        auto server = house.accept("");
        auto client = house.connect("myapp");
        REQUIRE_FALSE(client.output().empty());
        REQUIRE(client.write("too early") == 0);
        REQUIRE(server.write("too early") == 0);
        talk(client, server, piece);
        REQUIRE(client.problem() == "");
        REQUIRE(server.problem() == "");
        REQUIRE(client.established());
        REQUIRE(server.established());
        REQUIRE(server.server_name() == "myapp");
        REQUIRE(client.server_name() == "");
        for (const std::size_t size : {1, 2, 100, 16383, 16384, 16385, 65536, 1 << 20}) {
            if (piece < 1000 && size > 20000)
                continue;
            CAPTURE(piece, size);
            const std::string bytes = some_bytes(size);
            REQUIRE(send(client, server, bytes, piece) == bytes);
            REQUIRE(send(server, client, bytes, piece) == bytes);
        }
        REQUIRE(client.write("") == 0);
        tls::stream moved = std::move(server);
        REQUIRE(send(client, moved, "after a move") == "after a move");
    }
}

TEST_CASE("TLS: a write takes a record, and so bounds the output") {
    tls house;
    auto server = house.accept("");
    plain_client client{"myapp"};
    talk(client, server);
    const std::string much(1 << 20, 'x');
    REQUIRE(server.write(much) == 16384);
    CHECK(server.output().size() < 16384 + 100);
    // Output can be taken in parts.
    std::string read;
    std::array<char, 20000> room;
    while (!server.output().empty()) {
        const std::string part{server.output().substr(0, 5000)};
        server.consumed(part.size());
        client.put(part);
        while (const std::size_t n = client.read(room))
            read.append(room.data(), n);
    }
    CHECK(read == much.substr(0, 16384));
}

TEST_CASE("TLS: the certificate that a peer asks for") {
    tls house;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        for (const std::string& host : {"myapp"s, "Other.Test"s, "a_b.c-d.test"s}) {
            auto server = house.accept("of.connect");
            plain_client client{host, "", version};
            talk(client, server);
            REQUIRE(server.established());
            CHECK(client.problem() == "");
            CHECK(client.names(host.c_str()));
            CHECK_FALSE(client.names("of.connect"));
            CHECK(server.server_name() == text_of(certificate_name::parse(host)).substr(5));
            CHECK(send(client, server, "ping") == "ping");
        }
        auto named = house.accept("of.connect");
        plain_client without{"", "", version};
        talk(without, named);
        CHECK(without.names("of.connect"));
        CHECK(named.server_name() == "");
        auto address = house.accept("[::1]");
        plain_client v6{"", "", version};
        talk(v6, address);
        CHECK(v6.names_address("::1"));
        auto by_sni = house.accept("");
        plain_client v4{"127.0.0.1", "", version}; // RFC 6066 3 forbids it, and some do it
        talk(v4, by_sni);
        CHECK(v4.names_address("127.0.0.1"));
    }
}

TEST_CASE("TLS: a served certificate is the one that an engine was given") {
    tls house;
    const auto given = from_pem(house.certificate("myapp"));
    for (int i = 0; i < 200; ++i) {
        auto server = house.accept("");
        plain_client client{"n" + std::to_string(i)};
        talk(client, server);
        REQUIRE(server.established());
    }
    auto server = house.accept("");
    plain_client client{"myapp"};
    talk(client, server);
    const tls_detail::x509_ptr served{SSL_get1_peer_certificate(client.ssl.get())};
    REQUIRE(served);
    CHECK(X509_cmp(given.get(), served.get()) == 0);
}

TEST_CASE("TLS: an SNI that is no name of a host is refused") {
    tls house;
    for (const std::string& sni :
         {"*.myapp"s, "*"s, "a..b"s, "my app"s, "my,app"s, "1.2.3.256"s, std::string(64, 'a')}) {
        CAPTURE(sni);
        auto server = house.accept("myapp");
        plain_client client{sni};
        talk(client, server);
        CHECK(server.failed());
        CHECK_FALSE(server.established());
        CHECK(server.problem() == "the SNI is not the name of a host");
        CHECK(client.problem() == "tlsv1 unrecognized name");
        CHECK(server.server_name() == "");
    }
    auto nameless = house.accept("");
    plain_client client{""};
    talk(client, nameless);
    CHECK(nameless.problem() == "no SNI, and no CONNECT that names a host");
    CHECK(client.problem() == "tlsv1 unrecognized name");
    auto odd = house.accept("a;b");
    plain_client other{""};
    talk(other, odd);
    CHECK(odd.problem() == "no certificate can name the host of the CONNECT");
}

TEST_CASE("TLS: http/1.1 or nothing") {
    tls house;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        for (const std::string& offer : {h1, h2 + h1, h1 + h2, "\x03zzz" + h2 + h1}) {
            auto server = house.accept("");
            plain_client client{"myapp", offer, version};
            talk(client, server);
            CHECK(server.established());
            CHECK(client.protocol() == "http/1.1");
        }
        auto server = house.accept("");
        plain_client silent{"myapp", "", version};
        talk(silent, server);
        CHECK(server.established());
        CHECK(silent.protocol() == "");
        for (const std::string& offer :
             {h2, h2 + "\x08http/1.0", "\x07http/1."s, "\x08HTTP/1.1"s}) {
            auto refusing = house.accept("");
            plain_client client{"myapp", offer, version};
            talk(client, refusing);
            CHECK(refusing.failed());
            CHECK(refusing.problem() == "no application protocol in common");
            CHECK(client.problem() == "tlsv1 alert no application protocol");
        }
    }
}

TEST_CASE("TLS: nothing old, nothing that is resumed or renegotiated") {
    tls house;
    auto old = house.accept("");
    plain_client ancient{"myapp", "", TLS1_1_VERSION};
    move_bytes(ancient, old, *std::make_unique<std::string>());
    CHECK(old.failed());
    CHECK(old.problem() == "unsupported protocol");
    CHECK(plain_alert(old.output()) == SSL_AD_PROTOCOL_VERSION);

    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        auto server = house.accept("");
        plain_client client{"myapp", "", version};
        talk(client, server);
        CHECK(send(server, client, "x") == "x"); // behind which a ticket would have come
        CHECK(SSL_SESSION_is_resumable(SSL_get_session(client.ssl.get())) == 0);
        CHECK(SSL_get_current_compression(client.ssl.get()) == nullptr);
    }

    auto server = house.accept("");
    plain_client client{"myapp", "", TLS1_2_VERSION};
    talk(client, server);
    REQUIRE(SSL_renegotiate(client.ssl.get()) == 1);
    SSL_do_handshake(client.ssl.get());
    std::string read;
    move_bytes(client, server, read);
    CHECK(plain_alert(server.output()) == 0); // it is encrypted
    CHECK_FALSE(server.output().empty());
    const std::string alert{server.output()};
    client.put(alert);
    CHECK(client.problem() == "no renegotiation");
    CHECK_FALSE(server.failed());
}

TEST_CASE("TLS: whom a client trusts") {
    const identity ca{""}, stranger{""};
    const identity good{"DNS:app.test,DNS:*.wild.test,DNS:p*.part.test,IP:127.0.0.1,IP:::1", &ca};
    const identity expired{"DNS:app.test", &ca, -10, -1}, future{"DNS:app.test", &ca, 1, 10};
    const identity unknown{"DNS:app.test", &stranger}, alone{"DNS:app.test"};
    const system_store store{pem_of(ca.certificate.get())};
    tls house;
    const auto problem = [&](const identity& who, std::string_view host) {
        auto client = house.connect(host);
        plain_server server{who};
        server.listen();
        talk(client, server);
        CHECK(client.established() != client.failed());
        CHECK(client.failed() == !client.problem().empty());
        if (client.established())
            CHECK(send(client, server, "secret") == "secret");
        else // the alert reached it
            CHECK(server.problem().find("alert") != std::string::npos);
        return client.problem();
    };
    const std::string failed = "certificate verify failed: ";
    for (const char* host : {"app.test", "APP.test", "a.wild.test", "127.0.0.1", "[::1]"})
        CHECK(problem(good, host) == "");
    CHECK(problem(good, "other.test") == failed + "hostname mismatch");
    CHECK(problem(good, "wild.test") == failed + "hostname mismatch");
    CHECK(problem(good, "a.b.wild.test") == failed + "hostname mismatch");
    CHECK(problem(good, "px.part.test") == failed + "hostname mismatch");
    CHECK(problem(good, "127.0.0.2") == failed + "IP address mismatch");
    CHECK(problem(good, "[::2]") == failed + "IP address mismatch");
    CHECK(problem(expired, "app.test") == failed + "certificate has expired");
    CHECK(problem(future, "app.test") == failed + "certificate is not yet valid");
    CHECK(problem(unknown, "app.test") == failed + "unable to get local issuer certificate");
    CHECK(problem(alone, "app.test") == failed + "self-signed certificate");

    auto nowhere = house.connect("*.test");
    CHECK(nowhere.failed());
    CHECK(nowhere.problem() == "no certificate can name this host");
    CHECK(nowhere.output().empty());
    CHECK_FALSE(nowhere.put("x"));
}

TEST_CASE("TLS: what a client says") {
    const identity ca{""};
    const identity who{"DNS:app.test,IP:127.0.0.1", &ca};
    const system_store store{pem_of(ca.certificate.get())};
    tls house;
    struct seen {
        std::string sni = "none", offers, answer;
    } s;
    const auto meet = [&](std::string_view host, const std::string& answer) {
        plain_server server{who};
        s = {"none", "", answer};
        SSL_CTX_set_alpn_select_cb(
            server.context.get(),
            [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
               unsigned in_size, void* arg) {
                seen& note = *static_cast<seen*>(arg);
                note.offers.assign(reinterpret_cast<const char*>(in), in_size);
                *out = reinterpret_cast<const unsigned char*>(note.answer.data());
                *size = static_cast<unsigned char>(note.answer.size());
                return note.answer.empty() ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_OK;
            },
            &s);
        server.listen();
        auto client = house.connect(host);
        talk(client, server);
        if (const char* sni = SSL_get_servername(server.ssl.get(), TLSEXT_NAMETYPE_host_name))
            s.sni = sni;
        return client.problem();
    };
    CHECK(meet("App.test", "http/1.1") == "");
    CHECK(s.sni == "app.test");
    CHECK(s.offers == h1);
    CHECK(meet("127.0.0.1", "") == "");
    CHECK(s.sni == "none");
    CHECK(meet("app.test", "h2") == "bad extension"); // which was not offered

    const identity legacy{"DNS:app.test", &ca};
    plain_server server{legacy};
    SSL_CTX_set_min_proto_version(server.context.get(), TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(server.context.get(), TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(server.context.get(), "DEFAULT:@SECLEVEL=0");
    server.listen();
    auto client = house.connect("app.test");
    talk(client, server);
    CHECK(client.failed());
}

TEST_CASE("TLS: the ends, one side after the other") {
    tls house;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        auto server = house.accept("");
        plain_client client{"myapp", "", version};
        server.close(); // before there is anything to close
        CHECK(server.output().empty());
        talk(client, server);
        REQUIRE(server.established());

        server.close();
        std::string read;
        CHECK(move_bytes(server, client, read));
        CHECK(client.ended());
        CHECK(server.write("too late") == 0);
        server.close();
        CHECK(server.output().empty());
        CHECK_FALSE(server.ended());
        CHECK(send(client, server, "the rest") == "the rest"); // half-closed
        client.close();
        read.clear();
        CHECK(move_bytes(client, server, read));
        CHECK(server.ended());
        CHECK_FALSE(server.failed());
        CHECK(server.put("behind the end")); // RFC 8446 6.1: to be ignored
        std::array<char, 10> room;
        CHECK(server.read(room) == 0);
        CHECK_FALSE(server.failed());

        auto other = house.accept("");
        plain_client leaving{"myapp", "", version};
        talk(leaving, other);
        leaving.write("last words");
        leaving.close();
        read.clear();
        move_bytes(leaving, other, read);
        CHECK(read == "last words");
        CHECK(other.ended());
        CHECK(other.write("an answer") == 9);
        other.close();
        CHECK_FALSE(other.failed());
    }
}

TEST_CASE("TLS: bytes that are no TLS") {
    tls house;
    auto http = house.accept("myapp");
    CHECK_FALSE(http.put("GET / HTTP/1.1\r\nHost: myapp\r\n\r\n"));
    CHECK(http.failed());
    CHECK(http.problem() == "http request");
    CHECK_FALSE(http.put("more"));
    std::array<char, 10> room;
    CHECK(http.read(room) == 0);
    CHECK(http.write("x") == 0);
    http.close();
    CHECK(http.problem() == "http request");

    auto closing = house.accept("myapp");
    CHECK_FALSE(closing.put("\x15\x03\x03\x00\x02\x01\x00"s)); // close_notify comes first
    CHECK_FALSE(closing.problem().empty());

    auto zeros = house.accept("myapp");
    CHECK_FALSE(zeros.put(std::string(1000, '\0')));
    CHECK_FALSE(zeros.problem().empty());
    CHECK(zeros.problem().find('\n') == std::string::npos);

    // An announced length is no memory.
    auto waiting = house.accept("myapp");
    CHECK(waiting.put("\x16\x03\x01\x40\x00\x01\x00\x3f\xfc"s));
    CHECK_FALSE(waiting.established());

    for (unsigned seed = 0; seed < 200; ++seed) {
        auto server = house.accept("myapp");
        std::string bytes = some_bytes(1000 + seed);
        if (seed % 2 == 0)
            bytes.replace(0, 3, "\x16\x03\x01");
        CAPTURE(seed);
        server.put(bytes);
        CHECK_FALSE(server.established());
    }
}

TEST_CASE("TLS: a ClientHello cut off anywhere waits, and a wrong byte does no harm") {
    tls house;
    plain_client client{"myapp", h2 + h1};
    const std::string hello{client.output()};
    for (std::size_t size = 0; size < hello.size(); ++size) {
        auto server = house.accept("");
        REQUIRE(server.put(std::string_view{hello}.substr(0, size)));
        REQUIRE_FALSE(server.established());
        REQUIRE(server.output().empty());
    }
    std::size_t refused = 0;
    for (std::size_t at = 0; at < hello.size(); ++at)
        for (const unsigned bit : {1U, 128U}) {
            std::string wrong = hello;
            wrong[at] = static_cast<char>(static_cast<unsigned char>(wrong[at]) ^ bit);
            auto server = house.accept("");
            server.put(wrong);
            REQUIRE_FALSE(server.established());
            REQUIRE(server.failed() == !server.problem().empty());
            refused += server.failed() ? 1U : 0U;
        }
    CHECK(refused > 50);
}

TEST_CASE("TLS: a record that was tampered with ends the connection, with an alert") {
    tls house;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        auto server = house.accept("");
        plain_client client{"myapp", "", version};
        talk(client, server);
        REQUIRE(client.write("payload") == 7);
        std::string record{client.output()};
        record.back() ^= 1;
        CHECK(server.put(record));
        std::array<char, 100> room;
        CHECK(server.read(room) == 0);
        CHECK(server.failed());
        CHECK(server.problem() == "decryption failed or bad record mac");
        CHECK_FALSE(server.output().empty());
        const std::string alert{server.output()};
        client.put(alert);
        CHECK(client.read(room) == 0);
        CHECK(client.problem().find("alert bad record mac") != std::string::npos);
        server.consumed(server.output().size());
        CHECK(server.output().empty());
        CHECK_FALSE(server.put("more"));
        CHECK(server.write("more") == 0);
        server.close();
        CHECK(server.output().empty());
    }
}

TEST_CASE("TLS: errors that others left in OpenSSL's queue are not ours") {
    tls house;
    auto server = house.accept("");
    plain_client client{"myapp"};
    std::string read;
    std::array<char, 10> room;
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    const std::string hello{client.output()};
    client.consumed(hello.size());
    CHECK(server.put(std::string_view{hello}.substr(0, 10)));
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    CHECK(server.put(std::string_view{hello}.substr(10)));
    talk(server, client);
    REQUIRE(server.established());
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    CHECK(server.read(room) == 0);
    CHECK_FALSE(server.failed());
    CHECK(ERR_peek_error() == 0); // and it leaves none
    auto refused = house.accept("");
    CHECK_FALSE(refused.put("no TLS"));
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("TLS: an OpenSSL without keys is told") {
    REQUIRE(EVP_set_default_properties(nullptr, "provider=absent") == 1);
    tls house;
    REQUIRE(EVP_set_default_properties(nullptr, "") == 1);
    CHECK(house.made());
    CHECK(house.made().category().name() == "OpenSSL"s);
    CHECK_FALSE(house.made().message().empty());
    CHECK(house.spki_hash().empty());
    CHECK(house.certificate("myapp").empty());
    auto server = house.accept("myapp");
    CHECK(server.failed());
    CHECK(server.problem() == house.made().message());
    CHECK_FALSE(server.put("x"));
    CHECK(server.output().empty());
}

TEST_CASE("TLS: what is not built in says so") {
    wsintercept::loopback::no_tls none;
    CHECK_FALSE(none.built_in);
    CHECK_FALSE(none.made());
    auto stream = none.accept("myapp");
    CHECK(stream.failed());
    CHECK_FALSE(stream.put("x"));
    CHECK(stream.problem() == "wss is not built in");
    CHECK(none.connect("myapp").failed());
}
