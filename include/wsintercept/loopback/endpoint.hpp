// The loopback endpoint: serves an engine's sockets and pages on 127.0.0.1, for this program's own
// browser only.
#pragma once

#include <wsintercept/event.hpp>
#include <wsintercept/handler.hpp>
#include <wsintercept/interceptor.hpp>
#include <wsintercept/loopback/connection.hpp>
#include <wsintercept/loopback/detail/resolver.hpp>
#include <wsintercept/loopback/no_tls.hpp>
#include <wsintercept/loopback/options.hpp>
#include <wsintercept/loopback/peer.hpp>
#include <wsintercept/policies.hpp>
#include <wsintercept/url/allowed_origins.hpp>
#include <wsintercept/url/host.hpp>
#include <wsintercept/url/intercepted_urls.hpp>

#include <utility> // Asio 1.74 needs it first

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

namespace wsintercept::inline v0_1_0::loopback {

/// How the interceptor reaches an endpoint's connections: its `renderer_traits`. Private to it.
template <class Endpoint>
class traits {
  public:
    using connection = loopback::connection<Endpoint>*;

    explicit traits(Endpoint& e) : at_{std::make_shared<Endpoint*>(&e)}, io_{e.io_} {}

    time_point now() noexcept { return clock::now(); }
    void post(const task& work) noexcept {
        boost::asio::post(io_, [at = at_, work] {
            if (*at == nullptr)
                return work();
            const typename Endpoint::turn t{**at};
            work();
        });
    }
    void output_ready(connection c) noexcept { c->output_ready(); }
    void input_ready(connection c) noexcept { c->input_ready(); }
    void respond(connection c, const response& r) noexcept { c->respond(r); }
    void wake_at(connection c, time_point when) noexcept { c->wake_at(when); }
    void end(connection c, ending how) noexcept { c->end(how); }

  private:
    friend Endpoint;
    std::shared_ptr<Endpoint*> at_; ///< holds null once the endpoint is gone
    boost::asio::io_context& io_;
};

/// Listens on 127.0.0.1 and serves what an engine asks there: `CONNECT host:port` and then a
/// request, absolute-form and origin-form requests, plain or over TLS; plain ones are kept alive.
/// What the table does not name is relayed. `Tls`: loopback::tls (tls.hpp) where wss and https are
/// wanted.
///
/// One thread runs the io_context; all calls, events and callbacks are on it (`sockets().remote()`
/// gives the methods to other threads, loopback::thread an io_context with a thread of its own).
/// The io_context, and the handler, outlive the endpoint. It may be destroyed while connections are
/// open, but not by its handler: they end at once, without an event. Who starts a browser stops the
/// endpoint when the browser has ended.
///
/// Builds with and without exceptions. Without, Boost asks the program for two functions, called
/// where memory or threads are not to be had; they must not return:
///
///     namespace boost {
///     void throw_exception(const std::exception&) { std::abort(); }
///     void throw_exception(const std::exception&, const source_location&) { std::abort(); }
///     }
template <class Handler, class Policies = default_policies, class Tls = no_tls>
class endpoint {
  public:
    using url_table = typename Policies::url;
    using tls_type = Tls;
    using interceptor_type = interceptor<traits<endpoint>, Policies, Handler>;

    /// table is not null.
    endpoint(boost::asio::io_context& io, Handler& handler, std::shared_ptr<const url_table> table,
             options o = {})
        : io_{io}, handler_{handler}, options_{normal(std::move(o))}, peers_{options_.peers},
          acceptor_{io}, pause_{io}, resolver_{io}, buffer_(buffer_size),
          plain_(Tls::built_in ? buffer_size : 0), traits_{*this},
          core_{traits_, handler, table, {options_.limits, origins(*table)}} {}

    endpoint(const endpoint&) = delete;
    endpoint& operator=(const endpoint&) = delete;

    ~endpoint() {
        *traits_.at_ = nullptr;
        for (const auto& c : connections_)
            c->drop();
    }

    /// Binds 127.0.0.1 and accepts. Not error{}: why not; nothing is open then.
    std::error_code listen() {
        using boost::asio::ip::tcp;
        if (!options_.peers.supported())
            return std::make_error_code(std::errc::operation_not_supported);
        if (options_.credentials && !options_.credentials->usable())
            return std::make_error_code(std::errc::invalid_argument);
        if (acceptor_.is_open())
            return std::make_error_code(std::errc::already_connected);
        if (const std::error_code failed = tls_.made())
            return failed;
        boost::system::error_code failed;
        acceptor_.open(tcp::v4(), failed);
        if (!failed)
            detail::keep_from_children(acceptor_.native_handle());
#if !defined(_WIN32)
        if (!failed)
            acceptor_.set_option(tcp::acceptor::reuse_address{true}, failed);
#endif
        if (!failed)
            acceptor_.bind({boost::asio::ip::address_v4::loopback(), options_.port}, failed);
        if (!failed)
            acceptor_.listen(tcp::acceptor::max_listen_connections, failed);
        if (!failed)
            port_ = acceptor_.local_endpoint(failed).port();
        if (failed) {
            boost::system::error_code ignored;
            acceptor_.close(ignored);
            return {failed.value(), std::system_category()};
        }
        accept();
        return {};
    }

    /// Where it listens; 0 before `listen`.
    std::uint16_t port() const noexcept {
        return port_;
    }

    /// The identity that intercepted wss and https hosts show; for the engine's adapter.
    const Tls& tls() const noexcept {
        return tls_;
    }

    /// send, close, answer, respond, shutdown and the rest.
    interceptor_type& sockets() noexcept {
        return core_;
    }

    /// No new connections; what is open ends at once, in a WebSocketError each, which comes later.
    void stop() {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
        std::vector<std::pair<connection_pointer, socket_id>> ended;
        for (const auto& c : std::exchange(connections_, {}))
            if (const socket_id id = c->drop())
                ended.emplace_back(c, id);
        for (const auto& [c, id] : ended)
            dropped_.push_back(c);
        boost::asio::post(io_, [at = traits_.at_, ended = std::move(ended)] {
            if (*at == nullptr)
                return;
            endpoint& self = **at;
            const turn t{self};
            for (const auto& [c, id] : ended)
                self.core_.closed(id, std::make_error_code(std::errc::operation_canceled));
            self.dropped_.clear();
        });
    }

    /// What was refused so far, by its error.
    const loopback::refusals& refusals() const noexcept {
        return refusals_;
    }
    /// Connections at this time, spare ones included.
    std::size_t connections() const noexcept {
        return connections_.size();
    }

  private:
    using connection_type = connection<endpoint>;
    using connection_pointer = std::shared_ptr<connection_type>;
    using relay_type = relay<endpoint>;
    friend connection_type;
    friend relay_type;
    friend upstream<relay_type, endpoint>;
    friend detail::link<connection_type, endpoint>;
    friend detail::link<relay_type, endpoint>;
    friend traits<endpoint>;

    static constexpr std::size_t buffer_size = 64 * 1024;
    static constexpr std::size_t little = 256 * 1024; ///< bytes that a connection may always hold

    /// Everything that comes from outside is in a turn; when the outermost ends, the connections
    /// act on what the interceptor told them.
    struct turn {
        endpoint& self;
        explicit turn(endpoint& e) noexcept : self{e} { ++self.depth_; }
        ~turn() {
            if (self.depth_ == 1)
                self.serve_marked();
            --self.depth_;
        }
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
    };

    static options normal(options o) {
        if (std::optional<std::string> host = wsintercept::detail::parse_host(o.root))
            o.root = std::move(*host);
        return o;
    }

    allowed_origins origins(const url_table& table) const {
        if (options_.origins)
            return *options_.origins;
        if constexpr (std::is_constructible_v<allowed_origins, const url_table&>)
            return allowed_origins{table};
        else
            return {};
    }

    void accept() {
        acceptor_.async_accept([at = traits_.at_](boost::system::error_code failed,
                                                  boost::asio::ip::tcp::socket socket) {
            if (*at != nullptr && (*at)->acceptor_.is_open())
                (*at)->accepted(failed, std::move(socket));
        });
    }

    void accepted(boost::system::error_code failed, boost::asio::ip::tcp::socket socket) {
        namespace errors = boost::asio::error;
        const turn t{*this};
        if (!failed) {
            connections_.push_back(std::make_shared<connection_type>(*this, std::move(socket)));
            connection_pointer {
                connections_.back()
                } -> start();
        } else if (failed != errors::connection_aborted && failed != errors::interrupted &&
                   failed != errors::operation_aborted) {
            return accept_later(failed); // no descriptors, no memory
        }
        if (acceptor_.is_open())
            accept();
    }

    void accept_later(boost::system::error_code why) {
        log(log_topic::endpoint, log_level::error, error::transport_failed,
            "cannot accept: " + why.message());
        pause_.expires_after(std::chrono::milliseconds{100});
        pause_.async_wait([at = traits_.at_](boost::system::error_code failed) {
            if (!failed && *at != nullptr && (*at)->acceptor_.is_open())
                (*at)->accept();
        });
    }

    // What connections ask for.

    loopback::reading<url_table> reading() const noexcept {
        const bool to_proxy = options_.relay && !options_.relay->proxy.empty();
        return {options_.limits, *core_.table(), options_.root, options_.credentials,
                relays(),        to_proxy,       port_};
    }

    /// An open proxy it is not: anyone might be anybody.
    bool relays() const noexcept {
        return options_.relay &&
               (options_.credentials || options_.peers.who() != peer_policy::kind::anyone);
    }

    /// For one more of this peer's that is to be served: the spare connection that has waited
    /// longest goes, of the same peer where that has too many.
    bool make_room(std::uint64_t party) {
        const auto count = [this](auto&& of) {
            return static_cast<std::size_t>(
                std::count_if(connections_.begin(), connections_.end(),
                              [&](const auto& c) { return c->is_admitted() && of(*c); }));
        };
        const auto same = [party](const auto& c) { return c.party() == party; };
        const auto all = [](const auto&) { return true; };
        return (count(same) < options_.connections_per_peer || close_spare(same)) &&
               (count(all) < options_.limits.connections || close_spare(all));
    }

    template <class Which>
    bool close_spare(Which&& which) {
        connection_pointer oldest;
        for (const auto& c : connections_)
            if (c->is_spare() && which(*c) && (!oldest || c->deadline() < oldest->deadline()))
                oldest = c;
        if (oldest)
            oldest->close();
        return oldest != nullptr;
    }

    /// One that holds next to nothing does not suffer from what others hold.
    bool has_no_memory_for(const connection_type& one) const noexcept {
        const std::size_t own = one.held();
        if (own <= little)
            return false;
        std::size_t sum = 0;
        for (const auto& c : connections_)
            sum += c->held();
        return sum > options_.memory;
    }

    void forget(const connection_type& gone) {
        const auto at = std::find_if(connections_.begin(), connections_.end(),
                                     [&](const auto& c) { return c.get() == &gone; });
        if (at == connections_.end())
            return;
        *at = std::move(connections_.back());
        connections_.pop_back();
    }

    void refused(error why, std::string_view what) {
        refusals_.add(why);
        log(log_topic::refused, log_level::warning, why, std::string{what} + ": " + describe(why));
    }
    void log(log_topic topic, log_level level, error why, std::string_view text) {
        handler_.on(log_entry{topic, level, why, text});
    }

    void mark(connection_pointer c) {
        marked_.push_back(std::move(c));
        if (depth_ != 0 || std::exchange(turn_asked_, true))
            return;
        boost::asio::post(io_, [at = traits_.at_] {
            if (*at != nullptr)
                turn{**at};
        });
    }

    void serve_marked() {
        turn_asked_ = false;
        for (std::size_t i = 0; i < marked_.size(); ++i) {
            const connection_pointer next = std::move(marked_[i]);
            next->serve();
        }
        marked_.clear();
    }

    boost::asio::io_context& io_;
    Handler& handler_;
    const options options_;
    detail::peer_check peers_;
    loopback::refusals refusals_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    std::uint16_t port_ = 0;
    detail::resolver resolver_;
    std::vector<char> buffer_; ///< of all large reads; used within one call only
    std::vector<char> plain_;  ///< the same for what TLS held
    Tls tls_;
    std::vector<connection_pointer> connections_;
    std::vector<connection_pointer> dropped_; ///< stopped; the interceptor is yet to be told
    std::vector<connection_pointer> marked_;  ///< told something in this turn
    unsigned depth_ = 0;
    bool turn_asked_ = false;
    traits<endpoint> traits_;
    interceptor_type core_; ///< last: it ends what is open
};

template <class Handler, class... Options>
endpoint(boost::asio::io_context&, Handler&, std::shared_ptr<const intercepted_urls>, Options&&...)
    -> endpoint<Handler>;

} // namespace wsintercept::inline v0_1_0::loopback
