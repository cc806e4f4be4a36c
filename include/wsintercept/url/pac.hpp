// PAC text that decides as a table does, for engines that take a proxy script.
#pragma once

#include <wsintercept/detail/base64.hpp>
#include <wsintercept/url/intercepted_urls.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0 {

/// What a PAC text had to give up to stay small. Each step sends more to the proxy than the table
/// intercepts, never less: what stands there must be able to relay.
enum class pac_fallback : std::uint8_t {
    none,      ///< decides as the table does
    hosts,     ///< whatever an intercepted row's scheme, host and port allow
    suffixes,  ///< the same for whatever ends as an intercepted row's host does
    everything ///< every ws, wss, http and https URL
};

/// A PAC text and how well it decides.
struct pac_script {
    std::string text;
    pac_fallback fallback = pac_fallback::none;
    bool exact = true; ///< every ws and http URL that it sends to the proxy is intercepted
};

/// Linux ends a program's argument at 128 KiB; base64 makes this 120 KiB.
inline constexpr std::size_t pac_size = 90 * 1024;

/// A proxy auto-configuration script: intercepted URLs go to `proxy` ("127.0.0.1:PORT"), the rest
/// to `external` ("DIRECT", or the embedder's own proxy text). http://ROOT/ always goes to `proxy`.
/// wss and https URLs reach a script without path and query: they go to `proxy` if any row with
/// action 1 or 2 may match their scheme, host and port. The text is ASCII, and not larger than
/// `max_size` unless it is that of pac_fallback::everything.
pac_script make_pac(const intercepted_urls& table, std::string_view proxy,
                    std::string_view external = "DIRECT", std::size_t max_size = pac_size);

/// The text alone.
std::string pac_text(const intercepted_urls& table, std::string_view proxy,
                     std::string_view external = "DIRECT");

/// "data:application/x-ns-proxy-autoconfig;base64,..." for --proxy-pac-url.
std::string pac_data_url(std::string_view pac);

namespace detail {

/// A JavaScript string that is safe in a script of any encoding, also inside HTML.
inline std::string js_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&') {
            out += c;
            continue;
        }
        const unsigned byte = static_cast<unsigned char>(c);
        out += "\\x";
        out += "0123456789abcdef"[byte >> 4];
        out += "0123456789abcdef"[byte & 15];
    }
    return out + '"';
}

// The scripts are ES5. Their globs take each literal where it first fits, as detail::glob does.

inline constexpr std::string_view pac_glob = R"(
function glob(pattern, text) {
  var parts = pattern.split("*"), last = parts.length - 1, at = parts[0].length;
  if (last === 0) return pattern === text;
  var end = text.length - parts[last].length;
  if (end < at || text.slice(0, at) !== parts[0] || text.slice(end) !== parts[last]) return false;
  for (var i = 1; i < last; i++) {
    var found = text.indexOf(parts[i], at);
    if (found < 0 || found + parts[i].length > end) return false;
    at = found + parts[i].length;
  }
  return true;
}
)";

inline constexpr std::string_view pac_matching = R"(
// A pattern's parts: scheme, host and port, the rest. No rest: the last * takes it.
function cut(pattern, bare) {
  var colon = pattern.indexOf("://"), slash = pattern.indexOf("/", colon + 3);
  if (colon < 0) return {whole: pattern, literal: pattern.slice(0, pattern.indexOf("*"))};
  var site = pattern.slice(colon + 3, slash < 0 ? pattern.length : slash);
  return {scheme: pattern.slice(0, colon), rest: slash < 0 ? "*" : pattern.slice(slash),
          site: bare ? site.slice(0, site.lastIndexOf(":")) : site, bare: bare};
}
for (var n = 0; n < rows.length; n++) rows[n][3] = cut(rows[n][0], rows[n][2]);

function matches(p, scheme, site, rest) {
  if (p.whole) return glob(p.whole, scheme + "://" + site + rest);
  return reaches(p, scheme, site) && glob(p.rest, rest);
}
// Whether some path of a site matches.
function reaches(p, scheme, site) {
  if (p.whole) return (scheme + "://").slice(0, p.literal.length) === p.literal;
  return glob(p.scheme, scheme) && !(p.bare && /:[0-9]+$/.test(site)) && glob(p.site, site);
}
)";

inline constexpr std::string_view pac_rows = R"(
function FindProxyForURL(url, host) {
  var u = /^(wss?|https?):\/\/([^\/]*)(.*)$/.exec(url);
  if (!u) return external;
  if (u[1] === "http" && u[2] === root) return proxy;
  var hidden = u[1] === "wss" || u[1] === "https"; // their paths are not shown to this script
  for (var i = 0; i < rows.length; i++) {
    var pattern = rows[i][0], ours = rows[i][1] !== 0, p = rows[i][3];
    if (!hidden ? matches(p, u[1], u[2], u[3])
        : ours ? reaches(p, u[1], u[2])
        : pattern.slice(-1) === "*" && matches(p, u[1], u[2], "/")) return ours ? proxy : external;
  }
  return external;
}
)";

inline constexpr std::string_view pac_hosts = R"(
// A word: the schemes, a bit each in a hexadecimal digit, then host and port.
var bits = {ws: 1, wss: 2, http: 4, https: 8}, known = Object.create(null);
for (var n = 0; n < hosts.length; n++) known[hosts[n].slice(1)] = parseInt(hosts[n].charAt(0), 16);

function FindProxyForURL(url, host) {
  var u = /^(wss?|https?):\/\/([^\/]*)/.exec(url);
  if (!u) return external;
  if ((u[1] === "http" && u[2] === root) || known[u[2]] & bits[u[1]]) return proxy;
  for (var i = 0; i < globs.length; i++)
    if (parseInt(globs[i].charAt(0), 16) & bits[u[1]] && glob(globs[i].slice(1), u[2])) return proxy;
  return external;
}
)";

inline constexpr std::string_view pac_suffixes = R"(
// A word: the schemes, a bit each in a hexadecimal digit, then the last labels of hosts.
var bits = {ws: 1, wss: 2, http: 4, https: 8}, known = Object.create(null);
for (var n = 0; n < suffixes.length; n++)
  known[suffixes[n].slice(1)] = parseInt(suffixes[n].charAt(0), 16);

function FindProxyForURL(url, host) {
  var u = /^(wss?|https?):\/\/([^\/]*)/.exec(url);
  if (!u) return external;
  if (u[1] === "http" && u[2] === root) return proxy;
  for (var name = u[2].replace(/:[0-9]*$/, ""), dot = 0; dot >= 0; name = name.slice(dot + 1)) {
    if (known[name] & bits[u[1]]) return proxy;
    dot = name.indexOf(".");
  }
  return external;
}
)";

inline constexpr std::string_view pac_everything = R"(
function FindProxyForURL(url, host) {
  return /^(wss?|https?):/.test(url) ? proxy : external;
}
)";

/// The rows that can decide, as a JavaScript array; no more of them than pass `max_size`.
inline std::string pac_row_list(const intercepted_urls& table,
                                std::size_t max_size = std::string::npos) {
    std::string out =
        "// Pattern and action (0: external), 1 where URLs leave out the pattern's port. "
        "The first row\n// that matches decides.\nvar rows = [";
    const char* gap = "\n[";
    for (std::size_t i = 0; i < table.size() && out.size() <= max_size; ++i) {
        if (!table.can_decide(i))
            continue;
        out += gap + js_string(table.pattern(i)) + ", " +
               std::to_string(static_cast<unsigned>(table.action(i))) +
               (table.shape(i).default_port ? ", 1]" : "]");
        gap = ",\n[";
    }
    return out + "\n];\n";
}

/// Hosts with ports, or what they end in, and the schemes of each: bit i is url_schemes[i].
using pac_sites = std::map<std::string, unsigned>;

/// Writes a JavaScript array; a space parts the words.
inline void append_words(std::string& out, std::string_view name, const pac_sites& words) {
    std::string joined;
    for (const auto& [text, schemes] : words)
        ((joined += joined.empty() ? "" : " ") += "0123456789abcdef"[schemes & 15U]) += text;
    ((out += "var ") += name) +=
        words.empty() ? " = [];\n" : " = " + js_string(joined) + ".split(\" \");\n";
}

/// The hosts, with ports, of the rows with action 1 or 2; false if one of them may match any host.
inline bool find_sites(const intercepted_urls& table, pac_sites& hosts, pac_sites& globs) {
    for (std::size_t i = 0; i < table.size(); ++i) {
        const pattern_shape shape = table.shape(i);
        if (table.action(i) == action::external || !table.can_decide(i))
            continue;
        const std::string_view site = shape.site(table.pattern(i));
        if (shape.host == 0 || site.find_first_not_of('*') == std::string_view::npos)
            return false;
        pac_sites& list = site.find('*') == std::string_view::npos ? hosts : globs;
        list[std::string{site}] |= shape.schemes;
    }
    return true;
}

/// Whether the table intercepts every ws and http URL of these sites.
inline bool takes_all(const intercepted_urls& table, const pac_sites& sites) {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (table.action(i) == action::external && table.can_decide(i))
            return false; // which of them it may take is not looked for
    std::string url;
    for (const auto& [site, schemes] : sites)
        for (std::size_t i = 0; i < url_schemes.size(); ++i) {
            if (url_schemes[i].tls || (schemes >> i & 1U) == 0)
                continue;
            // A character that no pattern has stands for all that a URL may have.
            url.assign(url_schemes[i].name).append("://").append(site).append("/*");
            std::replace(url.begin(), url.end(), '*', '\x01');
            const decision d = table.match(url);
            if (d.row == decision::no_row || table.shape(d.row).default_port)
                return false;
        }
    return true;
}

/// The last `labels` labels that are known of a host and port; empty if none is.
inline std::string_view site_suffix(std::string_view site, int labels) noexcept {
    constexpr auto npos = std::string_view::npos;
    std::string_view name = site.substr(0, port_colon(site));
    if (const std::size_t star = name.rfind('*'); star != npos) {
        const std::size_t dot = name.find('.', star);
        name = dot == npos ? std::string_view{} : name.substr(dot + 1);
    }
    std::size_t from = name.size();
    for (int n = 0; n < labels && from != npos; ++n)
        from = from == 0 ? npos : name.rfind('.', from - 1);
    return from == npos ? name : name.substr(from + 1);
}

} // namespace detail

inline pac_script make_pac(const intercepted_urls& table, std::string_view proxy,
                           std::string_view external, std::size_t max_size) {
    const std::string head = "// wsintercept: which URLs go to the program itself.\nvar proxy = " +
                             detail::js_string("PROXY " + std::string{proxy}) +
                             ", external = " + detail::js_string(external) +
                             ", root = " + detail::js_string(table.root()) + ";\n";

    pac_script out{head + detail::pac_row_list(table, max_size), pac_fallback::none, true};
    ((out.text += detail::pac_glob) += detail::pac_matching) += detail::pac_rows;
    if (out.text.size() <= max_size)
        return out;

    detail::pac_sites hosts, globs;
    if (detail::find_sites(table, hosts, globs)) {
        out = {head, pac_fallback::hosts, false};
        detail::append_words(out.text, "hosts", hosts);
        detail::append_words(out.text, "globs", globs);
        (out.text += detail::pac_glob) += detail::pac_hosts;
        if (out.text.size() <= max_size) {
            out.exact = detail::takes_all(table, hosts) && detail::takes_all(table, globs);
            return out;
        }

        for (const auto& [site, schemes] : globs)
            hosts[site] |= schemes;
        for (const int labels : {3, 2, 1}) {
            detail::pac_sites suffixes;
            bool known = true;
            for (const auto& [site, schemes] : hosts) {
                const std::string_view suffix = detail::site_suffix(site, labels);
                known = known && !suffix.empty();
                suffixes[std::string{suffix}] |= schemes;
            }
            out = {head, pac_fallback::suffixes, false};
            detail::append_words(out.text, "suffixes", suffixes);
            out.text += detail::pac_suffixes;
            if (known && out.text.size() <= max_size)
                return out;
        }
    }
    return {head + std::string{detail::pac_everything}, pac_fallback::everything, false};
}

inline std::string pac_text(const intercepted_urls& table, std::string_view proxy,
                            std::string_view external) {
    return make_pac(table, proxy, external).text;
}

inline std::string pac_data_url(std::string_view pac) {
    std::string out = "data:application/x-ns-proxy-autoconfig;base64,";
    detail::append_base64(out, pac);
    return out;
}

} // namespace wsintercept::inline v0_1_0
