// Who may connect: a second process of this machine, which is refused or served.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { curl, environment, Host, run, scratch, skip, start, test } from "./harness.mjs";
import { authority, destinations, files } from "./destinations.mjs";
import { hello } from "./hello.mjs";
import { exchange, handshake } from "./wire.mjs";

const certificate = `${scratch}/endpoint.pem`;
const table = [
  ...["--intercept", "ws://myapp/*=1", "--intercept", "https://intercepted.test/*=1"],
  ...["--certificate", `intercepted.test=${certificate}`],
];

/// A process of its own: an endpoint serves it, and not who started it.
class Client {
  constructor() {
    this.child = start(process.execPath, [fileURLToPath(new URL("./client.mjs", import.meta.url))], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }
  /// It works, with what it has open and with new connections; the endpoint's counts.
  async works(line = "again") {
    this.child.stdin.write(`${line}\n`);
    const { done, value } = await this.lines.next();
    if (done) throw new Error("the admitted client has ended");
    const { echo, relayed, state } = JSON.parse(value);
    assert.ok(echo);
    assert.equal(relayed, `200 ${fs.readFileSync(`${files}/small.txt`)}`);
    return state;
  }
  async stop() {
    this.child.stdin.end();
    assert.deepEqual(await this.child.ended, { code: 0, signal: null });
  }
}

/// Every form in which one can arrive: { name, bytes, answer: of who is served }.
async function forms() {
  const { plain, node } = await destinations();
  const close = "Connection: close\r\n\r\n";
  const at = `localhost:${plain}`;
  return [
    ["a page", `GET /state HTTP/1.1\r\nHost: myapp\r\n${close}`, /^HTTP\/1\.1 200 .*"foreign"/s],
    ["a socket", handshake("/x", "myapp") + "\x88\x80\0\0\0\0", /^HTTP\/1\.1 101 .*\x88\0$/s],
    ["absolute form", `GET http://${at}/seen HTTP/1.1\r\nHost: ${at}\r\n${close}`, /^HTTP\/1\.1 200 /],
    [
      "a tunnel to a server",
      `CONNECT localhost:${node} HTTP/1.1\r\nHost: localhost:${node}\r\n\r\n` +
        `GET /node/x HTTP/1.1\r\nHost: localhost\r\n${close}`,
      /^HTTP\/1\.1 200 .*\r\n\r\nHTTP\/1\.1 200 .*node\n/s,
    ],
    [
      "a tunnel to a socket",
      `CONNECT myapp:80 HTTP/1.1\r\nHost: myapp:80\r\n\r\n` +
        handshake("/x", "myapp") +
        "\x88\x80\0\0\0\0",
      /^HTTP\/1\.1 200 .*\r\n\r\nHTTP\/1\.1 101 /s,
    ],
    ["TLS at once", await hello("intercepted.test", true), /^\x16\x03\x03/],
    ["what is wrong", "\0\0\0\0\r\n\r\n", /^HTTP\/1\.1 400 /],
  ];
}

const arrive = async (port, bytes) =>
  (await exchange(port, Buffer.from(bytes, "latin1"))).toString("latin1");

test("a second process is closed without a byte, however it comes, while the first works on", async () => {
  const { plain, tls } = await destinations();
  const client = new Client();
  const host = await Host.start(table, { peers: String(client.child.pid) });
  await client.works(`${host.port} ${plain}`);
  let refused = 0;
  for (const [name, bytes] of await forms()) {
    assert.equal(await arrive(host.port, bytes), "", name);
    assert.equal((await client.works()).foreign, ++refused, name);
  }
  for (const args of [
    [`http://localhost:${plain}/seen`],
    ["--proxytunnel", `http://localhost:${plain}/seen`],
    ["--cacert", authority, `https://localhost:${tls}/seen`],
    ["--cacert", certificate, "https://intercepted.test/"],
    ["http://myapp/state"],
  ]) {
    const { code, stdout } = await curl(host, [...args, "--include"]);
    assert.ok([35, 52, 56].includes(code), `curl ${args}: ${code}`); // nothing came, or a reset
    assert.equal(stdout.length, 0);
    assert.equal((await client.works()).foreign, ++refused);
  }
  const many = await Promise.all(Array.from({ length: 200 }, () => arrive(host.port, "GET ")));
  assert.ok(many.every((came) => came === ""));
  const state = await client.works();
  assert.deepEqual([state.foreign, state.refused], [refused + 200, refused + 200]);
  await client.stop();
  await host.stop();
});

test("the same process is served where its user is enough", async () => {
  const host = await Host.start(table, { peers: "own-user" });
  for (const [name, bytes, answer] of await forms())
    assert.match(await arrive(host.port, bytes), answer, name);
  await host.isIdle();
  assert.equal((await host.state()).foreign, 0);
  await host.stop();
});

if (process.getuid() === 0)
  test("a process of another user is refused where the user decides", async () => {
    const { plain } = await destinations();
    const host = await Host.start(table, { peers: "own-user" });
    const asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "curl", "-q", "--silent"];
    const proxy = ["--proxy", `http://127.0.0.1:${host.port}`];
    const options = { env: { ...environment, HOME: "/" } };
    const direct = await run("setpriv", [...asNobody, `http://127.0.0.1:${plain}/seen`], options);
    assert.equal(direct.code, 0, direct.stderr); // so that its refusal is the endpoint's
    for (const url of [`http://localhost:${plain}/seen`, "http://myapp/state"]) {
      const { code, stdout } = await run("setpriv", [...asNobody, ...proxy, url], options);
      assert.ok([52, 56].includes(code), `curl: ${code}`);
      assert.equal(stdout.length, 0);
    }
    assert.equal((await host.state()).foreign, 2);
    await host.stop();
  });
else skip("a process of another user: only root can start one");
