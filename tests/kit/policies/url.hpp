// The kit for URL policies.
#pragma once

#include "../report.hpp"

#include <wsintercept/policies.hpp>

#include <atomic>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace wsintercept::inline v0_1_0::kit {

/// A URL in normal form, and what its policy ought to say of it.
struct url_case {
    std::string_view url;
    wsintercept::action action = wsintercept::action::external;
    std::size_t row = decision::no_row;
};

/// `cases`: URLs that the policy's author can answer for. The more hosts, ports and schemes they
/// have, the better: the kit also asks for every combination of their parts.
template <url_policy P>
void check_url_policy(const P& policy, std::span<const url_case> cases, const reporter& report) {
    const auto same = [](const decision& a, const decision& b) {
        return a.action == b.action && a.row == b.row && a.options == b.options;
    };

    std::vector<std::string> urls;
    for (const url_case& c : cases) {
        const decision d = policy.match(c.url);
        report("url: match", std::string{c.url} + ": its action", d.action == c.action);
        report("url: match", std::string{c.url} + ": its row", d.row == c.row);
        for (const url_case& other : cases) {
            const auto a = split_url(c.url), b = split_url(other.url);
            if (!a || !b)
                continue;
            const std::string site{c.url.substr(0, c.url.size() - a->target.size())};
            urls.push_back(site + std::string{b->target});
            urls.push_back(std::string{b->scheme} + std::string{c.url.substr(a->scheme.size())});
        }
    }

    // A tunnel whose host the policy disowns is never looked into.
    for (const std::string& url : urls) {
        const std::optional<std::string> normal = normalise(url);
        const auto parts = split_url(normal ? *normal : std::string_view{});
        if (!parts || policy.match(*normal).action == action::external)
            continue;
        const bool tls = parts->scheme == "wss" || parts->scheme == "https";
        report("url: may_match_host", *normal + ": its host may match",
               policy.may_match_host(parts->host, parts->port, tls));
    }

    // Immutable: the same answer each time, on every thread.
    std::vector<decision> first;
    for (const std::string& url : urls)
        first.push_back(policy.match(url));
    std::atomic<std::size_t> different{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (std::size_t i = 0; i < urls.size(); ++i)
                different += same(policy.match(urls[i]), first[i]) ? 0U : 1U;
        });
    for (std::thread& t : threads)
        t.join();
    report("url: any thread", "the same answer each time, on every thread", different == 0);

    // What is no URL gets some answer.
    const std::string long_text(100000, 'a');
    bool sound = true;
    for (const std::string& odd :
         {std::string{}, std::string{"/"}, std::string{"://"}, std::string{"ws:"},
          std::string{"ws://"}, std::string{"ws:///"}, std::string{"ws://\0/", 7},
          std::string{"ws://[::1/"}, std::string{"ws://a:99999999999/"}, std::string{"\xff\xfe"},
          "ws://" + long_text + "/", "ws://a/" + long_text, long_text + "://a/"}) {
        const decision d = policy.match(odd);
        sound = sound && d.action <= action::manual;
        for (const unsigned port : {0U, 80U, 65535U, 65536U, ~0U}) {
            (void)policy.may_match_host(odd, port, false);
            (void)policy.may_match_host(odd, port, true);
        }
    }
    report("url: odd input", "what is no URL does no harm", sound);
}

} // namespace wsintercept::inline v0_1_0::kit
