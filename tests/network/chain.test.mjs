// A proxy on the way: another endpoint, and one of Node's that keeps what it was asked.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { curl, fetched, Host, sha256, test, withHost } from "./harness.mjs";
import { authority, destinations, files } from "./destinations.mjs";
import { connect, WebSocketClient } from "./wire.mjs";

const through = (port) => ["--proxy", `127.0.0.1:${port}`];

test("two endpoints in a chain carry files, uploads, tunnels and sockets", async () => {
  const { plain, tls } = await destinations();
  const big = sha256(fs.readFileSync(`${files}/big.bin`));
  const last = await Host.start();
  await withHost(through(last.port), async (host) => {
    const at = `http://localhost:${plain}`;
    assert.equal(sha256(await fetched(host, `${at}/files/big.bin`)), big);
    assert.equal(sha256(await fetched(host, "--proxytunnel", `${at}/files/big.bin`)), big);
    const safe = ["--cacert", authority, `https://localhost:${tls}/files/big.bin`];
    assert.equal(sha256(await fetched(host, ...safe)), big);
    const sum = await fetched(host, "-T", `${files}/big.bin`, `${at}/node/upload`);
    assert.match(String(sum), new RegExp(` ${big}\n`));
    const stream = await connect(host.port);
    const socket = await WebSocketClient.open(stream, `${at}/socket`, `localhost:${plain}`);
    assert.ok(await socket.echo(Buffer.alloc(100_000, 5)));
    assert.equal(await socket.close(), 1000);
    await host.isIdle();
  });
  await last.isIdle();
  await last.stop();
});

/// A proxy, and what it was asked: { port, asked, stop }.
async function startProxy(refusal) {
  const asked = [];
  const keep = (request) => asked.push({ line: `${request.method} ${request.url}`, request });
  const server = http.createServer((request, response) => {
    keep(request);
    if (refusal) return response.writeHead(refusal, { "Proxy-Authenticate": "Basic" }).end();
    const { hostname, port, pathname } = new URL(request.url);
    const ask = { host: hostname, port, path: pathname, headers: request.headers };
    http.get(ask, (answer) => answer.pipe(response));
  });
  server.on("connect", (request, near) => {
    keep(request);
    near.on("error", () => {});
    if (refusal) return near.end(`HTTP/1.1 ${refusal} No\r\nContent-Length: 0\r\n\r\n`);
    const { hostname, port } = new URL(`http://${request.url}`);
    const far = net.connect(Number(port), hostname, () => {
      near.write("HTTP/1.1 200 OK\r\n\r\n");
      near.pipe(far).pipe(near);
    });
    far.on("error", () => near.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
  return { port: server.address().port, asked, stop };
}

test("the next proxy is asked in absolute form, and for a tunnel where TLS or a socket follows", async () => {
  const { plain, tls } = await destinations();
  const proxy = await startProxy();
  await withHost(through(proxy.port), async (host) => {
    const own = ["--proxy-user", "a:secret"];
    await fetched(host, ...own, `http://localhost:${plain}/seen`);
    await fetched(host, ...own, "--cacert", authority, `https://localhost:${tls}/seen`);
    const at = `localhost:${plain}`;
    const socket = await WebSocketClient.open(await connect(host.port), `http://${at}/socket`, at);
    assert.ok(await socket.echo(Buffer.from("by way of a proxy")));
    assert.equal(await socket.close(), 1000);
  });
  assert.deepEqual(
    proxy.asked.map(({ line }) => line),
    [`GET http://localhost:${plain}/seen`, `CONNECT localhost:${tls}`, `CONNECT localhost:${plain}`],
  );
  for (const { request } of proxy.asked)
    assert.equal(request.headers["proxy-authorization"], undefined);
  await proxy.stop();
});

test("a proxy that refuses, and one that is not there", async () => {
  const { plain, tls } = await destinations();
  const status = ["-o", "/dev/null", "-w", "%{http_code} %{http_connect}"];
  const failures = async (host) => {
    const plainly = await curl(host, [...status, `http://localhost:${plain}/seen`]);
    assert.equal(String(plainly.stdout), "502 000");
    const safely = await curl(host, [...status, `https://localhost:${tls}/seen`]);
    assert.equal(String(safely.stdout), "000 502");
    await host.isIdle();
  };
  const proxy = await startProxy(407);
  await withHost(through(proxy.port), failures);
  await proxy.stop();
  await withHost(through(proxy.port), failures);
});
