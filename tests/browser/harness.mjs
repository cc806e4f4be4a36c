// Runs the host program with the system's Chromium, and reaches its pages through Playwright.
// The program under test is named by HTMLRENDERER; run.mjs sets it. With CEF_BROWSER, the program
// that tests/engines/cef/jcef.sh makes, the pages are in CEF.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import nodeTest from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { descendants, isAlive, processesThatName } from "./processes.mjs";

export const pages = fileURLToPath(new URL("./pages", import.meta.url));
export const program = process.env.HTMLRENDERER;
export const cef = process.env.CEF_BROWSER;

/// What CEF lacks: JCEF leaves DevTools on a pipe aside.
export const devtoolsPipe = "DevTools on a pipe";
/// What a test of another browser has no use for.
export const ownBrowser = "a browser of its own";

/// Through one proxy: 128 in Chromium 156, 32 in the Chromium 146 of CEF.
export const socketsAtOnce = cef ? 30 : 50;

// Only where a test has hung: no claim rests on it.
const patience = 60_000;

/// Nothing but this machine is ever reached.
export const noNetwork = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";

const running = new Set();
const endAll = () => running.forEach((child) => child.kill("SIGTERM"));
export const scratch = fs.mkdtempSync("/tmp/wsi-"); // a short name, for the sockets that it holds
let folders = 0;
process.on("exit", () => {
  endAll();
  fs.rmSync(scratch, { recursive: true, force: true });
});

/// Resolves as `promise` does, or rejects with what `describe` says.
async function within(promise, describe, limit = patience) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${describe()}`)), limit);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export const count = { passed: 0, failed: 0, skipped: 0 };
let left = 0;

/// test(NAME, [{ needs }], BODY). `needs`: what CEF lacks for it.
export function test(name, ...rest) {
  const [body, { needs } = {}] = rest.reverse();
  if (cef && needs) return console.log(`not in CEF: ${name}: needs ${needs}`);
  left++;
  nodeTest(name, async () => {
    try {
      await within(body(), () => `the end of the test "${name}"`, 2 * patience);
      count.passed++;
    } catch (error) {
      count.failed++;
      throw error;
    } finally {
      if (--left === 0) endAll(); // what a failed test left
    }
  });
}

export function skip(why) {
  count.skipped++;
  console.log(`skipped: ${why}`);
}

/// The system's browser, as the host program finds it.
export function browserProgram() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const paths = process.env.PATH.split(":").flatMap((dir) => names.map((name) => `${dir}/${name}`));
  return paths.find((path) => fs.existsSync(path)) ?? names[0];
}

/// The host program as a process: its lines, each kept, in order.
export class Program {
  lines = [];
  results = [];
  raw = "";
  stderr = "";
  onEvent = null; // called with each event as it comes
  exit = null; // { code, signal } once it has ended and all its output was read
  #waiting = [];
  #answered = 0;

  constructor(args, { json = true, executable = program } = {}) {
    this.tmp = `${scratch}/${folders++}`;
    fs.mkdirSync(this.tmp);
    const browser = cef ? ["--browser", cef, "--no-secret"] : [];
    const all = ["--headless", ...browser, ...(json ? ["--format", "json"] : []), ...args];
    this.child = spawn(executable, all, { env: { ...process.env, TMPDIR: this.tmp } });
    running.add(this.child);
    this.child.stdin.on("error", () => {}); // told by the exit status
    let parts = [];
    this.child.stdout.on("data", (data) => {
      if (!json) this.raw += data;
      for (let at; json && (at = data.indexOf(10)) >= 0; data = data.subarray(at + 1)) {
        this.#take(Buffer.concat([...parts, data.subarray(0, at)]).toString());
        parts = [];
      }
      parts.push(data);
      this.#look();
    });
    this.child.stderr.setEncoding("utf8").on("data", (text) => {
      this.stderr += text;
      this.#look();
    });
    this.child.on("error", (error) => (this.stderr += error.message));
    this.child.on("close", (code, signal) => {
      running.delete(this.child);
      this.exit = { code, signal };
      this.#look();
    });
  }

  #take(line) {
    const value = JSON.parse(line);
    this.lines.push(value);
    if (Array.isArray(value)) this.onEvent?.(value);
    else if (value.method ?? value.line) this.results.push(value);
  }
  #look() {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const look of waiting) if (!look()) this.#waiting.push(look);
  }

  /// The first truthy thing that `look` gives, now or when more has been printed.
  until(look, what) {
    const found = new Promise((resolve, reject) => {
      const again = () => {
        const value = look();
        if (value) resolve(value);
        else if (this.exit) reject(new Error(`the program ended before ${what}: ${this.stderr}`));
        return Boolean(value || this.exit);
      };
      if (!again()) this.#waiting.push(again);
    });
    return within(found, () => `${what}; standard error: ${this.stderr}`);
  }

  stderrHas = (pattern) => this.until(() => pattern.exec(this.stderr), `standard error ${pattern}`);
  ended = () => this.until(() => this.exit, "its end");

  /// Writes lines at once, values or JSON text, and gives their results.
  callAll(lines) {
    const first = this.#answered;
    this.#answered += lines.length;
    const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
    this.child.stdin.write(text.join("\n") + "\n");
    const last = first + lines.length;
    return this.until(
      () => this.results.length >= last && this.results.slice(first, last),
      `the result of ${text.join().slice(0, 200)}`,
    );
  }
  call = async (line) => (await this.callAll([line]))[0];
  send = (id, ...rest) => this.call(["hr", "WebSocketSend", id, ...rest]);
  close = (id, ...rest) => this.call(["hr", "WebSocketClose", id, ...rest]);
  abort = (id) => this.call(["hr", "WebSocketAbort", id]);
  answer = (upgrade, head) => this.call([...upgrade.slice(0, 4), head, ...upgrade.slice(5)]);

  events = (name) => this.lines.filter((line) => line[1] === name);
  of = (id) => this.lines.filter((line) => Array.isArray(line) && line[2] === id);
  received = (id) => this.of(id).filter((line) => line[1] === "WebSocketReceive");
  #last = (id) => this.of(id).find((line) => /^WebSocket(Close|Error)$/.test(line[1]));

  /// The events of the nth socket of this URL; of the ID's end; of its messages.
  upgrade = (url, nth = 0) =>
    this.until(
      () => this.events("WebSocketUpgrade").filter((line) => line[3] === url)[nth],
      `WebSocketUpgrade ${url}`,
    );
  last = (id) => this.until(() => this.#last(id), `the last event of ${id}`);
  messages = (id, number) =>
    this.until(() => {
      const all = this.received(id);
      return all.length >= number && all;
    }, `${number} messages of ${id}`);
  request = (url, method = "GET", nth = 0) =>
    this.until(
      () =>
        this.events("HTTPRequest").filter((line) => line[7] === url && line[10] === method)[nth],
      `HTTPRequest ${method} ${url}`,
    );

  browserProcess() {
    return descendants(this.child.pid).find(({ line }) => line.includes("--proxy-pac-url="));
  }

  // For a browser with --remote-debugging-port=0.
  async devtoolsListen() {
    [, this.devtools] = await this.stderrHas(/DevTools listening on (ws:\S+)/);
  }
  async connect() {
    this.browser = await chromium.connectOverCDP(this.devtools);
    this.context = this.browser.contexts()[0];
  }

  /// Ends it, and tells how it ended and what it left behind.
  async stop(signal = "SIGTERM") {
    const started = descendants(this.child.pid);
    if (!this.exit) this.child.kill(signal);
    await this.ended();
    await this.browser?.close();
    return this.remains(started);
  }

  /// To be asked after its end.
  remains(started) {
    const processes = [...started.filter(isAlive), ...processesThatName(`${this.tmp}/`)];
    return { ...this.exit, processes, files: fs.readdirSync(this.tmp) };
  }
}

export const nothingLeft = { code: 0, signal: null, processes: [], files: [] };

/// The program with a browser that Playwright reaches too.
export class Session extends Program {
  constructor(args, { dir = pages, rules = noNetwork } = {}) {
    const switches = ["--remote-debugging-port=0", `--host-resolver-rules=${rules}`];
    super([
      ...(dir ? ["--dir", dir] : []),
      ...args,
      ...switches.map((text) => `--browser-arg=${text}`),
    ]);
  }

  async ready() {
    await this.devtoolsListen();
    if (cef) return this; // its first page is none of ours
    await this.stderrHas(/loaded http/);
    await this.connect();
    return this;
  }

  /// A new page, with the scripts of pages/.
  async page(url = "http://myapp/") {
    const page = await (cef ? this.#pageOfCef() : this.context.newPage());
    await page.goto(url);
    return page;
  }

  /// DevTools over HTTP: what it answers.
  async #ask(path, options) {
    const base = this.devtools.replace(/^ws(.*?)\/devtools.*/, "http$1");
    return (await fetch(`${base}/json/${path}`, options)).text();
  }
  #targets = async () => JSON.parse(await this.#ask("list"));

  /// A new page of CEF's becomes one only after Playwright has looked at it, and then it never looks
  /// again: it sees those that were there when it connected.
  async #pageOfCef() {
    const blank = `data:,${folders++}`;
    const shows = async (url) =>
      (await this.#targets()).some((one) => one.type === "page" && one.url.startsWith(url));
    while (!(await shows("http"))) await sleep(20); // its window
    await this.#ask(`new?${blank}`, { method: "PUT" });
    while (!(await shows(blank))) await sleep(20);
    await this.connect();
    return this.context.pages().find((page) => page.url() === blank);
  }

  /// As a user does. It may end before it answers. CEF's Browser.close closes nothing.
  async closeBrowser() {
    if (cef) {
      for (const { id } of await this.#targets()) await this.#ask(`close/${id}`).catch(() => {});
    } else {
      const devtools = await this.browser.newBrowserCDPSession();
      await devtools.send("Browser.close").catch(() => {});
    }
  }

  /// One upgrade with this Origin, one message, one close: what a host that echoes saw.
  async heard(url, text, origin) {
    const upgrade = await this.upgrade(url);
    const id = upgrade[2];
    await this.last(id);
    assert.match(upgrade[4], new RegExp(`\r\nOrigin: ${origin}\r\n`));
    assert.deepEqual(this.of(id), [
      upgrade,
      ["hr", "WebSocketReceive", id, text, 1, 1],
      ["hr", "WebSocketClose", id, 1000, ""],
    ]);
    return upgrade;
  }
}

/// What pages/ tells of a socket that was served by an echo, and of one that failed.
export const echoed = (text) => [
  ["open", ""],
  ["message", text],
  ["close", 1000, "", true],
];
export const failed = [["error"], ["close", 1006, "", false]];

/// Runs `work` in a shared worker of the page. DevTools does not look into it, which with messages
/// of many MiB takes most of the time.
export const inSharedWorker = (page, work, argument) =>
  page.evaluate(
    (call) => {
      const { port } = new SharedWorker("/shared_worker.js");
      port.postMessage(call);
      return new Promise((resolve) => (port.onmessage = (e) => resolve(e.data)));
    },
    [work.toString(), argument],
  );

/// One session for the tests of a file, started by the first that asks.
export function session(args, options) {
  let started;
  return () => (started ??= new Session(args, options).ready());
}

/// The last test of a file.
export const testEnd = (started) =>
  test("SIGTERM ends the program, and nothing is left", async () => {
    assert.deepEqual(await (await started()).stop(), nothingLeft);
  });

export const base64 = (bytes) => ({ base64: Buffer.from(bytes).toString("base64") });
