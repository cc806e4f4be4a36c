// TLS: the endpoint's own certificate, and others' that it has to check.
import assert from "node:assert/strict";
import fs from "node:fs";
import { curl, fetched, run, scratch, sha256, test, withHost } from "./harness.mjs";
import { authority, destinations, files } from "./destinations.mjs";
import { frame, handshake, secure, tunnel, WebSocketClient } from "./wire.mjs";

const certificate = `${scratch}/endpoint.pem`;
const certified = (host) => ["--certificate", `${host}=${certificate}`];
const ours = [
  ...["--intercept", "wss://intercepted.test/*=1", "--intercept", "https://intercepted.test/*=1"],
  ...["--intercept", "ws://myapp/*=1", ...certified("intercepted.test")],
];
const statusOnly = ["-o", "/dev/null", "-w", "%{http_code}"];

test("curl trusts an intercepted https host by the endpoint's certificate, and by nothing else", async () => {
  await destinations();
  await withHost(ours, async (host) => {
    const url = "https://intercepted.test/any";
    const body = fs.readFileSync(`${files}/small.txt`);
    const data = ["--data-binary", `@${files}/small.txt`];
    for (const version of ["1.2", "1.3"])
      assert.deepEqual(
        await fetched(host, "--cacert", certificate, "--tls-max", version, ...data, url),
        body,
      );
    assert.equal((await curl(host, [url])).code, 60);
    assert.equal((await curl(host, ["--cacert", authority, url])).code, 60);
    const pin = `sha256//${host.spki}`;
    assert.equal((await curl(host, ["--insecure", "--pinnedpubkey", pin, ...data, url])).code, 0);
    const other = `sha256//${Buffer.alloc(32).toString("base64")}`;
    assert.equal((await curl(host, ["--insecure", "--pinnedpubkey", other, url])).code, 90);
  });
});

test("openssl s_client verifies the certificate, and opens wss", () =>
  withHost(ours, async (host) => {
    const target = handshake("/feed", "intercepted.test");
    const goodbye = frame(8, Buffer.from([3, 232]), true);
    const input = Buffer.concat([Buffer.from(target), frame(1, Buffer.from("hello"), true), goodbye]);
    const { code, stdout, stderr } = await run(
      "openssl",
      [
        // Not by CONNECT: it would send HTTP/1.0 without a Host, which is refused.
        ...["s_client", "-connect", `127.0.0.1:${host.port}`, "-servername", "intercepted.test"],
        ...["-CAfile", certificate, "-verify_return_error", "-verify_hostname", "intercepted.test"],
        ...["-alpn", "h2,http/1.1", "-ign_eof"],
      ],
      { input },
    );
    const all = String(stdout);
    assert.equal(code, 0, stderr);
    assert.match(all, /Verify return code: 0 \(ok\)/);
    assert.match(all, /ALPN protocol: http\/1\.1/);
    assert.match(all, /HTTP\/1\.1 101 /);
    assert.ok(stdout.includes(frame(1, Buffer.from("hello"), false)), all);
    await host.line(/^open wss:\/\/intercepted\.test\/feed$/);
    await host.line(/^closed 1000$/);
  }));

test("wss of an intercepted host echoes", () =>
  withHost(ours, async (host) => {
    const ca = fs.readFileSync(certificate);
    const servername = "intercepted.test";
    const stream = await secure(await tunnel(host.port, `${servername}:443`), { servername, ca });
    const socket = await WebSocketClient.open(stream, "/feed", servername);
    for (const size of [0, 125, 65536, 1 << 20]) assert.ok(await socket.echo(Buffer.alloc(size, 7)));
    assert.equal(await socket.close(), 1000);
    const wrong = secure(await tunnel(host.port, `${servername}:443`), {
      ca,
      servername: "other.test",
      checkServerIdentity: () => undefined,
    });
    // The peer hears it from TLS or from the answer: it is served in neither case.
    const refused = await wrong.then(
      (it) => WebSocketClient.open(it, "/feed", "other.test").then(() => "opened", String),
      String,
    );
    assert.notEqual(refused, "opened");
    await host.isIdle();
  }));

/// A row that may take sockets of nginx's, so that all its TLS is opened here.
async function reopening(port, work, options = { env: { SSL_CERT_FILE: authority } }) {
  const at = `localhost:${port}`;
  const rows = ["--intercept", `wss://${at}/ours=1`, "--intercept", `wss://127.0.0.2:${port}/*=1`];
  await withHost([...rows, ...certified("localhost")], (host) => work(host, at), options);
}

test("what is opened for a row and is not its own is encrypted again, and arrives", async () => {
  const { tls } = await destinations();
  await reopening(tls, async (host, at) => {
    const trust = ["--cacert", certificate];
    const big = sha256(fs.readFileSync(`${files}/big.bin`));
    assert.equal(sha256(await fetched(host, ...trust, `https://${at}/files/big.bin`)), big);
    const sent = await fetched(host, ...trust, "-T", `${files}/big.bin`, `https://${at}/node/upload`);
    assert.match(String(sent), new RegExp(` ${big}\n`));
    const options = { servername: "localhost", ca: fs.readFileSync(certificate) };
    for (const path of ["/socket", "/ours"]) {
      const stream = await secure(await tunnel(host.port, at), options);
      const socket = await WebSocketClient.open(stream, path, at);
      assert.ok(await socket.echo(Buffer.alloc(70_000, 3)));
      assert.equal(await socket.close(), 1000);
    }
    const opened = host.lines.filter((line) => line.startsWith("open "));
    assert.deepEqual(opened, [`open wss://${at}/ours`]);
  });
});

test("a destination that is not trusted stays a failure", async () => {
  const { tls, stranger } = await destinations();
  const status = async (host, url) =>
    String((await curl(host, ["--insecure", ...statusOnly, url])).stdout);
  await reopening(stranger, async (host, at) => {
    assert.equal(await status(host, `https://${at}/`), "502");
    await host.line(/^log .*the destination's TLS is not trusted/);
  });
  await reopening(tls, async (host, at) => {
    assert.equal(await status(host, `https://127.0.0.2:${tls}/seen`), "502"); // another's name
    assert.equal(await status(host, `https://${at}/seen`), "200");
  });
  const system = { env: { SSL_CERT_FILE: "/etc/ssl/certs/ca-certificates.crt" } };
  await reopening(tls, async (host, at) => {
    assert.equal(await status(host, `https://${at}/seen`), "502");
  }, system);
  await withHost([], async (host) => {
    const blind = await curl(host, ["--cacert", authority, `https://localhost:${stranger}/`]);
    assert.equal(blind.code, 60); // curl's own finding: the tunnel is shut to the host
    assert.equal(host.lines.length, 1);
  });
});
