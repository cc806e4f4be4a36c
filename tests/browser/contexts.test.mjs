// Sockets of frames and workers, pages of other origins, and what DevTools shows.
import assert from "node:assert/strict";
import { echoed, failed, inSharedWorker, noNetwork, session, test, testEnd } from "./harness.mjs";
import { startServer } from "./server.mjs";

const server = await startServer();
const friend = "http://friend.test"; // may open sockets; stranger.test may not
const start = session(["--intercept", "ws://myapp/*=1", "--echo", "--allow-origin", friend], {
  rules: `MAP *.test 127.0.0.1:${server.port}, ${noNetwork}`,
});

const wasHeard = async (...what) => (await start()).heard(...what);
async function wasNotHeard(url) {
  const hr = await start();
  assert.deepEqual(
    hr.lines.filter((line) => line.includes?.(url)),
    [],
  );
}

/// What a frame of the page tells about the socket that it opened.
const inFrame = (page, source, sandbox) =>
  page.evaluate(
    ([source, sandbox]) => {
      const frame = document.createElement("iframe");
      if (sandbox) frame.sandbox = sandbox;
      frame.src = source;
      const told = new Promise((resolve) => {
        onmessage = (e) => e.source === frame.contentWindow && resolve(e.data);
      });
      document.body.append(frame);
      return told;
    },
    [source, sandbox],
  );

test("an iframe of the same origin", async () => {
  const page = await (await start()).page();
  const url = "ws://myapp/frame/same";
  assert.deepEqual(await inFrame(page, `/frame.html#${url}`), echoed("from a frame"));
  await wasHeard(url, "from a frame", "http://myapp");
});

test("an iframe of another origin that is allowed", async () => {
  const page = await (await start()).page();
  const url = "ws://myapp/frame/friend";
  assert.deepEqual(await inFrame(page, `${friend}/frame.html#${url}`), echoed("from a frame"));
  await wasHeard(url, "from a frame", friend);
});

test("an iframe of another origin that is not allowed is refused", async () => {
  const page = await (await start()).page();
  const url = "ws://myapp/frame/stranger";
  const log = await inFrame(page, `http://stranger.test/frame.html#${url}`);
  assert.deepEqual(log, failed);
  await wasNotHeard(url);
});

test("a sandboxed iframe, whose Origin is null, is refused", async () => {
  const page = await (await start()).page();
  const url = "ws://myapp/frame/sandboxed";
  assert.deepEqual(await inFrame(page, `/frame.html#${url}`, "allow-scripts"), failed);
  await wasNotHeard(url);
});

// security.md: cross-site hijacking
test("a page of a foreign Origin is refused with 403, and the program says so", async () => {
  const hr = await start();
  const page = await hr.page("http://stranger.test/");
  const console = page.waitForEvent("console", (m) => m.text().startsWith("WebSocket"));
  const url = "ws://myapp/foreign";
  assert.deepEqual(await page.evaluate((url) => roundTrip(url, []), url), failed);
  assert.match((await console).text(), /Unexpected response code: 403/);
  await hr.stderrHas(/ws:\/\/myapp\/foreign: .*Origin/);
  await wasNotHeard(url);
});

test("a page of an allowed Origin", async () => {
  const hr = await start();
  const page = await hr.page(`${friend}/`);
  const url = "ws://myapp/friend";
  assert.deepEqual(await page.evaluate((url) => roundTrip(url, ["hi"]), url), echoed("hi"));
  await wasHeard(url, "hi", friend);
});

test("a dedicated worker", async () => {
  const page = await (await start()).page();
  const url = "ws://myapp/worker";
  const log = await page.evaluate((url) => {
    const worker = new Worker("/worker.js");
    worker.postMessage(url);
    return new Promise((resolve) => (worker.onmessage = (e) => resolve(e.data)));
  }, url);
  assert.deepEqual(log, echoed("from a worker"));
  await wasHeard(url, "from a worker", "http://myapp");
});

test("a worker that ends with an open socket ends the socket", async () => {
  const hr = await start();
  const page = await hr.page();
  const url = "ws://myapp/worker/ended";
  await page.evaluate((url) => {
    const code = `const s = new WebSocket("${url}"); s.onopen = () => postMessage("open")`;
    globalThis.worker = new Worker(URL.createObjectURL(new Blob([code])));
    return new Promise((resolve) => (worker.onmessage = resolve)).then(() => worker.terminate());
  }, url);
  const upgrade = await hr.upgrade(url);
  const last = await hr.last(upgrade[2]);
  assert.deepEqual(hr.of(upgrade[2]), [upgrade, last]);
});

test("a shared worker, for two pages", async () => {
  const hr = await start();
  for (const name of ["one", "two"]) {
    const page = await hr.page();
    const url = `ws://myapp/shared/${name}`;
    const work = (url) => roundTrip(url, ["from a shared worker"]);
    const log = await inSharedWorker(page, work, url);
    assert.deepEqual(log, echoed("from a shared worker"));
    await wasHeard(url, "from a shared worker", "http://myapp");
  }
});

test("DevTools shows the handshake and the frames", async () => {
  const hr = await start();
  const page = await hr.page();
  const devtools = await hr.context.newCDPSession(page);
  await devtools.send("Network.enable");
  const seen = [];
  const closed = new Promise((resolve) => devtools.on("Network.webSocketClosed", resolve));
  for (const [name, tell] of Object.entries({
    webSocketCreated: (e) => e.url,
    webSocketHandshakeResponseReceived: (e) => e.response.status,
    webSocketFrameSent: (e) => [e.response.opcode, e.response.payloadData],
    webSocketFrameReceived: (e) => [e.response.opcode, e.response.payloadData],
  }))
    devtools.on(`Network.${name}`, (e) => seen.push([name, tell(e)]));
  await page.evaluate(async () => {
    const s = new RecordedSocket("ws://myapp/devtools");
    await s.opened();
    s.ws.send("text");
    await s.received(1);
    s.ws.send(new Uint8Array([1, 2, 3]));
    await s.received(2);
    s.ws.close();
    await s.closed();
  });
  await closed;
  assert.deepEqual(seen, [
    ["webSocketCreated", "ws://myapp/devtools"],
    ["webSocketHandshakeResponseReceived", 101],
    ["webSocketFrameSent", [1, "text"]],
    ["webSocketFrameReceived", [1, "text"]],
    ["webSocketFrameSent", [2, "AQID"]],
    ["webSocketFrameReceived", [2, "AQID"]],
  ]);
});

testEnd(start);
