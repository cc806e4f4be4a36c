#include <wsintercept/loopback/carried.hpp>

#include "loopback_support.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace loopback = wsintercept::loopback;

namespace {

/// A program's own loop: the thread of the test.
class program_loop {
  public:
    void post(std::function<void()> work) {
        const std::lock_guard lock{mutex_};
        queue_.push_back(std::move(work));
        more_.notify_one();
    }
    /// False: nothing came for so long.
    bool run_one(std::chrono::milliseconds patience) {
        std::unique_lock lock{mutex_};
        if (!more_.wait_for(lock, patience, [&] { return !queue_.empty(); }))
            return false;
        const std::function<void()> next = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        next();
        return true;
    }
    bool until(const std::function<bool()>& so) {
        while (!so())
            if (!run_one(std::chrono::seconds{20}))
                return false;
        return true;
    }
    std::size_t size() {
        const std::lock_guard lock{mutex_};
        return queue_.size();
    }

  private:
    std::mutex mutex_;
    std::condition_variable more_;
    std::deque<std::function<void()>> queue_;
};

/// Beside what it records: on which thread it was told.
struct threaded_recorder : test::recorder {
    template <class Event>
    void on(const Event& e) noexcept {
        elsewhere = elsewhere || std::this_thread::get_id() != home;
        test::recorder::on(e);
    }
    std::thread::id home = std::this_thread::get_id();
    bool elsewhere = false;
};

struct world {
    explicit world(loopback::options o = {}) {
        served.emplace(host, test::usual_table(), std::move(o),
                       [this](std::function<void()> work) { loop.post(std::move(work)); });
        REQUIRE_FALSE(served->listen());
        REQUIRE(served->port() != 0);
    }

    /// A blocking client, at first of one open socket.
    struct page {
        explicit page(std::uint16_t port) : fd{::socket(AF_INET, SOCK_STREAM, 0)} {
            const sockaddr_in at = test::address_of(port);
            REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
        }
        page(const page&) = delete;
        page& operator=(const page&) = delete;
        ~page() { ::close(fd); }
        void send(std::string_view bytes) const {
            while (!bytes.empty()) {
                const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
                REQUIRE(n > 0);
                bytes.remove_prefix(static_cast<std::size_t>(n));
            }
        }
        std::string read(std::size_t size) const {
            std::string got(size, '\0');
            REQUIRE(::recv(fd, got.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size));
            return got;
        }
        int fd;
    };
    void open(page& p) {
        p.send(test::handshake());
        REQUIRE(p.read(test::accepted().size()) == test::accepted());
        REQUIRE(loop.until([&] { return !host.events.empty(); }));
        REQUIRE(host.events == test::lines{"Upgrade auto ws://myapp/feed"});
        host.events.clear();
    }

    program_loop loop;
    threaded_recorder host;
    std::optional<loopback::carried<threaded_recorder>> served;
};

} // namespace

TEST_CASE("carried: events and completions come on the program's thread, in order") {
    world w;
    world::page p{w.served->port()};
    w.open(p);
    std::vector<std::string> seen;
    w.host.on_receive = [&](const wsintercept::websocket_receive& e) {
        seen.push_back("event " + std::string{e.data});
        w.served->sockets().send(e.id, e.data, e.fin, e.type, [&](std::error_code result) {
            w.host.elsewhere = w.host.elsewhere || std::this_thread::get_id() != w.host.home;
            seen.push_back("sent " + result.message());
        });
    };
    p.send(test::text("a"));
    REQUIRE(w.loop.until([&] { return seen.size() == 2; }));
    CHECK(seen == test::lines{"event a", "sent " + std::error_code{}.message()});
    CHECK(p.read(3) == test::served(1, "a"));

    const wsintercept::socket_id id = w.host.last;
    w.served->sockets().close(id, 999, "", [&](std::error_code result) {
        seen.push_back(result == wsintercept::error::bad_close_code ? "refused" : "taken");
    });
    REQUIRE(w.loop.until([&] { return seen.size() == 3; }));
    CHECK(seen.back() == "refused");
    w.served->sockets().close(id, 3000, "enough");
    CHECK(p.read(10) == test::served_close(3000, "enough"));
    p.send(test::close_frame(3000));
    REQUIRE(w.loop.until([&] { return w.host.events.size() == 2; }));
    CHECK(w.host.events.back() == "Close 3000 ");
    CHECK_FALSE(w.host.elsewhere);
}

TEST_CASE("carried: HTTPRequest, a manual answer, a refusal's log entry and an end") {
    world w;
    w.host.on_request = [&](const wsintercept::http_request& e) {
        wsintercept::respond_by_id r;
        r.id = e.id;
        r.media_type = "text/plain";
        r.body = "body of " + std::string{e.url};
        w.served->sockets().respond(std::move(r));
    };
    w.host.on_upgrade = [&](const wsintercept::websocket_upgrade& e) {
        if (e.type == wsintercept::upgrade_type::manual)
            w.served->sockets().answer(e.id, "HTTP/1.1 403 Forbidden\r\n\r\n");
    };
    world::page p{w.served->port()};
    p.send(test::get("/api/x"));
    REQUIRE(w.loop.until([&] { return w.host.events.size() == 1; }));
    CHECK(w.host.events.back() == "Request GET http://myapp/api/x");
    CHECK(p.read(15) == "HTTP/1.1 200 OK");

    world::page manual{w.served->port()};
    manual.send("GET /manual HTTP/1.1" + test::handshake().substr(18));
    REQUIRE(w.loop.until([&] { return w.host.events.size() == 2; }));
    CHECK(w.host.events.back() == "Upgrade manual ws://myapp/manual");
    CHECK(manual.read(22) == "HTTP/1.1 403 Forbidden");

    world::page foreign{w.served->port()};
    foreign.send(test::handshake("Origin: http://foreign.test\r\n"));
    REQUIRE(w.loop.until([&] { return !w.host.logs.empty(); }));
    CHECK(w.host.logs[0].find(describe(wsintercept::error::foreign_origin)) != std::string::npos);

    std::optional<world::page> gone{std::in_place, w.served->port()};
    w.host.events.clear();
    w.open(*gone);
    gone.reset();
    REQUIRE(w.loop.until([&] { return !w.host.events.empty(); }));
    CHECK(w.host.events.back().starts_with("Error "));
    CHECK_FALSE(w.host.elsewhere);
}

TEST_CASE("carried: a socket whose events are not handled is paused, and nothing is lost") {
    world w;
    world::page p{w.served->port()};
    w.open(p);
    std::size_t received = 0;
    w.host.on_receive = [&](const wsintercept::websocket_receive& e) {
        received += e.data.size();
        w.host.events.clear();
    };
    // The program handles nothing: what the page can send is what fits into buffers.
    const std::string message = test::frame(2, std::string(1 << 16, 'x'));
    std::string rest = message;
    std::size_t sent = 0;
    constexpr std::size_t all = 1024;
    for (int idle = 0; idle < 20 && sent < all;) {
        const ssize_t n = ::send(p.fd, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            ++idle;
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
            continue;
        }
        idle = 0;
        rest.erase(0, static_cast<std::size_t>(n));
        if (rest.empty()) {
            ++sent;
            rest = message;
        }
    }
    CHECK(sent < all / 2);
    std::thread more{[&] {
        p.send(rest);
        for (std::size_t i = sent + 1; i < all; ++i)
            p.send(message);
    }};
    CHECK(w.loop.until([&] { return received == all << 16; }));
    more.join();
}

TEST_CASE("carried: after its end no event comes, and completions say so") {
    world w;
    world::page p{w.served->port()};
    w.open(p);
    p.send(test::text("late"));
    while (w.loop.size() == 0)
        std::this_thread::yield();
    const auto sockets = w.served->sockets();
    const wsintercept::socket_id id = w.host.last;
    w.served.reset();
    bool told = false;
    sockets.send(id, "x", true, {},
                 [&](std::error_code result) { told = result == wsintercept::error::shut_down; });
    REQUIRE(w.loop.until([&] { return told; }));
    CHECK(w.host.events.empty());
    CHECK(w.loop.size() == 0);
}

TEST_CASE("carried: a handler may end it") {
    world w;
    world::page p{w.served->port()};
    w.open(p);
    w.host.on_receive = [&](const wsintercept::websocket_receive&) { w.served.reset(); };
    p.send(test::text("a") + test::text("b"));
    REQUIRE(w.loop.until([&] { return !w.served; }));
    CHECK(w.host.events == test::lines{"Receive text fin a"});
    char byte = 0;
    CHECK(::recv(p.fd, &byte, 1, 0) <= 0);
}

TEST_CASE("carried: work on the endpoint's thread") {
    world w;
    std::size_t connections = 1;
    w.served->call([&](auto& endpoint) { connections = endpoint.connections(); });
    CHECK(connections == 0);
}
