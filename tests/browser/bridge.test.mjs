// The page-side class beside the browser's own: what a page can see of the one it sees of the
// other. Both are served by one host (bridge_host.cpp).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import readline from "node:readline";
import { chromium } from "playwright-core";
import { browserProgram, noNetwork, pages, scratch, skip, test } from "./harness.mjs";
import "./pages/class_cases.js";

const program = process.env.BRIDGE_HOST;
let started;

/// The host, its browser, and a page for each class; started by the first test that asks.
const start = () =>
  (started ??= (async () => {
    const host = spawn(program, [pages, process.pid], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = readline.createInterface(host.stdout)[Symbol.asyncIterator]();
    const proxy = (await lines.next()).value;
    const script = JSON.parse((await lines.next()).value);
    const context = await chromium.launchPersistentContext(`${scratch}/bridge`, {
      executablePath: browserProgram(),
      args: [
        proxy,
        `--host-resolver-rules=${noNetwork}`,
        ...["--disable-gpu", "--disable-quic", "--disable-sync", "--no-first-run"],
        ...["--disable-background-networking", "--disable-component-update"],
      ],
    });
    const open = async (script) => {
      const page = await context.newPage();
      if (script) await page.addInitScript(script);
      await page.goto("http://myapp/");
      await page.addScriptTag({ url: "/class_cases.js" });
      return page;
    };
    return { host, context, open, script, own: await open(), pageSide: await open(script) };
  })());

if (!program || !fs.existsSync(program)) {
  skip("the page-side class: no bridge_host was built");
} else {
  for (const name of Object.keys(classCases))
    test(`page-side class: ${name}`, async () => {
      const { own, pageSide } = await start();
      const see = (page) => page.evaluate((name) => classCases[name](), name);
      const [expected, seen] = await Promise.all([see(own), see(pageSide)]);
      assert.deepEqual(seen, expected);
    });
  test("the browser of bridge_host ends", async () => {
    const { host, context } = await start();
    await context.close();
    const ended = new Promise((resolve) => host.once("exit", (_, signal) => resolve(signal)));
    host.kill("SIGTERM");
    assert.equal(await ended, "SIGTERM");
  });
}
