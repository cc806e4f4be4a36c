import assert from "node:assert/strict";
import { tests } from "./example.mjs";

/// What a socket of the page's, without the library, gets for these bytes: each message in one
/// array, and how it was closed.
const raw = (example, messages) =>
  example.page.evaluate(
    (messages) =>
      new Promise((resolve) => {
        const socket = new WebSocket("ws://myapp/mqtt", "mqtt");
        socket.binaryType = "arraybuffer";
        const got = [];
        socket.onopen = () => messages.forEach((bytes) => socket.send(new Uint8Array(bytes)));
        socket.onmessage = ({ data }) => got.push([...new Uint8Array(data)]);
        socket.onclose = ({ code, reason }) => resolve({ got, code, reason });
      }),
    messages,
  );
const text = (string) => [0, string.length, ...Buffer.from(string)];
const packet = (first, ...body) => [first, body.length, ...body];
const connect = packet(0x10, ...text("MQTT"), 4, 2, 0, 60, ...text("raw"));
const disconnect = packet(0xe0);
const connack = [0x20, 2, 0, 0];

/// What a socket is closed with for these packets, behind a CONNECT.
const closed = async (example, ...packets) => {
  const { code, reason } = await raw(example, [connect, ...packets]);
  return [code, reason];
};

tests("mqtt", {
  "the library connects and shows what the program publishes": async (example) => {
    await example.shows("#state", "connected");
    await example.shows("#temperature", /^\d\d\.\d °C$/);
    await example.shows("#pressure", /^\d\.\d\d bar$/);
    await example.inPage(
      () => document.getElementById("temperature-line").getAttribute("points")?.split(" ").length > 20,
    );
    assert.equal(await example.text("#lamp-state"), "off");
  },

  "what it publishes the program obeys, and tells all": async (example) => {
    await example.page.click("#switch");
    await example.shows("#lamp-state", "on");
    assert.equal(await example.page.getAttribute("#lamp", "class"), "card on");
    const row = (topic) => `#log tr:has(td:text-is("${topic}"))`;
    await example.shows(`${row("lamp/set")} td:nth-child(2)`, /^on$/);
    await example.shows(`${row("lamp")} td:nth-child(2)`, /^on$/);
    await example.shows(`${row("lamp")} td:nth-child(3)`, "as it happens");
  },

  "a client that comes later gets what is retained, and is acknowledged": async (example) => {
    const seen = await example.page.evaluate(async () => {
      const client = await mqtt.connectAsync("ws://myapp/mqtt");
      const first = new Promise((resolve) =>
        client.once("message", (topic, payload, { retain }) => resolve([topic, `${payload}`, retain])),
      );
      const granted = await client.subscribeAsync("lamp", { qos: 1 });
      const lamp = await first;
      await client.publishAsync("room/note", "kept", { qos: 1, retain: true });
      await client.unsubscribeAsync("lamp");
      const note = new Promise((resolve) =>
        client.once("message", (topic, payload, { retain }) => resolve([topic, `${payload}`, retain])),
      );
      await client.subscribeAsync("room/#");
      const kept = await note;
      await client.endAsync();
      return { qos: granted[0].qos, lamp, kept };
    });
    assert.deepEqual(seen, { qos: 0, lamp: ["lamp", "on", true], kept: ["room/note", "kept", true] });
  },

  "packets may be cut anywhere": async (example) => {
    const subscribe = packet(0x82, 0, 7, ...text("no/+/such"), 0);
    const ping = packet(0xc0);
    const bytes = [...connect, ...subscribe, ...ping, ...disconnect];
    const answers = { got: [connack, [0x90, 3, 0, 7, 0], [0xd0, 0]], code: 1000, reason: "" };
    assert.deepEqual(await raw(example, [bytes]), answers);
    assert.deepEqual(await raw(example, bytes.map((byte) => [byte])), answers);
  },

  "what is wrong ends the socket, and says why": async (example) => {
    assert.deepEqual((await raw(example, [packet(0xc0)])).reason, "CONNECT comes first");
    assert.deepEqual(await closed(example, [0x30, 0xff, 0xff, 0xff, 0x7f]), [1002, "a packet too long"]);
    assert.deepEqual(await closed(example, packet(0x30, 0, 9, 65)), [1002, "a malformed packet"]);
    assert.deepEqual(await closed(example, packet(0x82, 0, 7)), [1002, "a malformed packet"]);
    assert.deepEqual(await closed(example, packet(0xa2, 0, 7)), [1002, "a malformed packet"]);
    assert.deepEqual(await closed(example, packet(0xa2, 7)), [1002, "a malformed packet"]);
    assert.deepEqual(await closed(example, packet(0x34, ...text("a"), 0, 1)), [1002, "quality of service 2"]);
    const mqtt5 = packet(0x10, ...text("MQTT"), 5, 2, 0, 60, 0, ...text("raw"));
    const { got, reason } = await raw(example, [mqtt5]);
    assert.deepEqual([got, reason], [[[0x20, 2, 0, 1]], "another version of MQTT"]);
  },

  "another subprotocol is refused": async (example) => {
    const code = await example.page.evaluate(
      () =>
        new Promise((resolve) => {
          new WebSocket("ws://myapp/mqtt", "chat").onclose = (event) => resolve(event.code);
        }),
    );
    assert.equal(code, 1006);
    await example.stderrHas(/no subprotocol in common/);
  },
});
