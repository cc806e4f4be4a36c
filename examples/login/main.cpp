// Manual handshakes. Who has logged in opens a socket, with the subprotocol that both know. Who has
// not is refused in two ways: by a 401, whose status no script is ever shown, and by a socket that
// is opened and closed at once, with a code and a reason that it is.
#include "app.hpp"

#include <wsintercept/rfc9112/head.hpp>

#include <array>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace ws = wsintercept;

namespace {

/// Hexadecimal digits that nobody guesses.
std::string random_text(std::size_t digits) {
    std::random_device random;
    std::string text;
    while (text.size() < digits)
        text += "0123456789abcdef"[random() & 15];
    return text;
}

/// RFC 6265 4.2.1: pairs, parted by "; ".
bool has_cookie(std::string_view list, std::string_view pair) {
    for (;; list.remove_prefix(list.find("; ") + 2)) {
        if (list.substr(0, list.find("; ")) == pair)
            return true;
        if (list.find("; ") == list.npos)
            return false;
    }
}

/// What becomes of a socket: its answer, and where a code is set the close behind it.
struct decision {
    std::string answer;
    std::uint16_t code = 0;
    std::string_view reason{};
};

class app : public ws::ignore<ws::drained> {
  public:
    ws::loopback::endpoint<app>* endpoint = nullptr;

    app() { new_code(); }

    using ignore::on;
    void on(const ws::http_request& e) noexcept {
        ws::http_response response;
        response.media_type = "text/plain";
        std::string fields;
        if (e.method != "POST") {
            response.status = 405;
            response.fields = "Allow: POST\r\n";
        } else if (takes_code(e.body)) {
            session_ = "session=" + random_text(32);
            fields = "Set-Cookie: " + session_ + "; HttpOnly; SameSite=Strict\r\n";
            response.status = 204;
            response.fields = fields;
        } else {
            response.status = 403;
            response.body = "That is not the code; there is a new one.";
        }
        tell(endpoint->sockets().respond(e.id, response));
    }
    void on(const ws::websocket_upgrade& e) noexcept {
        const decision d = decide(e);
        if (const auto failed = endpoint->sockets().answer(e.id, d.answer))
            return tell(failed);
        if (d.code != 0) // the page gets the 101, then this
            return tell(endpoint->sockets().close(e.id, d.code, d.reason));
        if (d.answer.starts_with("HTTP/1.1 101"))
            open_.insert(e.id);
    }
    void on(const ws::websocket_receive& e) noexcept {
        for (const ws::socket_id id : open_)
            tell(endpoint->sockets().send(id, e.data, e.fin, e.type));
    }
    void on(const ws::websocket_close& e) noexcept { open_.erase(e.id); }
    void on(const ws::websocket_error& e) noexcept {
        open_.erase(e.id);
        std::cerr << e.message << '\n';
    }
    void on(const ws::log_entry& e) noexcept { std::cerr << e.text << '\n'; }

  private:
    decision decide(const ws::websocket_upgrade& e) const {
        using handshake = ws::default_policies::handshake;
        ws::rfc9112::request_head head;
        ws::rfc6455::upgrade_request upgrade;
        ws::rfc9112::parse_request(e.headers, {}, head); // valid, or there were no event
        handshake::validate(head, upgrade);

        const bool known = !session_.empty() &&
                           has_cookie(ws::rfc9112::find(head.fields, "Cookie").value, session_);
        if (!known && e.url == "ws://myapp/strict")
            return {"HTTP/1.1 401 Unauthorized\r\n\r\nlog in first"};

        const std::vector<std::string> ours{"chat.v2", "chat.v1"};
        std::string_view chosen;
        const bool agreed =
            upgrade.offers_subprotocols &&
            handshake::choose_subprotocol(upgrade, ours, false, chosen).reason == ws::error{};
        if (!agreed) // any that was offered: a browser fails a socket whose offer is not answered
            handshake::choose_subprotocol(upgrade, {}, true, chosen);
        decision d;
        handshake::response(upgrade, chosen, {}, d.answer);
        if (!known)
            return {d.answer, 4401, "log in first: the code is in the program's terminal"};
        if (!agreed)
            return {d.answer, 4406, "this program speaks chat.v2 and chat.v1"};
        return d;
    }

    /// Whether it is the code, which is used up by each try.
    bool takes_code(std::string_view given) {
        const bool is_it = given == code_;
        new_code();
        return is_it;
    }
    void new_code() {
        code_ = random_text(8);
        std::cout << "To log in, type " << code_ << std::endl;
    }
    static void tell(std::error_code failed) {
        if (failed)
            std::cerr << failed.message() << '\n';
    }

    std::string code_, session_; ///< "session=..."; empty: nobody has logged in
    std::set<ws::socket_id> open_;
};

} // namespace

int main(int argc, char** argv) {
    const std::vector<ws::row> rows{{"ws://myapp/*", ws::action::manual},
                                    {"http://myapp/login", ws::action::automatic}};
    const auto urls = ws::intercepted_urls::build(rows).table;
    boost::asio::io_context io;
    app handler;
    examples::app shown{io, *urls, PAGE_FOLDER};
    ws::loopback::endpoint<app> endpoint{io, handler, urls, shown.endpoint_options()};
    handler.endpoint = &endpoint;
    return shown.run(endpoint, argc, argv);
}
