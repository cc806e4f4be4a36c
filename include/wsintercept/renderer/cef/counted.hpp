// Classes of ours that CEF counts references to.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

namespace wsintercept::inline v0_1_0::cef {

/// Base: one of CEF's classes that its users implement. As IMPLEMENT_REFCOUNTING makes it: any
/// thread may hold a CefRefPtr to it, and the last one deletes it.
template <class Base>
class counted : public Base {
  public:
    void AddRef() const override { references_.fetch_add(1, std::memory_order_relaxed); }
    bool Release() const override {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1)
            return false;
        delete this;
        return true;
    }
    bool HasOneRef() const override { return references_.load(std::memory_order_acquire) == 1; }
    bool HasAtLeastOneRef() const override {
        return references_.load(std::memory_order_acquire) != 0;
    }

  protected:
    counted() = default;
    ~counted() override = default;

  private:
    mutable std::atomic<int> references_{0};
};

/// CefTask from a function. What it holds goes with it, run or not.
template <class Api>
class task_of final : public counted<typename Api::CefTask> {
  public:
    explicit task_of(std::function<void()> work) : work_{std::move(work)} {}
    void Execute() override { std::exchange(work_, {})(); }

  private:
    std::function<void()> work_;
};

} // namespace wsintercept::inline v0_1_0::cef
