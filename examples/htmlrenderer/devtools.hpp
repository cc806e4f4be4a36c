// A small client of the DevTools protocol over --remote-debugging-pipe: JSON texts, each ended by
// a NUL. It watches the browser's pages, navigates, takes pictures, and logs in to a proxy.
#pragma once

#include "proxy_login.hpp"

#include <utility> // Asio 1.74 needs it first

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace htmlrenderer {

/// All calls and callbacks on the io_context's one thread. What is called after the browser's end
/// is answered with an error.
class devtools {
  public:
    struct callbacks {
        std::function<void()> page_attached; ///< the first page can be navigated
        std::function<void()> last_page_closed;
        std::function<void(const std::string& url)> loaded;   ///< a page's load event
        std::function<void(const std::string& line)> console; ///< what a page says, one line
        /// See proxy_login. Needed where `start` is given a proxy.
        std::function<void(const std::string& why, bool asked)> login_failed{};
    };
    /// A picture as PNG bytes, or an error.
    using picture_taken = std::function<void(std::string png, std::string error)>;

    /// Owns the descriptors.
    devtools(boost::asio::io_context& io, int input, int output, callbacks call);
    ~devtools();

    /// Attaches to all pages, those to come included. `proxy`: none of them runs before its context
    /// has been told the credentials.
    void start(std::optional<proxy_login::settings> proxy = {});
    bool speaks() const { return speaks_; } ///< the browser has answered something
    bool has_page() const { return !pages_.empty(); }
    void navigate(const std::string& url); ///< the first page
    void take_picture(picture_taken done); ///< of the first page
    void close_browser();

  private:
    using json = nlohmann::json;
    using result_handler = std::function<void(const json& result, const std::string& error)>;

    void command(const std::string& session, const char* method, const json& parameters,
                 result_handler done = {});
    void write_next();
    void read_next();
    void take(std::string_view text);
    void event(const std::string& method, const std::string& session, const json& parameters);
    void attached(const json& parameters);
    void page_may_run(const std::string& session);
    void page_loaded(const std::string& session, const std::string& frame_id);
    void lost(const std::string& why);

    boost::asio::posix::stream_descriptor input_;
    boost::asio::posix::stream_descriptor output_;
    callbacks call_;
    std::deque<std::string> to_write_;
    std::array<char, 65536> buffer_{};
    std::string received_;
    std::map<int, result_handler> waiting_;
    int last_command_ = 0;
    bool speaks_ = false;
    bool open_ = true;
    std::optional<proxy_login> login_;
    std::vector<std::string> pages_;                       ///< sessions of pages, the oldest first
    std::shared_ptr<int> alive_ = std::make_shared<int>(); ///< told by handlers that may come late
};

} // namespace htmlrenderer
