#!/usr/bin/env node
// Round trips of a page in a real Chromium: through the endpoint, as an intercepted URL, beside a
// plain server on a port of its own (echo/epoll.cpp). run.sh runs it.
//   browser.mjs BUILD REPETITIONS SECONDS    writes BUILD/browser.json
// The two take turns in batches, the first of each pair alternating; a time is the median of the
// batches' medians. The ratio's interval comes from drawing pairs of batches anew.
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";
import { browserProgram, noNetwork, scratch } from "../tests/browser/harness.mjs";

const require = createRequire(new URL("../tests/browser/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const [build, repetitions, seconds] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const pairs = Math.max(3, 2 * repetitions);
const batch = Math.min(2000, Math.max(50, Math.round(seconds * 20_000)));
const openings = Math.min(200, Math.max(10, Math.round(batch / 10)));

const ended = [];
async function server(name) {
  const child = spawn(path.resolve(build, "bench", name), { stdio: ["ignore", "pipe", "inherit"] });
  ended.push(() => child.kill());
  return new Promise((resolve, reject) => {
    readline.createInterface(child.stdout).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
  });
}

/// A page that may measure time finely, which Chromium grants to isolated pages alone.
async function page(endpoint) {
  const site = http.createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    response.end("<!doctype html>");
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  ended.push(() => site.close());
  const script =
    `function FindProxyForURL(url, host) { ` +
    `return host == "myapp" ? "PROXY 127.0.0.1:${endpoint}" : "DIRECT"; }`;
  const context = await chromium.launchPersistentContext(`${scratch}/bench`, {
    executablePath: browserProgram(),
    args: [
      `--proxy-pac-url=data:application/x-ns-proxy-autoconfig,${encodeURIComponent(script)}`,
      `--host-resolver-rules=${noNetwork}`,
      ...["--disable-gpu", "--disable-background-networking", "--no-first-run"],
    ],
  });
  ended.push(() => context.close());
  const made = await context.newPage();
  await made.goto(`http://127.0.0.1:${site.address().port}/`);
  return made;
}

/// In the page: milliseconds of each round trip, and of each opening, by batch.
async function measure({ urls, pairs, batch, openings }) {
  if (!crossOriginIsolated) throw new Error("the page's clock is coarse");
  const open = (url) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.onopen = () => resolve(socket);
      socket.onerror = () => reject(new Error(`cannot open ${url}`));
    });
  const trip = (socket, text) =>
    new Promise((resolve, reject) => {
      const start = performance.now();
      socket.onmessage = ({ data }) =>
        data === text ? resolve(performance.now() - start) : reject(new Error("another text"));
      socket.onclose = () => reject(new Error("a socket ended"));
      socket.send(text);
    });
  const whos = Object.keys(urls);
  const out = { trips: {}, openings: {} };
  const sockets = {};
  for (const who of whos) {
    out.trips[who] = [];
    out.openings[who] = [];
    sockets[who] = await open(urls[who]);
    for (let i = 0; i < batch; i++) await trip(sockets[who], "to warm up");
  }
  for (let pair = 0; pair < pairs; pair++) {
    for (const who of pair % 2 ? whos : [...whos].reverse()) {
      const times = [];
      for (let i = 0; i < batch; i++) times.push(await trip(sockets[who], `message ${i}`));
      out.trips[who].push(times);
    }
  }
  for (let i = 0; i < openings; i++) {
    for (const who of i % 2 ? whos : [...whos].reverse()) {
      const start = performance.now();
      const socket = await open(urls[who]);
      out.openings[who].push([performance.now() - start]);
      socket.close();
      await new Promise((resolve) => (socket.onclose = resolve));
    }
  }
  return out;
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/// The same numbers in each run.
function randomness(state = 1) {
  return (n) => {
    state = (state * 48271) % 2147483647;
    return state % n;
  };
}

/// 95 % of the ratios of medians of as many pairs, drawn anew.
function interval(ours, plain) {
  const random = randomness();
  const ratios = Array.from({ length: 2000 }, () => {
    const drawn = ours.map(() => random(ours.length));
    return median(drawn.map((i) => ours[i])) / median(drawn.map((i) => plain[i]));
  }).sort((a, b) => a - b);
  return [ratios[50], ratios[1949]].map((ratio) => ratio.toFixed(3));
}

try {
  const ports = { ours: await server("echo_ours"), plain: await server("echo_epoll") };
  const where = await page(ports.ours);
  const urls = { ours: "ws://myapp/", plain: `ws://127.0.0.1:${ports.plain}/` };
  const found = await where.evaluate(measure, { urls, pairs, batch, openings });
  const benchmarks = [];
  const notes = [
    `${pairs} pairs of batches of ${batch} round trips; ${openings} pairs of openings`,
  ];
  for (const [name, batches] of [
    ["round_trip", found.trips],
    ["opening", found.openings],
  ]) {
    const medians = {};
    for (const who of Object.keys(urls)) {
      medians[who] = batches[who].map(median);
      const cpu_time = median(medians[who]);
      benchmarks.push({ run_name: `${name}<${who}>`, cpu_time, time_unit: "ms" });
    }
    const [low, high] = interval(medians.ours, medians.plain);
    notes.push(`${name}: ours/plain lies between ${low} and ${high} (95 %)`);
  }
  const all = JSON.stringify({ context: { notes }, benchmarks }, null, 2);
  fs.writeFileSync(path.join(build, "browser.json"), `${all}\n`);
} finally {
  for (const end of ended.reverse()) await end();
}
