#include "pages.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace htmlrenderer {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const fs::path& file) {
    std::error_code failed;
    if (!fs::is_regular_file(file, failed))
        return std::nullopt;
    std::ifstream in{file, std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    if (!in)
        return std::nullopt;
    return bytes;
}

int hexadecimal(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/// Percent-decoding, RFC 3986 2.1. Nothing for an escape that is none, or that hides a slash, a
/// backslash or a control.
std::optional<std::string> decode_path(std::string_view path) {
    std::string plain;
    for (std::size_t i = 0; i < path.size(); ++i) {
        char c = path[i];
        const bool escaped = c == '%';
        if (escaped) {
            const int high = i + 1 < path.size() ? hexadecimal(path[i + 1]) : -1;
            const int low = i + 2 < path.size() ? hexadecimal(path[i + 2]) : -1;
            if (high < 0 || low < 0)
                return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        if (is_control || c == '\\' || (escaped && c == '/'))
            return std::nullopt;
        plain += c;
    }
    return plain;
}

/// Relative, and every part a plain name: no empty one, ".", ".." or "a:".
bool is_plain(std::string_view path) {
    while (!path.empty()) {
        const std::string_view part = path.substr(0, path.find('/'));
        if (part.empty() || part == "." || part == "..")
            return false;
        path.remove_prefix(std::min(path.size(), part.size() + 1));
    }
    return true;
}

bool is_within(const fs::path& file, const fs::path& folder) {
    const auto [in_folder, in_file] =
        std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
    return in_folder == folder.end() && in_file != file.end();
}

} // namespace

std::optional<served_page> pages::find(std::string_view method, std::string_view url) const {
    if (method != "GET" && method != "HEAD")
        return std::nullopt;
    const std::size_t scheme = std::min(url.find(':'), url.size());
    if ((url.substr(0, scheme) != "http" && url.substr(0, scheme) != "https") ||
        !url.substr(scheme).starts_with(site_))
        return std::nullopt;
    const std::string_view site = url.substr(0, scheme + site_.size());
    const std::string_view target = url.substr(site.size());
    if (!html_.empty() && target.empty())
        if (auto body = read_file(html_))
            return served_page{200, "text/html; charset=utf-8", {}, std::move(*body)};
    if (!folder_.empty())
        return find_in_folder(site, target);
    return std::nullopt;
}

std::optional<served_page> pages::find_in_folder(std::string_view site,
                                                 std::string_view target) const {
    const std::string_view encoded = target.substr(0, target.find('?'));
    const auto path = decode_path(encoded);
    if (!path || !is_plain(*path))
        return std::nullopt;

    // Links are followed first: what counts is where the file really is.
    std::error_code failed;
    const fs::path folder = fs::canonical(folder_, failed);
    if (failed)
        return std::nullopt;
    fs::path file = fs::canonical(folder / *path, failed);
    if (failed || (file != folder && !is_within(file, folder)))
        return std::nullopt;
    if (fs::is_directory(file, failed)) {
        file = fs::canonical(file / "index.html", failed);
        if (failed || !is_within(file, folder))
            return std::nullopt;
        // Relative links in the page need the slash.
        if (!encoded.empty() && !encoded.ends_with('/'))
            return served_page{
                301, "text/plain", "Location: " + std::string{site}.append(encoded) + "/\r\n", {}};
    } else if (path->ends_with('/'))
        return std::nullopt;

    auto body = read_file(file);
    if (!body)
        return std::nullopt;
    return served_page{200, std::string{media_type_of(file)}, "Cache-Control: no-cache\r\n",
                       std::move(*body)};
}

std::string_view media_type_of(const fs::path& file) {
    static constexpr std::pair<std::string_view, std::string_view> types[] = {
        {".html", "text/html; charset=utf-8"},
        {".htm", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".txt", "text/plain; charset=utf-8"},
        {".md", "text/markdown; charset=utf-8"},
        {".csv", "text/csv; charset=utf-8"},
        {".xml", "application/xml"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".gif", "image/gif"},
        {".webp", "image/webp"},
        {".avif", "image/avif"},
        {".ico", "image/vnd.microsoft.icon"},
        {".woff", "font/woff"},
        {".woff2", "font/woff2"},
        {".ttf", "font/ttf"},
        {".wasm", "application/wasm"},
        {".pdf", "application/pdf"},
        {".mp3", "audio/mpeg"},
        {".ogg", "audio/ogg"},
        {".wav", "audio/wav"},
        {".mp4", "video/mp4"},
        {".webm", "video/webm"},
        {".webmanifest", "application/manifest+json"},
    };
    std::string ending = file.extension().string();
    for (char& c : ending)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const auto& [name, type] : types)
        if (name == ending)
            return type;
    return "application/octet-stream";
}

} // namespace htmlrenderer
