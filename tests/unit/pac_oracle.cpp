// The C++ side of url_differential.mjs and pac_differential.mjs: answers lines on standard input.
// Texts are hexadecimal, "-" is none.
//
//     C root        begins a table                 (no answer)
//     R action text adds a row                     (no answer)
//     B size        builds it, PAC of that size    errors warnings fallback exact pac
//     U text        decides on a URL               normal-form action row may-match-site
#include <wsintercept/url/pac.hpp>

#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::string from_hex(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        out += static_cast<char>(wsintercept::detail::hex_value(text[i]) * 16 +
                                 wsintercept::detail::hex_value(text[i + 1]));
    return out;
}

std::string to_hex(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const unsigned byte = static_cast<unsigned char>(c);
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 15];
    }
    return out;
}

} // namespace

int main() {
    std::string root = "myapp", line;
    std::vector<wsintercept::row> rows;
    std::shared_ptr<const wsintercept::intercepted_urls> table;
    while (std::getline(std::cin, line)) {
        std::istringstream words{line};
        std::string command, first, second;
        words >> command >> first >> second;
        if (command == "C") {
            root = from_hex(first);
            rows.clear();
        } else if (command == "R") {
            rows.push_back(
                {from_hex(second), static_cast<wsintercept::action>(std::stoi(first)), {}});
        } else if (command == "B") {
            const auto built = wsintercept::intercepted_urls::build(rows, root);
            table = built.table;
            std::cout << built.errors.size() << ' ' << built.warnings.size();
            if (table) {
                const auto pac =
                    wsintercept::make_pac(*table, "127.0.0.1:1", "DIRECT", std::stoul(first));
                std::cout << ' ' << static_cast<int>(pac.fallback) << ' ' << pac.exact << ' '
                          << to_hex(pac.text);
            }
            std::cout << '\n';
        } else if (command == "U") {
            const std::optional<std::string> url = wsintercept::normalise(from_hex(first));
            std::cout << (url ? to_hex(*url) : "-");
            if (url && table) {
                const auto decision = table->match(*url);
                const auto parts = wsintercept::split_url(*url);
                std::cout << ' ' << static_cast<int>(decision.action) << ' '
                          << static_cast<long>(decision.row) << ' '
                          << table->may_match_site(parts->scheme, parts->host, parts->port);
            }
            std::cout << '\n';
        } else {
            std::cerr << "unknown line: " << line << '\n';
            return 2;
        }
    }
    return 0;
}
