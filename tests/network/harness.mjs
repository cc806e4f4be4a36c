// Runs the host program, curl and openssl as processes, and counts tests.
// The program under test is named by NETWORK_HOST; run.mjs sets it.
import { spawn } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import nodeTest from "node:test";

const program = process.env.NETWORK_HOST;

// Only where a test has hung: no claim rests on it.
const patience = 60_000;

export const scratch = fs.mkdtempSync("/tmp/wsi-");
const running = new Set();
const endAll = () => running.forEach((child) => child.kill("SIGKILL"));
process.on("exit", () => {
  endAll();
  fs.rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/// Resolves as `promise` does, or rejects with what `describe` says.
export async function within(promise, describe, limit = patience) {
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

/// The first truthy thing that `look` gives; `what` says what is waited for.
export async function until(look, what) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what()}`);
    await pause(20);
  }
}

export const count = { passed: 0, failed: 0, skipped: 0 };
const last = [];
let left = 0;

/// What ends things once all tests have run.
export const atEnd = (work) => last.push(work);

export function test(name, body) {
  left++;
  nodeTest(name, async () => {
    try {
      await within(body(), () => `the end of the test "${name}"`, 2 * patience);
      count.passed++;
    } catch (error) {
      count.failed++;
      throw error;
    } finally {
      if (--left === 0) {
        for (const work of last) await work();
        endAll(); // what a failed test left
      }
    }
  });
}

export function skip(why) {
  count.skipped++;
  console.log(`skipped: ${why}`);
}

/// Nothing of the caller's environment leads a client elsewhere.
export const environment = { PATH: `${process.env.PATH}:/usr/sbin`, HOME: scratch, LC_ALL: "C" };

/// Starts a program that is ended with the tests at the latest.
export function start(name, args, { env = {}, stdio } = {}) {
  const child = spawn(name, args, { env: { ...environment, ...env }, stdio, cwd: scratch });
  running.add(child);
  child.ended = new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: -1, signal: error.message }));
    child.on("close", (code, signal) => resolve({ code, signal }));
  }).finally(() => running.delete(child));
  return child;
}

/// Runs a program to its end: { code, stdout: Buffer, stderr: string }.
export async function run(name, args, { input, ...options } = {}) {
  const child = start(name, args, options);
  const out = [];
  let stderr = "";
  child.stdout.on("data", (data) => out.push(data));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  child.stdin.on("error", () => {}); // told by the exit status
  child.stdin.end(input);
  const { code, signal } = await within(child.ended, () => `the end of ${name} ${args.join(" ")}`);
  return { code: code ?? signal, stdout: Buffer.concat(out), stderr };
}

export async function openssl(...args) {
  const { code, stderr } = await run("openssl", args);
  if (code !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
}

/// curl, by way of a host where one is given.
export function curl(host, args, options) {
  const way = host ? ["--proxy", `http://127.0.0.1:${host.port}`] : [];
  return run("curl", ["-q", "--silent", "--show-error", ...way, ...args], options);
}

/// curl that has to succeed; its output.
export async function fetched(host, ...args) {
  const { code, stdout, stderr } = await curl(host, ["--fail", ...args]);
  if (code !== 0) throw new Error(`curl ${args.join(" ")}: ${code} ${stderr}`);
  return stdout;
}

export const sha256 = (bytes) => crypto.createHash("sha256").update(bytes).digest("hex");

/// A port that nobody listens on, for now.
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/// The host program as a process: its lines, each kept, in order.
export class Host {
  lines = [];
  stderr = "";

  static async start(args = [], { peers = String(process.pid), ...options } = {}) {
    const host = new Host();
    host.child = start(program, ["--peers", peers, ...args], options);
    let rest = "";
    host.child.stdout.setEncoding("utf8").on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      host.lines.push(...lines);
    });
    host.child.stderr.setEncoding("utf8").on("data", (text) => (host.stderr += text));
    host.child.ended.then((exit) => (host.exit = exit));
    const first = await host.line(/^listening on 127\.0\.0\.1:(\d+) spki (\S+)$/);
    [host.port, host.spki] = [Number(first[1]), first[2]];
    return host;
  }

  /// A line that matches, now or later.
  line = (pattern) =>
    until(
      () => {
        for (const line of this.lines) {
          const found = pattern.exec(line);
          if (found) return found;
        }
        if (this.exit) throw new Error(`the host ended before ${pattern}: ${this.stderr}`);
      },
      () => `a line ${pattern} among ${this.lines.slice(-5).join("; ")}`,
    );

  /// What the endpoint counts; asked by curl, so that the runner is admitted.
  async state() {
    return JSON.parse(await fetched(this, "http://myapp/state"));
  }
  /// No connection is left but the one that asks.
  isIdle = () =>
    until(
      async () => (await this.state()).connections === 1,
      () => "the connections to end",
    );

  /// Bytes: "VmRSS" now, "VmHWM" at most so far.
  memory(what) {
    const status = fs.readFileSync(`/proc/${this.child.pid}/status`, "utf8");
    return 1024 * Number(new RegExp(`^${what}:\\s+(\\d+) kB`, "m").exec(status)[1]);
  }

  /// Ends it; it has to end by itself, without a word on standard error.
  async stop() {
    this.child.kill("SIGTERM");
    const { code, signal } = await within(this.child.ended, () => `the host's end`);
    if (code !== 0 || this.stderr !== "")
      throw new Error(`the host ended with ${code ?? signal}: ${this.stderr}`);
  }
}

/// Runs `work` with a host of its own.
export async function withHost(args, work, options) {
  const host = await Host.start(args, options);
  await work(host);
  await host.stop();
}
