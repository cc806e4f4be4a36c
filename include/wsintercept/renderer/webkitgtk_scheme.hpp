// WebKitGTK without any port: sockets and pages through its URI schemes and script messages. For
// the 4.1 API (GTK 3) and the 6.0 API (GTK 4).
#pragma once

#include <wsintercept/bridge/page_script.hpp>
#include <wsintercept/renderer/detail/webkitgtk_message.hpp>
#include <wsintercept/renderer/detail/webkitgtk_sockets.hpp>
#include <wsintercept/rfc9112/write_head.hpp>
#include <wsintercept/url/normal_form.hpp>

#if __has_include(<webkit2/webkit2.h>)
#include <webkit2/webkit2.h>
#else
#include <webkit/webkit.h>
#endif

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsintercept::inline v0_1_0::webkitgtk {

/// The interceptor on GLib's main loop: events come, and methods are called, on its thread;
/// `sockets().remote()` is for the others. A page gets the page-side class (bridge/page_script.hpp)
/// in place of its WebSocket; its workers do not. A page's own Content-Security-Policy has to allow
/// connections to `wsintercept:`. What WebKit holds may outlive it; nothing is answered then.
///
///     webkitgtk::scheme<app> sockets{handler, table};
///     sockets.attach(webkit_web_view_get_context(view));
///     sockets.attach(webkit_web_view_get_user_content_manager(view), *table);
template <class Handler, policy_set Policies = bridge::policies>
class scheme {
    using streams = detail::sockets<Handler, Policies>;

  public:
    using interceptor = typename streams::interceptor;
    static constexpr const char* name = "wsintercept"; ///< of the scheme and the message handler

    /// context: of the thread that runs GTK; null for the default one.
    scheme(Handler& handler, typename interceptor::table_pointer table,
           interceptor_options options = {}, GMainContext* context = nullptr)
        : at_{std::make_shared<scheme*>(this)}, streams_{handler, std::move(table),
                                                         std::move(options), context} {}
    scheme(const scheme&) = delete;
    scheme& operator=(const scheme&) = delete;
    ~scheme() { *at_ = nullptr; }

    /// The interceptor, for the host's methods.
    interceptor& sockets() noexcept { return streams_.core(); }

    /// Once for each web context, before its first page.
    void attach(WebKitWebContext* context) {
        add_scheme(context, name, [](scheme& self, WebKitURISchemeRequest* r) { self.connect(r); });
    }

    /// Once for each manager, before its first page: the pages of its views get the class.
    void attach(WebKitUserContentManager* manager, const intercepted_urls& table) {
        const std::string script =
            bridge::page_script(table, bridge::channel::webkit, std::string{name} + "://bridge");
        WebKitUserScript* const own =
            webkit_user_script_new(script.c_str(), WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES,
                                   WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START, nullptr, nullptr);
        webkit_user_content_manager_add_script(manager, own);
        webkit_user_script_unref(own);
        g_signal_connect_data(
            manager, "script-message-with-reply-received::wsintercept", G_CALLBACK(&on_message),
            new anchor{at_}, [](gpointer data, GClosure*) { delete static_cast<anchor*>(data); },
            GConnectFlags{});
        webkit_user_content_manager_register_script_message_handler_with_reply(manager, name,
                                                                               nullptr);
    }

    /// Requests for own_scheme://HOST/PATH become HTTPRequest events where the table says so, which
    /// sees them, as the event does, as https://HOST/PATH. Its pages are secure contexts; their
    /// Origin, own_scheme://HOST, is to be allowed by name (interceptor_options::origins). Bodies
    /// are not read: WebKit's function for it ends the process where a page puts a Blob in one.
    void serve(WebKitWebContext* context, const char* own_scheme) {
        add_scheme(context, own_scheme,
                   [](scheme& self, WebKitURISchemeRequest* r) { self.answer(r); });
    }

  private:
    using anchor = std::shared_ptr<scheme*>; ///< holds null once it is gone
    using fields_type = std::vector<std::pair<std::string, std::string>>;
    using request_function = void (*)(scheme&, WebKitURISchemeRequest*);
    template <class T>
    using gobject_ptr = wsintercept::detail::gobject_ptr<T>;

    struct registration {
        anchor at;
        request_function run;
    };

    void add_scheme(WebKitWebContext* context, const char* own, request_function run) {
        webkit_web_context_register_uri_scheme(
            context, own,
            [](WebKitURISchemeRequest* r, gpointer data) {
                const auto& to = *static_cast<registration*>(data);
                if (*to.at != nullptr)
                    to.run(**to.at, r);
                else
                    finish(r, 404, nullptr, {});
            },
            new registration{at_, run},
            [](gpointer data) { delete static_cast<registration*>(data); });
        WebKitSecurityManager* const security = webkit_web_context_get_security_manager(context);
        webkit_security_manager_register_uri_scheme_as_secure(security, own);
        webkit_security_manager_register_uri_scheme_as_cors_enabled(security, own);
    }

    // Script messages.

    static gboolean on_message(WebKitUserContentManager*, JSCValue* message,
                               WebKitScriptMessageReply* reply, gpointer data) {
        scheme* const self = **static_cast<anchor*>(data);
        detail::script_message said = detail::message_reader::read(message, streams::window);
        if (self == nullptr)
            refuse(reply, "the program answers no more");
        else if (!said.wrong.empty())
            refuse(reply, said.wrong);
        else
            self->take(std::move(said), jsc_value_get_context(message), reply);
        return TRUE;
    }

    void take(detail::script_message said, JSCContext* context, WebKitScriptMessageReply* reply) {
        using kind = detail::script_message::kind;
        if (said.what == kind::open) {
            const detail::announced to = streams_.announce(std::move(said.text));
            if (to.wrong != nullptr)
                return refuse(reply, to.wrong);
            give(reply, jsc_value_new_string(context, to.token.c_str()));
        } else if (said.what == kind::up) {
            streams_.write(said.text, [context = share(context), reply = share(reply)](bool taken) {
                give(reply.get(), jsc_value_new_boolean(context.get(), taken));
            });
        } else {
            const bool known = streams_.acknowledge(said.text, said.count);
            give(reply, jsc_value_new_boolean(context, known));
        }
    }

    static std::shared_ptr<JSCContext> share(JSCContext* context) {
        return {static_cast<JSCContext*>(g_object_ref(context)), g_object_unref};
    }
    static std::shared_ptr<WebKitScriptMessageReply> share(WebKitScriptMessageReply* reply) {
        return {webkit_script_message_reply_ref(reply), webkit_script_message_reply_unref};
    }
    static void give(WebKitScriptMessageReply* reply, JSCValue* value) {
        webkit_script_message_reply_return_value(reply, value);
        g_object_unref(value);
    }
    static void refuse(WebKitScriptMessageReply* reply, const std::string& why) {
        webkit_script_message_reply_return_error_message(reply, why.c_str());
    }

    // Requests.

    static std::optional<std::string_view> field(WebKitURISchemeRequest* r, const char* of) {
        SoupMessageHeaders* const all = webkit_uri_scheme_request_get_http_headers(r);
        const char* const value = all != nullptr ? soup_message_headers_get_one(all, of) : nullptr;
        return value != nullptr ? std::optional{std::string_view{value}} : std::nullopt;
    }

    void connect(WebKitURISchemeRequest* r) {
        constexpr std::string_view start = "wsintercept://bridge/down/";
        const std::string_view url = webkit_uri_scheme_request_get_uri(r);
        detail::connected to;
        const std::optional<std::string_view> origin = field(r, "Origin");
        if (url.starts_with(start))
            to = streams_.connect(url.substr(start.size()), origin);
        fields_type fields{{"Cache-Control", "no-store"}};
        if (origin)
            fields.emplace_back("Access-Control-Allow-Origin", *origin);
        finish(r, to.status, to.stream.get(), fields);
    }

    void answer(WebKitURISchemeRequest* r) {
        std::string url = webkit_uri_scheme_request_get_uri(r);
        url.replace(0, url.find("://"), "https");
        url = normalise(url).value_or(std::string{});
        const url_parts parts = split_url(url).value_or(url_parts{});
        const char* const method = webkit_uri_scheme_request_get_http_method(r);
        std::vector<rfc9112::field> fields;
        const char *key = nullptr, *value = nullptr;
        SoupMessageHeadersIter each;
        if (SoupMessageHeaders* const all = webkit_uri_scheme_request_get_http_headers(r)) {
            soup_message_headers_iter_init(&each, all);
            while (soup_message_headers_iter_next(&each, &key, &value))
                fields.push_back({key, value});
        }
        const std::optional<std::string> head =
            rfc9112::write_head(method, parts.target, parts.host, fields);
        unsigned status = 400;
        const auto page = std::make_shared<plain>();
        page->request = r;
        const auto handle = head ? streams_.request(
                                       {method, url, *head, {}},
                                       [page](const response& a) { page->answer(a); }, status)
                                 : nullptr;
        if (!handle)
            return finish(r, status, nullptr, {});
        // WebKit lets go of the request when its page leaves it: that is the only sign.
        page->leaves = new leaver{page, handle};
        g_object_weak_ref(G_OBJECT(r), &leaver::gone, page->leaves);
    }

    struct plain;
    struct leaver {
        std::shared_ptr<plain> page;
        typename streams::request_handle handle;

        static void gone(gpointer data, GObject*) {
            const std::unique_ptr<leaver> self{static_cast<leaver*>(data)};
            self->page->request = nullptr;
            streams::leave(self->handle);
        }
    };
    struct plain {
        WebKitURISchemeRequest* request = nullptr; ///< null: it is gone
        leaver* leaves = nullptr;

        void answer(const response& a) {
            if (request == nullptr)
                return;
            const std::unique_ptr<leaver> done{leaves};
            if (leaves != nullptr)
                g_object_weak_unref(G_OBJECT(request), &leaver::gone, leaves);
            const std::string_view body = a.head_only ? std::string_view{} : a.body;
            GBytes* const bytes = g_bytes_new(body.data(), body.size());
            const gobject_ptr<GInputStream> stream{g_memory_input_stream_new_from_bytes(bytes)};
            g_bytes_unref(bytes);
            finish(request, a.status, stream.get(), lines(a.fields),
                   std::string{a.media_type}.c_str(), std::string{a.reason}.c_str());
        }
        /// "Name: value" lines, checked before they came here.
        static fields_type lines(std::string_view text) {
            fields_type out;
            for (std::size_t end; (end = text.find("\r\n")) != text.npos;
                 text.remove_prefix(end + 2)) {
                const std::string_view line = text.substr(0, end);
                const std::size_t colon = line.find(':');
                out.emplace_back(line.substr(0, colon), rfc9112::trim(line.substr(colon + 1)));
            }
            return out;
        }
    };
    /// stream: null for an empty body.
    static void finish(WebKitURISchemeRequest* r, unsigned status, GInputStream* stream,
                       const fields_type& fields, const char* type = "application/octet-stream",
                       const char* reason = nullptr) {
        const gobject_ptr<GInputStream> none{g_memory_input_stream_new()};
        const gobject_ptr<WebKitURISchemeResponse> answer{
            webkit_uri_scheme_response_new(stream != nullptr ? stream : none.get(), -1)};
        webkit_uri_scheme_response_set_status(answer.get(), status, reason);
        webkit_uri_scheme_response_set_content_type(answer.get(), type);
        SoupMessageHeaders* const all = soup_message_headers_new(SOUP_MESSAGE_HEADERS_RESPONSE);
        for (const auto& [key, value] : fields)
            soup_message_headers_append(all, key.c_str(), value.c_str());
        webkit_uri_scheme_response_set_http_headers(answer.get(), all); // takes it
        webkit_uri_scheme_request_finish_with_response(r, answer.get());
    }

    anchor at_;
    streams streams_;
};

} // namespace wsintercept::inline v0_1_0::webkitgtk
