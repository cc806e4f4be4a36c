// The application's own files under http://ROOT/ and https://ROOT/: --html and --dir.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace htmlrenderer {

/// What a file becomes.
struct served_page {
    unsigned status = 200;
    std::string media_type;
    std::string fields; ///< "Name: value" lines with CR LF
    std::string body;
};

/// Files are read when they are asked for, so that a page can be edited and reloaded.
class pages {
  public:
    /// Serves nothing.
    explicit pages(std::string_view root) : site_{"://" + std::string{root} + "/"} {}

    void serve_html(std::filesystem::path file) { html_ = std::move(file); } ///< as ROOT/
    void serve_folder(std::filesystem::path folder) { folder_ = std::move(folder); }

    /// A GET or HEAD of a file that is there; else nothing, and the table decides. `url` is in
    /// normal form. A folder's page is its index.html. What lies outside the folder is never
    /// served, whatever way leads to it: "..", links, encoded slashes or dots, NUL.
    std::optional<served_page> find(std::string_view method, std::string_view url) const;

  private:
    std::optional<served_page> find_in_folder(std::string_view site, std::string_view target) const;

    std::string site_; ///< between the scheme and the target
    std::filesystem::path html_;
    std::filesystem::path folder_;
};

/// By the name's ending, charset included where it is text.
std::string_view media_type_of(const std::filesystem::path& file);

} // namespace htmlrenderer
