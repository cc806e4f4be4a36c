// What a renderer's scheme handler offers an interceptor: the traits.
#pragma once

#include <wsintercept/limits.hpp>

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

namespace wsintercept::inline v0_1_0 {

/// How a connection ends.
enum class ending : std::uint8_t {
    finish, ///< in order, after its last output: a socket sends FIN, a stream reports its end
    abort,  ///< at once; output that was not taken is dropped
};

/// The answer of an HTTPRequest. Views are valid during the call of `respond`.
struct response {
    unsigned status = 200;
    std::string_view reason = "OK";
    std::string_view media_type = "text/html";
    std::string_view fields; ///< "Name: value" lines, each with CR LF; without a Content-Type,
                             ///< Content-Length, Connection or Transfer-Encoding
    std::string_view body;
    bool head_only = false; ///< HEAD, 204, 304: the body is not sent
};

/// Work for the interceptor's executor: copyable, cheap, callable once. Outlives the interceptor
/// safely: it then does nothing.
class task {
  public:
    /// What the interceptor wants to be run; its own.
    struct work {
        /// The task's call: once, on the executor.
        virtual void run() noexcept = 0;

      protected:
        ~work() = default;
    };
    explicit task(std::shared_ptr<work> w) noexcept : work_{std::move(w)} {}
    void operator()() const noexcept { work_->run(); }

  private:
    std::shared_ptr<work> work_;
};

namespace traits_clause {

/// The clauses of `renderer_traits`, by which a compiler names the one that is missing.
template <class T>
concept has_connection = requires {
    typename T::connection;
}
&&std::copyable<typename T::connection>;
template <class T>
concept has_now = requires(T& t) {
    { t.now() }
    noexcept->std::same_as<time_point>;
};
template <class T>
concept has_post = requires(T& t, const task& work) {
    { t.post(work) }
    noexcept;
};
template <class T>
concept has_output_ready = requires(T& t, const typename T::connection& c) {
    { t.output_ready(c) }
    noexcept;
};
template <class T>
concept has_input_ready = requires(T& t, const typename T::connection& c) {
    { t.input_ready(c) }
    noexcept;
};
template <class T>
concept has_respond = requires(T& t, const typename T::connection& c, const response& r) {
    { t.respond(c, r) }
    noexcept;
};
template <class T>
concept has_wake_at = requires(T& t, const typename T::connection& c, time_point when) {
    { t.wake_at(c, when) }
    noexcept;
};
template <class T>
concept has_end = requires(T& t, const typename T::connection& c, ending how) {
    { t.end(c, how) }
    noexcept;
};

} // namespace traits_clause

/// The traits of a renderer. All members are called on the interceptor's executor, except `post`,
/// which comes from any thread. None may call back into the interceptor: what needs an answer is
/// done later. All are noexcept.
///
///     connection                   a cheap, copyable handle to one request or stream
///     now()                        the time, never going back
///     post(task)                   run it later on the executor, never at once; any thread
///     output_ready(connection)     output waits where none did; once, at the end of a turn
///     input_ready(connection)      after a `write` that took less than all: write again
///     respond(connection, r)       the answer of an HTTPRequest; `end` follows
///     wake_at(connection, time)    call `wake` then; replaces what was armed before
///     end(connection, how)         exactly once for each opened connection that was not reported
///                                  `closed`; the last call for its handle, after which the adapter
///                                  does not use the ID either
///
/// Exemplar: renderer/memory.hpp. Tests for traits: tests/kit.
template <class T>
concept renderer_traits =
    traits_clause::has_connection<T> && traits_clause::has_now<T> && traits_clause::has_post<T> &&
    traits_clause::has_output_ready<T> && traits_clause::has_input_ready<T> &&
    traits_clause::has_respond<T> && traits_clause::has_wake_at<T> && traits_clause::has_end<T>;

} // namespace wsintercept::inline v0_1_0
