// wss, and https pages: what the endpoint's own key is for.
import assert from "node:assert/strict";
import "./pages/data.js";
import { accepts } from "./answers.mjs";
import {
  devtoolsPipe,
  echoed,
  failed,
  inSharedWorker,
  noNetwork,
  Session,
  session,
  test,
  testEnd,
} from "./harness.mjs";
import { startServer } from "./server.mjs";

const rows = [
  ["wss://myapp/manual*", 2],
  ["wss://myapp/*", 1],
  ["wss://myapp:8443/*", 1],
  ["wss://only.test/*", 1],
  ["https://myapp/api/*", 1],
];
const server = await startServer();
const start = session(
  ["--echo", ...rows.flatMap(([pattern, action]) => ["--intercept", `${pattern}=${action}`])],
  { rules: `MAP *.test 127.0.0.1:${server.port}, ${noNetwork}` },
);

const wasHeard = async (...what) => (await start()).heard(...what);

test("an https page is served from the folder, and is a secure context", async () => {
  const page = await (await start()).page("https://myapp/");
  const seen = await page.evaluate(async () => {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("abc"));
    const hex = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0"));
    return [location.origin, isSecureContext, "serviceWorker" in navigator, hex.join("")];
  });
  assert.deepEqual(seen, [
    ...["https://myapp", true, true],
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", // FIPS 180-4's example
  ]);
});

for (const scheme of ["http", "https"]) {
  const origin = `${scheme}://myapp`;
  const url = (name) => `wss://myapp/${scheme}/${name}`;

  test(`wss from an ${scheme} page`, async () => {
    const page = await (await start()).page(`${origin}/`);
    const log = await page.evaluate((url) => roundTrip(url, ["hi"]), url("echo?x=1"));
    assert.deepEqual(log, echoed("hi"));
    const [, , , , head, kind] = await wasHeard(url("echo?x=1"), "hi", origin);
    assert.ok(head.startsWith(`GET /${scheme}/echo?x=1 HTTP/1.1\r\nHost: myapp\r\n`), head);
    assert.equal(kind, "auto");
  });

  test(`wss in a frame, a worker and a shared worker of an ${scheme} page`, async () => {
    const page = await (await start()).page(`${origin}/`);
    const inFrame = await page.evaluate((url) => {
      const frame = document.createElement("iframe");
      frame.src = `/frame.html#${url}`;
      document.body.append(frame);
      return new Promise((resolve) => (onmessage = (e) => resolve(e.data)));
    }, url("frame"));
    assert.deepEqual(inFrame, echoed("from a frame"));
    await wasHeard(url("frame"), "from a frame", origin);

    const inWorker = await page.evaluate((url) => {
      const worker = new Worker("/worker.js");
      worker.postMessage(url);
      return new Promise((resolve) => (worker.onmessage = (e) => resolve(e.data)));
    }, url("worker"));
    assert.deepEqual(inWorker, echoed("from a worker"));
    await wasHeard(url("worker"), "from a worker", origin);

    const work = (url) => roundTrip(url, ["from a shared worker"]);
    assert.deepEqual(
      await inSharedWorker(page, work, url("shared")),
      echoed("from a shared worker"),
    );
    await wasHeard(url("shared"), "from a shared worker", origin);
  });
}

test("messages of many sizes come back as they went", async () => {
  const page = await (await start()).page("https://myapp/");
  const same = await page.evaluate(async () => {
    const s = new RecordedSocket("wss://myapp/sizes");
    await s.opened();
    // Around a record of TLS, a fragment of Chromium's, and what one read of the endpoint takes.
    const sizes = [0, 1, 16_383, 16_384, 16_385, 65_536, 131_000, 131_001, 1024 * 1024, 8_000_000];
    const sent = sizes.map((size) => bytesOf(size));
    for (const message of sent) s.ws.send(message);
    await s.received(sent.length);
    s.ws.close();
    await s.closed();
    return s.messages.map((data, i) => sameBytes(new Uint8Array(data), sent[i]));
  });
  assert.deepEqual(same, Array(10).fill(true));
});

test("many wss sockets at once", async () => {
  const hr = await start();
  const page = await hr.page("https://myapp/");
  const answers = await page.evaluate(async () => {
    const seen = [];
    await openMany(50, async (i) => {
      const log = await roundTrip(`wss://myapp/many/${i}`, [`${i}`]);
      seen[i] = log[1][1];
    });
    return seen;
  });
  assert.deepEqual(answers, [...Array(50).keys()].map(String));
});

test("another port than 443, where a row names it", async () => {
  const page = await (await start()).page();
  const log = await page.evaluate(() => roundTrip("wss://MyApp:8443/port", ["x"]));
  assert.deepEqual(log, echoed("x"));
  await wasHeard("wss://myapp:8443/port", "x", "http://myapp");
  const usual = await page.evaluate(() => roundTrip("wss://myapp:443/usual", ["x"]));
  assert.deepEqual(usual, echoed("x"));
  await wasHeard("wss://myapp/usual", "x", "http://myapp");
});

test("a manual handshake over wss, and a close by the host", async () => {
  const hr = await start();
  const page = await hr.page("https://myapp/");
  const url = "wss://myapp/manual";
  const log = page.evaluate(async (url) => {
    const s = new RecordedSocket(url, ["a", "b"]);
    await s.closed();
    return s.log;
  }, url);
  const upgrade = await hr.upgrade(url);
  assert.equal(upgrade[5], "manual");
  const result = await hr.answer(upgrade, accepts(upgrade, ["Sec-WebSocket-Protocol: b"]));
  assert.equal(result.result, 0);
  await hr.send(upgrade[2], "first");
  await hr.close(upgrade[2], 4000, "bye");
  assert.deepEqual(await log, [
    ["open", "b"],
    ["message", "first"],
    ["close", 4000, "bye", true],
  ]);
});

test("a page that goes away ends its wss sockets", async () => {
  const hr = await start();
  const page = await hr.page("https://myapp/");
  const url = "wss://myapp/left";
  await page.evaluate(async (url) => {
    globalThis.s = new RecordedSocket(url);
    await s.opened();
  }, url);
  const upgrade = await hr.upgrade(url);
  await page.close();
  const last = await hr.last(upgrade[2]);
  assert.deepEqual(hr.of(upgrade[2]), [upgrade, last]);
  assert.deepEqual(last.slice(1), ["WebSocketClose", upgrade[2], 1001, ""]);
});

test("fetch on https is an HTTPRequest", async () => {
  const hr = await start();
  const page = await hr.page("https://myapp/");
  const url = "https://myapp/api/things?x=1";
  const fetched = page.evaluate(async (url) => {
    const response = await fetch(url, { method: "POST", body: "a question" });
    return [response.status, response.headers.get("x-one"), await response.text()];
  }, url);
  const request = await hr.request(url, "POST");
  assert.match(request[8], /^POST \/api\/things\?x=1 HTTP\/1\.1\r\n(.+\r\n)+\r\n$/);
  assert.equal(request[9], "a question");
  const answer = [1, 201, "", "text/plain", url, "X-One: 1\r\n", "an answer", "POST"];
  await hr.call([...request.slice(0, 3), ...answer]);
  assert.deepEqual(await fetched, [201, "1", "an answer"]);
});

test("an https page that the host answers", async () => {
  const hr = await start();
  const page = await hr.page();
  const opened = page.goto("https://myapp/api/page");
  const request = await hr.request("https://myapp/api/page");
  const html = '<title>ours</title><script src="/data.js"></script>';
  const answer = [1, 200, "", "text/html", request[7], "", html, "GET"];
  await hr.call([...request.slice(0, 3), ...answer]);
  await opened;
  assert.equal(await page.title(), "ours");
  assert.equal(await page.evaluate(() => isSecureContext && typeof bytesOf), "function");
});

test("a row for wss leaves ws of the same path to the network", async () => {
  const page = await (await start()).page();
  const secure = await page.evaluate(() => roundTrip("wss://only.test/feed", ["ours"]));
  assert.deepEqual(secure, echoed("ours"));
  await wasHeard("wss://only.test/feed", "ours", "http://myapp");
  assert.equal(server.head("GET /feed"), undefined);
  const plain = await page.evaluate(() => roundTrip("ws://only.test/feed", ["theirs"]));
  assert.deepEqual(plain, echoed("theirs"));
  assert.equal(server.head("GET /feed").headers.host, "only.test");
});

test("a page of a foreign Origin is refused over wss too", async () => {
  const hr = await start();
  const page = await hr.page("http://stranger.test/");
  const console = page.waitForEvent("console", (m) => m.text().startsWith("WebSocket"));
  const log = await page.evaluate(() => roundTrip("wss://myapp/foreign", []));
  assert.deepEqual(log, failed);
  assert.match((await console).text(), /Unexpected response code: 403/);
  await hr.stderrHas(/wss:\/\/myapp\/foreign: .*Origin/);
});

test("--url https://ROOT/ beside --dir shows the folder as a secure context", { needs: devtoolsPipe }, async () => {
  const hr = await new Session(["--url", "https://myapp/"]).ready();
  await hr.stderrHas(/loaded https:\/\/myapp\//);
  await hr.stop();
});

// The last of a switch's uses counts.
test("a browser that was told of another key trusts nothing of ours", async () => {
  const other = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="; // the hash of "abc"
  const hr = await new Session([
    `--browser-arg=--ignore-certificate-errors-spki-list=${other}`,
  ]).ready();
  const page = await hr.page();
  const console = page.waitForEvent("console", (m) => m.text().startsWith("WebSocket"));
  const log = await page.evaluate(() => roundTrip("wss://myapp/other-key", []));
  assert.deepEqual(log, failed);
  assert.match((await console).text(), /net::ERR_CERT_AUTHORITY_INVALID$/);
  await assert.rejects(page.goto("https://myapp/"), /ERR_CERT_AUTHORITY_INVALID/);
  await hr.stderrHas(/myapp:443: .*alert certificate unknown/);
  assert.deepEqual(hr.events("WebSocketUpgrade"), []);
  await hr.stop();
});

testEnd(start);
