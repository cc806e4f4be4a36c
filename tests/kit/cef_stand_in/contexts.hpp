// The stand-in's command line and contexts, as far as they say where sockets go.
#pragma once

#include "requests.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace wsintercept::inline v0_1_0::kit::cef_stand_in {

class command_line final : public cef::counted<base> {
  public:
    /// What GetGlobalCommandLine gives; the tests' own.
    static inline ref<command_line> global{};
    static ref<command_line> GetGlobalCommandLine() { return global; }

    bool HasSwitch(const string& name) const { return switches.contains(name.ToString()); }
    string GetSwitchValue(const string& name) const {
        const auto at = switches.find(name.ToString());
        return at == switches.end() ? string{} : string{at->second};
    }
    void AppendSwitchWithValue(const string& name, const string& value) {
        switches[name.ToString()] = value.ToString();
    }

    std::map<std::string, std::string> switches;
};

class dictionary final : public cef::counted<base> {
  public:
    static ref<dictionary> Create() { return new dictionary; }
    bool SetString(const string& key, const string& value) {
        values[key.ToString()] = value.ToString();
        return true;
    }
    std::map<std::string, std::string> values;
};
class value final : public cef::counted<base> {
  public:
    static ref<value> Create() { return new value; }
    bool SetDictionary(ref<dictionary> d) {
        held = d;
        return true;
    }
    ref<dictionary> held;
};

struct resource_request_handler final : cef::counted<base> {};
class request_context;
struct request_context_handler : virtual base {
    virtual void OnRequestContextInitialized(ref<request_context>) {}
    virtual ref<resource_request_handler> GetResourceRequestHandler(ref<browser>, ref<frame>,
                                                                    ref<request>, bool, bool,
                                                                    const string&, bool&) {
        return nullptr;
    }
};
struct request_context_settings {
    std::string cache_path;
};

/// On disk it takes no preference before it is initialised.
class request_context final : public cef::counted<base> {
  public:
    static ref<request_context> CreateContext(const request_context_settings& s,
                                              ref<request_context_handler> handler) {
        const ref<request_context> made = new request_context;
        made->path_ = s.cache_path;
        made->settable = s.cache_path.empty();
        made->handler_ = handler;
        return made;
    }
    /// What CEF does by itself a little later.
    void initialise() {
        settable = true;
        if (handler_)
            handler_->OnRequestContextInitialized(this);
    }
    ref<request_context_handler> handler() const { return handler_; }

    string GetCachePath() const { return string{path_}; }
    bool CanSetPreference(const string&) const { return settable; }
    bool SetPreference(const string& name, ref<value> v, string& problem) {
        if (refuses) {
            problem = string{*refuses};
            return false;
        }
        if (v)
            preferences[name.ToString()] = v->held->values;
        else
            preferences.erase(name.ToString());
        return true;
    }

    bool settable = true;
    const std::string* refuses = nullptr; ///< the text of the error that SetPreference gives
    std::map<std::string, std::map<std::string, std::string>> preferences;

  private:
    std::string path_;
    ref<request_context_handler> handler_;
};

struct auth_callback : virtual base {
    virtual void Continue(const string& user, const string& password) = 0;
};

enum url_request_status { UR_UNKNOWN, UR_SUCCESS, UR_IO_PENDING, UR_CANCELED, UR_FAILED };

class url_request;
struct url_request_client : virtual base {
    virtual void OnRequestComplete(ref<url_request>) = 0;
    virtual void OnUploadProgress(ref<url_request>, std::int64_t, std::int64_t) = 0;
    virtual void OnDownloadProgress(ref<url_request>, std::int64_t, std::int64_t) = 0;
    virtual void OnDownloadData(ref<url_request>, const void*, std::size_t) = 0;
    virtual bool GetAuthCredentials(bool is_proxy, const string& host, int port,
                                    const string& realm, const string& scheme,
                                    ref<auth_callback>) = 0;
};

/// One that the test answers.
class url_request final : public cef::counted<base> {
  public:
    static inline std::vector<ref<url_request>> made{};
    static ref<url_request> Create(ref<request> r, ref<url_request_client> client,
                                   ref<request_context> context) {
        const ref<url_request> one = new url_request;
        one->asked = r;
        one->client = client;
        one->context = context;
        made.push_back(one);
        return one;
    }
    url_request_status GetRequestStatus() const { return status; }
    int GetRequestError() const { return error; }
    ref<response> GetResponse() const { return answer; }
    void Cancel() {
        status = UR_CANCELED;
        error = -3;
        client->OnRequestComplete(this); // as CEF does, at once
    }

    ref<request> asked;
    ref<url_request_client> client;
    ref<request_context> context;
    url_request_status status = UR_IO_PENDING;
    int error = 0;
    ref<response> answer;
};

} // namespace wsintercept::inline v0_1_0::kit::cef_stand_in
