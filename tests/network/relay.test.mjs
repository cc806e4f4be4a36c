// What is relayed, from curl by way of the host to nginx: plain requests, and tunnels that stay shut.
import assert from "node:assert/strict";
import fs from "node:fs";
import { curl, fetched, freePort, sha256, test, withHost } from "./harness.mjs";
import { authority, bigSize, destinations, files } from "./destinations.mjs";
import { connect, exchange, readHead, secure, tunnel, WebSocketClient } from "./wire.mjs";

const big = () => fs.readFileSync(`${files}/big.bin`);
const small = () => fs.readFileSync(`${files}/small.txt`);

/// The three ways to the same nginx: { name, at: its URL, args: for curl }.
async function ways() {
  const { plain, tls } = await destinations();
  return [
    { name: "absolute form", at: `http://localhost:${plain}`, args: [] },
    { name: "CONNECT", at: `http://localhost:${plain}`, args: ["--proxytunnel"] },
    { name: "https", at: `https://localhost:${tls}`, args: ["--cacert", authority] },
  ];
}

const everyWay = (name, work) =>
  test(name, async () => {
    for (const way of await ways()) await withHost([], (host) => work(host, way));
  });

everyWay("files arrive byte for byte, 64 MiB and none", async (host, { at, args }) => {
  fs.writeFileSync(`${files}/empty.bin`, "");
  assert.equal(sha256(await fetched(host, ...args, `${at}/files/big.bin`)), sha256(big()));
  assert.equal((await fetched(host, ...args, `${at}/files/empty.bin`)).length, 0);
  await host.isIdle();
});

everyWay("uploads arrive byte for byte, by PUT and through a stream", async (host, way) => {
  const upload = ["--upload-file", `${files}/big.bin`];
  const put = `${files}/../put/up.bin`;
  await fetched(host, ...way.args, ...upload, `${way.at}/put/up.bin`);
  assert.equal(sha256(fs.readFileSync(put)), sha256(big()));
  fs.rmSync(put);
  const sum = await fetched(host, ...way.args, "-T", `${files}/small.txt`, `${way.at}/node/upload`);
  assert.equal(String(sum), `${small().length} ${sha256(small())}\n`);
});

everyWay("an upload in chunks", async (host, { at, args }) => {
  const bytes = big().subarray(0, 3 << 20);
  const { code, stdout } = await curl(
    host,
    [...args, "-T", "-", "-H", "Expect:", `${at}/node/upload`],
    { input: bytes },
  );
  assert.deepEqual([code, String(stdout)], [0, `${bytes.length} ${sha256(bytes)}\n`]);
});

everyWay("100-continue goes both ways ahead of the body", async (host, { at, args }) => {
  const { code, stderr } = await curl(host, [
    ...["--verbose", ...args, "-H", "Expect: 100-continue", "--expect100-timeout", "100"],
    ...["-T", `${files}/small.txt`, `${at}/put/continued`],
  ]);
  assert.equal(code, 0);
  assert.match(stderr, /< HTTP\/1\.1 100 Continue/);
  assert.match(stderr, /< HTTP\/1\.1 201 Created/);
  assert.deepEqual(fs.readFileSync(`${files}/../put/continued`), small());
  fs.rmSync(`${files}/../put/continued`);
});

everyWay("chunked answers", async (host, { at, args }) => {
  const { stdout, stderr } = await curl(host, [
    ...[...args, "--verbose", "-H", "X-Size: 300000", `${at}/node/pieces`],
  ]);
  assert.match(stderr, /< Transfer-Encoding: chunked/);
  assert.equal(stdout.length, 300000);
  assert.equal(sha256(stdout), /< X-Sha256: (\S+)/.exec(stderr)[1]);
});

everyWay("answers that end with the connection", async (host, { at, args }) => {
  const { code, stdout, stderr } = await curl(host, [
    ...[...args, "--verbose", "-H", "X-Size: 300000", `${at}/until-closed`],
  ]);
  assert.equal(code, 0);
  assert.doesNotMatch(stderr, /< (Transfer-Encoding|Content-Length)/i);
  assert.equal(sha256(stdout), /< X-Sha256: (\S+)/.exec(stderr)[1]);
});

everyWay("HEAD, ranges, gzip, conditions and redirects", async (host, { at, args }) => {
  const head = String(await fetched(host, ...args, "--head", `${at}/files/big.bin`));
  assert.match(head, new RegExp(`Content-Length: ${bigSize}\r\n`));
  const part = await fetched(host, ...args, "--range", "1000-70000", `${at}/files/big.bin`);
  assert.deepEqual(part, big().subarray(1000, 70001));
  const packed = ["-H", "Accept-Encoding: gzip", `${at}/gzip/small.txt`];
  assert.equal((await fetched(host, ...args, ...packed)).readUInt16BE(0), 0x1f8b);
  assert.deepEqual(await fetched(host, ...args, "--compressed", `${at}/gzip/small.txt`), small());
  const moved = await fetched(host, ...args, "--location", `${at}/moved`);
  assert.deepEqual(moved, small());
  const tag = /ETag: (\S+)/.exec(head)[1];
  const same = ["-H", `If-None-Match: ${tag}`, "-w", "%{http_code}", `${at}/files/big.bin`];
  assert.equal(String(await fetched(host, ...args, ...same)), "304");
});

everyWay("one connection carries many requests", async (host, { at, args }) => {
  const urls = Array.from({ length: 20 }, (_, i) => `${at}/${i % 3 ? "files/small.txt" : "seen"}`);
  const { code, stdout, stderr } = await curl(host, [
    ...[...args, "--verbose", "--head", `${at}/files/big.bin`],
    ...["--next", "-q", "--proxy", `http://127.0.0.1:${host.port}`, ...args, "--verbose", ...urls],
  ]);
  assert.equal(code, 0);
  assert.equal(stderr.match(/Re-using existing/g)?.length, urls.length);
  assert.equal(String(stdout).split(String(small())).length - 1, 13);
});

test("nginx gets the request in origin form, without what is between curl and the host", async () => {
  const { plain, heads, node } = await destinations();
  await withHost([], async (host) => {
    const args = ["--proxy-user", "a:secret", "-H", "X-One: 1", "-H", "x-TWO:  two words "];
    const proxied = ["-H", "Proxy-Connection: keep-alive", ...args];
    const seen = await fetched(host, ...proxied, `http://localhost:${plain}/seen?a=%41//b`);
    assert.equal(
      String(seen),
      `request=[GET /seen?a=%41//b HTTP/1.1]\nhttp_host=[localhost:${plain}]\n` +
        "http_proxy_connection=[]\nhttp_proxy_authorization=[]\n",
    );
    await fetched(host, ...proxied, `http://localhost:${node}/node/raw`);
    const { raw } = heads.find(({ line }) => line === "GET /node/raw");
    const names = raw.filter((_, i) => i % 2 === 0);
    assert.deepEqual(names, ["Host", "User-Agent", "Accept", "X-One", "x-TWO", ...names.slice(5)]);
    assert.ok(!names.some((name) => /^proxy-/i.test(name)), names.join());
    assert.ok(!host.lines.some((line) => line.includes("secret")));
  });
});

test("sockets of nginx's open, echo and close; one that it refuses stays refused", async () => {
  const { plain, tls } = await destinations();
  const ca = fs.readFileSync(authority);
  await withHost([], async (host) => {
    const to = `localhost:${plain}`;
    const streams = [
      [await connect(host.port), `http://${to}/socket`, to],
      [await tunnel(host.port, to), "/socket", to],
      [
        await secure(await tunnel(host.port, `localhost:${tls}`), { servername: "localhost", ca }),
        "/socket",
        `localhost:${tls}`,
      ],
    ];
    for (const [stream, target, name] of streams) {
      const socket = await WebSocketClient.open(stream, target, name);
      for (const size of [0, 1, 125, 126, 65535, 65536, 1 << 20])
        assert.ok(await socket.echo(big().subarray(0, size)), `${size} bytes`);
      assert.equal(await socket.close(), 1000);
    }
    await assert.rejects(
      WebSocketClient.open(await connect(host.port), `http://${to}/socket/refused`, to),
      /^Error: HTTP\/1\.1 403 /,
    );
    await host.isIdle();
  });
});

test("an end of one half is the end of that half alone", async () => {
  const { node } = await destinations();
  await withHost([], async (host) => {
    const socket = await tunnel(host.port, `localhost:${node}`);
    socket.end(`GET /node/half HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    assert.match(await readHead(socket), /^HTTP\/1\.1 200 /);
    const rest = [];
    for await (const part of socket) rest.push(part);
    assert.equal(String(Buffer.concat(rest)), "node\n");
    await host.isIdle();
  });
});

test("a port where nobody is, a name that means this machine, the host itself", async () => {
  const status = ["-o", "/dev/null", "-w", "%{http_code}"];
  await withHost([], async (host) => {
    const nobody = await freePort();
    const plain = await curl(host, [...status, `http://localhost:${nobody}/`]);
    assert.equal(String(plain.stdout), "502");
    const shut = await curl(host, ["--proxytunnel", `http://localhost:${nobody}/`]);
    assert.deepEqual([shut.code, /CONNECT tunnel failed, response 502/.test(shut.stderr)], [56, true]);
    const itself = await curl(host, [...status, `http://localhost:${host.port}/`]);
    assert.equal(String(itself.stdout), "421");
    const rebound = `GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n`; // DNS rebinding
    assert.match(String(await exchange(host.port, rebound)), /^HTTP\/1\.1 421 /);
  });
});
