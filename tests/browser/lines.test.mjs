// Lines of standard input that are wrong: each is told, and nothing else is disturbed.
import assert from "node:assert/strict";
import { base64, session, test, testEnd } from "./harness.mjs";

const start = session(["--intercept", "ws://myapp/*=1", "--name", "obj"]);
let opened = 0;
let lineNumber = 0;

async function open() {
  const hr = await start();
  const page = await hr.page();
  const url = `ws://myapp/lines/${opened++}`;
  await page.evaluate(async (url) => {
    globalThis.s = new RecordedSocket(url);
    await s.opened();
  }, url);
  const [, , id] = await hr.upgrade(url);
  const got = (n) => page.evaluate(async (n) => (await s.received(n), s.messages), n);
  return { hr, page, id, got };
}
/// Every line of this file goes through here, so that its number is known.
async function call(hr, line) {
  lineNumber++;
  return hr.call(line);
}

for (const [what, line, words] of [
  ["no JSON", "hello", /^column 1: /],
  ["JSON that is cut off", '["obj","WebSocketSend"', /^column [0-9]+: /],
  ["two values", '["obj"] 1', /^column [0-9]+: /],
  ["a lone surrogate", '["obj","WebSocketSend","1","\\ud800"]', /^column [0-9]+: /],
  ["bytes that are no UTF-8", '["obj","WebSocketSend","1","\\x"]', /^column [0-9]+: /],
  ["an object", '{"method":"WebSocketSend"}', /^column [0-9]+: .*array/],
  ["a string", '"WebSocketSend"', /^column [0-9]+: .*array/],
  ["an empty array", "[]", /^column [0-9]+: /],
  ["another object's name", '["hr","WebSocketAbort","1"]', /^column [0-9]+: /],
  ["an unknown method", '["obj","WebSocketOpen","1"]', /^column [0-9]+: /],
  ["an unknown number", '["obj",846,"1"]', /^column [0-9]+: /],
  ["an event that is no method", '["obj","WebSocketReceive","1","x",1,1]', /^column [0-9]+: /],
  ["a missing element", '["obj","WebSocketSend","1"]', /^column [0-9]+: element 4: /],
  ["a missing ID", '["obj","WebSocketAbort"]', /^column [0-9]+: element 3: /],
  ["a mistyped ID", '["obj","WebSocketAbort",7]', /^column [0-9]+: element 3: expected a string/],
  ["mistyped data", '["obj","WebSocketSend","1",7]', /^column [0-9]+: element 4: /],
  ["data that is no base64", '["obj","WebSocketSend","1",{"base64":"?"}]', /element 4: .*base64/],
  ["a FIN of 2", '["obj","WebSocketSend","1","x",2]', /^column [0-9]+: element 5: /],
  ["an opcode of 8", '["obj","WebSocketSend","1","x",1,8]', /^column [0-9]+: element 6: /],
  ["a code that is text", '["obj","WebSocketClose","1","1000"]', /^column [0-9]+: element 4: /],
])
  test(`a line with ${what} is told with its number and column`, async () => {
    const hr = await start();
    const { error, ...rest } = await call(hr, line);
    assert.deepEqual(rest, { line: lineNumber });
    assert.match(error, words);
  });

test("blank lines count and are ignored", async () => {
  const hr = await start();
  hr.child.stdin.write("\n  \t\r\n\n");
  lineNumber += 3;
  const { line } = await call(hr, "[");
  assert.equal(line, lineNumber);
});

test("an unknown ID is an error, by name and by number", async () => {
  const hr = await start();
  const no = (method, id) => ({ method, id, error: "unknown id" });
  for (const id of ["0", "ffffffffffffffff", "no id", ""]) {
    assert.deepEqual(await call(hr, ["obj", "WebSocketSend", id, "x"]), no("WebSocketSend", id));
    assert.deepEqual(await call(hr, ["obj", 847, id, "x"]), no("WebSocketSend", id));
    assert.deepEqual(await call(hr, ["obj", "WebSocketClose", id]), no("WebSocketClose", id));
    assert.deepEqual(await call(hr, ["obj", 843, id, 1000, ""]), no("WebSocketClose", id));
    assert.deepEqual(await call(hr, ["obj", "WebSocketAbort", id]), no("WebSocketAbort", id));
    const answer = ["ws://myapp/", "HTTP/1.1 403 No\r\n\r\n", "manual"];
    assert.deepEqual(
      await call(hr, ["obj", "WebSocketUpgrade", id, ...answer]),
      no("WebSocketUpgrade", id),
    );
  }
});

test("an answer to no open request is an error", async () => {
  const hr = await start();
  const url = "http://myapp/never-asked";
  const answer = ["obj", 840, "ProcessRequest", 1, 200, "", "text/html", url, "", "x", "GET"];
  assert.deepEqual(await call(hr, answer), {
    method: "HTTPRequest",
    url,
    error: "no open request",
  });
});

test("methods by number work as by name", async () => {
  const { hr, id, got, page } = await open();
  assert.deepEqual(await call(hr, ["obj", 847, id, "by number", 1, 1]), {
    method: "WebSocketSend",
    id,
    result: 0,
  });
  assert.deepEqual(await got(1), ["by number"]);
  assert.deepEqual(await call(hr, ["obj", 843, id, 4000, "x"]), {
    method: "WebSocketClose",
    id,
    result: 0,
  });
  const log = await page.evaluate(async () => (await s.closed(), s.log.at(-1)));
  assert.deepEqual(log, ["close", 4000, "x", true]);
});

test("text that is no UTF-8 is an error, and nothing is sent", async () => {
  const { hr, id, got } = await open();
  for (const bytes of [[255], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]])
    assert.deepEqual(await call(hr, ["obj", "WebSocketSend", id, base64(bytes), 1, 1]), {
      method: "WebSocketSend",
      id,
      error: "invalid UTF-8",
    });
  await call(hr, ["obj", "WebSocketSend", id, "after"]);
  assert.deepEqual(await got(1), ["after"]);
});

test("a bad line between two good ones disturbs neither", async () => {
  const { hr, id, got } = await open();
  const send = (text) => ["obj", "WebSocketSend", id, text];
  lineNumber += 4;
  const [first, , bad, second] = await hr.callAll([
    send("one"),
    ["obj", "WebSocketAbort", "no id"],
    "]",
    send("two"),
  ]);
  assert.deepEqual([first.result, bad.line, second.result], [0, lineNumber - 1, 0]);
  assert.deepEqual(await got(2), ["one", "two"]);
});

test("the end of standard input is no reason to stop", async () => {
  const { hr, page, id } = await open();
  await new Promise((resolve) => hr.child.stdin.end(resolve));
  await page.evaluate(() => s.ws.send("still here"));
  assert.deepEqual(await hr.messages(id, 1), [["obj", "WebSocketReceive", id, "still here", 1, 1]]);
});

testEnd(start);
