// A URL policy of the program's own: a socket is the program's if its path is a day that the
// calendar has, which no pattern can tell. It stands in place of the table, and explains itself.
#include "app.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>

namespace ws = wsintercept;

namespace {

/// ws://HOST/YYYY-MM-DD.
class calendar {
  public:
    explicit calendar(std::string host) : host_{std::move(host)} {}

    ws::decision match(std::string_view url) const noexcept {
        for (const std::string_view part :
             {std::string_view{"ws://"}, std::string_view{host_}, std::string_view{"/"}}) {
            if (!url.starts_with(part))
                return {};
            url.remove_prefix(part.size());
        }
        const auto day = read(url);
        if (!day)
            return {};
        const std::chrono::weekday weekday{std::chrono::sys_days{*day}};
        return {ws::action::automatic, weekday.c_encoding()};
    }
    /// For a browser's tunnel, whose path is not known yet.
    bool may_match_host(std::string_view host, unsigned port, bool tls) const noexcept {
        return host == host_ && port == 80 && !tls;
    }
    /// A row a weekday: for explanations.
    std::string row_text(std::size_t row) const {
        static constexpr std::array<const char*, 7> names{
            "Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"};
        return names.at(row);
    }

  private:
    static std::optional<std::chrono::year_month_day> read(std::string_view text) noexcept {
        if (text.size() != 10 || text[4] != '-' || text[7] != '-')
            return std::nullopt;
        int year = 0;
        unsigned month = 0, day = 0;
        if (!number(text.substr(0, 4), year) || !number(text.substr(5, 2), month) ||
            !number(text.substr(8, 2), day))
            return std::nullopt;
        const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                               std::chrono::day{day}};
        return date.ok() ? std::optional{date} : std::nullopt;
    }
    template <class Number>
    static bool number(std::string_view text, Number& out) noexcept {
        const char* const end = text.data() + text.size();
        return text[0] != '-' && std::from_chars(text.data(), end, out).ptr == end;
    }
    std::string host_;
};

struct policies : ws::default_policies {
    using url = calendar;
};
static_assert(ws::policy_set<policies>);

struct app : ws::ignore<ws::http_request, ws::websocket_receive, ws::websocket_close, ws::drained> {
    using ignore::on;
    void on(const ws::websocket_upgrade& e) noexcept {
        auto& sockets = endpoint->sockets();
        if (const auto failed = sockets.send(e.id, sockets.explain(e.id)))
            std::cerr << failed.message() << '\n';
        if (const auto failed = sockets.close(e.id, 1000, "that is all"))
            std::cerr << failed.message() << '\n';
    }
    void on(const ws::websocket_error& e) noexcept { std::cerr << e.message << '\n'; }
    void on(const ws::log_entry& e) noexcept { std::cerr << e.text << '\n'; }
    ws::loopback::endpoint<app, policies>* endpoint = nullptr;
};

} // namespace

int main(int argc, char** argv) {
    // The browser is told by host, in a proxy script. What then comes here and is no day of the
    // calendar's is relayed to the network.
    const std::vector<ws::row> rows{{"ws://calendar.test/*", ws::action::automatic}};
    const auto hosts = ws::intercepted_urls::build(rows).table;
    boost::asio::io_context io;
    app handler;
    examples::app shown{io, *hosts, PAGE_FOLDER};
    ws::loopback::options options = shown.endpoint_options();
    options.origins = ws::allowed_origins{*hosts};
    ws::loopback::endpoint<app, policies> endpoint{
        io, handler, std::make_shared<const calendar>("calendar.test"), options};
    handler.endpoint = &endpoint;
    return shown.run(endpoint, argc, argv);
}
