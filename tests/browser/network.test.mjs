// Which URLs come to the program, which go to the network, and who may connect.
import assert from "node:assert/strict";
import net from "node:net";
import { noNetwork, session, test, testEnd } from "./harness.mjs";
import { startServer } from "./server.mjs";

// The first row that matches decides.
const rows = [
  ["ws://app.test/raw/*", 0],
  ["ws://app.test/*", 1],
  ["ws://*.wild.test/*", 1],
  ["ws://port.test:8080/*", 1],
  ["ws://anyport.test:*/*", 1],
  ["ws://query.test/feed?key=*", 1],
  ["ws://exact.test/one", 1],
  ["ws://end*.test/*.json", 1],
  ["*://both.test/free/*", 0],
  ["*://both.test/*", 1],
  ["ws*://secure.test/*", 1],
  ["ws://myapp/ours/*", 1],
];
// [URL, whether it is ours]
const sample = [
  ["ws://app.test/", 1],
  ["ws://app.test/raw", 1],
  ["ws://app.test/raw/x", 0],
  ["ws://app.test/x/raw/", 1],
  ["ws://APP.test:80/Path", 1, "ws://app.test/Path"],
  ["ws://app.test:81/", 0],
  ["ws://notapp.test/", 0],
  ["ws://a.wild.test/", 1],
  ["ws://a.b.wild.test/x", 1],
  ["ws://wild.test/", 0],
  ["ws://other.test/?x=.wild.test/", 0],
  ["ws://port.test:8080/", 1],
  ["ws://port.test/", 0],
  ["ws://port.test:8081/", 0],
  ["ws://anyport.test:1234/a", 1],
  ["ws://anyport.test/a", 0],
  ["ws://query.test/feed?key=1", 1],
  ["ws://query.test/feed?key=", 1],
  ["ws://query.test/feed", 0],
  ["ws://query.test/feedXkey=1", 0],
  ["ws://exact.test/one", 1],
  ["ws://exact.test/one/", 0],
  ["ws://exact.test/one?", 0],
  ["ws://end.test/a/b.json", 1],
  ["ws://ending.test/b.json", 1],
  ["ws://end.test/b.json2", 0],
  ["ws://both.test/socket", 1],
  ["ws://both.test/free/socket", 0],
  ["ws://secure.test/", 1],
  ["ws://other.test/?ws://app.test/", 0],
  ["ws://myapp/ours/1", 1],
  ["ws://myapp/theirs", 0],
];

const server = await startServer();
const toServer = ["*.test", "myapp"].map((host) => `MAP ${host} 127.0.0.1:${server.port}`);
const start = session(
  ["--echo", ...rows.flatMap(([pattern, action]) => ["--intercept", `${pattern}=${action}`])],
  { rules: [...toServer, noNetwork].join(", ") },
);
const target = (url) => new URL(url.replace("ws:", "http:"));

test("an unmatched URL reaches a real server untouched", async () => {
  const hr = await start();
  const page = await hr.page();
  const log = await page.evaluate(() => roundTrip("ws://real.test/feed?x=1", ["to the server"]));
  assert.deepEqual(log, [
    ["open", ""],
    ["message", "to the server"],
    ["close", 1000, "", true],
  ]);
  const { headers } = server.head("GET /feed?x=1"); // the target is a path: no proxy was asked
  assert.equal(headers.host, "real.test");
  assert.equal(headers.origin, "http://myapp");
  assert.deepEqual(
    Object.keys(headers).filter((name) => /proxy|wsintercept/i.test(name)),
    [],
  );
  assert.deepEqual(
    hr.lines.filter((line) => JSON.stringify(line).includes("real.test")),
    [],
  );
});

test("an unmatched page too, and its sockets to the network", async () => {
  const hr = await start();
  const page = await hr.page("http://real.test/");
  assert.ok(server.head("GET /"));
  const log = await page.evaluate(() => roundTrip("ws://myapp/theirs/2", ["x"]));
  assert.deepEqual(log.at(-1), ["close", 1000, "", true]);
  assert.ok(server.head("GET /theirs/2"));
});

test("the browser's proxy script decides as the table does", async () => {
  const hr = await start();
  const page = await hr.page();
  for (const [url, ours, normal = url] of sample) {
    const before = server.heads.length;
    const log = await page.evaluate((url) => roundTrip(url, ["x"]), url);
    assert.deepEqual(
      log.map(([kind]) => kind),
      ["open", "message", "close"],
      url,
    );
    const told = hr.events("WebSocketUpgrade").filter((line) => line[3] === normal);
    const { pathname, search } = target(normal);
    const served = server.heads.slice(before).map(({ line }) => line);
    assert.equal(told.length, ours, url);
    const line = `GET ${pathname}${search || (normal.endsWith("?") ? "?" : "")}`;
    assert.deepEqual(served, ours ? [] : [line], url);
  }
});

test("scheme * is for pages too", async () => {
  const hr = await start();
  const page = await hr.page("http://both.test/free/sockets.js");
  assert.ok(server.head("GET /free/sockets.js"));
  const opened = page.goto("http://both.test/page");
  const request = await hr.request("http://both.test/page");
  const answer = [1, 200, "", "text/html", request[7], "", "<title>ours</title>", request[10]];
  await hr.call([...request.slice(0, 3), ...answer]);
  await opened;
  assert.equal(await page.title(), "ours");
});

test("a request to this host without a row, a file or a page is 404", async () => {
  const page = await (await start()).page();
  const status = await page.evaluate(async () => (await fetch("/no-such-file")).status);
  assert.equal(status, 404);
});

/// The endpoint's port, as anyone on this machine can find it.
async function findPort() {
  const { line } = (await start()).browserProcess();
  const [, data] = /--proxy-pac-url=data:[^,]*,([^\0]*)/.exec(line);
  const text = /--proxy-pac-url=data:[^,]*;base64,/.test(line)
    ? Buffer.from(data, "base64").toString()
    : decodeURIComponent(data);
  return Number(/PROXY 127\.0\.0\.1:([0-9]+)/.exec(text)[1]);
}

// security.md: loopback socket without authentication
const upgradeHead =
  "GET /x HTTP/1.1\r\nHost: app.test\r\nOrigin: http://app.test\r\nUpgrade: websocket\r\n" +
  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
for (const [what, sent] of [
  ["a proxied WebSocket", "CONNECT app.test:80 HTTP/1.1\r\nHost: app.test:80\r\n\r\n"],
  ["a WebSocket", upgradeHead],
  ["a page", "GET http://myapp/ HTTP/1.1\r\nHost: myapp\r\n\r\n"],
  ["nothing", ""],
])
  test(`an intruder on the port that asks for ${what} is closed without a byte`, async () => {
    const hr = await start();
    const before = hr.lines.length;
    const port = await findPort();
    const { bytes, from } = await new Promise((resolve) => {
      let [bytes, from] = [0, 0];
      const socket = net.connect(port, "127.0.0.1", () => {
        from = socket.localPort;
        socket.write(sent);
      });
      socket.on("data", (data) => (bytes += data.length));
      socket.on("error", () => {}).on("close", () => resolve({ bytes, from })); // by FIN or RST
    });
    assert.equal(bytes, 0);
    await hr.stderrHas(new RegExp(`127\\.0\\.0\\.1:${from}: .*peer`));
    assert.deepEqual(hr.lines.slice(before), []);
  });

test("an intruder disturbs nobody", async () => {
  const page = await (await start()).page();
  const log = await page.evaluate(() => roundTrip("ws://myapp/ours/after", ["x"]));
  assert.deepEqual(log.at(-1), ["close", 1000, "", true]);
});

testEnd(start);
