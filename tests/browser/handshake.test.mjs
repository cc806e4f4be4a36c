// Opening handshakes: answered by the program (auto) and by the host (manual).
import assert from "node:assert/strict";
import { accepts, denies } from "./answers.mjs";
import { session, test, testEnd } from "./harness.mjs";

const start = session([
  ...["--intercept", "ws://myapp/manual/*=2"],
  ...["--intercept", "ws://myapp/*=1"],
  ...["--answer-timeout", "50"],
]);
const refused = [["error"], ["close", 1006, "", false]];
const opened = ({ log }) => log[0];
const result = (id, method, rest) => ({ method, id, ...rest });
const isGood = (id) => result(id, "WebSocketUpgrade", { result: 0 });
const no = (id, method, error) => result(id, method, { error });

/// Opens a socket on a page of its own, and gives the page and the message of its upgrade.
async function open(url, protocols) {
  const hr = await start();
  const page = await hr.page();
  await page.evaluate(
    (args) => void (globalThis.s = new RecordedSocket(...args)),
    [url, protocols],
  );
  const upgrade = await hr.upgrade(url);
  const log = (until) => page.evaluate(async (name) => (await s[name](), s.log), until);
  return { hr, page, upgrade, id: upgrade[2], log };
}
const manual = (name, protocols) => open(`ws://myapp/manual/${name}`, protocols);

test("auto: the page's socket opens and the host is told", async () => {
  const { upgrade, page, log } = await open("ws://myapp/auto?x=1");
  assert.deepEqual(await log("opened"), [["open", ""]]);
  const [name, event, id, , head, type] = upgrade;
  assert.deepEqual([name, event, type], ["hr", "WebSocketUpgrade", "auto"]);
  assert.match(id, /^[0-9a-f]+$/i);
  assert.match(head, /^GET \S*\/auto\?x=1 HTTP\/1\.1\r\n/);
  assert.match(head, /\r\nHost: myapp\r\n/);
  assert.match(head, /\r\nOrigin: http:\/\/myapp\r\n/);
  assert.match(head, /\r\nUpgrade: websocket\r\n/);
  assert.match(head, /\r\nSec-WebSocket-Version: 13\r\n/);
  assert.match(head, /\r\n\r\n$/);
  assert.equal(await page.evaluate(() => s.ws.extensions), "");
});

test("auto takes the first subprotocol that the page offers", async () => {
  const { log } = await open("ws://myapp/protocols", ["second.v2", "first.v1"]);
  assert.deepEqual(await log("opened"), [["open", "second.v2"]]);
});

test("manual: nothing is open until the host accepts", async () => {
  const { hr, page, upgrade, id, log } = await manual("accepted");
  assert.equal(upgrade[5], "manual");
  assert.deepEqual(await hr.send(id, "too early"), no(id, "WebSocketSend", "not open"));
  assert.deepEqual(await page.evaluate(() => s.log), []);
  assert.deepEqual(await hr.answer(upgrade, accepts(upgrade)), isGood(id));
  assert.deepEqual(await log("opened"), [["open", ""]]);
  await hr.send(id, "now");
  assert.deepEqual(await page.evaluate(async () => (await s.received(1), s.messages)), ["now"]);
});

test("manual: a second answer is an error and changes nothing", async () => {
  const { hr, page, upgrade, id, log } = await manual("twice");
  await hr.answer(upgrade, accepts(upgrade));
  const error = "already answered";
  assert.deepEqual(await hr.answer(upgrade, denies), no(id, "WebSocketUpgrade", error));
  await log("opened");
  await page.evaluate(() => s.ws.send("still open"));
  assert.equal((await hr.messages(id, 1))[0][3], "still open");
});

test("manual: the host chooses a subprotocol", async () => {
  const { hr, upgrade, id, log } = await manual("chosen", ["a", "b", "c"]);
  const head = accepts(upgrade, ["Sec-WebSocket-Protocol: b"]);
  assert.deepEqual(await hr.answer(upgrade, head), isGood(id));
  assert.deepEqual(await log("opened"), [["open", "b"]]);
});

test("manual: the host adds fields of its own", async () => {
  const { hr, page, upgrade, id, log } = await manual("fields");
  const head = accepts(upgrade, ["X-One: 1", "Set-Cookie: seen=yes; Path=/"]);
  assert.deepEqual(await hr.answer(upgrade, head), isGood(id));
  assert.deepEqual(opened({ log: await log("opened") }), ["open", ""]);
  assert.equal(await page.evaluate(() => document.cookie), "seen=yes");
});

test("manual: a denied socket fails, and the host hears no more of it", async () => {
  const { hr, page, upgrade, id, log } = await manual("denied");
  const console = page.waitForEvent("console", (m) => m.text().startsWith("WebSocket"));
  assert.deepEqual(await hr.answer(upgrade, denies), isGood(id));
  assert.deepEqual(await log("closed"), refused);
  assert.match((await console).text(), /Unexpected response code: 403/);
  assert.deepEqual(await hr.send(id, "x"), no(id, "WebSocketSend", "unknown id"));
  assert.deepEqual(hr.of(id), [upgrade]);
});

const bad = {
  "a wrong accept key": [(u) => accepts(u, [], "dGhlIHNhbXBsZSBub25jZQ=="), /Sec-WebSocket-Accept/],
  "a subprotocol that was not offered": [
    (u) => accepts(u, ["Sec-WebSocket-Protocol: z"]),
    /Sec-WebSocket-Protocol|subprotocol/,
  ],
  "an extension that is not on": [
    (u) => accepts(u, ["Sec-WebSocket-Extensions: permessage-deflate"]),
    /Sec-WebSocket-Extensions|extension/,
  ],
  "no Upgrade field": [(u) => accepts(u).replace("Upgrade: websocket\r\n", ""), /Upgrade/],
  "a head without its end": [(u) => accepts(u).slice(0, -2), /head|blank line|end/],
  "the request's own head": [(u) => u[4], /status line|HTTP-version|head|response/i],
};
for (const [what, [make, words]] of Object.entries(bad))
  test(`manual: ${what} is named, and the host may answer again`, async () => {
    const { hr, page, upgrade, id, log } = await manual(encodeURIComponent(what));
    const { error, ...rest } = await hr.answer(upgrade, make(upgrade));
    assert.deepEqual(rest, { method: "WebSocketUpgrade", id });
    assert.match(error, /^bad answer: ./);
    assert.match(error, words);
    assert.deepEqual(await page.evaluate(() => s.log), []);
    const again = accepts(upgrade);
    assert.deepEqual(await hr.answer(upgrade, again), isGood(id));
    assert.deepEqual(await log("opened"), [["open", ""]]);
    assert.deepEqual(hr.of(id), [upgrade]);
  });

test("manual: closed by the host before it answered, it is refused with 403", async () => {
  const { hr, page, upgrade, id, log } = await manual("closed");
  const console = page.waitForEvent("console", (m) => m.text().startsWith("WebSocket"));
  assert.deepEqual(await hr.close(id), result(id, "WebSocketClose", { result: 0 }));
  assert.deepEqual(await log("closed"), refused);
  assert.match((await console).text(), /Unexpected response code: 403/);
  assert.deepEqual(
    await hr.answer(upgrade, accepts(upgrade)),
    no(id, "WebSocketUpgrade", "unknown id"),
  );
  assert.deepEqual(hr.of(id), [upgrade]);
});

test("manual: aborted before it was answered, it ends in one error", async () => {
  const { hr, upgrade, id, log } = await manual("aborted");
  assert.deepEqual(await hr.abort(id), result(id, "WebSocketAbort", { result: 0 }));
  assert.deepEqual(await log("closed"), refused);
  const last = await hr.last(id);
  assert.deepEqual(hr.of(id), [upgrade, last]);
  assert.equal(last[1], "WebSocketError");
});

test("manual: a page that goes away before the answer gives one error", async () => {
  const { hr, page, upgrade, id } = await manual("gone");
  await page.close();
  const last = await hr.last(id);
  assert.equal(last[1], "WebSocketError");
  assert.deepEqual(
    await hr.answer(upgrade, accepts(upgrade)),
    no(id, "WebSocketUpgrade", "unknown id"),
  );
  assert.deepEqual(hr.of(id), [upgrade, last]);
});

testEnd(start);

const impatient = session(["--intercept", "ws://myapp/*=2", "--answer-timeout", "1"]);

async function leave(name, act) {
  const hr = await impatient();
  const page = await hr.page();
  const seen = page.evaluate(async (url) => {
    const s = new RecordedSocket(url);
    await s.closed();
    return s.log;
  }, `ws://myapp/${name}`);
  const upgrade = await hr.upgrade(`ws://myapp/${name}`);
  await act?.(hr, upgrade);
  assert.deepEqual(await seen, refused);
  const last = await hr.last(upgrade[2]);
  assert.equal(last[1], "WebSocketError");
  assert.deepEqual(
    await hr.answer(upgrade, accepts(upgrade)),
    no(upgrade[2], "WebSocketUpgrade", "unknown id"),
  );
  assert.deepEqual(hr.of(upgrade[2]), [upgrade, last]);
  return last[3];
}

test("manual: never answered, it ends in an error after the time-out", async () => {
  assert.match(await leave("never"), /answer/);
});

test("manual: after bad answers only, the error says what was wrong", async () => {
  const told = await leave("bad", (hr, upgrade) =>
    hr.answer(upgrade, accepts(upgrade, [], "dGhlIHNhbXBsZSBub25jZQ==")),
  );
  assert.match(told, /Sec-WebSocket-Accept/);
});

testEnd(impatient);
