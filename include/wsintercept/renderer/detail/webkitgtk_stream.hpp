// The body of an answer as a GInputStream, which the program fills as it pleases.
#pragma once

#include <gio/gio.h>

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace wsintercept::inline v0_1_0::webkitgtk::detail {

/// One process may hold several versions of this library, and GType knows one type by a name.
inline constexpr const char* stream_type_name = "WsinterceptInputStream_0_1_0";

class body_stream;

/// What fills a stream. Called on the main context's thread, from inside the engine's calls: both
/// only take note of it.
struct stream_filler {
    virtual void read_begins() noexcept = 0; ///< body_stream::reading is true now
    virtual void stream_gone() noexcept = 0; ///< the engine has cancelled it, or let go of it

  protected:
    ~stream_filler() = default;
};

/// What is in the GObject. As WebKit does, the engine has one asynchronous read under way at a
/// time.
class body_stream {
  public:
    /// A new GObject, owned by the caller. `out` is valid until filler.stream_gone() is called.
    static GInputStream* make(std::shared_ptr<stream_filler> filler, body_stream*& out) {
        auto* const object = static_cast<instance*>(g_object_new(type(), nullptr));
        out = object->body = new body_stream{std::move(filler)};
        return &object->parent;
    }

    bool reading() const noexcept { return task_ != nullptr; }
    std::span<char> buffer() const noexcept { return buffer_; }
    /// Ends the read under way with the first n bytes of its buffer; 0: the end. The engine may
    /// begin the next one, or let go of the stream, before this returns.
    void give(std::size_t n) {
        GTask* const task = std::exchange(task_, nullptr);
        g_task_return_int(task, static_cast<gssize>(n));
        g_object_unref(task);
    }
    /// Ends the read under way as of a connection that broke.
    void fail() {
        GTask* const task = std::exchange(task_, nullptr);
        g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                                "the connection was aborted");
        g_object_unref(task);
    }

  private:
    struct instance {
        GInputStream parent;
        body_stream* body;
    };
    struct instance_class {
        GInputStreamClass parent;
    };

    explicit body_stream(std::shared_ptr<stream_filler> filler) : filler_{std::move(filler)} {}
    ~body_stream() {
        forget_cancellable();
        leave();
    }

    static GType type() {
        static GType known = 0; // constant-initialised: it needs no guard
        if (known == 0)
            known = g_type_from_name(stream_type_name); // of another shared object
        if (known == 0)
            known = g_type_register_static_simple(G_TYPE_INPUT_STREAM, stream_type_name,
                                                  sizeof(instance_class), &init_class,
                                                  sizeof(instance), nullptr, GTypeFlags{});
        return known;
    }

    static void init_class(gpointer c, gpointer) {
        auto* const stream = static_cast<GInputStreamClass*>(c);
        stream->read_fn = [](GInputStream*, void*, gsize, GCancellable*, GError** error) -> gssize {
            g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                                "this stream is read asynchronously");
            return -1;
        };
        stream->read_async = &read_async;
        stream->read_finish = [](GInputStream*, GAsyncResult* result, GError** error) {
            return static_cast<gssize>(g_task_propagate_int(G_TASK(result), error));
        };
        G_OBJECT_CLASS(c)->finalize = &finalize;
    }

    static void finalize(GObject* object) {
        delete reinterpret_cast<instance*>(object)->body;
        static_cast<GObjectClass*>(g_type_class_peek(G_TYPE_INPUT_STREAM))->finalize(object);
    }

    static void read_async(GInputStream* stream, void* buffer, gsize size, int priority,
                           GCancellable* cancellable, GAsyncReadyCallback done, gpointer data) {
        body_stream& self = *reinterpret_cast<instance*>(stream)->body;
        self.task_ = g_task_new(stream, cancellable, done, data);
        g_task_set_priority(self.task_, priority);
        self.buffer_ = {static_cast<char*>(buffer), size};
        self.watch(cancellable);
        if (g_cancellable_is_cancelled(cancellable))
            return self.fail();
        self.filler_->read_begins();
    }

    /// WebKit's is the same for all reads of a request.
    void watch(GCancellable* cancellable) {
        if (cancellable == cancellable_)
            return;
        forget_cancellable();
        if (cancellable == nullptr)
            return;
        cancellable_ = static_cast<GCancellable*>(g_object_ref(cancellable));
        // Not g_cancellable_connect: its lock is held while the handler runs.
        handler_ = g_signal_connect(cancellable, "cancelled", G_CALLBACK(&cancelled), this);
    }
    void forget_cancellable() {
        if (cancellable_ == nullptr)
            return;
        g_signal_handler_disconnect(cancellable_, handler_);
        g_object_unref(std::exchange(cancellable_, nullptr));
    }
    /// The task is ended as cancelled, whatever it is given; its callback may let go of the stream.
    static void cancelled(GCancellable*, gpointer data) {
        auto* const self = static_cast<body_stream*>(data);
        self->leave();
        if (self->reading())
            self->fail();
    }
    void leave() {
        if (!std::exchange(left_, true))
            filler_->stream_gone();
    }

    std::shared_ptr<stream_filler> filler_;
    GTask* task_ = nullptr; ///< of the read under way; holds a reference to the stream
    std::span<char> buffer_;
    GCancellable* cancellable_ = nullptr;
    gulong handler_ = 0;
    bool left_ = false;
};

} // namespace wsintercept::inline v0_1_0::webkitgtk::detail
