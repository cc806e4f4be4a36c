// A program that an endpoint admits: node client.mjs
// First line of its input: PORT PLAIN, the endpoint's and nginx's. Each further line makes it use
// its WebSocket, nginx by way of the endpoint, and the endpoint's page once more: {echo, relayed,
// state}.
import crypto from "node:crypto";
import http from "node:http";
import { createInterface } from "node:readline";
import { connect, WebSocketClient } from "./wire.mjs";

/// The body of a request by way of the endpoint.
const get = (port, url) =>
  new Promise((resolve, reject) => {
    const ask = { host: "127.0.0.1", port, path: url, headers: { Host: new URL(url).host } };
    const request = http.get(ask, async (response) => {
      let body = "";
      for await (const part of response.setEncoding("utf8")) body += part;
      resolve(`${response.statusCode} ${body}`);
    });
    request.on("error", reject);
  });

let port, plain, socket;
for await (const line of createInterface({ input: process.stdin })) {
  if (!socket) {
    [port, plain] = line.split(" ").map(Number);
    socket = await WebSocketClient.open(await connect(port), "/echo", "myapp");
  }
  const echo = await socket.echo(crypto.randomBytes(1000));
  const relayed = await get(port, `http://localhost:${plain}/files/small.txt`);
  const state = await get(port, "http://myapp/state");
  console.log(JSON.stringify({ echo, relayed, state: JSON.parse(state.slice(4)) }));
}
await socket?.close();
