#include <wsintercept/error.hpp>

#include "catch.hpp"

#include <set>

using wsintercept::condition;
using wsintercept::error;

TEST_CASE("every error has a sentence of its own, and a kind") {
    std::set<std::string> sentences;
    std::size_t count = 0;
    for (int n = 1; n < 400; ++n) {
        const std::error_code code = static_cast<error>(n);
        if (code.message() == "unknown error")
            continue;
        ++count;
        REQUIRE_FALSE(code.message().empty());
        sentences.insert(code.message());
        REQUIRE(code.default_error_condition().message() != "unknown condition");
    }
    REQUIRE(count > 100);
    REQUIRE(sentences.size() == count);
}

TEST_CASE("errors compare with conditions") {
    REQUIRE(std::error_code{error::unknown_id} == condition::host_call);
    REQUIRE(std::error_code{error::answer_bad_accept} == condition::bad_answer);
    REQUIRE(std::error_code{error::duplicate_host} == condition::bad_head);
    REQUIRE(std::error_code{error::bad_key} == condition::handshake_failed);
    REQUIRE(std::error_code{error::foreign_origin} == condition::refused);
    REQUIRE(std::error_code{error::reserved_bit} == condition::protocol_violation);
    REQUIRE(std::error_code{error::message_too_big} == condition::limit_passed);
    REQUIRE(std::error_code{error::too_many_connections} == condition::limit_passed);
    REQUIRE(std::error_code{error::peer_gone} == condition::transport);
    REQUIRE(std::error_code{error::empty_pattern} == condition::bad_table);
    REQUIRE_FALSE(std::error_code{error::peer_gone} == condition::host_call);
}

TEST_CASE("the errors of methods read word for word as the host program prints them") {
    REQUIRE(std::error_code{error::unknown_id}.message() == "unknown id");
    REQUIRE(std::error_code{error::already_answered}.message() == "already answered");
    REQUIRE(std::error_code{error::not_open}.message() == "not open");
    REQUIRE(std::error_code{error::closing}.message() == "closing");
    REQUIRE(std::error_code{error::queue_full}.message() == "queue full");
    REQUIRE(std::error_code{error::invalid_utf8}.message() == "invalid UTF-8");
    REQUIRE(std::error_code{error::bad_close_code}.message() == "bad close code");
    REQUIRE(std::error_code{error::reason_too_long}.message() == "reason too long");
    REQUIRE(std::error_code{error::opcode_differs}.message() == "opcode differs");
    REQUIRE(std::error_code{error::no_open_request}.message() == "no open request");
}
