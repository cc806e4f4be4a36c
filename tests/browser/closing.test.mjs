// How a socket ends, and what each side is told of it.
import assert from "node:assert/strict";
import { session, test, testEnd } from "./harness.mjs";

const start = session(["--intercept", "ws://myapp/*=1"]);
let number = 0;

// An engine whose TCP was left open after the closing handshake reports the close 2 s late.
const withoutTheWait = 1500;

async function open() {
  const hr = await start();
  const page = await hr.page();
  const url = `ws://myapp/closing/${number++}`;
  await page.evaluate(async (url) => {
    globalThis.s = new RecordedSocket(url);
    await s.opened();
  }, url);
  const upgrade = await hr.upgrade(url);
  return { hr, page, upgrade, id: upgrade[2], url };
}
const last = (page) => page.evaluate(async () => (await s.closed(), s.log.slice(1)));

for (const [code, reason, seen] of [
  [1000, "", 1000],
  [3001, "bye", 3001],
  [4999, "\u20ac".repeat(41), 4999],
  [undefined, undefined, 1005],
])
  test(`the page closes with ${code ?? "no code"}: both sides are told at once`, async () => {
    const { hr, page, upgrade, id } = await open();
    const took = await page.evaluate(
      async (args) => {
        const since = performance.now();
        s.ws.close(...args);
        await s.closed();
        return performance.now() - since;
      },
      code ? [code, reason] : [],
    );
    // RFC 6455 5.5.1: the answer repeats the code; the reason it may leave out.
    const [[kind, code_seen, , clean], ...more] = await last(page);
    assert.deepEqual([kind, code_seen, clean, more], ["close", seen, true, []]);
    const told = await hr.last(id);
    assert.deepEqual(hr.of(id), [upgrade, told]);
    assert.deepEqual(told, ["hr", "WebSocketClose", id, seen, reason ?? ""]);
    assert.ok(took < withoutTheWait, `${took} ms`);
  });

for (const [given, code, reason] of [
  [[], 1000, ""],
  [[1001], 1001, ""],
  [[1011, "na\u00efve"], 1011, "na\u00efve"],
  [[1014], 1014, ""],
  [[3000, "\u20ac".repeat(41)], 3000, "\u20ac".repeat(41)],
  [[4999, "x"], 4999, "x"],
  [[1005], 1005, ""],
])
  test(`the host closes with ${given[0] ?? "no code"}: the page is told at once`, async () => {
    const { hr, page, upgrade, id } = await open();
    const since = performance.now();
    assert.deepEqual(await hr.close(id, ...given), { method: "WebSocketClose", id, result: 0 });
    assert.deepEqual(await last(page), [["close", code, reason, true]]);
    const took = performance.now() - since;
    const told = await hr.last(id);
    assert.deepEqual(told, ["hr", "WebSocketClose", id, code, reason]);
    assert.deepEqual(hr.of(id), [upgrade, told]);
    assert.ok(took < withoutTheWait, `${took} ms`);
    const error = "unknown id";
    assert.deepEqual(await hr.send(id, "x"), { method: "WebSocketSend", id, error });
    assert.deepEqual(await hr.close(id), { method: "WebSocketClose", id, error });
    assert.deepEqual(await hr.abort(id), { method: "WebSocketAbort", id, error });
  });

test("messages before the close arrive before it, from either side", async () => {
  const { hr, page, id } = await open();
  for (let i = 0; i < 50; i++) hr.send(id, `m ${i}`);
  await hr.close(id, 4000, "last");
  const texts = Array.from({ length: 50 }, (_, i) => ["message", `m ${i}`]);
  assert.deepEqual(await last(page), [...texts, ["close", 4000, "last", true]]);

  const other = await open();
  await other.page.evaluate(() => {
    for (let i = 0; i < 50; i++) s.ws.send(`m ${i}`);
    s.ws.close(4000, "last");
  });
  await hr.last(other.id);
  assert.deepEqual(hr.of(other.id).slice(1), [
    ...texts.map(([, text]) => ["hr", "WebSocketReceive", other.id, text, 1, 1]),
    ["hr", "WebSocketClose", other.id, 4000, "last"],
  ]);
});

test("what is no close code or too long a reason changes nothing", async () => {
  const { hr, page, id } = await open();
  const no = (error) => ({ method: "WebSocketClose", id, error });
  for (const code of [0, 999, 1004, 1006, 1015, 1016, 2999, 5000])
    assert.deepEqual(await hr.close(id, code), no("bad close code"), code);
  assert.deepEqual(await hr.close(id, 1005, "with a reason"), no("bad close code"));
  assert.deepEqual(await hr.close(id, 1000, "x".repeat(124)), no("reason too long"));
  await hr.send(id, "still open");
  await page.evaluate(() => s.received(1));
  assert.deepEqual(await page.evaluate(() => s.messages), ["still open"]);
});

test("after the host's close nothing more can be sent", async () => {
  const { hr, page, id } = await open();
  // A page that is busy cannot close; its network process does. So the lines go in one write.
  const lines = [
    ["hr", "WebSocketClose", id, 4001, "first"],
    ["hr", "WebSocketSend", id, "late"],
    ["hr", "WebSocketClose", id, 4002, "second"],
  ];
  const results = await hr.callAll(lines);
  assert.equal(results[0].result, 0);
  for (const { error } of results.slice(1)) assert.match(error, /^(closing|unknown id)$/);
  assert.deepEqual(await last(page), [["close", 4001, "first", true]]);
});

test("abort ends the transport: the page sees 1006, the host one error", async () => {
  const { hr, page, upgrade, id } = await open();
  assert.deepEqual(await hr.abort(id), { method: "WebSocketAbort", id, result: 0 });
  const seen = await last(page);
  assert.deepEqual(seen.at(-1), ["close", 1006, "", false]);
  const told = await hr.last(id);
  assert.equal(told[1], "WebSocketError");
  assert.deepEqual(hr.of(id), [upgrade, told]);
});

test("400 sockets that the host closes as they open: all clean", async () => {
  const hr = await start();
  const page = await hr.page();
  const results = new Map();
  hr.onEvent = ([, event, id, url]) => {
    if (event === "WebSocketUpgrade") results.set(id, hr.close(id, 4001, `for ${url.slice(17)}`));
  };
  const logs = await page.evaluate(async () => {
    const logs = [];
    await openMany(400, async (i) => {
      const s = new RecordedSocket(`ws://myapp/brief/${i}`);
      await s.closed();
      logs[i] = s.log;
    });
    return logs;
  });
  hr.onEvent = null;
  const clean = (i) => [
    ["open", ""],
    ["close", 4001, `for ${i}`, true],
  ];
  assert.deepEqual(
    logs,
    Array.from({ length: 400 }, (_, i) => clean(i)),
  );
  assert.equal(results.size, 400);
  for (const [id, result] of results) {
    assert.equal((await result).result, 0);
    const told = await hr.last(id);
    assert.deepEqual(told.slice(0, 4), ["hr", "WebSocketClose", id, 4001]);
    assert.equal(hr.of(id).length, 2);
  }
});

test("a reloaded page: its old sockets end once, its new ones open", async () => {
  const { hr, page, upgrade, id, url } = await open();
  await page.evaluate(() => s.ws.send("before"));
  await hr.messages(id, 1);
  await page.reload();
  const told = await hr.last(id);
  const log = await page.evaluate((url) => roundTrip(url, []), url);
  assert.deepEqual(log, [
    ["open", ""],
    ["close", 1000, "", true],
  ]);
  const [, , second] = await hr.upgrade(url, 1);
  assert.notEqual(second, id);
  await hr.last(second);
  assert.deepEqual(hr.of(id), [upgrade, ["hr", "WebSocketReceive", id, "before", 1, 1], told]);
  assert.match(told[1], /^WebSocket(Close|Error)$/);
});

test("a page that is closed ends its sockets", async () => {
  const { hr, page, upgrade, id } = await open();
  await page.close();
  const told = await hr.last(id);
  assert.deepEqual(hr.of(id), [upgrade, told]);
});

testEnd(start);
