#include "answers.hpp"

#include <wsintercept/rfc6455/accept_key.hpp>
#include <wsintercept/rfc9112/head.hpp>
#include <wsintercept/rfc9112/words.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <iostream>

namespace demo {

using namespace wsintercept;

namespace {

constexpr std::chrono::nanoseconds tick_time{1'000'000'000 / 60};
constexpr std::string_view chat_protocol = "chat.v2";

/// A 101 for this very request, RFC 6455 4.2.2.
std::string accepted(std::string_view request, std::string_view subprotocol) {
    rfc9112::request_head head;
    rfc9112::parse_request(request, {}, head);
    const auto key = rfc9112::find(head.fields, "Sec-WebSocket-Key").value;
    const auto accept = rfc6455::accept_key::compute(key);
    std::string answer = "HTTP/1.1 101 Switching Protocols\r\n"
                         "Upgrade: websocket\r\n"
                         "Connection: Upgrade\r\n";
    answer.append("Sec-WebSocket-Accept: ").append(accept.data(), accept.size()).append("\r\n");
    answer.append("Sec-WebSocket-Protocol: ").append(subprotocol).append("\r\n\r\n");
    return answer;
}

/// A number that counts up and two values, as the page's script reads them: little-endian.
std::array<char, 12> feed_message(std::uint32_t number) {
    const double t = number / 60.0;
    const std::array<float, 2> values{
        static_cast<float>(.55 * std::sin(2 * t) + .25 * std::sin(5.3 * t + 1) +
                           .08 * std::sin(23 * t)),
        static_cast<float>(.6 * std::sin(1.3 * t + 2) * std::cos(.4 * t))};
    std::array<std::uint32_t, 3> words{number};
    std::memcpy(&words[1], values.data(), sizeof values);
    std::array<char, 12> message{};
    for (std::size_t i = 0; i < message.size(); ++i)
        message[i] = static_cast<char>(words[i / 4] >> i % 4 * 8 & 0xff);
    return message;
}

} // namespace

void answers::on(const http_request& event) noexcept {
    printer_.print(event);
    http_response response;
    response.media_type = "text/plain";
    if (event.url == "http://myapp/api/denied") {
        response.body = denied_;
    } else if (event.url == "http://myapp/api/verdict" && event.method == "POST") {
        response.status = 204;
    } else {
        response.handled = false;
    }
    report("respond", endpoint_->sockets().respond(event.id, response));
    if (response.status == 204 && on_verdict)
        on_verdict(event.body);
}

void answers::on(const websocket_upgrade& event) noexcept {
    printer_.print(event);
    if (event.type == upgrade_type::manual)
        return answer_manual(event);
    if (event.url == "ws://myapp/goodbye") {
        kinds_[event.id] = kind::goodbye;
    } else if (event.url == "ws://myapp/feed") {
        feeds_.push_back({event.id});
        if (feeds_.size() == 1) {
            next_tick_ = clock::now();
            wait_for_tick();
        }
    } else {
        kinds_[event.id] = kind::echo;
    }
}

void answers::answer_manual(const websocket_upgrade& event) {
    auto& sockets = endpoint_->sockets();
    if (event.url == "ws://myapp/chat") {
        kinds_[event.id] = kind::chat;
        report("answer", sockets.answer(event.id, accepted(event.headers, chat_protocol)));
    } else {
        denied_ = "403 " + std::string{event.url};
        report("answer", sockets.answer(event.id, "HTTP/1.1 403 Forbidden\r\n\r\n"));
    }
}

void answers::on(const websocket_receive& event) noexcept {
    printer_.print(event);
    const auto at = kinds_.find(event.id);
    if (at == kinds_.end())
        return;
    auto& sockets = endpoint_->sockets();
    switch (at->second) {
    case kind::echo:
        report("send", sockets.send(event.id, event.data, event.fin, event.type));
        break;
    case kind::chat:
        report("send", sockets.send(event.id, std::string{chat_protocol} +
                                                  " heard: " + std::string{event.data}));
        break;
    case kind::goodbye: report("close", sockets.close(event.id, 4001, "à bientôt")); break;
    }
}

void answers::on(const websocket_close& event) noexcept {
    printer_.print(event);
    forget(event.id);
}

void answers::on(const websocket_error& event) noexcept {
    printer_.print(event);
    forget(event.id);
}

void answers::on(const log_entry& entry) noexcept {
    if (entry.level >= log_level::warning)
        std::cerr << "demo: " << entry.text << std::endl;
}

void answers::forget(socket_id id) {
    kinds_.erase(id);
    std::erase_if(feeds_, [&](const feed& f) { return f.id == id; });
}

void answers::wait_for_tick() {
    next_tick_ = std::max(next_tick_ + tick_time, clock::now() - 10 * tick_time);
    timer_.expires_at(next_tick_);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled)
            tick();
    });
}

void answers::tick() {
    for (feed& f : feeds_) {
        const auto message = feed_message(f.next);
        // Where the page lags the message is left out, and its number comes next time.
        if (!endpoint_->sockets().send(f.id, {message.data(), message.size()}, true,
                                       data_type::binary))
            ++f.next;
    }
    if (!feeds_.empty())
        wait_for_tick();
}

void answers::report(std::string_view what, std::error_code failed) {
    if (failed)
        std::cerr << "demo: " << what << ": " << failed.message() << std::endl;
}

} // namespace demo
