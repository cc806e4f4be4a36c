#include "host.hpp"

#include "box.hpp"
#include "encoding.hpp"
#include "json_lines.hpp"
#include "response_fields.hpp"

#include <wsintercept/loopback/endpoint.hpp>
#include <wsintercept/loopback/tls.hpp>
#include <wsintercept/message.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <variant>

namespace htmlrenderer {

using namespace wsintercept;

class host::implementation {
  public:
    using endpoint_type = loopback::endpoint<implementation, default_policies, loopback::tls>;

    implementation(boost::asio::io_context& io, const options& o, line_writer& out,
                   page_source own_pages, const std::optional<loopback::launch_secret>& secret)
        : options_{o}, out_{out}, endpoint_{std::make_unique<endpoint_type>(
                                      io, *this, o.table, endpoint_options(o, own_pages, secret))} {
    }

    endpoint_type& endpoint() { return *endpoint_; }

    // Events.

    void on(const http_request& event) noexcept {
        forget_old_requests();
        requests_.push_back({event.id, std::string{event.url}, std::string{event.method},
                             std::string{event.head}, clock::now()});
        print(event);
    }
    void on(const websocket_upgrade& event) noexcept { print(event); }
    void on(const websocket_receive& event) noexcept {
        print(event);
        if (options_.echo)
            echo({event.id, std::string{event.data}, event.fin, event.type});
    }
    void on(const websocket_close& event) noexcept {
        print(event);
        notes_.erase(event.id);
    }
    void on(const websocket_error& event) noexcept {
        print(event);
        notes_.erase(event.id);
    }
    void on(const drained& event) noexcept {
        if (const auto at = notes_.find(event.id); at != notes_.end()) {
            if (std::exchange(at->second.line_was_refused, false))
                put(drained_line(event.id));
            send_echoes(event.id, at->second);
        }
    }
    void on(const log_entry& entry) noexcept {
        // A browser asks without the secret first, in each of its contexts.
        if (entry.level == log_level::debug || entry.reason == error::no_secret)
            return;
        const std::string_view reason = describe(entry.reason);
        std::string text = visible(entry.text);
        if (text.find(reason) == text.npos)
            text = text.empty() ? std::string{reason} : std::string{reason} + ": " + text;
        std::cerr << "htmlrenderer: " << text << std::endl;
    }

    // Lines.

    void take_line(std::string_view line) {
        ++line_number_;
        if (line.size() > longest_line)
            return put(problem_line(line_number_, "column " + std::to_string(longest_line + 1) +
                                                      ": the line is longer than 64 MiB"));
        if (is_blank(line))
            return;
        const auto read = read_line(line, options_.name);
        if (const auto* problem = std::get_if<std::string>(&read))
            return put(problem_line(line_number_, *problem));
        const auto& method = std::get<method_line>(read);
        const std::error_code failed =
            std::visit([this](const auto& call) { return perform(call); }, method.call);
        put(result_line(method, failed ? failed.message() : std::string{}));
    }

  private:
    /// What is sent back when there is room.
    struct echoed {
        socket_id id;
        std::string data;
        bool fin;
        data_type type;
    };
    /// What is remembered of a socket, where there is something to remember.
    struct socket_notes {
        bool line_was_refused = false; ///< queue full: `drained` is to be printed
        bool in_message = false;       ///< a line began a message with FIN 0
        bool paused = false;           ///< nothing is read until the echoes are sent
        std::deque<echoed> echoes;
    };
    struct open_request {
        socket_id id;
        std::string url;
        std::string method;
        std::string head;
        time_point since;
    };

    static loopback::options
    endpoint_options(const options& o, const page_source& own_pages,
                     const std::optional<loopback::launch_secret>& secret) {
        loopback::options result;
        if (secret)
            result.credentials = loopback::credentials::proxy(*secret);
        result.relay->proxy = o.proxy;
        result.root = std::string{o.table->root()};
        result.origins = o.origins;
        result.limits.answer = o.answer_timeout;
        result.pages = [own_pages](std::string_view method,
                                   std::string_view url) -> std::optional<loopback::page> {
            auto page = own_pages(method, url);
            if (!page)
                return std::nullopt;
            return loopback::page{page->status, std::move(page->media_type),
                                  std::move(page->fields), std::move(page->body)};
        };
        return result;
    }

    auto& sockets() { return endpoint_->sockets(); }

    void put(const std::string& line) { out_.write(line + "\n"); }

    template <class Event>
    void print(const Event& event) {
        const message m = to_message(options_.name, event);
        if (options_.format == output_format::json)
            put(event_line(m));
        else
            out_.write(draw(m));
    }

    std::error_code perform(const send_call& call) {
        const auto at = notes_.find(call.id);
        const bool continues = at != notes_.end() && at->second.in_message;
        std::optional<data_type> type = call.opcode;
        if (!type && !continues)
            type = call.binary ? data_type::binary : data_type::text;
        const std::error_code failed = sockets().send(call.id, call.data, call.fin, type);
        if (failed == error::queue_full)
            notes_[call.id].line_was_refused = true;
        if (!failed && (continues || !call.fin)) {
            socket_notes& notes = notes_[call.id];
            notes.in_message = !call.fin;
            send_echoes(call.id, notes);
        }
        return failed;
    }
    std::error_code perform(const close_call& call) {
        return sockets().close(call.id, call.code, call.reason);
    }
    std::error_code perform(const abort_call& call) { return sockets().abort(call.id); }
    std::error_code perform(const answer_call& call) {
        return sockets().answer(call.id, call.head);
    }
    /// The oldest open request with the same URL and method; one that is over is forgotten.
    std::error_code perform(const respond_call& call) {
        const auto fits = [&](const open_request& r) {
            return r.url == call.url && r.method == call.method;
        };
        for (auto at = requests_.begin();
             (at = std::find_if(at, requests_.end(), fits)) != requests_.end();
             at = requests_.erase(at)) {
            const response_fields fields = fields_of(call, at->head);
            const std::error_code failed = sockets().respond(
                at->id, {call.handled, static_cast<unsigned>(call.status), call.reason,
                         fields.media_type, fields.others, call.body});
            if (failed == error::no_open_request)
                continue;
            if (!failed)
                requests_.erase(at);
            return failed;
        }
        return error::no_open_request;
    }

    /// After the time-out nobody can answer them.
    void forget_old_requests() {
        const time_point limit = clock::now() - limits{}.response - std::chrono::seconds{5};
        while (!requests_.empty() && requests_.front().since < limit)
            requests_.pop_front();
    }

    void echo(echoed message) {
        socket_notes& notes = notes_[message.id];
        const socket_id id = message.id;
        notes.echoes.push_back(std::move(message));
        send_echoes(id, notes);
    }

    /// In order, and none inside a message that lines have begun. What has no room waits, and the
    /// page with it.
    void send_echoes(socket_id id, socket_notes& notes) {
        while (!notes.echoes.empty() && !notes.in_message) {
            const echoed& next = notes.echoes.front();
            if (sockets().send(id, next.data, next.fin, next.type) == error::queue_full)
                break;
            notes.echoes.pop_front();
        }
        const bool waits = !notes.echoes.empty();
        if (waits != std::exchange(notes.paused, waits)) {
            if (waits)
                sockets().pause(id);
            else
                sockets().resume(id);
        }
    }

    const options& options_;
    line_writer& out_;
    std::size_t line_number_ = 0;
    std::map<socket_id, socket_notes> notes_;
    std::deque<open_request> requests_;       ///< the oldest first
    std::unique_ptr<endpoint_type> endpoint_; ///< by pointer: it asks for a complete handler
};

host::host(boost::asio::io_context& io, const options& o, line_writer& out, page_source own_pages,
           const std::optional<loopback::launch_secret>& secret)
    : implementation_{std::make_unique<implementation>(io, o, out, std::move(own_pages), secret)} {}

host::~host() = default;

std::error_code host::listen() {
    return implementation_->endpoint().listen();
}
std::uint16_t host::port() const {
    return implementation_->endpoint().port();
}
std::string host::spki_hash() const {
    return implementation_->endpoint().tls().spki_hash();
}
void host::take_line(std::string_view line) {
    implementation_->take_line(line);
}
void host::shutdown(duration limit) {
    implementation_->endpoint().sockets().shutdown(limit);
}
bool host::idle() const {
    return implementation_->endpoint().sockets().idle();
}
void host::stop() {
    implementation_->endpoint().stop();
}

} // namespace htmlrenderer
