#include "proxy_login.hpp"

#include "json_members.hpp"

#include <algorithm>

namespace htmlrenderer {

bool proxy_login::attached(const std::string& session, const json& target) {
    if (text_of(target, "type") != "page")
        return false;
    const std::string id = text_of(target, "browserContextId");
    const std::string name = text_of(target, "targetId");
    context& c = contexts_[id];
    if (name == c.target) // one that the browser could not hide
        return false;
    c.waiting.emplace_back(session, name);
    if (c.told)
        release(c);
    else if (c.waiting.size() == 1)
        begin(id);
    return true;
}

void proxy_login::detached(const std::string& session) {
    for (auto at = contexts_.begin(); at != contexts_.end(); ++at) {
        auto& [id, c] = *at;
        if (!c.session.empty() && c.session == session)
            return finish(id, "its target went away");
        std::erase_if(c.waiting, [&](const auto& page) { return page.first == session; });
        // A context without pages is most often gone. If not: to be told again costs little.
        if (std::erase(c.running, session) != 0 && c.running.empty()) {
            contexts_.erase(at);
            return;
        }
    }
}

bool proxy_login::event(const std::string& method, const std::string& session,
                        const json& parameters) {
    const auto at = std::find_if(contexts_.begin(), contexts_.end(), [&](const auto& c) {
        return !session.empty() && c.second.session == session;
    });
    if (at == contexts_.end())
        return false;
    if (method == "Fetch.authRequired")
        challenged(at->second, parameters);
    else if (method == "Fetch.requestPaused")
        call_.command(session, "Fetch.continueRequest",
                      {{"requestId", text_of(parameters, "requestId")}}, {});
    return true;
}

void proxy_login::begin(const std::string& id) {
    json parameters{{"url", "about:blank"}, {"hidden", true}};
    if (!id.empty())
        parameters["browserContextId"] = id;
    call_.command({}, "Target.createTarget", parameters,
                  [this, id](const json& result, const std::string& error) {
                      if (!error.empty())
                          return finish(id, error);
                      created(id, text_of(result, "targetId"));
                  });
}

void proxy_login::created(const std::string& id, const std::string& target) {
    context& c = contexts_[id];
    c.target = target;
    const auto hidden = std::find_if(c.waiting.begin(), c.waiting.end(),
                                     [&](const auto& page) { return page.second == target; });
    if (hidden != c.waiting.end()) {
        call_.command(hidden->first, "Runtime.runIfWaitingForDebugger", json::object(), {});
        c.waiting.erase(hidden);
    }
    call_.command({}, "Target.attachToTarget", {{"targetId", target}, {"flatten", true}},
                  [this, id](const json& result, const std::string& error) {
                      if (!error.empty())
                          return finish(id, error);
                      ask(id, text_of(result, "sessionId"));
                  });
}

void proxy_login::ask(const std::string& id, const std::string& session) {
    contexts_[id].session = session;
    call_.command(session, "Fetch.enable",
                  {{"handleAuthRequests", true}, {"patterns", {{{"urlPattern", settings_.url}}}}},
                  {});
    call_.command(session, "Page.navigate", {{"url", settings_.url}},
                  [this, id, session](const json& result, const std::string& error) {
                      const auto at = contexts_.find(id);
                      if (at != contexts_.end() && at->second.session == session)
                          finish(id, error.empty() ? text_of(result, "errorText") : error);
                  });
}

void proxy_login::finish(const std::string& id, const std::string& why_not) {
    context& c = contexts_[id];
    c.told = true;
    c.session.clear();
    if (!c.target.empty())
        call_.command({}, "Target.closeTarget", {{"targetId", c.target}}, {});
    if (!why_not.empty())
        call_.failed(why_not, c.asked);
    release(c);
    if (c.running.empty())
        contexts_.erase(id);
}

/// Nobody but our proxy is told, and it once: it does not ask again for what it takes.
void proxy_login::challenged(context& c, const json& parameters) {
    const json challenge = member(parameters, "authChallenge");
    const bool ours = text_of(challenge, "source") == "Proxy" &&
                      text_of(challenge, "origin") == settings_.origin &&
                      text_of(challenge, "realm") == settings_.realm;
    json answer{{"response", "CancelAuth"}};
    if (ours && !std::exchange(c.asked, true))
        answer = {{"response", "ProvideCredentials"},
                  {"username", settings_.user},
                  {"password", settings_.password}};
    call_.command(
        c.session, "Fetch.continueWithAuth",
        {{"requestId", text_of(parameters, "requestId")}, {"authChallengeResponse", answer}}, {});
}

void proxy_login::release(context& c) {
    for (const auto& [session, target] : std::exchange(c.waiting, {})) {
        c.running.push_back(session);
        call_.page_may_run(session);
    }
}

} // namespace htmlrenderer
