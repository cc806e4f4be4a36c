// Real clients work undisturbed while another fuzzes the endpoint's socket. HOSTILE_SEED repeats a
// run, as far as what is random in TLS and masking lets it.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { fetched, Host, run, sha256, test } from "./harness.mjs";
import { authority, destinations, files } from "./destinations.mjs";
import { connect, WebSocketClient } from "./wire.mjs";

const rounds = 1500;
const seed = Number(process.env.HOSTILE_SEED ?? crypto.randomInt(1 << 30));
const most = 48 << 20; // bytes more than before: buffers of some 600 connections at a time

const table = [
  ...["--intercept", "ws://myapp/*=1", "--intercept", "http://myapp/api=1"],
  ...["--intercept", "*://intercepted.test/*=1"],
];
const env = {
  SSL_CERT_FILE: authority,
  // What is freed is given back: else memory would say nothing where the sanitizers watch.
  ASAN_OPTIONS: "quarantine_size_mb=4:allocator_release_to_os_interval_ms=100",
};

test(`a hostile client, seed ${seed}`, async () => {
  const { plain, tls } = await destinations();
  const at = `localhost:${plain}`;
  const host = await Host.start(table, { env });
  const big = sha256(fs.readFileSync(`${files}/big.bin`));
  const worked = { echoes: 0, sockets: 0, downloads: 0 };

  const kept = await WebSocketClient.open(await connect(host.port), "/kept", "myapp");
  const relayed = await WebSocketClient.open(await connect(host.port), `http://${at}/socket`, at);
  const echo = async () => {
    for (const socket of [kept, relayed]) {
      assert.ok(await socket.echo(crypto.randomBytes(worked.echoes % 5000)));
      worked.echoes++;
    }
    const other = await WebSocketClient.open(await connect(host.port), "/new", "myapp");
    assert.ok(await other.echo(Buffer.from("new")));
    assert.equal(await other.close(), 1000);
    worked.sockets++;
  };
  const download = async () => {
    const url = worked.downloads % 2 ? `http://${at}` : `https://localhost:${tls}`;
    const got = await fetched(host, "--cacert", authority, `${url}/files/big.bin`);
    assert.equal(sha256(got), big);
    worked.downloads++;
  };
  await echo();
  await download();
  const before = host.memory("VmRSS");

  const script = fileURLToPath(new URL("./hostile.mjs", import.meta.url));
  let over = false;
  const meanwhile = async (work) => {
    while (!over) await work();
  };
  const attack = run(process.execPath, [script, host.port, plain, seed, rounds].map(String));
  attack.finally(() => (over = true)).catch(() => {});
  const [{ code, stdout, stderr }] = await Promise.all([
    attack,
    meanwhile(echo),
    meanwhile(download),
  ]);
  assert.equal(code, 0, stderr);
  const sent = JSON.parse(stdout);
  for (const [form, times] of Object.entries(sent)) if (form !== "refused") assert.ok(times > 0, form);

  await echo();
  await download();
  assert.equal(await kept.close(), 1000);
  assert.equal(await relayed.close(), 1000);
  await host.isIdle();
  const grown = host.memory("VmRSS") - before;
  assert.ok(grown <= most, `${grown} bytes more`);
  const { refused } = await host.state();
  assert.ok(refused > 0);
  console.log(`# ${JSON.stringify({ sent, worked, refused, "KiB more": grown >> 10 })}`);
  await host.stop();
});
