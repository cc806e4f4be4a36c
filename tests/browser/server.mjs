// A real server on this machine, which pages reach past the host program: it serves pages/ and
// echoes WebSockets, and keeps the head of each request as it came.
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { pages } from "./harness.mjs";

const types = { ".html": "text/html", ".js": "text/javascript" };

export async function startServer() {
  const heads = [];
  const keep = (request) =>
    heads.push({ line: `${request.method} ${request.url}`, headers: request.headers });

  const server = http.createServer((request, response) => {
    keep(request);
    const name = request.url === "/" ? "/index.html" : request.url;
    const file = path.join(pages, path.basename(name));
    if (!fs.existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": types[path.extname(file)] });
    response.end(fs.readFileSync(file));
  });
  server.on("connection", (socket) => socket.unref().on("error", () => {}));
  server.on("upgrade", (request, socket) => {
    keep(request);
    const key = request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${crypto.createHash("sha1").update(key).digest("base64")}\r\n\r\n`,
    );
    echoFrames(socket);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref(); // it ends with the tests
  return {
    port: server.address().port,
    heads,
    head: (line) => heads.find((head) => head.line === line),
  };
}

/// Sends each frame of at most 125 bytes back unmasked; a close frame is the last.
function echoFrames(socket) {
  let bytes = Buffer.alloc(0);
  socket.on("data", (more) => {
    bytes = Buffer.concat([bytes, more]);
    while (bytes.length >= 6 && bytes.length >= 6 + (bytes[1] & 127)) {
      const length = bytes[1] & 127;
      const payload = bytes.subarray(6, 6 + length).map((byte, i) => byte ^ bytes[2 + (i & 3)]);
      socket.write(Buffer.concat([Buffer.from([bytes[0], length]), payload]));
      if ((bytes[0] & 15) === 8) socket.end();
      bytes = bytes.subarray(6 + length);
    }
  });
}
