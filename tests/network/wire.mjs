// Sockets as their bytes: connections, tunnels, heads, WebSockets.
import crypto from "node:crypto";
import net from "node:net";
import tls from "node:tls";

/// Connected; its errors are seen by who reads.
export async function connect(port, options = {}) {
  const socket = net.connect({ port, host: "127.0.0.1", ...options });
  socket.on("error", () => {});
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve).once("error", reject);
  });
  return socket;
}

/// Sends `bytes`, and gives all that comes until the other side ends it.
export async function exchange(port, bytes) {
  const socket = net.connect({ port, host: "127.0.0.1" });
  const came = [];
  socket.on("data", (data) => came.push(data));
  socket.on("error", () => {}); // a reset is an end, too
  socket.write(bytes);
  await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(came);
}

/// The head that comes next; what is behind it stays in the stream.
export function readHead(stream) {
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    const stop = (settle, value) => {
      stream.off("readable", look).off("close", ended).off("end", ended);
      settle(value);
    };
    const ended = () => stop(reject, new Error(`ended behind ${JSON.stringify(got.toString())}`));
    const look = () => {
      for (let part; (part = stream.read()) !== null; ) {
        got = Buffer.concat([got, part]);
        const end = got.indexOf("\r\n\r\n");
        if (end < 0) continue;
        if (got.length > end + 4) stream.unshift(got.subarray(end + 4));
        return stop(resolve, got.toString("latin1", 0, end + 4));
      }
    };
    stream.on("readable", look).once("close", ended).once("end", ended);
    if (stream.destroyed) ended();
    else look();
  });
}

/// A connection to `authority` by way of the proxy at `port`.
export async function tunnel(port, authority) {
  const socket = await connect(port);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const head = await readHead(socket);
  if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(head);
  return socket;
}

/// TLS over a stream.
export function secure(stream, options) {
  return new Promise((resolve, reject) => {
    const over = tls.connect({ socket: stream, ALPNProtocols: ["http/1.1"], ...options });
    over.once("secureConnect", () => resolve(over)).on("error", reject);
  });
}

const acceptKey = (key) =>
  crypto
    .createHash("sha1")
    .update(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    .digest("base64");

/// A handshake of a page of http://myapp.
export const handshake = (target, host, key = "dGhlIHNhbXBsZSBub25jZQ==") =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  `Origin: http://myapp\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`;

export const accepted = (key) =>
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`;

/// One frame, RFC 6455 5.2; masked: as clients send it.
export function frame(opcode, payload, masked) {
  const n = payload.length;
  const length = n < 126 ? [n] : n < 65536 ? [126, n >> 8, n & 255] : [127, 0, 0, 0, 0];
  if (n >= 65536) for (const shift of [24, 16, 8, 0]) length.push((n >>> shift) & 255);
  length[0] |= masked ? 128 : 0;
  const key = masked ? crypto.randomBytes(4) : Buffer.alloc(0);
  const body = masked ? payload.map((byte, i) => byte ^ key[i & 3]) : payload;
  return Buffer.concat([Buffer.from([128 | opcode, ...length]), key, body]);
}

/// Calls `take(opcode, payload)` for each whole frame of a stream.
export function onFrames(stream, take) {
  let bytes = Buffer.alloc(0);
  stream.on("data", (more) => {
    bytes = Buffer.concat([bytes, more]);
    while (bytes.length >= 2) {
      const masked = bytes[1] >> 7;
      let [at, n] = [2, bytes[1] & 127];
      if (n >= 126) at += n === 126 ? 2 : 8;
      if (bytes.length < at + 4 * masked) return;
      if (n >= 126) n = n === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
      if (bytes.length < at + 4 * masked + n) return;
      const key = bytes.subarray(at, at + 4);
      at += 4 * masked;
      const payload = bytes.subarray(at, at + n).map((byte, i) => byte ^ (masked && key[i & 3]));
      take(bytes[0] & 15, payload);
      bytes = bytes.subarray(at + n);
    }
  });
}

/// The client side of a WebSocket over any stream.
export class WebSocketClient {
  #came = [];
  #waiting = [];

  static async open(stream, target, host) {
    const key = crypto.randomBytes(16).toString("base64");
    stream.write(handshake(target, host, key));
    const head = await readHead(stream);
    if (!head.startsWith("HTTP/1.1 101 ") || !head.includes(acceptKey(key)))
      throw new Error(head);
    return new WebSocketClient(stream);
  }

  constructor(stream) {
    this.stream = stream;
    onFrames(stream, (opcode, payload) => {
      this.#came.push({ opcode, payload });
      this.#waiting.shift()?.();
    });
    this.ended = new Promise((resolve) => stream.once("close", resolve));
    this.ended.then(() => this.#waiting.forEach((wake) => wake()));
  }

  /// The next frame; undefined: the stream has ended.
  async next() {
    if (this.#came.length === 0 && !this.stream.destroyed)
      await new Promise((resolve) => this.#waiting.push(resolve));
    return this.#came.shift();
  }
  /// Whether this message comes back as it went.
  async echo(payload) {
    this.stream.write(frame(2, payload, true));
    const back = await this.next();
    return back?.opcode === 2 && back.payload.equals(payload);
  }
  /// The closing handshake; the code that came back.
  async close() {
    this.stream.write(frame(8, Buffer.from([3, 232]), true));
    const back = await this.next();
    this.stream.end();
    await this.ended;
    return back?.opcode === 8 ? back.payload.readUInt16BE(0) : undefined;
  }
}
