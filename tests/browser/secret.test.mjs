// The launch secret: pages never notice it, whatever they ask for first, and nobody else has it.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { noNetwork, nothingLeft, pages, Program, Session, test, testEnd } from "./harness.mjs";
import { descendants } from "./processes.mjs";
import { startServer } from "./server.mjs";

const server = await startServer();
const wrapper = (name) => fileURLToPath(new URL(name, import.meta.url));

// It takes 20 s to find out, so it runs beside the other tests.
let mute;
test("a browser that does not speak on the DevTools pipe: started", () => {
  mute = new Program([
    ...["--browser", wrapper("./without_switch.sh"), "--html", `${pages}/index.html`],
    ...["--browser-arg=--without=--remote-debugging-pipe"],
    `--browser-arg=--host-resolver-rules=${noNetwork}`,
  ]);
});

const direct = `http://network.test:${server.port}`;
let running;
const start = () =>
  (running ??= new Session(["--intercept", "*://myapp/*=1", "--echo", "--allow-origin=null"], {
    rules: `MAP network.test 127.0.0.1, ${noNetwork}`,
  }).ready());

/// A page of no server: its first request is a WebSocket.
const socketFirst = (url) =>
  "data:text/html," +
  encodeURIComponent(
    `<script>const s = new WebSocket("${url}");
     s.onopen = () => s.send("first");
     s.onmessage = (e) => (document.title = e.data);
     s.onclose = () => (document.title = "closed");</script>`,
  );

async function opensSocketFirst(page, url) {
  const hr = await start();
  await page.goto(socketFirst(url));
  await page.waitForFunction(() => document.title);
  assert.equal(await page.title(), "first");
  assert.match((await hr.upgrade(url))[4], /\r\nOrigin: null\r\n/);
}

test("a page that the program starts with: its first request is a WebSocket", async () => {
  const hr = new Program([
    ...["--url", socketFirst("ws://myapp/start"), "--allow-origin=null", "--echo"],
    `--browser-arg=--host-resolver-rules=${noNetwork}`,
  ]);
  const upgrade = await hr.upgrade("ws://myapp/start");
  await hr.messages(upgrade[2], 1);
  assert.deepEqual(await hr.stop(), nothingLeft);
});

test("a page whose first request is a WebSocket", async () => {
  const { context } = await start();
  await opensSocketFirst(await context.newPage(), "ws://myapp/default");
});

test("other contexts, at once: each page's first request is a WebSocket", async () => {
  const { browser } = await start();
  await Promise.all(
    ["one", "two", "three"].map(async (name) => {
      const context = await browser.newContext();
      await opensSocketFirst(await context.newPage(), `ws://myapp/${name}`);
      await context.close();
    }),
  );
});

test("a context whose first page has gone, and its next", async () => {
  const context = await (await start()).browser.newContext();
  for (const name of ["before", "after"]) {
    const page = await context.newPage();
    await opensSocketFirst(page, `ws://myapp/${name}`);
    await page.close();
  }
  await context.close();
});

test("http pages, popups, frames and workers of another context", async () => {
  const hr = await start();
  const context = await hr.browser.newContext();
  const page = await context.newPage();
  await page.goto("http://myapp/");
  const opened = context.waitForEvent("page");
  await page.evaluate(() => void open("http://myapp/index.html"));
  const popup = await opened;
  await popup.waitForFunction(() => globalThis.roundTrip);
  const open = [["open", ""], ["message", "hi"], ["close", 1000, "", true]];
  for (const [name, where] of Object.entries({ page, popup }))
    assert.deepEqual(
      await where.evaluate((url) => roundTrip(url, ["hi"]), `ws://myapp/other/${name}`),
      open,
    );
  const fromWorker = await page.evaluate(() => {
    const worker = new Worker("/worker.js");
    worker.postMessage("ws://myapp/other/worker");
    return new Promise((resolve) => (worker.onmessage = (e) => resolve(e.data)));
  });
  assert.deepEqual(fromWorker[0], ["open", ""]);
  const fromFrame = await page.evaluate(() => {
    const frame = document.createElement("iframe");
    frame.src = "/frame.html#ws://myapp/other/frame";
    document.body.append(frame);
    return new Promise((resolve) => (onmessage = (e) => resolve(e.data)));
  });
  assert.deepEqual(fromFrame[0], ["open", ""]);
  await context.close();
});

test("Playwright sees the pages that it made, and no others", async () => {
  const { browser } = await start();
  const context = await browser.newContext();
  const seen = [];
  context.on("page", (page) => seen.push(page));
  const made = [await context.newPage(), await context.newPage()];
  await made[0].goto("http://myapp/");
  assert.deepEqual(seen, made);
  assert.deepEqual(context.pages(), made);
  await context.close();
});

test("the network gets nothing of it", async () => {
  const hr = await start();
  const page = await hr.page(`${direct}/`);
  const url = direct.replace("http", "ws") + "/direct";
  const log = await page.evaluate((url) => roundTrip(url, ["x"]), url);
  assert.deepEqual(log[0], ["open", ""]);
  assert.ok(server.head("GET /direct") && server.head("GET /"));
  for (const { line, headers } of server.heads)
    for (const name of Object.keys(headers))
      assert.ok(!name.startsWith("proxy-"), `${name} in ${line}`);
});

/// What looks like credentials, plain and in base64.
function credentials(bytes) {
  const coded = Buffer.from("wsintercept:").toString("base64") + "[A-Za-z0-9+/]{43}";
  const decoded = (bytes.match(new RegExp(coded, "g")) ?? []).map((text) => atob(text));
  return [bytes, ...decoded].flatMap((text) => text.match(/wsintercept:[0-9a-f]{32}/g) ?? []);
}

// neutralinojs #351: a token that others could read.
test("neutralinojs #351: the secret is in no command line, environment, file or output", async () => {
  const hr = await start();
  const page = await hr.page();
  await page.evaluate(() => roundTrip("ws://myapp/grep", ["x"]));
  await hr.upgrade("ws://myapp/grep");
  const seen = [hr.stderr, JSON.stringify(hr.lines)];
  const own = new Set(Object.entries(process.env).map(([name, value]) => `${name}=${value}`));
  const family = descendants(hr.child.pid);
  assert.ok(family.some(({ line }) => line.includes("--type=renderer")));
  for (const pid of [hr.child.pid, ...family.map((one) => one.pid)])
    for (const name of ["cmdline", "environ"])
      try {
        const words = fs.readFileSync(`/proc/${pid}/${name}`, "latin1").split("\0");
        seen.push(...words.filter((word) => !own.has(word)));
      } catch {
        // gone meanwhile
      }
  assert.ok(seen.some((word) => word.startsWith("--proxy-pac-url=")));
  assert.ok(seen.some((word) => word.startsWith("TMPDIR=")));
  // 32 hexadecimal digits in a row, of which nothing else here has any.
  for (const word of seen) assert.doesNotMatch(word, /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/);
  assert.doesNotMatch(seen[1], /proxy-|authorization/i);

  const planted = `wsintercept:${"7".repeat(32)}`; // would be found
  assert.deepEqual(credentials(`x${planted}x${btoa(planted)}`), [planted, planted]);
  const files = fs
    .readdirSync(hr.tmp, { recursive: true })
    .map((name) => path.join(hr.tmp, name))
    .filter((name) => fs.lstatSync(name, { throwIfNoEntry: false })?.isFile());
  assert.ok(files.length > 10);
  const all = [["a word", seen.join("\n")]];
  for (const file of files)
    try {
      all.push([file, fs.readFileSync(file, "latin1")]);
    } catch {
      // gone meanwhile
    }
  for (const [where, bytes] of all) assert.deepEqual(credentials(bytes), [], where);
});

testEnd(start);

// CVE-2025-52882: a local process on a loopback port without authentication.
test("CVE-2025-52882: a process of our own family without the secret gets nothing", async () => {
  const hr = new Session(
    ["--intercept", "*://myapp/*=1", "--echo", "--browser", wrapper("./with_intruder.sh")],
    {},
  );
  await hr.ready();
  const told = hr.stderr.match(/^intruder: .*$/gm);
  const text = "the request does not have the secret of this launch";
  const challenge =
    "intruder: HTTP/1.1 407 Proxy Authentication Required~" +
    'Proxy-Authenticate: Basic realm="wsintercept"~Content-Type: text/plain~' +
    `Content-Length: ${text.length}~Connection: close~~${text}`;
  const forbidden =
    "intruder: HTTP/1.1 403 Forbidden~Content-Type: text/plain~" +
    `Content-Length: ${text.length}~Connection: close~~${text}`;
  const each = [challenge, challenge, challenge, forbidden, forbidden];
  assert.deepEqual(told, [...each, ...each]);
  assert.match(hr.stderr, /another secret than that of this launch/);
  assert.deepEqual(hr.events("WebSocketUpgrade"), []);
  const page = await hr.page();
  const log = await page.evaluate(() => roundTrip("ws://myapp/x", ["a"]));
  assert.deepEqual(log[0], ["open", ""]);
  assert.deepEqual(await hr.stop(), nothingLeft);
});

test("a browser that does not speak on the DevTools pipe: status 1, and what to do", async () => {
  await mute.ended();
  assert.match(mute.stderr, /does not speak on the DevTools pipe.*--no-secret/);
  assert.deepEqual(mute.remains([]), { ...nothingLeft, code: 1 });
});
