// The command line.
#pragma once

#include <wsintercept/limits.hpp>
#include <wsintercept/url/allowed_origins.hpp>
#include <wsintercept/url/intercepted_urls.hpp>

#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace htmlrenderer {

enum class output_format { box, json };

struct options {
    std::shared_ptr<const wsintercept::intercepted_urls> table;
    wsintercept::allowed_origins origins;
    wsintercept::duration answer_timeout{};
    std::string start_url;      ///< what the browser shows
    bool start_by_proxy = true; ///< http or https: a redirect leads to it; else DevTools must
    std::filesystem::path html; ///< or empty
    std::filesystem::path dir;  ///< or empty
    bool headless = false;
    std::filesystem::path screenshot; ///< or empty
    output_format format = output_format::box;
    bool echo = false;
    std::string name;
    std::string browser; ///< or empty: look for one
    std::string proxy;   ///< HOST:PORT of the way to the network; empty: straight
    bool secret = true;  ///< the browser is told one over DevTools
    std::vector<std::string> browser_arguments;
    std::vector<std::string> explain; ///< URLs to be explained, in place of all else
    bool print_pac = false;           ///< the same for the proxy script
};

struct parsed_options {
    std::optional<options> value; ///< none: end with `status`
    int status = 0;               ///< 0 after --help; 2 for usage
};

/// Reads the command line. Help goes to `out`; what is wrong or doubtful, one line each, to
/// `errors`.
parsed_options parse_options(int argc, const char* const* argv, std::ostream& out,
                             std::ostream& errors);

} // namespace htmlrenderer
