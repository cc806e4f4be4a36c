// The page-side class beside WebKit's own, in WebKitGTK: node class_cases.mjs BUILD
// Each case of browser/pages/class_cases.js is to give the same with both, by either API. The last
// line is "N passed, N failed".
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import readline from "node:readline";
import { pages } from "../browser/harness.mjs";
import "../browser/pages/class_cases.js";

// Where WebKit differs from the standard: what the page-side class gives.
const noEnd = ["undefined"];
const differences = {
  // WHATWG, send(): by the bytes of the data. WebKit counts those of the frame's header, too.
  bufferedAmount: [[0, 15, 0, 4, 8], [noEnd, noEnd, noEnd]],
  // WHATWG, "establish a WebSocket connection": to fail. WebKit opens, with the protocol "".
  "a manual answer without the subprotocol": [3, [noEnd, noEnd, noEnd]],
};
// As it happens: one that once does not differ is no failure.
const differencesAtTimes = {
  // WHATWG: clean, since both close frames came. To WebKit it is not while its own process has yet
  // to say that what was sent is on its way.
  "close behind messages": [[1000, "", true], [noEnd, noEnd, noEnd]],
};
// RFC 9112 3.2.2: to a proxy the target is the whole URL, and the program sees what was sent.
const asSentDirectly = (text) => text.replace('"GET ws://myapp/', '"GET /');

const [build] = process.argv.slice(2);
const patience = 300_000; // only where the engine has hung
const count = { passed: 0, failed: 0 };

function check(what, holds) {
  try {
    holds();
    count.passed++;
    console.log(`passed: ${what}`);
  } catch (error) {
    count.failed++;
    console.log(`FAILED: ${what}: ${error.message}`);
  }
}

async function run(api) {
  const host = `${build}/tests/engines/webkitgtk/class_host_${api}`;
  const child = spawn("xvfb-run", ["--auto-servernum", host, pages], { stdio: ["ignore", "pipe", "pipe"] });
  const late = setTimeout(() => child.kill("SIGTERM"), patience);
  const ended = new Promise((resolve) => child.on("close", resolve));
  let noise = "";
  let done = false;
  child.stderr.setEncoding("utf8").on("data", (text) => (noise = (noise + text).slice(-4000)));
  child.on("error", (error) => (noise += error.message));
  const names = [];
  for await (const line of readline.createInterface(child.stdout)) {
    const [kind, name, own, pageSide] = line.split("\t");
    if (kind === "engine") console.log(`${name} ${own}`);
    else if (kind === "done") done = true;
    else if (kind === "failed") noise += `\n${name}`;
    if (kind !== "case") continue;
    names.push(name);
    check(`${api}: ${name}`, () => {
      const [expected, seen] = [asSentDirectly(own), pageSide].map((text) => JSON.parse(text));
      assert.deepEqual(seen, differences[name] ?? differencesAtTimes[name] ?? expected);
      if (name in differences) assert.notDeepEqual(seen, expected, "it does not differ any more");
    });
  }
  await ended;
  clearTimeout(late);
  check(`${api}: all cases`, () => assert.deepEqual(names, Object.keys(globalThis.classCases), noise));
  check(`${api}: ran to its end`, () => assert(done, noise));
}

for (const api of ["webkit2gtk-4.1", "webkitgtk-6.0"]) await run(api);
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 ? 0 : 1);
