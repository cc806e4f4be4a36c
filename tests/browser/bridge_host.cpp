// The page-side class and the browser's own, answered by the same host:
//   bridge_host FOLDER PID
// serves FOLDER's files to the browser that process PID starts; prints the browser's switch, and in
// a JSON string the script that gives http://myapp/ pages the page-side class. The scheme handler
// that it speaks through is played by an HTTP server, on a port of its own; the rest is real.
// Rows: ws://myapp/manual/* manual, ws://myapp/chosen with subprotocols, ws://myapp/* automatic.
#include <wsintercept/bridge/framing.hpp>
#include <wsintercept/bridge/page_script.hpp>
#include <wsintercept/bridge/requests.hpp>
#include <wsintercept/bridge/uplink.hpp>
#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/renderer/chromium.hpp>

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ws = wsintercept;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;

namespace {

/// The methods that the host calls, of either way in.
struct methods {
    virtual void send(ws::socket_id id, std::string_view data, bool fin, ws::data_type type) = 0;
    virtual void close(ws::socket_id id, std::uint16_t code, std::string_view reason) = 0;
    virtual void abort(ws::socket_id id) = 0;
    virtual void answer(ws::socket_id id, std::string_view head) = 0;

  protected:
    ~methods() = default;
};
template <class Interceptor>
struct methods_of final : methods {
    explicit methods_of(Interceptor& i) : to{i} {}
    void send(ws::socket_id id, std::string_view data, bool fin, ws::data_type type) override {
        tell(to.send(id, data, fin, type));
    }
    void close(ws::socket_id id, std::uint16_t code, std::string_view reason) override {
        tell(to.close(id, code, reason));
    }
    void abort(ws::socket_id id) override { tell(to.abort(id)); }
    void answer(ws::socket_id id, std::string_view head) override { tell(to.answer(id, head)); }
    static void tell(std::error_code failed) {
        if (failed)
            std::fprintf(stderr, "%s\n", failed.message().c_str());
    }
    Interceptor& to;
};

/// What a page asks for is in the URL, so that both classes are served alike.
class host
    : public ws::ignore<ws::http_request, ws::websocket_close, ws::websocket_error, ws::drained> {
  public:
    using ignore::on;

    void on(const ws::websocket_upgrade& e) noexcept {
        std::string_view path = e.url.substr(10); // ws://myapp
        paths_[e.id] = path;
        if (e.type == ws::upgrade_type::manual)
            return to->answer(e.id, answer(path.substr(8), e.headers));
        if (path == "/close")
            to->close(e.id, 3001, "because \xe2\x82\xac");
        if (path == "/close-bare")
            to->close(e.id, 1005, "");
        if (path == "/gone")
            to->abort(e.id);
        if (path == "/last-words") {
            to->send(e.id, "last", true, ws::data_type::text);
            to->close(e.id, 1000, "");
        }
        if (path == "/headers")
            to->send(e.id, e.headers, true, ws::data_type::text);
    }
    void on(const ws::websocket_receive& e) noexcept {
        const std::string& path = paths_[e.id];
        if (path == "/fragments") {
            to->send(e.id, "Hel", false, ws::data_type::text);
            return to->send(e.id, "lo", true, ws::data_type::text);
        }
        if (path == "/many")
            for (int i = 0; i < std::atoi(std::string{e.data}.c_str()); ++i)
                to->send(e.id, std::to_string(i), true, ws::data_type::text);
        else if (path == "/close-on-message")
            to->close(e.id, 4999, "");
        else
            to->send(e.id, e.data, e.fin, e.type);
    }
    void on(const ws::log_entry& e) noexcept {
        std::fprintf(stderr, "%s\n", std::string{e.text}.c_str());
    }

    methods* to = nullptr;

  private:
    /// The rest of the path is what the answer is: a status, or a 101 with something wrong.
    static std::string answer(std::string_view what, std::string_view head) {
        const std::size_t at = head.find("Sec-WebSocket-Key: ") + 19;
        const auto accept = ws::rfc6455::accept_key::compute(head.substr(at, 24));
        if (what == "403")
            return "HTTP/1.1 403 Forbidden\r\n\r\n";
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "X-Mine: yes\r\nSec-WebSocket-Accept: " +
               std::string{accept.data(), accept.size()} + "\r\n" +
               (what == "chosen" ? "Sec-WebSocket-Protocol: b\r\n" : "") + "\r\n";
    }

    std::map<ws::socket_id, std::string> paths_;
};

/// The engine, as far as the page-side class needs one: requests whose answers may be streams.
class scheme_server {
    struct exchange;
    using handle = std::shared_ptr<exchange>;

    struct traits {
        using connection = handle;
        boost::asio::io_context& io;
        scheme_server& server;

        ws::time_point now() noexcept { return ws::clock::now(); }
        void post(const ws::task& work) noexcept { boost::asio::post(io, work); }
        void output_ready(const handle& c) noexcept {
            boost::asio::post(io, [c] { c->write(); });
        }
        void input_ready(const handle& c) noexcept {
            boost::asio::post(io, [c] { c->feed(); });
        }
        void respond(const handle&, const ws::response&) noexcept {}
        void wake_at(const handle& c, ws::time_point when) noexcept {
            c->timer.expires_at(when);
            c->timer.async_wait([c](boost::system::error_code failed) {
                if (!failed && !c->over)
                    c->server.core_.wake(c->id);
            });
        }
        void end(const handle& c, ws::ending how) noexcept {
            c->rest();
            boost::asio::post(c->server.io_, [c, how] { c->finish(how); });
        }
    };

    struct exchange : std::enable_shared_from_this<exchange> {
        exchange(scheme_server& s, tcp::socket of)
            : server{s}, socket{std::move(of)}, timer{s.io_} {}

        void read() {
            parser.emplace();
            parser->body_limit(std::uint64_t{32} << 20);
            http::async_read(socket, buffer, *parser,
                             [self = shared_from_this()](boost::system::error_code failed, auto) {
                                 if (!failed)
                                     self->take(self->parser->release());
                             });
        }
        void take(http::request<http::string_body> r) {
            origin = std::string{r["Origin"]};
            if (r.target() == "/up")
                return take_post(std::move(r.body()));
            if (r.target() != "/open")
                return answer("404 Not Found");
            const std::string body = std::move(r.body());
            const ws::bridge::open_request asked = ws::bridge::read_open(body, origin);
            if (asked.reason != ws::error{})
                return answer("400 Bad Request");
            const ws::opened o =
                server.core_.open(shared_from_this(), {"GET", asked.url, asked.head, {}});
            if (!o.id)
                return answer(std::to_string(o.status == 0 ? 404 : o.status) + " Refused");
            id = o.id;
            over = false;
            token = server.sockets_.add(shared_from_this());
            out = head("200 OK") + "Transfer-Encoding: chunked\r\n\r\n" + chunk(token);
            write();
            watch();
        }
        void take_post(std::string body) {
            const std::optional<ws::bridge::post> post = ws::bridge::read_post(body);
            const handle to = post ? server.sockets_.find(post->token) : nullptr;
            if (!to)
                return answer("410 Gone");
            const auto done = [self = shared_from_this()](bool taken) {
                self->answer(taken ? "204 No Content" : "410 Gone");
            };
            const ws::error bad = to->up.add(post->number, std::string{post->bytes}, done);
            if (bad == ws::error{})
                return to->feed();
            to->server.core_.closed(to->id, bad);
            to->rest();
            to->finish(ws::ending::abort);
            answer("410 Gone");
        }
        void feed() {
            up.feed([this](std::span<char> bytes) { return server.core_.write(id, bytes); });
        }
        void write() {
            if (writing)
                return;
            if (out.empty() && !over) {
                std::string bytes;
                for (const std::string_view v : server.core_.output(id))
                    bytes += v;
                const std::size_t n = bytes.size();
                if (n != 0) {
                    out = chunk(bytes);
                    server.core_.consumed(id, n); // may end it
                }
            }
            if (out.empty() && last) {
                out = "0\r\n\r\n";
                last = false;
            }
            if (out.empty())
                return;
            writing = true;
            boost::asio::async_write(
                socket, boost::asio::buffer(out),
                [self = shared_from_this()](boost::system::error_code failed, auto) {
                    self->writing = false;
                    self->out.clear();
                    if (failed)
                        return self->gone();
                    self->write();
                });
        }
        /// The page reads its answer, so what comes is its end.
        void watch() {
            socket.async_wait(
                tcp::socket::wait_read,
                [self = shared_from_this()](boost::system::error_code) { self->gone(); });
        }
        void gone() {
            if (!over) {
                server.core_.closed(id);
                rest();
            }
            boost::system::error_code ignored;
            socket.close(ignored);
        }
        void rest() {
            over = true;
            timer.cancel();
            server.sockets_.erase(token);
            up.end();
        }
        void finish(ws::ending how) {
            boost::system::error_code ignored;
            if (how == ws::ending::abort)
                socket.close(ignored);
            last = true;
            write();
        }
        void answer(const std::string& status) {
            out = head(status) + "Content-Length: 0\r\n\r\n";
            boost::asio::async_write(
                socket, boost::asio::buffer(out),
                [self = shared_from_this()](boost::system::error_code failed, auto) {
                    self->out.clear();
                    if (!failed)
                        self->read();
                });
        }
        std::string head(const std::string& status) const {
            return "HTTP/1.1 " + status +
                   "\r\nContent-Type: application/octet-stream\r\nAccess-Control-Allow-Origin: " +
                   origin + "\r\n";
        }
        static std::string chunk(std::string_view bytes) {
            char size[20];
            std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
            return size + std::string{bytes} + "\r\n";
        }

        scheme_server& server;
        tcp::socket socket;
        boost::asio::steady_timer timer;
        boost::beast::flat_buffer buffer;
        std::optional<http::request_parser<http::string_body>> parser;
        std::string origin, token, out;
        ws::socket_id id;
        ws::bridge::uplink up;
        bool over = true, last = false, writing = false;
    };

  public:
    using interceptor = ws::interceptor<traits, ws::bridge::policies, host>;

    scheme_server(boost::asio::io_context& io, host& h,
                  std::shared_ptr<const ws::intercepted_urls> table)
        : io_{io}, acceptor_{io, {boost::asio::ip::address_v4::loopback(), 0}}, traits_{io, *this},
          core_{traits_, h, table, {{}, ws::allowed_origins{*table}}} {
        accept();
    }

    interceptor& sockets() { return core_; }
    std::string base() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }

  private:
    void accept() {
        acceptor_.async_accept([this](boost::system::error_code failed, tcp::socket socket) {
            if (!failed)
                std::make_shared<exchange>(*this, std::move(socket))->read();
            accept();
        });
    }

    boost::asio::io_context& io_;
    tcp::acceptor acceptor_;
    ws::bridge::tokens<handle> sockets_;
    traits traits_;
    interceptor core_;
};

std::optional<ws::loopback::page> file(const std::string& folder, std::string_view url) {
    const std::string name{url.substr(url.rfind('/') + 1)};
    std::ifstream in{folder + '/' + (name.empty() ? "index.html" : name), std::ios::binary};
    if (!in)
        return std::nullopt;
    ws::loopback::page p;
    p.media_type = name.ends_with(".js") ? "text/javascript" : "text/html";
    p.body.assign(std::istreambuf_iterator<char>{in}, {});
    return p;
}

} // namespace

int main(int argc, char** argv) {
    long pid = 0;
    if (argc != 3 ||
        std::from_chars(argv[2], argv[2] + std::string_view{argv[2]}.size(), pid).ptr == argv[2]) {
        std::fputs("usage: bridge_host FOLDER PID\n", stderr);
        return 2;
    }
    ws::row_options chosen;
    chosen.subprotocols = {"b", "c"};
    const std::vector<ws::row> rows{{"ws://myapp/manual/*", ws::action::manual, {}},
                                    {"ws://myapp/chosen", ws::action::automatic, chosen},
                                    {"ws://myapp/*", ws::action::automatic, {}}};
    const auto table = ws::intercepted_urls::build(rows).table;

    boost::asio::io_context io;
    host own, page_side;
    ws::loopback::options options;
    options.peers = ws::loopback::peer_policy::descendants_of(pid);
    options.pages = [folder = std::string{argv[1]}](std::string_view, std::string_view url) {
        return file(folder, url);
    };
    ws::loopback::endpoint<host> endpoint{io, own, table, std::move(options)};
    methods_of own_methods{endpoint.sockets()};
    own.to = &own_methods;
    if (const std::error_code failed = endpoint.listen()) {
        std::fprintf(stderr, "bridge_host: %s\n", failed.message().c_str());
        return 1;
    }
    scheme_server scheme{io, page_side, table};
    methods_of scheme_methods{scheme.sockets()};
    page_side.to = &scheme_methods;

    for (const std::string& s : ws::chromium::switches(*table, endpoint.port()).switches)
        std::puts(s.c_str());
    const std::string script =
        ws::bridge::page_script(*table, ws::bridge::channel::fetch, scheme.base());
    std::puts(nlohmann::json(script).dump().c_str());
    std::fflush(stdout);
    io.run();
}
