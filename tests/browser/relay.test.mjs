// A table of so many hosts that the browser's script sends more here than is intercepted: pages and
// sockets of the network come through the relay, and by way of a proxy.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { noNetwork, scratch, session, test, testEnd } from "./harness.mjs";
import { startServer } from "./server.mjs";

const rows = Array.from({ length: 30_000 }, (_, n) => `*://host${n}.test/ours/*=1`);
const file = `${scratch}/hosts`;
fs.writeFileSync(file, rows.join("\n") + "\n");

const server = await startServer();

/// Stands for the network: every host is the server. What it was asked for, as it came.
const asked = [];
const large = crypto.randomBytes(5 << 20);
const proxy = http.createServer((request, response) => {
  asked.push({ line: `${request.method} ${request.url}`, fields: request.rawHeaders });
  if (request.url.endsWith("/large")) return response.end(large);
  if (request.method === "POST") return request.pipe(response);
  const { pathname } = new URL(request.url);
  const next = { port: server.port, path: pathname, method: request.method };
  http.request(next, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  }).end();
});
proxy.on("connect", (request, socket, behind) => {
  asked.push({ line: `CONNECT ${request.url}`, fields: request.rawHeaders });
  const way = net.connect(server.port, "127.0.0.1", () => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    way.write(behind);
    socket.pipe(way).pipe(socket);
  });
  way.on("error", () => socket.destroy());
  socket.on("error", () => way.destroy());
});
await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
proxy.unref();

const start = session(
  ["--intercept-file", file, "--echo", "--allow-origin", "http://other.test"].concat(
    ["--proxy", `127.0.0.1:${proxy.address().port}`],
  ),
  { rules: noNetwork },
);
const saw = (line) => asked.filter((one) => one.line === line);

test("a page of the network, its sockets, and one of ours", async () => {
  const hr = await start();
  const page = await hr.page("http://other.test/index.html");
  assert.equal(saw("GET http://other.test:80/index.html").length, 1);
  const network = await page.evaluate(() => roundTrip("ws://other.test/a", ["x"]));
  assert.deepEqual(network.at(-1), ["close", 1000, "", true]);
  assert.equal(saw("CONNECT other.test:80").length, 1);
  // A host that a row has, and a path that none has.
  const path = await page.evaluate(() => roundTrip("ws://host7.test/theirs", ["x"]));
  assert.deepEqual(path.at(-1), ["close", 1000, "", true]);
  assert.equal(saw("CONNECT host7.test:80").length, 1);
  assert.ok(server.head("GET /theirs"));
  const ours = await page.evaluate(() => roundTrip("ws://host7.test/ours/x", ["x"]));
  assert.deepEqual(ours.at(-1), ["close", 1000, "", true]);
  await hr.upgrade("ws://host7.test/ours/x");
  assert.equal(saw("CONNECT host7.test:80").length, 1);
  assert.deepEqual(
    hr.lines.filter((line) => line[3]?.includes?.("theirs")),
    [],
  );
});

test("bodies both ways, byte for byte", async () => {
  const page = await (await start()).page("http://other.test/index.html");
  const down = await page.evaluate(async () => {
    const bytes = await (await fetch("/large")).arrayBuffer();
    const hash = new Uint8Array(bytes).reduce((sum, byte) => (sum * 31 + byte) >>> 0, 0);
    return [bytes.byteLength, hash];
  });
  assert.deepEqual(down, [large.length, large.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 0)]);
  const up = await page.evaluate(async () => {
    const body = new Uint8Array(3 << 20).map((_, i) => i * 7);
    const back = new Uint8Array(await (await fetch("/", { method: "POST", body })).arrayBuffer());
    return back.length === body.length && back.every((byte, i) => byte === body[i]);
  });
  assert.ok(up);
});

test("the secret of the launch stays here", () => {
  const relayed = asked.filter(({ line }) => /\.test[:/]/.test(line)); // not Chromium's own
  assert.ok(relayed.length > 5);
  for (const { fields } of relayed)
    assert.ok(!fields.some((text) => /^(proxy-|basic)/i.test(text)), fields.join());
});

testEnd(start);
