// The text of the page-side class. Its place in the script: bridge/page_script.hpp.
#pragma once

#include <string_view>

namespace wsintercept::inline v0_1_0::bridge::detail {

inline constexpr std::string_view page_socket = R"(
// Messages of one turn each, as the browser's own come; timers would be held back.
const turns = [], turn = new MessageChannel();
turn.port1.onmessage = () => turns.shift()();
function nextTurn() {
  return new Promise((go) => { turns.push(go); turn.port2.postMessage(0); });
}

const headerSize = 8, batchSize = 1048576, mostBatches = 4;
function header(opcode, size) {
  const out = new Uint8Array(headerSize), view = new DataView(out.buffer);
  view.setUint32(0, Math.floor(size / 4294967296));
  view.setUint32(4, size % 4294967296);
  out[0] = 128 | opcode;
  return out;
}

// What is behind one object of the page.
class Socket {
  constructor(self, url, protocols) {
    this.self = self;
    this.url = url.href;
    this.origin = url.protocol + "//" + url.host;
    this.request = url.href + "\r\n" + requestHead(url, protocols);
    this.protocols = protocols;
    this.readyState = 0;
    this.bufferedAmount = 0;
    this.protocol = this.extensions = "";
    this.binaryType = "blob";
    this.handlers = {open: null, message: null, error: null, close: null};
    this.failure = "";      // why it failed, where it did
    this.received = null;   // the close frame that came
    this.closeSent = false;
    this.waiting = [];      // messages that wait, with those whose Blob is being read
    this.reading = false;
    this.pieces = [];       // bytes for the program
    this.number = this.flying = 0;
    this.posting = false;
    this.abort = new AbortController();
    this.run();
  }

  async run() {
    try {
      const opened = await channel.open(this.request, this.abort.signal);
      this.token = opened.token;
      this.source = opened.source;
      this.takeHead(await this.source.head());
      while (await this.takeFrame());
    } catch (e) {
      if (this.readyState === 0) this.fail(e.message);
    }
    if (this.source) this.source.reader.cancel().catch(() => {});
    await nextTurn();
    this.readyState = 3;
    if (this.failure) {
      console.error("WebSocket connection to '" + this.url + "' failed: " + this.failure);
      this.fire(new Event("error"));
    }
    const end = this.received;
    this.fire(new CloseEvent("close", end && this.closeSent && !this.failure
        ? {wasClean: true, code: end.code, reason: end.reason} : {code: 1006}));
  }

  fire(event) { dispatchEvent.call(this.self, event); }

  // WHATWG: "fail the WebSocket connection".
  fail(why) {
    this.failure = this.failure || why;
    this.readyState = Math.max(this.readyState, 2);
    this.abort.abort();
  }

  takeHead(text) {
    if (this.readyState !== 0) return;
    const lines = text === null ? [] : text.split("\r\n"), status = /^HTTP\/1\.1 (\d{3})/.exec(lines[0]);
    if (!status)
      throw new Error(text === null ? "Connection closed before receiving a handshake response"
                                    : "Invalid status line");
    if (status[1] !== "101")
      throw new Error("Error during WebSocket handshake: Unexpected response code: " + status[1]);
    const fields = {};
    lines.slice(1).forEach((line) => {
      const colon = line.indexOf(":"), name = line.slice(0, colon).toLowerCase();
      fields[name] = (name in fields ? fields[name] + ", " : "") + line.slice(colon + 1).trim();
    });
    const chosen = fields["sec-websocket-protocol"] || "";
    if (this.protocols.length && !chosen)
      throw new Error("Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' " +
                      "header but no response was received");
    if (chosen && this.protocols.indexOf(chosen) < 0)
      throw new Error("Error during WebSocket handshake: 'Sec-WebSocket-Protocol' header value '" +
                      chosen + "' in response does not match any of sent values");
    if (fields["sec-websocket-extensions"])
      throw new Error("Error during WebSocket handshake: Found an unsupported extension");
    this.protocol = chosen;
    this.readyState = 1;
    this.fire(new Event("open"));
  }

  // False: nothing more will come.
  async takeFrame() {
    const head = await this.source.take(headerSize);
    if (head === null) return false;
    const view = new DataView(head.buffer, head.byteOffset);
    const opcode = head[0] & 15, fin = head[0] >= 128;
    const payload = await this.source.take((view.getUint32(0) & 16777215) * 4294967296 + view.getUint32(4));
    if (payload === null) return false;
    if (opcode === 8) {
      this.received = {code: 1005, reason: ""};
      if (payload.length)
        this.received = {code: payload[0] << 8 | payload[1], reason: decode(payload.subarray(2))};
      if (!this.closeSent) this.sendClose(payload);
      this.readyState = 2;
    } else if (opcode === 9) {
      if (!this.closeSent) this.queue(10, payload, 0);
    } else if (opcode < 3) {
      this.parts = opcode ? [] : this.parts;
      this.text = opcode ? opcode === 1 : this.text;
      this.parts.push(payload);
      if (fin && this.readyState === 1) await this.takeMessage(this.parts);
    }
    return true;
  }

  async takeMessage(parts) {
    await nextTurn();
    if (this.readyState !== 1) return; // the page has closed it meanwhile
    let data = parts.length === 1 ? parts[0] : new Uint8Array(await new Blob(parts).arrayBuffer());
    if (this.text) data = decode(data);
    else data = this.binaryType === "blob" ? new Blob([data]) : data.slice().buffer;
    this.fire(new MessageEvent("message", {data: data, origin: this.origin}));
  }

  // data: bytes, or a Blob; counted: how much of bufferedAmount it is.
  queue(opcode, data, counted) {
    this.waiting.push({opcode: opcode, data: data, counted: counted});
    if (!this.reading) this.readBlobs();
  }
  // What follows a Blob waits until that is read.
  async readBlobs() {
    this.reading = true;
    for (let next; (next = this.waiting[0]); this.waiting.shift()) {
      let data = next.data;
      if (!(data instanceof Uint8Array))
        try {
          data = new Uint8Array(await blobBytes.call(data));
        } catch (e) {
          return this.fail("A Blob could not be read");
        }
      this.pieces.push({bytes: header(next.opcode, data.length), counted: false});
      for (let at = 0; at < data.length; at += batchSize)
        this.pieces.push({bytes: data.subarray(at, at + batchSize), counted: next.counted !== 0});
      this.post();
    }
    this.reading = false;
  }

  // One request for all that a turn of the page has sent, up to the size of a batch.
  async post() {
    if (this.posting) return;
    this.posting = true;
    await null;
    while (this.pieces.length && this.flying < mostBatches && this.readyState !== 3) this.postBatch();
    this.posting = false;
  }
  async postBatch() {
    let size = 0, counted = 0, count = 0;
    for (let piece; (piece = this.pieces[count]) && size + piece.bytes.length <= batchSize; count++)
      size += piece.bytes.length;
    count = count || 1; // a piece is no larger than a batch
    const batch = this.pieces.splice(0, count);
    if (size === 0) size = batch[0].bytes.length;
    let out = new Uint8Array(36 + size), at = 36;
    out.set(this.token);
    new DataView(out.buffer).setUint32(32, this.number++);
    batch.forEach((piece) => {
      out.set(piece.bytes, at);
      at += piece.bytes.length;
      counted += piece.counted ? piece.bytes.length : 0;
    });
    this.flying++;
    try {
      if (!(await channel.up(out))) return; // its stream ends, too
    } catch (e) {
      return this.abort.abort();
    }
    this.flying--;
    this.bufferedAmount -= counted;
    this.post();
  }

  send(data) {
    if (this.readyState === 0)
      throw new DOMException("Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.",
                             "InvalidStateError");
    const size = data instanceof Uint8Array ? data.length : blobSize.call(data);
    this.bufferedAmount += size;
    return size;
  }

  sendClose(payload) {
    this.closeSent = true;
    this.queue(8, payload, 0);
  }
  close(code, reason) {
    if (this.readyState > 1) return;
    if (this.readyState === 0) return this.fail("WebSocket is closed before the connection is established.");
    this.readyState = 2;
    const payload = new Uint8Array(code === undefined ? 0 : 2 + reason.length);
    if (code !== undefined) {
      new DataView(payload.buffer).setUint16(0, code);
      payload.set(reason, 2);
    }
    this.sendClose(payload);
  }
}

// An opening handshake as the browser's own would send it, RFC 6455 4.1.
function requestHead(url, protocols) {
  const key = crypto.getRandomValues(new Uint8Array(16));
  return "GET " + url.pathname + url.search + " HTTP/1.1\r\nHost: " + url.host +
      "\r\nConnection: Upgrade\r\nUser-Agent: " + navigator.userAgent + "\r\nUpgrade: websocket\r\n" +
      "Origin: " + globalThis.origin + "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
      base64(key) + (protocols.length ? "\r\nSec-WebSocket-Protocol: " + protocols.join(", ") : "") +
      "\r\n\r\n";
}
)";

inline constexpr std::string_view page_class = R"(
// Web IDL's conversions, in its order.
function usvString(value) {
  if (typeof value === "symbol") throw new TypeError("Cannot convert a Symbol value to a string");
  return decode(encoder.encode(String(value)));
}
function protocolList(value) {
  if (value === undefined) return [];
  const many = (typeof value === "object" || typeof value === "function") && value !== null &&
      value[Symbol.iterator] != null;
  return many ? Array.from(value, (item) => `${item}`) : [`${value}`];
}
function closeCode(value) {
  const n = Number(value);
  if (!(n > 0)) return 0;
  const low = Math.floor(n), rest = n - low; // [Clamp] rounds to the nearest, ties to even
  return Math.min(65535, rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low);
}
function tag(get) {
  return (value) => { try { get.call(value); return true; } catch { return false; } };
}
function getter(of, name) { return Object.getOwnPropertyDescriptor(of.prototype, name).get; }
const blobSize = getter(Blob, "size"), blobBytes = Blob.prototype.arrayBuffer;
const isBlob = tag(blobSize), isBuffer = tag(getter(ArrayBuffer, "byteLength"));
const isShared = globalThis.SharedArrayBuffer ? tag(getter(SharedArrayBuffer, "byteLength"))
                                            : () => false;

// What `send` takes: a Blob as it is, all else as a copy.
function payloadOf(value) {
  if (isBlob(value)) return {opcode: 2, data: value};
  if (isBuffer(value)) return {opcode: 2, data: new Uint8Array(value).slice()};
  if (!ArrayBuffer.isView(value)) return {opcode: 1, data: encoder.encode(usvString(value))};
  if (isShared(value.buffer))
    throw new TypeError("Failed to execute 'send' on 'WebSocket': The provided ArrayBufferView value " +
                        "must not be shared.");
  return {opcode: 2, data: new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()};
}

function syntaxError(text) { return new DOMException(text, "SyntaxError"); }

const sockets = new WeakMap(); // those that are not the browser's own
const own = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
const replaced = new Proxy(Native, {
  construct(target, args, newTarget) {
    if (args.length === 0) return Reflect.construct(target, args, newTarget);
    let address = usvString(args[0]), protocols = protocolList(args[1]), url = null;
    try {
      url = new URL(address, globalThis.document ? document.baseURI : location.href);
    } catch (e) {}
    if (url) url.protocol = {"http:": "ws:", "https:": "wss:"}[url.protocol] || url.protocol;
    const plain = url && url.href.split("#")[0];
    if (!url || !/^wss?:/.test(plain) || !intercepts(withoutUser(url)))
      return Reflect.construct(target, [address, protocols], newTarget);
    if (plain !== url.href)
      throw syntaxError("Failed to construct 'WebSocket': The URL contains a fragment identifier.");
    protocols.forEach((name, at) => {
      if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
        throw syntaxError("Failed to construct 'WebSocket': The subprotocol '" + name + "' is invalid.");
      if (protocols.indexOf(name) !== at)
        throw syntaxError("Failed to construct 'WebSocket': The subprotocol '" + name + "' is duplicated.");
    });
    const self = Reflect.construct(EventTarget, [], newTarget);
    sockets.set(self, new Socket(self, url, protocols));
    return self;
  }
});
function withoutUser(url) { return url.protocol + "//" + url.host + url.pathname + url.search; }

// The members stay the browser's own functions to look at; those of our sockets are answered here.
function patch(name, mine) {
  const member = Object.getOwnPropertyDescriptor(Native.prototype, name);
  ["get", "set", "value"].forEach((part) => {
    if (mine[part])
      member[part] = new Proxy(member[part], {
        apply(target, self, args) {
          const socket = sockets.get(self);
          return socket ? mine[part](socket, args) : Reflect.apply(target, self, args);
        }
      });
  });
  Object.defineProperty(Native.prototype, name, member);
}
["url", "readyState", "bufferedAmount", "protocol", "extensions"].forEach((name) => {
  patch(name, {get: (socket) => socket[name]});
});
patch("binaryType", {
  get: (socket) => socket.binaryType,
  set(socket, args) {
    const type = `${args[0]}`;
    if (type === "blob" || type === "arraybuffer") socket.binaryType = type;
  }
});
// HTML, event handlers: in the order of the first that is set, and gone while none is.
["open", "message", "error", "close"].forEach((type) => {
  patch("on" + type, {
    get: (socket) => socket.handlers[type] && socket.handlers[type].value,
    set(socket, args) {
      let value = args[0], handler = socket.handlers[type];
      if ((typeof value !== "object" && typeof value !== "function") || value === null) {
        if (handler) removeEventListener.call(socket.self, type, handler);
        socket.handlers[type] = null;
      } else if (handler) {
        handler.value = value;
      } else {
        handler = socket.handlers[type] = {
          value: value,
          handleEvent(event) {
            if (typeof this.value === "function") this.value.call(socket.self, event);
          }
        };
        addEventListener.call(socket.self, type, handler);
      }
    }
  });
});
patch("send", {value(socket, args) {
  if (args.length === 0)
    throw new TypeError("Failed to execute 'send' on 'WebSocket': 1 argument required, but only 0 present.");
  const payload = payloadOf(args[0]);
  const size = socket.send(payload.data);
  if (socket.readyState === 1) socket.queue(payload.opcode, payload.data, size);
}});
patch("close", {value(socket, args) {
  const code = args[0] === undefined ? undefined : closeCode(args[0]);
  const reason = args[1] === undefined ? new Uint8Array(0) : encoder.encode(usvString(args[1]));
  if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999))
    throw new DOMException("Failed to execute 'close' on 'WebSocket': The close code must be either 1000, " +
                           "or between 3000 and 4999. " + code + " is neither.", "InvalidAccessError");
  if (reason.length > 123)
    throw syntaxError("Failed to execute 'close' on 'WebSocket': The close reason must not be greater than " +
                      "123 UTF-8 bytes.");
  socket.close(code, reason);
}});
Native.prototype.constructor = replaced;
own.value = replaced;
Object.defineProperty(globalThis, "WebSocket", own);
)";

} // namespace wsintercept::inline v0_1_0::bridge::detail
