#include "devtools.hpp"

#include "encoding.hpp"
#include "json_members.hpp"

#include <boost/asio/write.hpp>

#include <algorithm>
#include <utility>

namespace htmlrenderer {
namespace {

using json = nlohmann::json;

std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// A value as a console shows it: Runtime.RemoteObject.
std::string console_text(const json& value) {
    const json plain = member(value, "value");
    if (plain.is_string())
        return plain.get<std::string>();
    const std::string description = text_of(value, "description");
    if (!description.empty())
        return description;
    const std::string special = text_of(value, "unserializableValue");
    if (!special.empty())
        return special;
    return plain.is_null() ? text_of(value, "type") == "undefined" ? "undefined" : "null"
                           : dump(plain);
}

std::string place(const std::string& url, const json& line) {
    if (url.empty())
        return {};
    return " (" + url +
           (line.is_number_integer() ? ":" + std::to_string(line.get<std::int64_t>() + 1) : "") +
           ")";
}

std::string console_line(const json& call) {
    std::string line = "console." + text_of(call, "type") + ":";
    for (const json& argument : member(call, "args"))
        line.append(" ").append(console_text(argument));
    return line;
}

std::string exception_line(const json& parameters) {
    const json details = member(parameters, "exceptionDetails");
    const std::string description = text_of(member(details, "exception"), "description");
    return "uncaught: " + (description.empty() ? text_of(details, "text") : description) +
           place(text_of(details, "url"), member(details, "lineNumber"));
}

std::string log_line(const json& parameters) {
    const json entry = member(parameters, "entry");
    return text_of(entry, "level") + ": " + text_of(entry, "text") +
           place(text_of(entry, "url"), member(entry, "lineNumber"));
}

} // namespace

devtools::devtools(boost::asio::io_context& io, int input, int output, callbacks call)
    : input_{io, input}, output_{io, output}, call_{std::move(call)} {}

devtools::~devtools() = default;

void devtools::start(std::optional<proxy_login::settings> proxy) {
    if (proxy)
        login_.emplace(
            std::move(*proxy),
            proxy_login::callbacks{[this](const auto&... call) { command(call...); },
                                   [this](const std::string& session) { page_may_run(session); },
                                   [this](const std::string& why, bool asked) {
                                       if (open_)
                                           call_.login_failed(why, asked);
                                   }});
    read_next();
    command(
        {}, "Target.setAutoAttach",
        {{"autoAttach", true}, {"waitForDebuggerOnStart", login_.has_value()}, {"flatten", true}});
}

void devtools::navigate(const std::string& url) {
    if (!pages_.empty())
        command(pages_.front(), "Page.navigate", {{"url", url}});
}

void devtools::take_picture(picture_taken done) {
    if (!open_ || pages_.empty())
        return done({}, "there is no page that DevTools can reach");
    command(pages_.front(), "Page.captureScreenshot", {{"format", "png"}},
            [done = std::move(done)](const json& result, const std::string& error) {
                const auto png = from_base64(text_of(result, "data"));
                if (!error.empty() || !png || png->empty())
                    return done({}, error.empty() ? "the browser gave no picture" : error);
                done(*png, {});
            });
}

void devtools::close_browser() {
    command({}, "Browser.close", json::object());
}

void devtools::command(const std::string& session, const char* method, const json& parameters,
                       result_handler done) {
    if (!open_) {
        if (done)
            done({}, "the browser has gone");
        return;
    }
    json text{{"id", ++last_command_}, {"method", method}, {"params", parameters}};
    if (!session.empty())
        text["sessionId"] = session;
    if (done)
        waiting_[last_command_] = std::move(done);
    to_write_.push_back(dump(text) + '\0');
    if (to_write_.size() == 1)
        write_next();
}

void devtools::write_next() {
    boost::asio::async_write(input_, boost::asio::buffer(to_write_.front()),
                             [this, alive = std::weak_ptr{alive_}](
                                 const boost::system::error_code& failed, std::size_t) {
                                 if (alive.expired())
                                     return;
                                 if (failed)
                                     return lost(failed.message());
                                 to_write_.pop_front();
                                 if (!to_write_.empty())
                                     write_next();
                             });
}

void devtools::read_next() {
    output_.async_read_some(boost::asio::buffer(buffer_),
                            [this, alive = std::weak_ptr{alive_}](
                                const boost::system::error_code& failed, std::size_t n) {
                                if (alive.expired())
                                    return;
                                if (failed)
                                    return lost(failed.message());
                                const std::size_t searched = received_.size();
                                received_.append(buffer_.data(), n);
                                std::size_t begin = 0;
                                for (std::size_t end = received_.find('\0', searched);
                                     end != received_.npos; end = received_.find('\0', begin)) {
                                    take(std::string_view{received_}.substr(begin, end - begin));
                                    begin = end + 1;
                                }
                                received_.erase(0, begin);
                                read_next();
                            });
}

void devtools::take(std::string_view text) {
    const json message = json::parse(text.begin(), text.end(), nullptr, false);
    if (!message.is_object())
        return;
    speaks_ = true;
    if (const json id = member(message, "id"); id.is_number_integer()) {
        const auto at = waiting_.find(id.get<int>());
        if (at == waiting_.end())
            return;
        const result_handler done = std::move(at->second);
        waiting_.erase(at);
        const json error = member(message, "error");
        const std::string why = error.is_null() ? "" : text_of(error, "message");
        return done(member(message, "result"), error.is_null() || !why.empty() ? why : dump(error));
    }
    event(text_of(message, "method"), text_of(message, "sessionId"), member(message, "params"));
}

void devtools::event(const std::string& method, const std::string& session,
                     const json& parameters) {
    if (method == "Target.attachedToTarget")
        return attached(parameters);
    if (login_ && login_->event(method, session, parameters))
        return;
    if (method == "Target.detachedFromTarget") {
        if (login_)
            login_->detached(text_of(parameters, "sessionId"));
        if (std::erase(pages_, text_of(parameters, "sessionId")) != 0 && pages_.empty())
            call_.last_page_closed();
    } else if (method == "Page.lifecycleEvent" && text_of(parameters, "name") == "load")
        page_loaded(session, text_of(parameters, "frameId"));
    else if (method == "Runtime.consoleAPICalled")
        call_.console(console_line(parameters));
    else if (method == "Runtime.exceptionThrown")
        call_.console(exception_line(parameters));
    else if (method == "Log.entryAdded" &&
             text_of(member(parameters, "entry"), "source") != "worker") // has its own console
        call_.console(log_line(parameters));
    else if (method == "Inspector.targetCrashed")
        call_.console("the page crashed");
    else if (method == "Page.javascriptDialogOpening" &&
             member(parameters, "hasBrowserHandler") == false)
        // Without a window nobody else would end the dialog, and the page would hang.
        command(session, "Page.handleJavaScriptDialog", {{"accept", false}});
}

void devtools::attached(const json& parameters) {
    const std::string session = text_of(parameters, "sessionId");
    const json target = member(parameters, "targetInfo");
    const bool is_page = text_of(target, "type") == "page";
    if (text_of(target, "type") != "other") { // which is none that anybody sees
        // What was said before we came is told again by these two.
        command(session, "Runtime.enable", json::object());
        command(session, "Log.enable", json::object());
    }
    if (is_page) {
        command(session, "Target.setAutoAttach",
                {{"autoAttach", true}, {"waitForDebuggerOnStart", false}, {"flatten", true}});
        command(session, "Page.enable", json::object());
        command(session, "Page.setLifecycleEventsEnabled", {{"enabled", true}});
    }
    if (login_ && login_->attached(session, target))
        return; // page_may_run is called
    if (is_page && !login_)
        page_may_run(session);
    else
        command(session, "Runtime.runIfWaitingForDebugger", json::object());
}

void devtools::page_may_run(const std::string& session) {
    if (!open_)
        return;
    command(session, "Runtime.runIfWaitingForDebugger", json::object());
    pages_.push_back(session);
    if (pages_.size() == 1)
        call_.page_attached();
}

void devtools::page_loaded(const std::string& session, const std::string& frame_id) {
    if (std::find(pages_.begin(), pages_.end(), session) == pages_.end())
        return;
    command(session, "Page.getFrameTree", json::object(),
            [this, frame_id](const json& result, const std::string&) {
                const json frame = member(member(result, "frameTree"), "frame");
                if (text_of(frame, "id") == frame_id) // and not one inside the page
                    call_.loaded(text_of(frame, "url"));
            });
}

void devtools::lost(const std::string&) {
    if (!std::exchange(open_, false))
        return;
    boost::system::error_code ignored;
    input_.close(ignored);
    output_.close(ignored);
    pages_.clear();
    for (const auto& [id, done] : std::exchange(waiting_, {}))
        done({}, "the browser has gone");
}

} // namespace htmlrenderer
