// A hostile client: node hostile.mjs PORT PLAIN SEED ROUNDS
// Gives the endpoint at PORT what it should not get; PLAIN: nginx. The same seed makes the same
// changes in the same places; masking keys and TLS's random bytes are others. Prints how often which
// form was sent.
import { Duplex } from "node:stream";
import tls from "node:tls";
import { hello } from "./hello.mjs";
import { connect, frame, handshake, readHead, tunnel } from "./wire.mjs";

const [port, plain, seed, rounds] = process.argv.slice(2).map(Number);
const atOnce = 16;
const idle = 600; // more than one process may have
const longest = 250; // ms that a connection waits for an answer

/// xorshift32: a number in [0, n).
function random(state) {
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const at = `localhost:${plain}`;
const close = "\r\n\r\n";
const tokens = [
  ...["\r\n", "\n", "\r", "\0", " ", "\t", ":", ";", ",", "%00", "//", "@", "[::1]", "\xff\xfe"],
  ...["Content-Length: 18446744073709551616\r\n", "Content-Length: 5\r\n", "Content-Length: -1\r\n"],
  ...["Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Host: myapp\r\n"],
  ...["Connection: close\r\n", "Upgrade: h2c\r\n", "Expect: 100-continue\r\n", " folded\r\n"],
  ...["FFFFFFFFFFFFFFFFF\r\n", "0\r\n\r\n", "HTTP/1.0", "HTTP/9.9", "a".repeat(9000)],
].map((text) => Buffer.from(text, "latin1"));

const chunks = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: 1\r\n\r\n";
const heads = [
  `GET /state HTTP/1.1\r\nHost: myapp${close}`,
  `GET http://${at}/seen HTTP/1.1\r\nHost: ${at}\r\nProxy-Connection: keep-alive${close}`,
  `HEAD http://${at}/files/big.bin HTTP/1.1\r\nHost: ${at}${close}`,
  `CONNECT ${at} HTTP/1.1\r\nHost: ${at}${close}GET /seen HTTP/1.1\r\nHost: x${close}`,
  `CONNECT myapp:80 HTTP/1.1\r\nHost: myapp:80${close}${handshake("/x", "myapp")}`,
  handshake("/x", "myapp"),
  handshake(`http://${at}/socket`, at),
  `POST http://myapp/api HTTP/1.1\r\nHost: myapp\r\nContent-Length: 11${close}hello world`,
  `POST http://myapp/api HTTP/1.1\r\nHost: myapp\r\nTransfer-Encoding: chunked${close}${chunks}`,
  `PUT http://${at}/put/h HTTP/1.1\r\nHost: ${at}\r\nTransfer-Encoding: chunked${close}${chunks}`,
  `PUT http://${at}/put/h HTTP/1.1\r\nHost: ${at}\r\nExpect: 100-continue\r\nContent-Length: 11${close}`,
].map((text) => Buffer.from(text, "latin1"));
const frames = [
  frame(1, Buffer.from("text"), true),
  frame(2, Buffer.alloc(300, 1), true),
  frame(2, Buffer.alloc(70_000, 2), true),
  frame(9, Buffer.from("ping"), true),
  frame(10, Buffer.alloc(125), true),
  frame(8, Buffer.from([3, 232]), true),
  frame(1, Buffer.from("unmasked"), false),
  Buffer.from("82ff7fffffffffffffff00000000", "hex"), // as long as can be
];
const clientHello = await hello("intercepted.test");

function bytes(next, n) {
  return Buffer.from(Array.from({ length: n }, () => next(256)));
}

/// Changes a few places.
function mutate(next, given) {
  let out = Buffer.from(given);
  for (let n = next(6); n >= 0; n--) {
    const [from, size] = [next(out.length + 1), next(20)];
    const [before, behind] = [out.subarray(0, from), out.subarray(from)];
    const change = [
      () => [before, bytes(next, 1), behind.subarray(1)],
      () => [before, behind.subarray(size)],
      () => [before, behind.subarray(0, size), behind],
      () => [before, tokens[next(tokens.length)], behind],
      () => [before, bytes(next, size), behind],
      () => [before, behind.subarray(0, size)], // cut short
    ][next(n === 0 ? 6 : 5)];
    out = Buffer.concat(change());
  }
  return out;
}

const some = (next, from) => from[next(from.length)];
const run = (next, from) =>
  Buffer.concat(Array.from({ length: 1 + next(4) }, () => mutate(next, some(next, from))));

/// In pieces, or slowly byte by byte, or at once; then one of the ends.
async function send(next, stream, what) {
  const way = next(8);
  const step = way === 0 ? 1 : way < 3 ? 1 + next(64) : what.length || 1;
  const end = next(4);
  for (let sent = 0; sent < what.length && !stream.destroyed; sent += step) {
    stream.write(what.subarray(sent, sent + step));
    if (way < 3 && sent < 40 * step) await pause(next(3));
  }
  if (end === 0) stream.end();
  if (end === 1) return (stream.below ?? stream).resetAndDestroy();
  if (end === 2) stream.pause();
  else stream.resume();
  await Promise.race([new Promise((resolve) => stream.once("close", resolve)), pause(longest)]);
  stream.destroy();
}

/// TLS whose certificate nobody looks at, in a tunnel or at once. `stream.below`: its connection,
/// which is still ours.
async function overTls(inTunnel) {
  const below = await (inTunnel ? tunnel(port, "intercepted.test:443") : connect(port));
  const between = new Duplex({
    read() {},
    write: (part, _, done) => below.write(part, () => done()),
    final: (done) => below.end(done),
  });
  below.on("data", (part) => between.push(part)).on("end", () => between.push(null));
  below.on("close", () => between.destroy());
  const options = { servername: "intercepted.test", rejectUnauthorized: false };
  const stream = tls.connect({ socket: between, ...options });
  stream.on("error", () => {}).on("close", () => below.destroy());
  await new Promise((resolve) => stream.once("secureConnect", resolve).once("close", resolve));
  return Object.assign(stream, { below });
}

async function upgraded(stream, target, host) {
  stream.write(handshake(target, host));
  await readHead(stream);
  return stream;
}

const forms = {
  noise: async (next) => send(next, await connect(port), bytes(next, next(3000))),
  heads: async (next) => send(next, await connect(port), run(next, heads)),
  "hello at once": async (next) => send(next, await connect(port), mutate(next, clientHello)),
  "hello in a tunnel": async (next) =>
    send(next, await tunnel(port, "intercepted.test:443"), mutate(next, clientHello)),
  "heads in a tunnel": async (next) => send(next, await tunnel(port, "myapp:80"), run(next, heads)),
  "noise in a tunnel": async (next) => send(next, await tunnel(port, at), bytes(next, 3000)),
  frames: async (next) =>
    send(next, await upgraded(await connect(port), "/x", "myapp"), run(next, frames)),
  "frames to nginx": async (next) =>
    send(next, await upgraded(await connect(port), `http://${at}/socket`, at), run(next, frames)),
  "heads over TLS": async (next) => send(next, await overTls(next(2)), run(next, heads)),
  "frames over TLS": async (next) =>
    send(next, await upgraded(await overTls(next(2)), "/x", "intercepted.test"), run(next, frames)),
  "records behind TLS": async (next) => {
    const { below } = await overTls(1);
    await send(next, below, mutate(next, Buffer.from("1703030020".padEnd(74, "5a"), "hex")));
  },
};
const names = Object.keys(forms);

const sleepers = await Promise.all(Array.from({ length: idle }, () => connect(port).catch(() => {})));
const count = { ...Object.fromEntries(names.map((name) => [name, 0])), refused: 0 };
let round = 0;
async function lane() {
  while (round < rounds) {
    const next = random((seed + round++) * 2654435761 || 1);
    for (let warm = 0; warm < 8; warm++) next(2);
    const name = some(next, names);
    await forms[name](next).then(
      () => count[name]++,
      () => count.refused++, // closed ahead of what was to be sent
    );
  }
}
await Promise.all(Array.from({ length: atOnce }, lane));
for (const sleeper of sleepers) sleeper?.destroy();
console.log(JSON.stringify(count));
process.exit(0);
