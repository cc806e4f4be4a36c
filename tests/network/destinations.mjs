// Where the relay goes to: nginx, with certificates of an authority of ours, and behind it a server
// of Node's for what nginx alone does not do.
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { freePort, openssl, pause, scratch, start, within } from "./harness.mjs";
import { accepted, frame, onFrames } from "./wire.mjs";

const folder = `${scratch}/nginx`;
export const authority = `${scratch}/authority.pem`;
export const bigSize = 64 << 20;
export const files = `${folder}/files`;

const request = (name, ...more) =>
  openssl(
    ..."req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(" "),
    ...["-keyout", `${scratch}/${name}.key`, "-config", `${scratch}/openssl.cnf`, ...more],
  );

/// authority.pem; localhost.pem, signed by it; stranger.pem, which nobody has signed.
async function makeCertificates() {
  const name = "subjectAltName = DNS:localhost, IP:127.0.0.1\n";
  fs.writeFileSync(
    `${scratch}/openssl.cnf`,
    "[req]\nprompt = no\ndistinguished_name = name\n[name]\nCN = localhost\n" +
      `[ca]\nbasicConstraints = critical, CA:TRUE\n[server]\n${name}`,
  );
  const own = (out, extensions) =>
    request(out, "-x509", "-days", "2", "-extensions", extensions, "-out", `${scratch}/${out}.pem`);
  await own("authority", "ca");
  await own("stranger", "server");
  await request("localhost", "-out", `${scratch}/localhost.csr`);
  await openssl(
    ...["x509", "-req", "-days", "2", "-in", `${scratch}/localhost.csr`],
    ...["-CA", authority, "-CAkey", `${scratch}/authority.key`, "-CAcreateserial"],
    ...["-extfile", `${scratch}/openssl.cnf`, "-extensions", "server"],
    ...["-out", `${scratch}/localhost.pem`],
  );
}

const types = "types { text/plain txt; application/octet-stream bin; }";
const seen = ["request", "http_host", "http_proxy_connection", "http_proxy_authorization"];

/// One process, which needs no user, folder or port of the system's.
const configuration = ({ plain, tls, stranger, node }) => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log ${folder}/error.log warn;
events { worker_connections 1024; }
http {
  ${types}
  default_type application/octet-stream;
  access_log ${folder}/access.log;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_max_body_size 0;
  gzip_types text/plain;
  gzip_min_length 0;
  gzip_proxied any;
  proxy_http_version 1.1;
  proxy_buffering off;
  proxy_request_buffering off;
  server {
    listen 127.0.0.1:${plain};
    listen 127.0.0.1:${tls} ssl;
    listen 127.0.0.2:${tls} ssl; # which the certificate does not name
    ssl_certificate ${scratch}/localhost.pem;
    ssl_certificate_key ${scratch}/localhost.key;
    location /files/ { root ${folder}; }
    location /gzip/ { alias ${files}/; gzip on; }
    location /put/ { root ${folder}; dav_methods PUT; }
    location /seen { return 200 "${seen.map((name) => `${name}=[$${name}]\\n`).join("")}"; }
    location /moved { return 302 /files/small.txt; }
    location /until-closed { proxy_pass http://127.0.0.1:${node}; chunked_transfer_encoding off; }
    location /node/ { proxy_pass http://127.0.0.1:${node}; }
    location /socket {
      proxy_pass http://127.0.0.1:${node};
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection Upgrade;
    }
  }
  server {
    listen 127.0.0.1:${stranger} ssl;
    ssl_certificate ${scratch}/stranger.pem;
    ssl_certificate_key ${scratch}/stranger.key;
    return 200 "who is there?";
  }
}
`;

async function answers(port) {
  const socket = net.connect(port, "127.0.0.1");
  const connected = await new Promise((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  socket.destroy();
  return connected;
}

/// { plain, tls, stranger }: ports. Another process may take a port first: then others are tried.
async function startNginx(node) {
  for (const name of ["", "put", "files"]) fs.mkdirSync(`${folder}/${name}`, { recursive: true });
  fs.writeFileSync(`${files}/big.bin`, crypto.randomBytes(bigSize));
  fs.writeFileSync(`${files}/small.txt`, "a small file\n".repeat(100));
  for (let tries = 0; tries < 3; ++tries) {
    const ports = { plain: await freePort(), tls: await freePort(), stranger: await freePort() };
    fs.writeFileSync(`${folder}/conf`, configuration({ ...ports, node }));
    const child = start("nginx", ["-p", folder, "-c", `${folder}/conf`, "-e", `${folder}/error.log`]);
    let ended = false;
    child.ended.then(() => (ended = true));
    while (!ended && !(await answers(ports.stranger))) await pause(20);
    if (!ended) return { ...ports, stop: () => (child.kill("SIGTERM"), child.ended) };
  }
  throw new Error(fs.readFileSync(`${folder}/error.log`, "utf8"));
}

/// Bytes of an upload at a time, so that who sends is faster than who reads.
async function takeSlowly(request, response) {
  const hash = crypto.createHash("sha256");
  let size = 0;
  for await (const part of request) {
    hash.update(part);
    size += part.length;
    await pause(1);
  }
  response.end(`${size} ${hash.digest("hex")}\n`);
}

/// In pieces of a few sizes, each a chunk of its own.
function answerInPieces(request, response) {
  const size = Number(request.headers["x-size"]);
  const bytes = crypto.randomBytes(size);
  response.setHeader("X-Sha256", crypto.createHash("sha256").update(bytes).digest("hex"));
  for (let at = 0, n = 1; at < size; at += n, n = (n * 7) % 9973)
    response.write(bytes.subarray(at, at + n));
  response.end();
}

async function startNode() {
  const heads = [];
  const server = http.createServer((request, response) => {
    heads.push({ line: `${request.method} ${request.url}`, raw: request.rawHeaders });
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === "/node/upload") takeSlowly(request, response);
    else if (pathname === "/node/pieces") answerInPieces(request, response);
    else if (pathname === "/until-closed") answerInPieces(request, response);
    else response.end("node\n");
  });
  const sockets = new Set();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket) => {
    const refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    if (request.url === "/socket/refused") return socket.end(refused);
    socket.write(accepted(request.headers["sec-websocket-key"]));
    onFrames(socket, (opcode, payload) => {
      socket.write(frame(opcode, payload, false));
      if (opcode === 8) socket.end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  return { port: server.address().port, heads, stop };
}

let started;
/// nginx and Node, started by the first test that asks: { plain, tls, stranger, node, heads }.
export function destinations() {
  return (started ??= (async () => {
    await makeCertificates();
    const node = await startNode();
    const nginx = await within(startNginx(node.port), () => "nginx");
    return {
      ...nginx,
      node: node.port,
      heads: node.heads,
      stop: () => Promise.all([nginx.stop(), node.stop()]),
    };
  })());
}
export const stopDestinations = async () => started && (await started).stop();
