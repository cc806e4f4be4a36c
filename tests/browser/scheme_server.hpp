// The scheme handler that the page-side class speaks through, played by an HTTP server.
#pragma once

#include <wsintercept/bridge/framing.hpp>
#include <wsintercept/bridge/requests.hpp>
#include <wsintercept/bridge/uplink.hpp>
#include <wsintercept/interceptor.hpp>
#include <wsintercept/loopback/options.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bridge_test {

namespace ws = wsintercept;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;

/// The engine, as far as the page-side class needs one: requests whose answers may be streams.
/// Host: the handler, whose events are called on the io_context's one thread.
template <class Host>
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
            http::async_read(
                socket, buffer, *parser,
                [self = this->shared_from_this()](boost::system::error_code failed, auto) {
                    if (!failed)
                        self->take(self->parser->release());
                });
        }
        void take(http::request<http::string_body> r) {
            origin = std::string{r["Origin"]};
            if (r.target() == "/up")
                return take_post(std::move(r.body()));
            if (r.target() != "/open")
                return take_get({r.target().data(), r.target().size()});
            const std::string body = std::move(r.body());
            const ws::bridge::open_request asked = ws::bridge::read_open(body, origin);
            if (asked.reason != ws::error{})
                return answer("400 Bad Request");
            const ws::opened o =
                server.core_.open(this->shared_from_this(), {"GET", asked.url, asked.head, {}});
            if (!o.id)
                return answer(std::to_string(o.status == 0 ? 404 : o.status) + " Refused");
            id = o.id;
            over = false;
            token = server.sockets_.add(this->shared_from_this());
            // What follows the stream is its end: no next request.
            out = head("200 OK", "application/octet-stream") +
                  "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(token);
            write();
            watch();
        }
        void take_get(std::string_view target) {
            const auto page = server.pages ? server.pages(target) : std::nullopt;
            if (!page)
                return answer("404 Not Found");
            answer("200 OK", page->media_type, page->body);
        }
        void take_post(std::string body) {
            const std::optional<ws::bridge::post> post = ws::bridge::read_post(body);
            const handle to = post ? server.sockets_.find(post->token) : nullptr;
            if (!to)
                return answer("410 Gone");
            const auto done = [self = this->shared_from_this()](bool taken) {
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
                [self = this->shared_from_this()](boost::system::error_code failed, auto) {
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
                [self = this->shared_from_this()](boost::system::error_code) { self->gone(); });
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
        void answer(const std::string& status, const std::string& media_type = "text/plain",
                    const std::string& body = "") {
            out = head(status, media_type) + "Content-Length: " + std::to_string(body.size()) +
                  "\r\n\r\n" + body;
            boost::asio::async_write(
                socket, boost::asio::buffer(out),
                [self = this->shared_from_this()](boost::system::error_code failed, auto) {
                    self->out.clear();
                    if (!failed)
                        self->read();
                });
        }
        std::string head(const std::string& status, const std::string& media_type) const {
            return "HTTP/1.1 " + status + "\r\nContent-Type: " + media_type +
                   "\r\nAccess-Control-Allow-Origin: " + origin + "\r\n";
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
    using interceptor = ws::interceptor<traits, ws::bridge::policies, Host>;

    scheme_server(boost::asio::io_context& io, Host& h,
                  std::shared_ptr<const ws::intercepted_urls> table, ws::interceptor_options o)
        : io_{io}, acceptor_{io, {boost::asio::ip::address_v4::loopback(), 0}}, traits_{io, *this},
          core_{traits_, h, std::move(table), std::move(o)} {
        accept();
    }

    interceptor& sockets() { return core_; }
    std::string base() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }

    /// All else that is asked for, by path; nothing: 404.
    std::function<std::optional<ws::loopback::page>(std::string_view target)> pages;

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

} // namespace bridge_test
