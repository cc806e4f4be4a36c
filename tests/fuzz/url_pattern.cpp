// Tables of patterns against trying every way to match; URLs in normal form; PAC text.
#include "reference/url_pattern.hpp"
#include "any_cpu.hpp"
#include "input.hpp"

#include <wsintercept/url/allowed_origins.hpp>
#include <wsintercept/url/intercepted_urls.hpp>
#include <wsintercept/url/pac.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace wsintercept;
using fuzz::require;

namespace {

std::optional<std::string> check_url(std::string_view text) {
    std::optional<std::string> url = normalise(text);
    if (!url)
        return url;
    require(normalise(*url) == url, "the normal form of a normal form is itself");
    const std::optional<url_parts> parts = split_url(*url);
    require(parts.has_value(), "a URL in normal form has its parts");
    for (const char c : *url)
        require(c > 0x20 && c < 0x7F && c != '#', "a URL in normal form is visible ASCII");
    std::string again{parts->scheme};
    again.append("://").append(parts->host);
    const bool tls = parts->scheme == "wss" || parts->scheme == "https";
    if (parts->port != (tls ? 443U : 80U))
        again.append(":").append(std::to_string(parts->port));
    require(again.append(parts->target) == *url, "a URL's parts are the URL");
    return url;
}

void check_match(const intercepted_urls& table, const std::string& url) {
    const decision got = table.match(url);
    std::size_t first = 0;
    while (first < table.size() && !reference::matches(table.pattern(first), url))
        ++first;
    const bool none = first == table.size();
    require(got.row == (none ? decision::no_row : first), "the first row decides");
    require(got.action == (none ? action::external : table.action(first)), "the row's action");
    require(none || table.can_decide(first), "a row that decides is one that can");
    if (got.action == action::external)
        return;
    const url_parts parts = split_url(url).value_or(url_parts{});
    require(table.may_match_site(parts.scheme, parts.host, parts.port),
            "a tunnel to an intercepted URL may match");
}

/// A URL is a pattern that matches it; with a `*` in place of some of it, or of none, or of less
/// than none, it is one that may.
void check_as_pattern(const std::string& url, std::size_t front, std::size_t back) {
    if (url.find('*') != std::string::npos)
        return;
    const std::vector<row> same{{url, action::automatic, {}}};
    const auto built = intercepted_urls::build(same);
    require(built.table && built.warnings.empty() && built.table->pattern(0) == url &&
                built.table->match(url).row == 0,
            "a URL matches itself");
    const std::vector<row> cut{{url.substr(0, front) + '*' + url.substr(std::min(back, url.size())),
                                action::automatic,
                                {}}};
    if (const auto table = intercepted_urls::build(cut).table)
        check_match(*table, url);
}

void check_pac(const intercepted_urls& table, std::size_t size) {
    const pac_script script = make_pac(table, "127.0.0.1:1", "DIRECT", size);
    require(script.text.size() <= size || script.fallback == pac_fallback::everything,
            "a PAC text is as small as it must be");
    for (const char c : script.text)
        require((c >= 0x20 && c < 0x7F) || c == '\n', "a PAC text is ASCII");
    require(script.text.find("function FindProxyForURL(") != std::string::npos, "a PAC text");
    require(pac_data_url(script.text).size() < 64 + script.text.size() * 4 / 3 + 4, "its base64");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::choose_cpu(size);
    fuzz::input in{data, size};
    const std::size_t pac_limit = in.choice(2) == 0 ? pac_size : in.choice() * 16;
    const std::size_t front = in.choice(), back = in.choice();
    const std::string_view first_line = in.line();
    const std::optional<std::string> url = check_url(first_line);
    if (url)
        check_as_pattern(*url, front, back);
    std::vector<row> rows;
    while (!in.empty() && rows.size() < 12) {
        std::string_view pattern = in.line();
        const action a = pattern.starts_with('-') ? action::external : action::manual;
        pattern.remove_prefix(a == action::external ? 1 : 0);
        // Trying every way takes its time.
        if (std::count(pattern.begin(), pattern.end(), '*') <= 4)
            rows.push_back({std::string{pattern}, a, {}});
    }
    const intercepted_urls::built built = intercepted_urls::build(rows);
    require((built.table == nullptr) == !built.errors.empty(), "a table, or what is wrong");
    for (const auto& problems : {built.errors, built.warnings})
        for (const row_problem& p : problems)
            require(p.row < std::max<std::size_t>(rows.size(), 1) && !p.text.empty() &&
                        p.column <= (rows.empty() ? 0 : rows[p.row].pattern.size()),
                    "a problem says where it is");
    if (!built.table)
        return 0;

    if (url)
        check_match(*built.table, *url);
    std::vector<row> again;
    for (std::size_t i = 0; i < built.table->size(); ++i)
        again.push_back({std::string{built.table->pattern(i)}, built.table->action(i), {}});
    const auto rebuilt = intercepted_urls::build(again);
    require(rebuilt.table != nullptr, "a pattern's normal form is a pattern");
    for (std::size_t i = 0; i < again.size(); ++i)
        require(rebuilt.table->pattern(i) == again[i].pattern,
                "the normal form of a pattern's normal form is itself");
    check_pac(*built.table, pac_limit);
    static_cast<void>(allowed_origins{*built.table}.allows(first_line));
    return 0;
}
