// The compiled table against a reference that asks row by row, on generated tables and URLs.
//
//     unit_core "[millions]" # millions of pairs, minutes
#include <wsintercept/url/intercepted_urls.hpp>

#include "catch.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace wsintercept;

namespace {

// The reference, from the contract's words.

bool matches(std::string_view pattern, std::string_view text) { // a `*`: any run
    while (!pattern.empty() && pattern[0] != '*') {
        if (text.empty() || text[0] != pattern[0])
            return false;
        pattern.remove_prefix(1), text.remove_prefix(1);
    }
    for (std::size_t i = 0; !pattern.empty() && i <= text.size(); ++i)
        if (matches(pattern.substr(1), text.substr(i)))
            return true;
    return pattern.empty() && text.empty();
}
bool row_matches(std::string_view pattern, std::string_view url) {
    const std::size_t colon = pattern.find("://"), own = url.find("://");
    if (colon == pattern.npos)
        return matches(pattern, url);
    const std::size_t slash = std::min(pattern.find('/', colon + 3), pattern.size());
    const std::size_t path = url.find('/', own + 3);
    std::string_view site = pattern.substr(colon + 3, slash - colon - 3);
    const std::string_view host = url.substr(own + 3, path - own - 3);
    if ((pattern.starts_with("ws:") || pattern.starts_with("http:")) &&
        site.ends_with(":80")) { // URLs leave it out
        if (host.find(':') != host.npos)
            return false;
        site.remove_suffix(3);
    }
    return matches(pattern.substr(0, colon), url.substr(0, own)) && matches(site, host) &&
           matches(slash == pattern.size() ? "*" : pattern.substr(slash), url.substr(path));
}

/// Few letters, so that much is alike.
struct generator {
    std::mt19937 random;
    std::vector<std::string> letters = {"a", "b", "c", "/", "?", "ab", "abc/abcab", "bca?bcabcabc"};

    unsigned below(unsigned n) { return random() % n; }
    const char* pick(std::initializer_list<const char*> list) {
        return list.begin()[below(static_cast<unsigned>(list.size()))];
    }
    std::string some(unsigned most, unsigned stars) {
        std::string out;
        for (unsigned n = below(most + 1); n != 0; --n)
            out += below(100) < stars ? std::string{"*"}
                                      : letters[below(static_cast<unsigned>(letters.size()))];
        return out;
    }
    std::string host() {
        std::string out = pick({"a", "b", "ab", "a.b", "b.a", "abcabcabcabc", "a.abcabcabc.b"});
        if (below(3) == 0)
            out += pick({".a", ".b", "b", "a"});
        if (below(4) == 0)
            out += std::to_string(below(300));
        return out;
    }
    std::string pattern() {
        switch (below(8)) {
        case 0: return "*" + some(5, 20) + pick({"", "*"});
        case 1: return std::string{pick({"ws", "ws:", "w", "h", "*"})} + "*" + some(4, 30);
        case 2:
            return "ws://" + host() + "/a/" + std::to_string(below(1000)) + pick({"*", "/*", ""});
        default:;
        }
        std::string out = pick({"ws", "ws", "wss", "http", "*", "*", "ws*", "*s", "h*"});
        out += "://";
        switch (below(5)) {
        case 0: out += "*" + std::string{pick({"", ".", "."})} + host(); break;
        case 1: out += host() + "*"; break;
        case 2: out += pick({"*", "a*b", "a*a*a", "*b*"}); break;
        default: out += host();
        }
        out += pick({"", "", "", "", ":81", ":*", ":8*", ":80"});
        if (below(8) == 0)
            return out + "*";
        return out + "/" + some(5, 25) + pick({"", "*", "*"});
    }
    std::string url() {
        std::string out = pick({"ws", "ws", "wss", "http", "https"});
        out += "://" + host() + pick({"", "", "", ":81", ":8"}) + "/";
        if (below(4) == 0)
            out += "a/" + std::to_string(below(1000)) + pick({"", "/"});
        return out + some(below(4) == 0 ? 60 : 8, 0);
    }
};

void compare(unsigned seed, std::size_t tables, std::size_t each) {
    generator make{std::mt19937{seed}};
    std::size_t decided = 0, covered = 0, none = 0;
    for (std::size_t t = 0; t < tables; ++t) {
        std::vector<row> rows;
        std::size_t size = 1 + make.below(12);
        if (t % 20 == 0)
            size = 1 + make.below(t % 100 == 0 ? 4000 : 300);
        const bool catches = make.below(4) == 0;
        for (std::size_t i = 0; i < size; ++i) {
            std::string p = make.pattern();
            // One that takes all leaves nothing to the rest.
            if (!catches && size > 20 && row_matches(p, "ws://x/zz") && row_matches(p, "ws://z:9/"))
                p = "ws://" + make.host() + "/b";
            rows.push_back({p, static_cast<action>(make.below(3)), {}});
        }
        const auto built = intercepted_urls::build(rows, "root");
        INFO("seed " << seed << ", table " << t);
        REQUIRE(built.table);
        std::vector<bool> never(rows.size());
        for (const row_problem& w : built.warnings)
            if (w.text.find("never decides") != std::string::npos) {
                never[w.row] = true;
                ++covered;
            }
        for (std::size_t u = 0; u < (size > 1000 ? each / 4 : each); ++u) {
            const std::optional<std::string> url = normalise(make.url());
            REQUIRE(url);
            std::size_t expected = 0;
            while (expected < rows.size() && !row_matches(built.table->pattern(expected), *url))
                ++expected;
            if (expected == rows.size())
                expected = decision::no_row;
            const decision d = built.table->match(*url);
            if (d.row != expected)
                FAIL(*url << ": row " << d.row << ", reference: " << expected << "; first row "
                          << built.table->pattern(0));
            if (d.row == decision::no_row) {
                ++none;
                continue;
            }
            ++decided;
            if (d.action != rows[d.row].action)
                FAIL(*url << ": another action than that of row " << d.row);
            if (never[d.row])
                FAIL(*url << ": decided by row " << d.row << ", which never decides");
            if (const auto parts = split_url(*url);
                d.action != action::external &&
                !built.table->may_match_site(parts->scheme, parts->host, parts->port))
                FAIL(*url << ": may_match_site says no");
        }
    }
    // It was no game of one answer.
    REQUIRE(decided > tables);
    REQUIRE(none > tables);
    REQUIRE(covered > tables / 10);
}

} // namespace

TEST_CASE("InterceptedURLs: decides as asking row by row does") {
    for (unsigned seed = 1; seed <= 4; ++seed)
        compare(seed, 100, 40);
}

TEST_CASE("InterceptedURLs: decides as asking row by row does, millions of times", "[.millions]") {
    for (unsigned seed = 100; seed < 300; ++seed)
        compare(seed, 200, 100);
}
