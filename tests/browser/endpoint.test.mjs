// What needs a host of its own (endpoint_host.cpp): back-pressure by the host, permessage-deflate,
// and an endpoint without wss.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import readline from "node:readline";
import { chromium } from "playwright-core";
import { browserProgram, noNetwork, pages, scratch, skip, test } from "./harness.mjs";

const program = process.env.ENDPOINT_HOST;
let started;

/// The host and its browser, started by the first test that asks.
const start = () =>
  (started ??= (async () => {
    const host = spawn(program, [pages, process.pid], { stdio: ["ignore", "pipe", "pipe"] });
    const errors = readline.createInterface(host.stderr).on("line", (line) => console.error(line));
    const [proxy] = await new Promise((resolve, reject) => {
      readline.createInterface(host.stdout).once("line", (line) => resolve([line]));
      host.once("exit", (code) => reject(new Error(`endpoint_host ended with ${code}`)));
    });
    const context = await chromium.launchPersistentContext(`${scratch}/endpoint`, {
      executablePath: browserProgram(),
      args: [
        proxy,
        `--host-resolver-rules=${noNetwork}`,
        ...["--disable-gpu", "--disable-quic", "--disable-sync", "--no-first-run"],
        ...["--disable-background-networking", "--disable-component-update"],
      ],
    });
    return { host, context, errors };
  })());

async function openPage() {
  const { context } = await start();
  const page = await context.newPage();
  await page.goto("http://myapp/");
  return page;
}

if (!program || !fs.existsSync(program)) {
  skip("a host that pauses, and permessage-deflate: no endpoint_host was built");
} else {
  test("a host that pauses: the page's own bufferedAmount grows, and nothing is lost", async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const MiB = 1024 * 1024;
      const slow = new RecordedSocket("ws://myapp/slow");
      const control = new RecordedSocket("ws://myapp/control");
      await Promise.all([slow.opened(), control.opened()]);
      slow.ws.send("pause");
      for (let i = 0; i < 64; i++) slow.ws.send(bytesOf(MiB));
      // Other sockets are served all the while.
      let asked = 0;
      const ask = async (word) => {
        control.ws.send(word);
        await control.received(++asked);
        return Number(control.messages.at(-1));
      };
      for (let i = 0; i < 200; i++) await ask("how much?");
      const paused = { received: await ask("how much?"), waits: slow.ws.bufferedAmount };
      await ask("resume");
      while ((await ask("how much?")) < 64 * MiB + 5);
      const resumed = { received: await ask("how much?"), waits: slow.ws.bufferedAmount };
      slow.ws.close(1000);
      await slow.closed();
      return { paused, resumed, last: slow.log.at(-1) };
    });
    const MiB = 1024 * 1024;
    assert.equal(seen.paused.received, 5);
    assert.ok(seen.paused.waits > 32 * MiB, `only ${seen.paused.waits} bytes wait`);
    assert.deepEqual(seen.resumed, { received: 64 * MiB + 5, waits: 0 });
    assert.deepEqual(seen.last, ["close", 1000, "", true]);
  });

  for (const name of ["deflate", "deflate-small"])
    test(`${name}: the browser agrees, and messages come back as they went`, async () => {
      const page = await openPage();
      const seen = await page.evaluate(async (name) => {
        const s = new RecordedSocket(`ws://myapp/${name}`);
        await s.opened();
        const sent = ["", "Hello", "Hello", "x".repeat(3000), textOf(300_000), bytesOf(70_000)];
        sent.push(new Uint8Array(5 * 1024 * 1024), bytesOf(1024 * 1024));
        for (const message of sent) s.ws.send(message);
        await s.received(sent.length);
        const same = s.messages.map((data, i) =>
          typeof data === "string" ? data === sent[i] : sameBytes(new Uint8Array(data), sent[i]),
        );
        s.ws.close(3000, "bye");
        await s.closed();
        return { extensions: s.ws.extensions, same, last: s.log.at(-1) };
      }, name);
      assert.match(seen.extensions, /^permessage-deflate/);
      if (name === "deflate-small")
        for (const parameter of ["server_no_context_takeover", "client_no_context_takeover"])
          assert.ok(seen.extensions.includes(parameter), seen.extensions);
      assert.deepEqual(seen.same, Array(8).fill(true));
      assert.deepEqual(seen.last, ["close", 3000, "bye", true]);
    });

  test("a row without deflate declines the browser's offer", async () => {
    const page = await openPage();
    const extensions = await page.evaluate(async () => {
      const s = new RecordedSocket("ws://myapp/plain");
      await s.opened();
      return s.ws.extensions;
    });
    assert.equal(extensions, "");
  });

  test("wss where it is not built in fails with a clear error", async () => {
    const page = await openPage();
    const { errors } = await start();
    const said = new Promise((resolve) =>
      errors.on("line", (line) => /^myapp:443: .*TLS.*not built in/.test(line) && resolve()),
    );
    const log = await page.evaluate(() => roundTrip("wss://myapp/plain", []));
    assert.deepEqual(log, [["error"], ["close", 1006, "", false]]);
    await said;
  });

  test("the browser of endpoint_host ends", async () => {
    const { host, context } = await start();
    await context.close();
    host.removeAllListeners("exit");
    const ended = new Promise((resolve) => host.once("exit", (_, signal) => resolve(signal)));
    host.kill("SIGTERM");
    assert.equal(await ended, "SIGTERM");
  });
}
