// A broker in small: MQTT 3.1.1 in binary messages, quality of service 0 and 1, messages that are
// retained. No wills, and nothing of a client that outlives its socket, which needs no keep-alive.
#pragma once

#include "filter.hpp"
#include "packet.hpp"

#include <wsintercept/socket_id.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mqtt {

class broker {
  public:
    using client = wsintercept::socket_id;

    std::function<void(client, std::string packet)> send;
    std::function<void(client, std::string_view why)> close; ///< why: empty where all was well
    /// What clients publish; the program's own ear.
    std::function<void(std::string_view topic, std::string_view payload)> on_publish;

    void open(client c) { clients_[c]; }
    void gone(client c) { clients_.erase(c); }

    /// 6: packets may be cut anywhere, and several be in one message.
    void receive(client c, std::string_view bytes) {
        session& s = clients_.at(c);
        if (s.ended)
            return;
        s.input.append(bytes);
        std::string_view left = s.input;
        for (found f; !s.ended && (f = first_packet(left)).state != found::need_more;) {
            const bool whole = f.state == found::one;
            if (const char* const wrong = whole ? take(c, s, f.packet) : "a packet too long") {
                s.ended = true;
                close(c, wrong);
            }
            left.remove_prefix(f.size);
        }
        s.input.erase(0, s.input.size() - left.size());
    }

    /// To all who subscribed, and to those who will where it is retained.
    void publish(std::string_view topic, std::string_view payload, bool retain) {
        const std::string body = text(topic).append(payload);
        for (const auto& [c, s] : clients_)
            if (any_matches(s.filters, topic))
                send(c, write(type::publish, body));
        if (retain && payload.empty()) // 3.3.1.3: that forgets it
            retained_.erase(std::string{topic});
        else if (retain && (retained_.size() < max_retained || retained_.contains(topic)))
            retained_.insert_or_assign(std::string{topic}, payload);
    }

  private:
    static constexpr std::size_t max_filters = 100, max_retained = 1000;
    static constexpr const char* malformed = "a malformed packet";

    struct session {
        std::string input; ///< a packet that is not whole yet
        std::vector<std::string> filters;
        bool connected = false, ended = false;
    };

    /// What is wrong with it, which ends the socket; null: nothing.
    const char* take(client c, session& s, const packet& p) {
        reader body{p.body};
        if (!s.connected)
            return p.type == type::connect ? connect(c, s, body) : "CONNECT comes first";
        switch (p.type) {
        case type::publish: return published(c, p.flags, body);
        case type::subscribe: return subscribe(c, s, body);
        case type::unsubscribe: return unsubscribe(c, s, body);
        case type::pingreq: return reply(c, write(type::pingresp, {}));
        case type::disconnect: return "";
        default: return "a packet that clients do not send here";
        }
    }
    const char* reply(client c, const std::string& with) {
        send(c, with);
        return nullptr;
    }
    const char* connect(client c, session& s, reader body) {
        const auto protocol = body.text();
        const auto level = body.byte(), flags = body.byte(), keep_alive = body.number();
        const auto name = body.text();
        if (!protocol || !keep_alive || !name)
            return malformed;
        if ((*flags & 4) != 0)
            return "a will, which nobody would carry out";
        const bool known = *protocol == "MQTT" && *level == 4;
        send(c, write(type::connack, std::string{'\0', known ? '\0' : '\1'})); // 3.2.2.3
        s.connected = known;
        return known ? nullptr : "another version of MQTT";
    }
    const char* published(client c, unsigned flags, reader body) {
        const unsigned quality = flags >> 1 & 3;
        const auto topic = body.text();
        const auto id = quality == 0 ? 0 : body.number();
        if (quality > 1)
            return "quality of service 2";
        if (!topic || topic->empty() || !id || topic->find_first_of("+#") != topic->npos)
            return malformed;
        publish(*topic, body.rest(), (flags & 1) != 0);
        on_publish(*topic, body.rest());
        return quality == 1 ? reply(c, write(type::puback, number(*id))) : nullptr;
    }
    const char* subscribe(client c, session& s, reader body) {
        const auto id = body.number();
        std::string granted;
        std::vector<std::string> added;
        while (id && !body.at_end()) {
            const auto filter = body.text();
            const auto quality = body.byte();
            if (!filter || !quality)
                return malformed;
            const bool room = s.filters.size() < max_filters;
            if (room)
                added.push_back(s.filters.emplace_back(*filter));
            granted.push_back(room ? '\0' : '\x80'); // 3.9.3: quality of service 0, or a failure
        }
        if (granted.empty()) // 3.8.3: at least one
            return malformed;
        send(c, write(type::suback, number(*id) + granted));
        for (const auto& [topic, payload] : retained_)
            if (any_matches(added, topic))
                send(c, write(type::publish, text(topic).append(payload), 1));
        return nullptr;
    }
    const char* unsubscribe(client c, session& s, reader body) {
        const auto id = body.number();
        do { // 3.10.3: at least one
            const auto filter = body.text();
            if (!id || !filter)
                return malformed;
            std::erase(s.filters, *filter);
        } while (!body.at_end());
        return reply(c, write(type::unsuback, number(*id)));
    }

    std::map<client, session> clients_;
    std::map<std::string, std::string, std::less<>> retained_; ///< by topic
};

} // namespace mqtt
