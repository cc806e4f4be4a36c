// Large tables, and URLPattern: what the library says beside what Chromium says.
import assert from "node:assert/strict";
import fs from "node:fs";
import { noNetwork, scratch, session, test, testEnd } from "./harness.mjs";
import { startServer } from "./server.mjs";

// More rows than a proxy script has room for, of one host: the script decides by host.
const many = 100_000;
const rows = Array.from({ length: many - 1 }, (_, n) => `ws://big.test/item/${n}/*=${1 + (n % 2)}`);
const file = `${scratch}/rows`;
fs.writeFileSync(file, [...rows, "ws://big.test/*=1"].join("\n") + "\n");

const server = await startServer();
const toServer = `MAP *.test 127.0.0.1:${server.port}`;
const start = session(["--echo", "--intercept-file", file], { rules: `${toServer}, ${noNetwork}` });

test("100,000 rows: the row decides, wherever it stands", async () => {
  const hr = await start();
  const page = await hr.page();
  for (const [url, type] of [
    ["ws://big.test/item/0/x", "auto"],
    ["ws://big.test/item/1/x", "manual"],
    ["ws://big.test/item/99997/x", "manual"],
    ["ws://big.test/item/99998/", "auto"],
    ["ws://big.test/item/99999/", "auto"], // the last row
  ]) {
    await page.evaluate((url) => void (window.socket = new WebSocket(url)), url);
    const upgrade = await hr.upgrade(url);
    assert.equal(upgrade[5], type, url);
    await hr.abort(upgrade[2]);
  }
});

test("100,000 rows: an echo, and other schemes and hosts go to the network", async () => {
  const hr = await start();
  const page = await hr.page();
  const log = await page.evaluate(() => roundTrip("ws://big.test/item/4/echo", ["x"]));
  assert.deepEqual(log.at(-1), ["close", 1000, "", true]);
  const other = await page.evaluate(() => roundTrip("ws://notbig.test/item/4/", ["x"]));
  assert.deepEqual(other.at(-1), ["close", 1000, "", true]);
  assert.ok(server.head("GET /item/4/"));
  await hr.page("http://big.test/index.html");
  assert.ok(server.head("GET /index.html"));
});

test("Chromium's URLPattern answers what url_patterns is held to", async () => {
  const page = await (await start()).page();
  const path = new URL("../unit/url_pattern_cases.json", import.meta.url);
  const { urls, matches } = JSON.parse(fs.readFileSync(path));
  const answers = await page.evaluate(
    ([patterns, urls]) =>
      patterns.map((text) => {
        const pattern = new URLPattern(text);
        return [text, urls.filter((url) => pattern.test(url))];
      }),
    [Object.keys(matches), urls],
  );
  assert.deepEqual(Object.fromEntries(answers), matches);
});

testEnd(start);
