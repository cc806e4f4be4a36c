// The stand-in's requests, and who handles them.
#pragma once

#include "base.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace wsintercept::inline v0_1_0::kit::cef_stand_in {

using header_map = std::multimap<string, string>;

enum element_type { PDE_TYPE_EMPTY, PDE_TYPE_BYTES, PDE_TYPE_FILE };

class post_data_element final : public cef::counted<base> {
  public:
    post_data_element(element_type t, std::string bytes) : type_{t}, bytes_{std::move(bytes)} {}
    element_type GetType() const { return type_; }
    std::size_t GetBytesCount() const { return bytes_.size(); }
    std::size_t GetBytes(std::size_t size, void* out) const {
        size = (std::min)(size, bytes_.size());
        std::memcpy(out, bytes_.data(), size);
        return size;
    }

  private:
    const element_type type_;
    const std::string bytes_;
};

struct post_data final : cef::counted<base> {
    using ElementVector = std::vector<ref<post_data_element>>;
    ElementVector elements;
    bool excluded = false;

    void GetElements(ElementVector& out) const { out = elements; }
    bool HasExcludedElements() const { return excluded; }
};

class request final : public cef::counted<base> {
  public:
    using HeaderMap = header_map;

    static ref<request> Create() { return new request; }
    string GetURL() const { return url_; }
    void SetURL(const string& url) { url_ = url; }
    string GetMethod() const { return method_; }
    void SetMethod(const string& method) { method_ = method; }
    void SetFlags(int flags) { flags_ = flags; }
    int GetFlags() const { return flags_; }
    void GetHeaderMap(HeaderMap& out) const { out = fields_; }
    void SetHeaderMap(const HeaderMap& fields) { fields_ = fields; }
    ref<post_data> GetPostData() const { return data_; }
    void SetPostData(ref<post_data> data) { data_ = data; }

  private:
    string url_, method_;
    int flags_ = 0;
    header_map fields_;
    ref<post_data> data_;
};

class response final : public cef::counted<base> {
  public:
    using HeaderMap = header_map;

    void SetStatus(int status) { status_ = status; }
    int GetStatus() const { return status_; }
    void SetStatusText(const string& text) { reason_ = text; }
    string GetStatusText() const { return reason_; }
    void SetMimeType(const string& type) { media_type_ = type; }
    string GetMimeType() const { return media_type_; }
    void SetCharset(const string& charset) { charset_ = charset; }
    string GetCharset() const { return charset_; }
    void SetHeaderMap(const HeaderMap& fields) { fields_ = fields; }
    void GetHeaderMap(HeaderMap& out) const { out = fields_; }

  private:
    int status_ = 0;
    string reason_, media_type_, charset_;
    header_map fields_;
};

struct browser final : cef::counted<base> {};
struct frame final : cef::counted<base> {};

struct callback : virtual base {
    virtual void Continue() = 0;
    virtual void Cancel() = 0;
};
struct read_callback : virtual base {
    virtual void Continue(int bytes_read) = 0;
};

/// Open and Read come on threads of a pool, the others on TID_IO.
struct resource_handler : virtual base {
    virtual bool Open(ref<request> r, bool& handle_request, ref<callback> go_on) = 0;
    virtual void GetResponseHeaders(ref<response> r, std::int64_t& length, string& redirect) = 0;
    virtual bool Read(void* out, int room, int& size, ref<read_callback> go_on) = 0;
    virtual void Cancel() = 0;
};
struct scheme_handler_factory : virtual base {
    virtual ref<resource_handler> Create(ref<browser> b, ref<frame> f, const string& scheme,
                                         ref<request> r) = 0;
};

struct scheme_registrar {
    std::map<std::string, int> schemes;
    bool AddCustomScheme(const string& name, int options) {
        return schemes.emplace(name.ToString(), options).second;
    }
};

} // namespace wsintercept::inline v0_1_0::kit::cef_stand_in
