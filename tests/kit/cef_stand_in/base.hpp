// A small stand-in of CEF's classes, for tests without CEF: strings, references, and tasks.
#pragma once

#include <wsintercept/renderer/cef/counted.hpp>

#include <string>
#include <utility>

namespace wsintercept::inline v0_1_0::kit::cef_stand_in {

/// CefBaseRefCounted.
struct base {
    virtual void AddRef() const = 0;
    virtual bool Release() const = 0;
    virtual bool HasOneRef() const = 0;
    virtual bool HasAtLeastOneRef() const = 0;

  protected:
    virtual ~base() = default;
};

/// CefRefPtr.
template <class T>
class ref {
  public:
    ref() noexcept = default;
    ref(std::nullptr_t) noexcept {}
    ref(T* p) noexcept : p_{p} {
        if (p_ != nullptr)
            p_->AddRef();
    }
    ref(const ref& other) noexcept : ref{other.p_} {}
    ref(ref&& other) noexcept : p_{std::exchange(other.p_, nullptr)} {}
    template <class U>
    ref(const ref<U>& other) noexcept : ref{other.get()} {}
    ~ref() {
        if (p_ != nullptr)
            p_->Release();
    }
    ref& operator=(ref other) noexcept {
        std::swap(p_, other.p_);
        return *this;
    }

    T* get() const noexcept { return p_; }
    T* operator->() const noexcept { return p_; }
    T& operator*() const noexcept { return *p_; }
    explicit operator bool() const noexcept { return p_ != nullptr; }

  private:
    T* p_ = nullptr;
};

/// CefString, of which there are none but these ways in and out.
class string {
  public:
    string() = default;
    explicit string(std::string text) : text_{std::move(text)} {}
    std::string ToString() const { return text_; }
    friend bool operator<(const string& a, const string& b) { return a.text_ < b.text_; }

  private:
    std::string text_;
};

struct task : virtual base {
    virtual void Execute() = 0;
};

} // namespace wsintercept::inline v0_1_0::kit::cef_stand_in
