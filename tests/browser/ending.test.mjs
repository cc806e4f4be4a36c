// How the program starts, fails and ends: its exit status, its last lines, what is left.
import assert from "node:assert/strict";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import "./pages/data.js";
import {
  devtoolsPipe,
  noNetwork,
  nothingLeft,
  ownBrowser,
  pages,
  Program,
  scratch,
  Session,
  test,
} from "./harness.mjs";
import { descendants } from "./processes.mjs";

const missing = fileURLToPath(new URL("./no such file", import.meta.url));
const wrapper = fileURLToPath(new URL("./without_switch.sh", import.meta.url));

async function run(...args) {
  const hr = new Program(args);
  await hr.ended();
  const { code } = hr.exit;
  assert.deepEqual(hr.remains([]), { ...nothingLeft, code });
  return { code, stderr: hr.stderr, lines: hr.lines };
}

// It takes 20 s to find out, so it runs beside the other tests.
let blind;
test("a browser without our proxy script: started", { needs: ownBrowser }, () => {
  blind = new Program([
    ...["--browser", wrapper, "--html", `${pages}/index.html`],
    `--browser-arg=--host-resolver-rules=${noNetwork}`,
    "--browser-arg=--without=--proxy-pac-url",
  ]);
});

for (const [what, args, words] of [
  ["a row without an action", ["--intercept", "ws://myapp/*"], /ws:\/\/myapp\/\*/],
  ["a row with an unknown action", ["--intercept", "ws://myapp/*=3"], /ws:\/\/myapp\/\*=3/],
  ["a row with an empty pattern", ["--intercept", "=1"], /--intercept/],
  ["two kinds of pages", ["--dir", pages, "--html", missing], /--html and --dir/],
  ["a file that is not there", ["--html", missing], /no such file/],
  ["a folder that is not there", ["--dir", missing], /no such file/],
  ["a bad origin", ["--allow-origin", "myapp"], /--allow-origin/],
  ["a bad root", ["--root", "a/b"], /--root/],
  ["a root that no proxy sees", ["--root", "app.localhost"], /--root/],
  ["a bad time", ["--answer-timeout", "-1"], /--answer-timeout/],
  ["an unknown option", ["--no-such-option"], /--no-such-option/],
  ["an unknown format", ["--format", "xml"], /--format/],
])
  test(`usage: ${what} ends with status 2 and says what is wrong`, async () => {
    const { code, stderr, lines } = await run(...args);
    assert.equal(code, 2);
    assert.match(stderr, words);
    assert.deepEqual(lines, []);
  });

test("--help tells all options and ends with status 0", async () => {
  const hr = new Program(["--help"], { json: false });
  await hr.ended();
  assert.equal(hr.remains([]).code, 0);
  const options = "intercept root url html dir headless screenshot format echo answer-timeout";
  for (const name of [...options.split(" "), "allow-origin", "name", "browser", "no-secret"])
    assert.match(hr.raw, new RegExp(`--${name}\\b`));
});

test("a browser that is not there ends with status 1 and says so", { needs: ownBrowser }, async () => {
  for (const browser of [missing, "no-such-browser-in-path"]) {
    const { code, stderr } = await run("--browser", browser);
    assert.equal(code, 1);
    assert.ok(stderr.includes(browser), stderr);
  }
});

test("a browser that ends at once ends with status 1", { needs: ownBrowser }, async () => {
  for (const browser of ["/bin/true", "/bin/false"]) {
    const { code, stderr } = await run("--browser", browser);
    assert.equal(code, 1);
    assert.match(stderr, /the browser ended/);
  }
});

/// A page with three open sockets, each of which has sent a message.
async function withSockets(...args) {
  const hr = await new Session(["--intercept", "ws://myapp/*=1", ...args]).ready();
  const page = await hr.page();
  const urls = [0, 1, 2].map((i) => `ws://myapp/ending/${i}`);
  await page.evaluate(async (urls) => {
    globalThis.sockets = urls.map((url) => new RecordedSocket(url));
    for (const s of sockets) {
      await s.opened();
      s.ws.send("hello");
    }
  }, urls);
  const ids = [];
  for (const url of urls) ids.push((await hr.upgrade(url))[2]);
  for (const id of ids) await hr.messages(id, 1);
  return { hr, page, ids };
}

for (const signal of ["SIGINT", "SIGTERM"])
  test(`${signal}: open sockets get 1001, the last events are printed, status 0`, async () => {
    const { hr, ids } = await withSockets();
    assert.deepEqual(await hr.stop(signal), nothingLeft);
    for (const id of ids)
      assert.deepEqual(hr.of(id).slice(1), [
        ["hr", "WebSocketReceive", id, "hello", 1, 1],
        ["hr", "WebSocketClose", id, 1001, ""],
      ]);
  });

test("a manual handshake that waits when the program ends is over, without an event", async () => {
  const hr = await new Session(["--intercept", "ws://myapp/*=2"]).ready();
  const page = await hr.page();
  await page.evaluate(() => void new WebSocket("ws://myapp/waits"));
  const upgrade = await hr.upgrade("ws://myapp/waits");
  assert.deepEqual(await hr.stop("SIGINT"), nothingLeft);
  assert.deepEqual(hr.of(upgrade[2]), [upgrade]);
});

test("--screenshot: a picture when the page has loaded, another at the end", { needs: devtoolsPipe }, async () => {
  const file = `${scratch}/picture.png`;
  const hr = await new Session(["--screenshot", file]).ready();
  await hr.stderrHas(/picture in/);
  const isPicture = () => fs.readFileSync(file).subarray(1, 4).toString() === "PNG";
  assert.ok(isPicture());
  fs.rmSync(file);
  assert.deepEqual(await hr.stop(), nothingLeft);
  assert.ok(isPicture());
});

test("the browser is closed: every socket has its last event, status 0", async () => {
  const { hr, ids } = await withSockets();
  const started = descendants(hr.child.pid);
  await hr.closeBrowser();
  await hr.ended();
  assert.deepEqual(hr.remains(started), nothingLeft);
  for (const id of ids) {
    const [, , last, ...more] = hr.of(id);
    assert.match(last[1], /^WebSocket(Close|Error)$/);
    assert.deepEqual(more, []);
  }
});

test("the browser is killed in mid-message: an error a socket, status 1, no trace", async () => {
  const { hr, page, ids } = await withSockets();
  const started = descendants(hr.child.pid);
  // The program stands still, so that the message cannot get through as a whole.
  process.kill(hr.child.pid, "SIGSTOP");
  await page.evaluate(async () => {
    const [{ ws }] = sockets;
    ws.send(bytesOf(15 * 1024 * 1024));
    while (ws.bufferedAmount === 15 * 1024 * 1024) await new Promise((next) => setTimeout(next));
  });
  // The network service first: left alone it would still say goodbye.
  const isNetwork = ({ line }) => line.includes("network.mojom.NetworkService");
  for (const { pid } of [...started.filter(isNetwork), hr.browserProcess()])
    process.kill(pid, "SIGKILL");
  process.kill(hr.child.pid, "SIGCONT");
  await hr.ended();
  assert.deepEqual(hr.remains(started), { ...nothingLeft, code: 1 });
  assert.match(hr.stderr, /signal 9/);
  for (const id of ids) {
    const [, hello, last, ...more] = hr.of(id);
    assert.deepEqual([hello[3], last[1], more], ["hello", "WebSocketError", []]);
    assert.match(last[3], /./);
  }
});

test("--no-secret: without the DevTools pipe all else works", { needs: ownBrowser }, async () => {
  const hr = new Session([
    ...["--intercept", "ws://myapp/*=1", "--echo", "--no-secret", "--browser", wrapper],
    "--browser-arg=--without=--remote-debugging-pipe",
  ]);
  const [, url] = await hr.stderrHas(/DevTools listening on (ws:\S+)/);
  hr.browser = await chromium.connectOverCDP(url);
  hr.context = hr.browser.contexts()[0];
  const page = await hr.page();
  const log = await page.evaluate(() => roundTrip("ws://myapp/x", ["a"]));
  assert.deepEqual(log, [
    ["open", ""],
    ["message", "a"],
    ["close", 1000, "", true],
  ]);
  assert.deepEqual(await hr.stop(), nothingLeft);
});

test("nobody reads standard output any more: it ends", async () => {
  const { hr, page } = await withSockets();
  const started = descendants(hr.child.pid);
  hr.child.stdout.destroy();
  // It may end before the page has answered.
  await page.evaluate(() => sockets[0].ws.send("to nobody")).catch(() => {});
  await hr.ended();
  assert.deepEqual(hr.remains(started), nothingLeft);
});

test("a browser without our proxy script: status 1, and the reason", { needs: ownBrowser }, async () => {
  await blind.ended();
  assert.match(blind.stderr, /does not use our proxy script/);
  assert.deepEqual(blind.remains([]), { ...nothingLeft, code: 1 });
});
