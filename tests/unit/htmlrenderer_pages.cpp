#include "../../examples/htmlrenderer/pages.hpp"

#include "catch.hpp"

#include <cstdlib>
#include <fstream>
#include <sys/stat.h>

using namespace htmlrenderer;
namespace fs = std::filesystem;

namespace {

/// A folder `site` beside a folder `outside`, both gone at the end.
class two_folders {
  public:
    two_folders() {
        std::string name = (fs::temp_directory_path() / "pages-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        top_ = name;
        fs::create_directories(top_ / "site/sub/empty");
        fs::create_directories(top_ / "outside");
        fs::create_directories(top_ / "site2");
        write("site/index.html", "home");
        write("site/app.js", "code");
        write("site/a b\xC3\xA9.txt", "named");
        write("site/100%.txt", "percent");
        write("site/..hidden", "dots");
        write("site/sub/index.html", "sub");
        write("outside/secret.txt", "secret");
        write("site2/secret.txt", "secret");
        fs::create_symlink("../outside/secret.txt", top_ / "site/link.txt");
        fs::create_directory_symlink("../outside", top_ / "site/link");
        fs::create_directory_symlink("../site2", top_ / "site/link2");
        fs::create_symlink("app.js", top_ / "site/inner.js");
        fs::create_symlink("loop", top_ / "site/loop");
        REQUIRE(mkfifo((top_ / "site/pipe").c_str(), 0600) == 0);
    }
    ~two_folders() {
        std::error_code ignored;
        fs::remove_all(top_, ignored);
    }
    fs::path top() const { return top_; }

  private:
    void write(const std::string& name, const std::string& text) const {
        std::ofstream{top_ / name} << text;
    }
    fs::path top_;
};

} // namespace

TEST_CASE("a folder's files, and none outside it") {
    const two_folders folders;
    pages site{"myapp"};
    site.serve_folder(folders.top() / "site");

    const auto ok = [&](const std::string& path, const std::string& body, const std::string& type) {
        INFO(path);
        const auto page = site.find("GET", "http://myapp/" + path);
        REQUIRE(page.has_value());
        CHECK(page->status == 200);
        CHECK(page->body == body);
        CHECK(page->media_type == type);
    };
    const auto none = [&](const std::string& path) {
        INFO(path);
        CHECK_FALSE(site.find("GET", "http://myapp/" + path).has_value());
    };
    const std::string html = "text/html; charset=utf-8";
    const std::string plain = "text/plain; charset=utf-8";

    ok("", "home", html);
    ok("?x=1", "home", html);
    ok("index.html", "home", html);
    ok("app.js?v=/../x", "code", "text/javascript; charset=utf-8");
    ok("inner.js", "code", "text/javascript; charset=utf-8");
    ok("a%20b%C3%A9.txt", "named", plain);
    ok("100%25.txt", "percent", plain);
    ok("%61pp.js", "code", "text/javascript; charset=utf-8");
    ok("..hidden", "dots", "application/octet-stream");
    ok("sub/", "sub", html);

    const auto moved = site.find("GET", "http://myapp/sub");
    REQUIRE(moved.has_value());
    CHECK(moved->status == 301);
    CHECK(moved->fields == "Location: http://myapp/sub/\r\n");
    const auto secure = site.find("GET", "https://myapp/sub?x");
    REQUIRE(secure.has_value());
    CHECK(secure->fields == "Location: https://myapp/sub/\r\n");
    REQUIRE(site.find("GET", "https://myapp/app.js").has_value());
    CHECK(site.find("GET", "https://myapp/app.js")->body == "code");

    for (const std::string path :
         {"missing", "sub/empty", "sub/empty/", "app.js/", "app.js/x", "pipe", "loop",
          // ways out
          "../outside/secret.txt", "..", "../", ".", "./app.js", "sub/../app.js",
          "%2e%2e/outside/secret.txt", "%2E%2E%2Foutside/secret.txt", "..%2foutside/secret.txt",
          "..%5coutside%5csecret.txt", "..\\outside\\secret.txt", "link.txt", "link/secret.txt",
          "link/", "link2/secret.txt", "sub/%2e%2e/%2e%2e/outside/secret.txt",
          // no paths at all
          "/", "//etc/passwd", "/etc/passwd", "sub//index.html", "%2Fetc/passwd", "app.js%00",
          "app.js%00.html", "%", "%4", "%zz", "app.js%0A"})
        none(path);
    none(std::string("app.js\0", 7));

    CHECK_FALSE(site.find("GET", "http://other/app.js").has_value());
    CHECK_FALSE(site.find("GET", "https://other/app.js").has_value());
    CHECK_FALSE(site.find("GET", "https://myapp:444/app.js").has_value());
    CHECK_FALSE(site.find("GET", "https://myapp").has_value());
    CHECK_FALSE(site.find("GET", "ws://myapp/app.js").has_value());
    CHECK_FALSE(site.find("GET", "xhttp://myapp/app.js").has_value());
    CHECK_FALSE(site.find("GET", "http").has_value());
    CHECK_FALSE(site.find("GET", "").has_value());
    CHECK_FALSE(site.find("GET", "http://myapp:81/app.js").has_value());
    CHECK_FALSE(site.find("POST", "http://myapp/app.js").has_value());
    CHECK(site.find("HEAD", "http://myapp/app.js").has_value());
}

TEST_CASE("one file as exactly the root") {
    const two_folders folders;
    pages site{"my.app"};
    site.serve_html(folders.top() / "site/app.js");
    REQUIRE(site.find("GET", "http://my.app/").has_value());
    CHECK(site.find("GET", "http://my.app/")->body == "code");
    CHECK(site.find("GET", "http://my.app/")->media_type == "text/html; charset=utf-8");
    CHECK(site.find("GET", "https://my.app/")->body == "code");
    CHECK_FALSE(site.find("GET", "http://my.app/?x").has_value());
    CHECK_FALSE(site.find("GET", "http://my.app/app.js").has_value());
    CHECK_FALSE(site.find("POST", "http://my.app/").has_value());
    site.serve_html(folders.top() / "gone.html");
    CHECK_FALSE(site.find("GET", "http://my.app/").has_value());
    CHECK_FALSE(pages{"my.app"}.find("GET", "http://my.app/").has_value());
}

TEST_CASE("media types") {
    CHECK(media_type_of("x/PHOTO.JPG") == "image/jpeg");
    CHECK(media_type_of("x.tar.gz") == "application/octet-stream");
    CHECK(media_type_of("noending") == "application/octet-stream");
}
