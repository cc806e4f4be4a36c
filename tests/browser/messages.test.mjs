// Messages: each arrives once, whole and in order, whoever sends it.
import assert from "node:assert/strict";
import "./pages/data.js";
import { base64, inSharedWorker, session, socketsAtOnce, test, testEnd } from "./harness.mjs";

const start = session(["--intercept", "ws://myapp/*=1", "--intercept", "http://myapp/hold=1"]);
const MiB = 1024 * 1024;

async function open(name) {
  const hr = await start();
  const page = await hr.page();
  const url = `ws://myapp/${name}`;
  await page.evaluate(async (url) => {
    globalThis.s = new RecordedSocket(url);
    await s.opened();
  }, url);
  const [, , id] = await hr.upgrade(url);
  const got = (n) => page.evaluate(async (n) => (await s.received(n), s.messages), n);
  const good = async (...args) =>
    assert.deepEqual(await hr.send(id, ...args), { method: "WebSocketSend", id, result: 0 });
  return { hr, page, id, got, good };
}
const receive = (id, data, type) => ["hr", "WebSocketReceive", id, data, 1, type];
const texts = ["", "a", "na\u00efve \u20ac \u{1f600}", '\0\u001f"\\\u2028', "x".repeat(126)];

test("text from the page", async () => {
  const { hr, page, id } = await open("text-up");
  await page.evaluate((texts) => texts.forEach((text) => s.ws.send(text)), texts);
  assert.deepEqual(
    await hr.messages(id, texts.length),
    texts.map((text) => receive(id, text, 1)),
  );
});

test("text from the host", async () => {
  const { good, got } = await open("text-down");
  for (const text of texts) await good(text);
  assert.deepEqual(await got(texts.length), texts);
});

test("binary from the page", async () => {
  const { hr, page, id } = await open("binary-up");
  await page.evaluate(() => {
    s.ws.send(new Uint8Array([0, 127, 128, 255]));
    s.ws.send(new Uint8Array());
    s.ws.send(new Blob(["blob"]));
    s.ws.send(bytesOf(65536));
  });
  const sent = [[0, 127, 128, 255], [], Buffer.from("blob"), bytesOf(65536)];
  assert.deepEqual(
    await hr.messages(id, sent.length),
    sent.map((bytes) => receive(id, base64(bytes), 2)),
  );
});

test("binary from the host", async () => {
  const { page, good } = await open("binary-down");
  await good(base64([0, 127, 128, 255]));
  await good(base64([]));
  await good(base64(bytesOf(65536)));
  await good("a string with opcode 2", 1, 2);
  const seen = await page.evaluate(async () => {
    await s.received(4);
    const all = s.messages.map((m) => [...new Uint8Array(m)]);
    return { ...all, 2: sameBytes(all[2], bytesOf(65536)) };
  });
  assert.deepEqual(seen, {
    0: [0, 127, 128, 255],
    1: [],
    2: true,
    3: [...Buffer.from("a string with opcode 2")],
  });
});

test("bytes with opcode 1 are text", async () => {
  const { good, got } = await open("bytes-as-text");
  await good(base64(Buffer.from("\u20ac")), 1, 1);
  assert.deepEqual(await got(1), ["\u20ac"]);
});

for (const size of [MiB, 15 * MiB]) {
  test(`${size / MiB} MiB from the page, binary and text`, async () => {
    const { hr, page, id } = await open(`up-${size}`);
    await page.evaluate((size) => {
      s.ws.send(bytesOf(size));
      s.ws.send(textOf(size));
      s.ws.send("after");
    }, size);
    const [binary, text, after] = await hr.messages(id, 3);
    assert.ok(Buffer.from(binary[3].base64, "base64").equals(bytesOf(size)));
    assert.ok(text[3] === textOf(size));
    assert.deepEqual([binary[4], binary[5], text[4], text[5]], [1, 2, 1, 1]);
    assert.deepEqual(after, receive(id, "after", 1));
  });

  test(`${size / MiB} MiB from the host, binary and text`, async () => {
    const { page, good, got } = await open(`down-${size}`);
    await good(base64(bytesOf(size)));
    await page.evaluate(() => s.received(1));
    await good(textOf(size));
    await page.evaluate(() => s.received(2));
    const same = await page.evaluate((size) => {
      const [binary, text] = s.messages;
      return [sameBytes(new Uint8Array(binary), bytesOf(size)), text === textOf(size)];
    }, size);
    assert.deepEqual(same, [true, true]);
    await page.evaluate(() => (s.log.length = 0));
    await good("after");
    assert.deepEqual(await got(1), ["after"]);
  });
}

test("fragments from the host are one message to the page", async () => {
  const { hr, id, good, got } = await open("fragments");
  await good("Hel", 0);
  await good("", 0);
  assert.deepEqual(await hr.send(id, base64([1]), 1, 2), {
    method: "WebSocketSend",
    id,
    error: "opcode differs",
  });
  await good("lo", 1);
  await good("two ", 0, 1);
  await good("parts", 1, 1);
  await good("whole");
  assert.deepEqual(await got(3), ["Hello", "two parts", "whole"]);
});

test("binary fragments from the host", async () => {
  const { page, good } = await open("binary-fragments");
  for (let i = 0; i < 10; i++) await good(base64(bytesOf(1000, i)), i === 9 ? 1 : 0);
  const same = await page.evaluate(async () => {
    await s.received(1);
    const all = Array.from({ length: 10 }, (_, i) => [...bytesOf(1000, i)]).flat();
    return s.messages.length === 1 && sameBytes(new Uint8Array(s.messages[0]), all);
  });
  assert.ok(same);
});

test("1,000 messages each way: each once, in order", async () => {
  const { hr, page, id } = await open("order");
  const list = (way) => Array.from({ length: 1000 }, (_, i) => `${way} ${i}`);
  const results = Promise.all(list("down").map((text) => hr.send(id, text)));
  await page.evaluate((texts) => texts.forEach((text) => s.ws.send(text)), list("up"));
  await hr.messages(id, 1000);
  assert.ok((await results).every((r) => r.result === 0));
  await hr.close(id);
  assert.deepEqual(await page.evaluate(async () => (await s.closed(), s.log)), [
    ["open", ""],
    ...list("down").map((text) => ["message", text]),
    ["close", 1000, "", true],
  ]);
  await hr.last(id);
  assert.deepEqual(hr.of(id).slice(1), [
    ...list("up").map((text) => receive(id, text, 1)),
    ["hr", "WebSocketClose", id, 1000, ""],
  ]);
});

test("a queue that is full takes nothing, drains, and loses nothing", async () => {
  const hr = await start();
  const page = await hr.page();
  const seen = inSharedWorker(page, async () => {
    const s = new RecordedSocket("ws://myapp/full");
    await s.opened();
    // Nothing is read while this waits for the answer of a synchronous request.
    const request = new XMLHttpRequest();
    request.open("GET", "/hold", false);
    request.send();
    const taken = Number(request.responseText);
    await s.received(taken + 1);
    const whole = s.messages.slice(0, taken);
    const same = (m, i) => sameBytes(new Uint8Array(m), bytesOf(1024 * 1024, i));
    return [whole.length, whole.every(same), s.messages.slice(taken)];
  });
  const [, , id] = await hr.upgrade("ws://myapp/full");
  const held = await hr.request("http://myapp/hold");
  let taken = 0;
  let last;
  for (; taken < 64; taken++) {
    last = await hr.send(id, base64(bytesOf(MiB, taken)));
    if (last.error) break;
  }
  assert.deepEqual(last, { method: "WebSocketSend", id, error: "queue full" });
  assert.ok(taken >= 16, `took ${taken} MiB`);
  await hr.call([...held.slice(0, 3), 1, 200, "", "text/plain", held[7], "", `${taken}`, held[10]]);
  await hr.until(() => hr.lines.some((line) => line.drained === id), "drained");
  await hr.send(id, "after");
  assert.deepEqual(await seen, [taken, true, ["after"]]);
});

testEnd(start);

const echo = session(["--intercept", "ws://myapp/*=1", "--echo"]);

test("--echo gives each message back as it came, losing none when a queue is full", async () => {
  const hr = await echo();
  const page = await hr.page();
  const seen = await inSharedWorker(page, async () => {
    const s = new RecordedSocket("ws://myapp/big");
    await s.opened();
    for (let i = 0; i < 40; i++) s.ws.send(bytesOf(1024 * 1024, i));
    s.ws.send("the end");
    await s.received(41);
    const whole = s.messages.slice(0, 40);
    const same = (m, i) => sameBytes(new Uint8Array(m), bytesOf(1024 * 1024, i));
    return [whole.every(same), s.messages[40], s.log.length];
  });
  assert.deepEqual(seen, [true, "the end", 42]);
});

test(`${socketsAtOnce} sockets at once, each with its own messages in order`, async () => {
  const hr = await echo();
  const page = await hr.page();
  const logs = await page.evaluate(async (many) => {
    const sockets = [];
    await openMany(many, async (i) => {
      sockets[i] = new RecordedSocket(`ws://myapp/many/${i}`);
      await sockets[i].opened();
    });
    for (let n = 0; n < 20; n++) sockets.forEach((s, i) => s.ws.send(`${i}: ${n}`));
    await Promise.all(sockets.map((s) => s.received(20)));
    const open = sockets.filter((s) => s.ws.readyState === WebSocket.OPEN).length;
    sockets.forEach((s, i) => s.ws.close(3000 + i, `number ${i}`));
    await Promise.all(sockets.map((s) => s.closed()));
    sockets.forEach((s) => s.log.at(-1).splice(2, 1)); // the reason, which need not come back
    return { open, logs: sockets.map((s) => s.log) };
  }, socketsAtOnce);
  assert.equal(logs.open, socketsAtOnce);
  const ids = new Set();
  for (let i = 0; i < socketsAtOnce; i++) {
    const texts = Array.from({ length: 20 }, (_, n) => `${i}: ${n}`);
    const upgrade = await hr.upgrade(`ws://myapp/many/${i}`);
    const id = upgrade[2];
    await hr.last(id);
    ids.add(id);
    assert.deepEqual(logs.logs[i], [
      ["open", ""],
      ...texts.map((text) => ["message", text]),
      ["close", 3000 + i, true],
    ]);
    assert.deepEqual(hr.of(id), [
      upgrade,
      ...texts.map((text) => receive(id, text, 1)),
      ["hr", "WebSocketClose", id, 3000 + i, `number ${i}`],
    ]);
  }
  assert.equal(ids.size, socketsAtOnce);
});

testEnd(echo);
