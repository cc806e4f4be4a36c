// Tells a browser the proxy's credentials over DevTools, each of its contexts before the context's
// pages run.
//
// Chromium answers a 407 for an http request alone, never for a WebSocket; once told, it sends the
// credentials by itself. A context is told in a hidden target that asks for `url` and goes away.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace htmlrenderer {

class proxy_login {
  public:
    using json = nlohmann::json;

    struct settings {
        std::string url;    ///< http; the proxy asks for credentials there
        std::string origin; ///< of the proxy: "http://127.0.0.1:PORT"
        std::string realm;
        std::string user;
        std::string password;
    };
    struct callbacks {
        std::function<void(const std::string& session, const char* method, const json& parameters,
                           std::function<void(const json& result, const std::string& error)> done)>
            command;
        std::function<void(const std::string& session)> page_may_run;
        /// A context's pages run all the same. `asked`: the proxy has asked for credentials.
        std::function<void(const std::string& why, bool asked)> failed;
    };

    proxy_login(settings s, callbacks call) : settings_{std::move(s)}, call_{std::move(call)} {}

    /// A target was attached that waits for the debugger: `page_may_run` comes, now or later.
    /// False: it is no page of the browser's user, and may run at once.
    bool attached(const std::string& session, const json& target);
    void detached(const std::string& session);
    /// True: an event of ours.
    bool event(const std::string& method, const std::string& session, const json& parameters);

  private:
    struct context {
        bool told = false;
        bool asked = false;  ///< a challenge came
        std::string target;  ///< the hidden one, from its creation to its end
        std::string session; ///< ours with it
        std::vector<std::pair<std::string, std::string>> waiting; ///< sessions and targets of pages
        std::vector<std::string> running;                         ///< sessions of pages
    };

    void begin(const std::string& id);
    void created(const std::string& id, const std::string& target);
    void ask(const std::string& id, const std::string& session);
    void finish(const std::string& id, const std::string& why_not);
    void challenged(context& c, const json& parameters);
    void release(context& c);

    settings settings_;
    callbacks call_;
    std::map<std::string, context> contexts_; ///< those that have pages, by their ID
};

} // namespace htmlrenderer
