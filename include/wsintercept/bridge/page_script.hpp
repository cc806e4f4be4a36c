// The page-side class: a WebSocket that speaks through an engine's scheme handler, for engines that
// cannot be told to use an endpoint. It passes for the browser's own, which it stands on: what is
// not intercepted is the browser's own.
#pragma once

#include <wsintercept/bridge/detail/page_class.hpp>
#include <wsintercept/url/intercepted_urls.hpp>
#include <wsintercept/url/pac.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace wsintercept::inline v0_1_0::bridge {

/// How the class reaches the program.
enum class channel : std::uint8_t {
    /// `POST BASE/open` with what read_open reads; its answer is a stream: the token, the
    /// program's response head, frames. `POST BASE/up` with what read_post reads, answered with 204
    /// when the interceptor took it, and with 410 where the socket is gone. None needs a preflight.
    fetch,
    /// WebKit's script message handler `wsintercept`, with replies: ["open", what read_open reads]
    /// gives a token; `GET BASE/down/TOKEN` is the stream: the program's response head, frames;
    /// ["up", what read_post reads, in base64] gives true when the interceptor took it, and false
    /// where the socket is gone. ["read", token, number] tells of bytes of the stream that the page
    /// has read, at the latest when they are 256 KiB and a piece, with the same replies. Anything
    /// else is refused with what is wrong with it.
    webkit,
};

/// base: a scheme of the program's and a host, as "wsintercept://bridge"; the scheme is to be
/// secure and open to fetch from every origin. The script is for the start of every document of
/// every frame, before its own scripts. It holds the table's patterns: what it names is told to
/// each page. Workers keep the browser's own class.
std::string page_script(const intercepted_urls& table, channel by, std::string_view base);

namespace detail {

// Which URLs are ours, as a proxy script says it, but for the paths of wss, which are known here.
inline constexpr std::string_view page_intercepts = R"(
function intercepts(url) {
  const u = /^(wss?):\/\/([^\/]*)(.*)$/.exec(url);
  for (let i = 0; i < rows.length; i++)
    if (matches(rows[i][3], u[1], u[2], u[3])) return rows[i][1] !== 0;
  return false;
}
)";

inline constexpr std::string_view page_channels = R"(
const channels = {
  fetch(base) {
    const ask = (path, body, signal) =>
      fetch(base + path, {method: "POST", body, signal, credentials: "omit", cache: "no-store"});
    return {
      async open(request, signal) {
        const response = await ask("/open", encoder.encode(request), signal);
        if (!response.ok) throw new Error("Unexpected response code: " + response.status);
        const source = new Source(response.body.getReader());
        const token = await source.take(32);
        if (token === null) throw new Error("Connection closed before receiving a handshake response");
        return {token, source};
      },
      up: async (post) => (await ask("/up", post)).status === 204
    };
  },
  webkit(base) {
    const handler = webkit.messageHandlers.wsintercept;
    // WebKit takes a stream whether or not the page reads it, so the program is told how far it is.
    const counted = (reader, token) => {
      let read = 0;
      return {
        async read() {
          const next = await reader.read();
          if (!next.done && (read += next.value.length) >= 262144) {
            handler.postMessage(["read", token, read]).catch(() => {});
            read = 0;
          }
          return next;
        },
        cancel: () => reader.cancel()
      };
    };
    return {
      async open(request, signal) {
        const token = await handler.postMessage(["open", request]);
        const response = await fetch(base + "/down/" + token, {signal, cache: "no-store"});
        if (!response.ok) throw new Error("Unexpected response code: " + response.status);
        return {token: encoder.encode(token), source: new Source(counted(response.body.getReader(), token))};
      },
      up: (post) => handler.postMessage(["up", base64(post)])
    };
  }
};

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768)
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 32768));
  return btoa(text);
}

// Exact amounts of bytes out of a stream; null at its end.
class Source {
  constructor(reader) { this.reader = reader; this.pieces = []; this.size = 0; }
  async more() {
    const next = await this.reader.read();
    if (next.done) return false;
    this.pieces.push(next.value);
    this.size += next.value.length;
    return true;
  }
  async take(count) {
    while (this.size < count) if (!(await this.more())) return null;
    const first = this.pieces[0];
    if (count === 0) return new Uint8Array(0);
    this.size -= count;
    if (first.length > count) {
      this.pieces[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    let out = new Uint8Array(count), have = 0;
    while (have < count) {
      const piece = this.pieces[0], part = piece.subarray(0, count - have);
      out.set(part, have);
      have += part.length;
      if (part.length === piece.length) this.pieces.shift();
      else this.pieces[0] = piece.subarray(part.length);
    }
    return out;
  }
  // Up to and with the blank line.
  async head() {
    for (let text = "";;) {
      const byte = await this.take(1);
      if (byte === null) return null;
      text += String.fromCharCode(byte[0]);
      if (text.endsWith("\r\n\r\n")) return text;
      if (text.length > 65536) throw new Error("The response head is too large");
    }
  }
}
)";

} // namespace detail

inline std::string page_script(const intercepted_urls& table, channel by, std::string_view base) {
    std::string out = "(function (Native) {\n\"use strict\";\nif (!Native) return;\n";
    out += wsintercept::detail::pac_row_list(table);
    (out += wsintercept::detail::pac_glob) += wsintercept::detail::pac_matching;
    out += detail::page_intercepts;
    out +=
        "var encoder = new TextEncoder(), decoder = new TextDecoder(\"utf-8\", {ignoreBOM: "
        "true});\n"
        "function decode(bytes) { return decoder.decode(bytes); }\n"
        "var {dispatchEvent, addEventListener, removeEventListener} = EventTarget.prototype;\n"
        "// Taken before a page can change them.\n"
        "var {fetch, Blob, Event, MessageEvent, CloseEvent, DOMException, AbortController, URL,\n"
        "     Uint8Array, DataView, ArrayBuffer, crypto, btoa, console} = globalThis;\n";
    (out += detail::page_channels) += detail::page_socket;
    out +=
        by == channel::fetch ? "var channel = channels.fetch(" : "var channel = channels.webkit(";
    (out += wsintercept::detail::js_string(base)) += ");\n";
    return (out += detail::page_class) += "})(globalThis.WebSocket);\n";
}

} // namespace wsintercept::inline v0_1_0::bridge
