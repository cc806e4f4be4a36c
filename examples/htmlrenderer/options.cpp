#include "options.hpp"

#include <wsintercept/loopback/arrival.hpp>
#include <wsintercept/url/normal_form.hpp>

#include <CLI/CLI.hpp>

#include <cctype>
#include <chrono>
#include <cmath>
#include <fstream>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

namespace htmlrenderer {
namespace {

constexpr std::string_view description =
    R"(Shows a page in a browser and answers the page's WebSockets and requests in process.

Events are printed on standard output. Methods and answers are read from standard input, one JSON
array a line.)";

constexpr std::string_view examples = R"(
Rows: the first whose PATTERN matches a URL decides. A * stands for any text.
  0  left to the network
  1  ours: an http or https URL is an event HTTPRequest, a WebSocket is answered at once (auto)
  2  the same, but you answer the WebSocket's handshake (manual)
Without rows all of ROOT is ours: --intercept '*://ROOT/*=1'

Examples:
  # a page and its sockets, each message sent back
  htmlrenderer --html page.html --echo

  # a folder of files; one socket answered by hand; no window
  htmlrenderer --dir site --intercept 'ws://myapp/admin*=2' --intercept '*://myapp/*=1' \
      --headless --format json

  # the same folder as a secure context
  htmlrenderer --dir site --url https://myapp/

  # a page from the network whose sockets to one host come here
  htmlrenderer --url http://www.example.com/ --intercept 'ws://feed.example.com*=1'

  # which row decides on a URL, and why; nothing is started
  htmlrenderer --intercept 'ws://myapp/feed*=1' --explain ws://myapp/feed/1 --explain ws://myapp/

Standard output, --format json: one JSON value a line, in the order in which things happened
  ["hr","WebSocketUpgrade",ID,URL,HEADERS,"auto"]         a socket opened; "manual": answer it
  ["hr","WebSocketReceive",ID,DATA,FIN,TYPE]              DATA: "text" or {"base64":"AAECAw=="}
  ["hr","WebSocketClose",ID,CODE,REASON]                  it closed; nothing more comes for ID
  ["hr","WebSocketError",ID,MESSAGE]                      it ended otherwise, or never opened
  ["hr","HTTPRequest","ProcessRequest",0,0,"","text/html",URL,HEAD,BODY,METHOD]
  {"method":"WebSocketSend","id":ID,"result":0}           a line's result, or "error":"unknown id"
  {"line":3,"error":"column 17: ..."}                     a line that could not be read
  {"drained":ID}                                          after "queue full": there is room again
--format box draws the events; results are JSON all the same, and very long data is cut.

Standard input: one JSON array a line; names or numbers
  ["hr","WebSocketSend",ID,DATA,FIN,TYPE]                 FIN and TYPE may be left out
  ["hr","WebSocketClose",ID,CODE,REASON]                  CODE (1000) and REASON may be left out
  ["hr","WebSocketAbort",ID]
  the whole WebSocketUpgrade with HEADERS replaced by your response head
  the whole HTTPRequest with elements 4 to 10 filled in: 1,200,"","text/html",URL,FIELDS,BODY

All else is on standard error. The program ends when the browser does, or on SIGINT or SIGTERM.
Exit status: 0; 1 if the browser failed or does not use our proxy script; 2 for a wrong command line.
)";

/// The command line's words before they are checked.
struct words {
    std::vector<std::string> rows;
    std::string rows_file;
    std::vector<std::string> origins;
    std::string root = "myapp";
    std::string url;
    std::string html;
    std::string dir;
    std::string screenshot;
    double answer_timeout = 10;
};

/// Collects what is wrong, so that all of it is told at once.
class complaints {
  public:
    explicit complaints(std::ostream& to) : to_{to} {}
    void error(std::string_view text) {
        to_ << "htmlrenderer: " << text << '\n';
        any_ = true;
    }
    void warning(std::string_view text) { to_ << "htmlrenderer: warning: " << text << '\n'; }
    bool any() const { return any_; }

  private:
    std::ostream& to_;
    bool any_ = false;
};

std::optional<wsintercept::row> read_row(const std::string& text) {
    const std::size_t at = text.rfind('=');
    if (at == text.npos || at + 2 != text.size() || text[at + 1] < '0' || text[at + 1] > '2')
        return std::nullopt;
    return wsintercept::row{
        text.substr(0, at), static_cast<wsintercept::action>(text[at + 1] - '0'), {}};
}

/// A row a line; empty lines are left out.
void read_rows_file(const std::string& name, std::vector<wsintercept::row>& rows, complaints& say) {
    std::ifstream file{name};
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        if (line.ends_with('\r'))
            line.pop_back();
        if (line.empty())
            continue;
        if (const auto row = read_row(line))
            rows.push_back(*row);
        else
            return say.error("--intercept-file '" + name + "', line " + std::to_string(number) +
                             ": expected PATTERN=0, =1 or =2");
    }
    if (!file.eof())
        say.error("--intercept-file '" + name + "': cannot be read");
}

void read_table(const words& in, options& out, complaints& say) {
    std::vector<wsintercept::row> rows;
    for (const std::string& text : in.rows)
        if (const auto row = read_row(text))
            rows.push_back(*row);
        else
            say.error("--intercept '" + text + "': expected 'PATTERN=0', =1 or =2");
    if (!in.rows_file.empty())
        read_rows_file(in.rows_file, rows, say);
    if (say.any())
        return;
    auto built = wsintercept::intercepted_urls::build(rows, in.root);
    for (const auto& problem : built.errors)
        say.error("--intercept: " + problem.text);
    for (const auto& problem : built.warnings)
        say.warning("--intercept: " + problem.text);
    if (!built.errors.empty())
        return;
    out.table = std::move(built.table);
    out.origins = wsintercept::allowed_origins{*out.table};
    for (const std::string& origin : in.origins)
        if (!out.origins.allow(origin))
            say.error("--allow-origin '" + origin + "': no origin (like http://app.test:8080)");
}

/// ROOT is a host's name, and one that browsers ask a proxy script about.
void check_root(const std::string& root, complaints& say) {
    const auto url = wsintercept::normalise("http://" + root + "/");
    const auto parts = url ? wsintercept::split_url(*url) : std::nullopt;
    if (!parts || parts->target != "/" || parts->port != 80 ||
        root.find_first_of(":/?#@") != root.npos)
        return say.error("--root '" + root + "': expected the name of a host");
    const std::string_view host = parts->host;
    if (host == "localhost" || host.ends_with(".localhost") || host.starts_with("127."))
        say.error("--root '" + root + "': browsers never ask a proxy about loopback names");
}

/// A fragment as a Location may carry it: RFC 3986 3.5, all else percent-encoded.
std::string encode_fragment(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text)
        if (c > ' ' && c <= '~' && c != '"' && c != '<' && c != '>' && c != '`') {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += '%';
            encoded += digits[byte >> 4];
            encoded += digits[byte & 15];
        }
    return encoded;
}

void read_start(const words& in, options& out, complaints& say) {
    if (in.url.empty()) {
        out.start_url = "http://" + std::string{out.table->root()} + "/";
        return;
    }
    if (const auto url = wsintercept::normalise(in.url)) {
        const auto parts = wsintercept::split_url(*url);
        out.start_url = *url;
        if (const auto hash = in.url.find('#'); hash != in.url.npos)
            out.start_url += encode_fragment(std::string_view{in.url}.substr(hash));
        if (!parts || (parts->scheme != "http" && parts->scheme != "https"))
            return say.error("--url '" + in.url + "': a browser does not show such a URL");
        // The page that the program itself names may open sockets.
        out.origins.allow(url->substr(0, url->find('/', parts->scheme.size() + 3)));
        return;
    }
    const std::size_t colon = in.url.find(':');
    const bool has_scheme =
        colon != in.url.npos && colon > 1 &&
        in.url.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") == colon;
    std::string scheme = in.url.substr(0, has_scheme ? colon : 0);
    for (char& c : scheme)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!has_scheme || scheme == "http" || scheme == "https")
        return say.error("--url '" + in.url + "': expected a whole URL, like http://" + in.root +
                         "/page");
    out.start_url = in.url;
    out.start_by_proxy = false;
}

void check_files(const words& in, options& out, complaints& say) {
    std::error_code failed;
    if (!in.html.empty() && !std::filesystem::is_regular_file(in.html, failed))
        say.error("--html '" + in.html + "': no such file");
    if (!in.dir.empty() && !std::filesystem::is_directory(in.dir, failed))
        say.error("--dir '" + in.dir + "': no such folder");
    const std::filesystem::path picture = in.screenshot;
    if (!in.screenshot.empty() &&
        (!picture.has_filename() || std::filesystem::is_directory(picture, failed) ||
         (picture.has_parent_path() &&
          !std::filesystem::is_directory(picture.parent_path(), failed))))
        say.error("--screenshot '" + in.screenshot + "': no file can be written there");
    out.html = in.html;
    out.dir = in.dir;
    out.screenshot = picture;
}

} // namespace

parsed_options parse_options(int argc, const char* const* argv, std::ostream& out,
                             std::ostream& errors) {
    words in;
    options o;
    o.name = "hr";
    CLI::App app{std::string{description}, "htmlrenderer"};
    app.footer(std::string{examples});
    // A value beginning with a bracket is no list, and each use of an option takes one value.
    const auto repeatable = [&](const char* name, std::vector<std::string>& to, const char* text,
                                const char* type) {
        app.add_option(name, to, text)->type_name(type)->allow_extra_args(false);
    };
    repeatable("--intercept", in.rows, "A row of InterceptedURLs; repeatable, the order counts",
               "PATTERN=0|1|2");
    app.add_option("--intercept-file", in.rows_file,
                   "More rows, a PATTERN=0|1|2 a line, behind those of --intercept")
        ->type_name("FILE");
    app.add_option("--root", in.root, "The application's virtual host (myapp)")->type_name("NAME");
    app.add_option("--url", in.url, "Show this page (http://ROOT/)")->type_name("URL");
    app.add_option("--html", in.html, "This file is http://ROOT/ and https://ROOT/")
        ->type_name("FILE");
    app.add_option("--dir", in.dir, "This folder's files are under http://ROOT/ and https://ROOT/")
        ->type_name("FOLDER");
    app.add_flag("--headless", o.headless, "No window");
    app.add_option("--screenshot", in.screenshot,
                   "A picture (PNG) of the page when it has loaded, and again at the end")
        ->type_name("FILE");
    repeatable("--explain", o.explain,
               "Say which row decides on a URL and why, and end; repeatable. The line begins with "
               "external, auto or manual. -: URLs from standard input, one a line",
               "URL|-");
    app.add_flag("--print-pac", o.print_pac, "Print the proxy script for the browser, and end");
    std::string format = "box";
    app.add_option("--format", format, "How events are printed (box)")
        ->type_name("box|json")
        ->check(CLI::IsMember({"box", "json"}).description(""));
    app.add_flag("--echo", o.echo, "Send each message back as it came");
    app.add_option("--answer-timeout", in.answer_timeout,
                   "How long a manual handshake may stay unanswered (10)")
        ->type_name("SECONDS");
    repeatable("--allow-origin", in.origins,
               "Pages of this origin may open sockets too; repeatable", "ORIGIN|null");
    app.add_option("--name", o.name, "The object's name, first in each message (hr)")
        ->type_name("OBJECT");
    app.add_option("--browser", o.browser,
                   "The browser: any program that takes Chromium's switches and a URL")
        ->type_name("PATH");
    app.add_option("--proxy", o.proxy,
                   "An HTTP proxy on the way to the network, for the browser and for us")
        ->type_name("HOST:PORT");
    app.add_flag("!--no-secret", o.secret,
                 "Tell the browser no secret: for one that does not speak DevTools on a pipe. Only "
                 "our own browser is served all the same");
    repeatable("--browser-arg", o.browser_arguments,
               "One more argument for the browser (--browser-arg=--switch); repeatable", "ARG");

    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        out << app.help();
        return {std::nullopt, 0};
    } catch (const CLI::ParseError& e) {
        errors << "htmlrenderer: " << e.what() << "\nTry htmlrenderer --help\n";
        return {std::nullopt, 2};
    }

    complaints say{errors};
    if (!in.html.empty() && !in.dir.empty())
        say.error("at most one of --html and --dir");
    check_root(in.root, say);
    read_table(in, o, say);
    if (o.table)
        read_start(in, o, say);
    check_files(in, o, say);
    if (!(in.answer_timeout > 0 && in.answer_timeout <= 86400))
        say.error("--answer-timeout: expected more than 0 and at most 86400 seconds");
    if (!o.proxy.empty() && !wsintercept::loopback::detail::read_site(o.proxy))
        say.error("--proxy '" + o.proxy + "': expected HOST:PORT");
    if (o.name.empty())
        say.error("--name: expected a name");
    if (say.any())
        return {std::nullopt, 2};
    o.format = format == "json" ? output_format::json : output_format::box;
    o.answer_timeout = std::chrono::milliseconds{std::llround(std::ceil(in.answer_timeout * 1000))};
    return {std::move(o), 0};
}

} // namespace htmlrenderer
