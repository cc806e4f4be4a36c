// Back-pressure: who reads slowly costs the host no memory.
import assert from "node:assert/strict";
import fs from "node:fs";
import { fetched, Host, scratch, sha256, test } from "./harness.mjs";
import { authority, bigSize, destinations, files } from "./destinations.mjs";

/// Of 64 MiB that pass: both sides' buffers, the pages of a program that runs for the first time.
const most = 4 << 20;

/// Each way to nginx, with a host of its own.
async function onEachWay(work) {
  const { plain, tls } = await destinations();
  const certificate = `${scratch}/endpoint.pem`;
  const row = [
    ...["--intercept", `wss://localhost:${tls}/ours=1`],
    ...["--certificate", `localhost=${certificate}`],
  ];
  const ways = [
    [`http://localhost:${plain}`, []],
    [`http://localhost:${plain}`, ["--proxytunnel"]],
    [`https://localhost:${tls}`, ["--cacert", authority]],
    // opened here, and encrypted again
    [`https://localhost:${tls}`, ["--cacert", certificate], row],
  ];
  for (const [at, args, options] of ways) {
    const host = await Host.start(options, { env: { SSL_CERT_FILE: authority } });
    await fetched(host, ...args, `${at}/files/small.txt`); // code and tables are loaded
    const before = host.memory("VmHWM");
    await work(host, at, args);
    const grown = host.memory("VmHWM") - before;
    assert.ok(grown <= most, `${at} ${args[0]}: ${grown} bytes more`);
    console.log(`# ${at} ${args[0] ?? ""}: ${grown >> 10} KiB more for ${bigSize >> 20} MiB`);
    await host.stop();
  }
}

test("a slow reader of 64 MiB", () =>
  onEachWay(async (host, at, args) => {
    const got = await fetched(host, ...args, "--limit-rate", "24M", `${at}/files/big.bin`);
    assert.equal(sha256(got), sha256(fs.readFileSync(`${files}/big.bin`)));
  }));

test("a slow destination of 64 MiB", () =>
  onEachWay(async (host, at, args) => {
    const sum = await fetched(host, ...args, "-T", `${files}/big.bin`, `${at}/node/upload`);
    const hash = sha256(fs.readFileSync(`${files}/big.bin`));
    assert.equal(String(sum), `${bigSize} ${hash}\n`);
  }));
