#include "carried_answers.hpp"

#include "pages.hpp"

#include <wsintercept/rfc6455/handshake.hpp>
#include <wsintercept/rfc9112/head.hpp>

#include <bit>
#include <cmath>
#include <iostream>

namespace demo {

using namespace wsintercept;

namespace {

constexpr std::chrono::milliseconds tick_time{1000 / 60};
constexpr std::string_view chat_protocol = "chat.v2";

/// A 101 for this very request, RFC 6455 4.2.2.
std::string accepted(std::string_view request, std::string_view subprotocol) {
    using handshake = default_policies::handshake;
    rfc9112::request_head head;
    rfc6455::upgrade_request upgrade;
    rfc9112::parse_request(request, {}, head);
    std::string answer;
    if (handshake::validate(head, upgrade).reason == error{})
        handshake::response(upgrade, subprotocol, {}, answer);
    return answer;
}

/// A number that counts up and two values, as the page's script reads them: little-endian.
std::string feed_message(std::uint32_t number) {
    const double t = number / 60.0;
    const float first = static_cast<float>(.7 * std::sin(2 * t) + .2 * std::sin(11 * t));
    const float second = static_cast<float>(.6 * std::sin(1.3 * t + 2) * std::cos(.4 * t));
    std::string message;
    for (const std::uint32_t word :
         {number, std::bit_cast<std::uint32_t>(first), std::bit_cast<std::uint32_t>(second)})
        for (int shift = 0; shift < 32; shift += 8)
            message += static_cast<char>(word >> shift & 0xff);
    return message;
}

/// A completion that says what went wrong.
auto report(std::string_view what) {
    return [what](std::error_code failed) {
        if (failed)
            std::cerr << "demo: " << what << ": " << failed.message() << std::endl;
    };
}

} // namespace

std::optional<loopback::page> page_file(std::string_view method, std::string_view url) {
    htmlrenderer::pages files{"myapp"};
    files.serve_folder(DEMO_PAGE_FOLDER);
    auto file = files.find(method, url);
    if (!file)
        return std::nullopt;
    return loopback::page{file->status, std::move(file->media_type), std::move(file->fields),
                          std::move(file->body)};
}

void carried_answers::on(const http_request& event) noexcept {
    printer_.print(event);
    respond_by_id response;
    response.id = event.id;
    response.media_type = "text/plain";
    if (event.url == "http://myapp/api/denied") {
        response.body = denied_;
    } else if (event.url == "http://myapp/api/verdict" && event.method == "POST") {
        response.status = 204;
        on_verdict(event.body);
    } else {
        response.handled = false;
    }
    sockets_->respond(std::move(response), report("respond"));
}

void carried_answers::on(const websocket_upgrade& event) noexcept {
    printer_.print(event);
    if (event.type == upgrade_type::manual) {
        answer_manual(event);
    } else if (event.url == "ws://myapp/goodbye") {
        kinds_[event.id] = kind::goodbye;
    } else if (event.url == "ws://myapp/feed") {
        feeds_.push_back({event.id});
        if (feeds_.size() == 1)
            wait_for_tick();
    } else {
        kinds_[event.id] = kind::echo;
    }
}

void carried_answers::answer_manual(const websocket_upgrade& event) {
    if (event.url == "ws://myapp/chat") {
        kinds_[event.id] = kind::chat;
        sockets_->answer(event.id, accepted(event.headers, chat_protocol), report("answer"));
    } else {
        denied_ = "403 " + std::string{event.url};
        sockets_->answer(event.id, "HTTP/1.1 403 Forbidden\r\n\r\n", report("answer"));
    }
}

void carried_answers::on(const websocket_receive& event) noexcept {
    printer_.print(event);
    const auto at = kinds_.find(event.id);
    if (at == kinds_.end())
        return;
    switch (at->second) {
    case kind::echo:
        sockets_->send(event.id, event.data, event.fin, event.type, report("send"));
        break;
    case kind::chat:
        sockets_->send(event.id, std::string{chat_protocol} + " heard: " + std::string{event.data},
                       true, data_type::text, report("send"));
        break;
    case kind::goodbye: sockets_->close(event.id, 4001, "à bientôt", report("close")); break;
    }
}

void carried_answers::on(const websocket_close& event) noexcept {
    printer_.print(event);
    forget(event.id);
}

void carried_answers::on(const websocket_error& event) noexcept {
    printer_.print(event);
    forget(event.id);
}

void carried_answers::on(const log_entry& entry) noexcept {
    if (entry.level >= log_level::warning)
        std::cerr << "demo: " << entry.text << std::endl;
}

void carried_answers::forget(socket_id id) {
    kinds_.erase(id);
    std::erase_if(feeds_, [&](const feed& f) { return f.id == id; });
}

void carried_answers::wait_for_tick() {
    post_after_(tick_time, [this, alive = std::weak_ptr{alive_}] {
        if (!alive.expired())
            tick();
    });
}

void carried_answers::tick() {
    for (feed& f : feeds_)
        sockets_->send(f.id, feed_message(f.next++), true, data_type::binary);
    if (!feeds_.empty())
        wait_for_tick();
}

} // namespace demo
