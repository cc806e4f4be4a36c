// HTTPRequest: pages and resources that the host answers.
import assert from "node:assert/strict";
import "./pages/data.js";
import { base64, session, test, testEnd } from "./harness.mjs";

const start = session(["--intercept", "http://myapp/api/*=1"]);
const url = (name) => `http://myapp/api/${name}`;

/// The page fetches; `answer` makes elements 4 to 7, 9 and 10 of the answer from the request.
async function ask(name, options, answer) {
  const hr = await start();
  const page = await hr.page();
  const fetched = page.evaluate(
    async ([url, options]) => {
      const body = options.bytes ? new Uint8Array(options.bytes) : options.body;
      const response = await fetch(url, { ...options, body });
      const { status, statusText, headers } = response;
      return { status, statusText, headers: [...headers], body: await response.text() };
    },
    [url(name), options],
  );
  const request = await hr.request(url(name), options.method);
  const [a, b, c, d, fields, body] = answer(request);
  const whole = [...request.slice(0, 3), a, b, c, d, request[7], fields, body, request[10]];
  const result = await hr.call(whole);
  return { hr, request, whole, result, ...(await fetched) };
}
const good = (name) => ({ method: "HTTPRequest", url: url(name), result: 0 });
const field = (headers, name) => headers.find(([n]) => n === name)?.[1];
const plain = (body) => () => [1, 200, "", "text/plain", "", body];

test("a request as the host is told of it", async () => {
  const { request, result } = await ask("told?a=1", {}, plain("x"));
  assert.deepEqual(request.slice(0, 8), [
    ...["hr", "HTTPRequest", "ProcessRequest", 0, 0, "", "text/html"],
    url("told?a=1"),
  ]);
  assert.match(request[8], /^GET \S*\/api\/told\?a=1 HTTP\/1\.1\r\n(.+\r\n)+\r\n$/);
  assert.match(request[8], /\r\nHost: myapp\r\n/);
  assert.deepEqual(request.slice(9), ["", "GET"]);
  assert.deepEqual(result, good("told?a=1"));
});

test("status, status text, media type, fields and body arrive", async () => {
  const { status, statusText, headers, body } = await ask("all", {}, () => [
    ...[1, 201, "Made just now", "application/json"],
    "X-One: 1\r\nX-One: 2\r\nX-Two: b\r\n",
    '{"a":"\u20ac"}',
  ]);
  assert.deepEqual([status, statusText, body], [201, "Made just now", '{"a":"\u20ac"}']);
  assert.equal(field(headers, "content-type"), "application/json");
  assert.equal(field(headers, "x-one"), "1, 2");
  assert.equal(field(headers, "x-two"), "b");
  assert.equal(field(headers, "content-length"), "11");
});

test("an empty status text means the standard phrase; text gets its charset", async () => {
  const { statusText, headers, body } = await ask("phrase", {}, () => [
    ...[1, 404, "", "text/plain", "", "na\u00efve"],
  ]);
  assert.equal(statusText, "Not Found");
  assert.equal(field(headers, "content-type"), "text/plain; charset=utf-8");
  assert.equal(body, "na\u00efve");
});

test("a Content-Type among the fields beats the media type", async () => {
  const { headers } = await ask("type", {}, () => [
    ...[1, 200, "", "text/plain", "Content-Type: image/x-test\r\n", base64([1])],
  ]);
  assert.equal(field(headers, "content-type"), "image/x-test");
});

test("fields that are still the request's head are not sent", async () => {
  const { headers, status } = await ask("head-left", {}, (request) => [
    ...[1, 200, "", "text/plain", request[8], "x"],
  ]);
  assert.equal(status, 200);
  assert.equal(field(headers, "user-agent"), undefined);
});

test("a binary body from the host", async () => {
  const bytes = [...Array(256).keys()];
  const hr = await start();
  const page = await hr.page();
  const fetched = page.evaluate(
    async (url) => [...new Uint8Array(await (await fetch(url)).arrayBuffer())],
    url("bytes"),
  );
  const request = await hr.request(url("bytes"));
  const answer = [1, 200, "", "application/octet-stream", request[7], "", base64(bytes), "GET"];
  await hr.call([...request.slice(0, 3), ...answer]);
  assert.deepEqual(await fetched, bytes);
});

test("POST: a text body", async () => {
  const { request, body } = await ask("post", { method: "POST", body: "a=\u20ac" }, plain("ok"));
  assert.deepEqual([request[9], request[10]], ["a=\u20ac", "POST"]);
  assert.match(request[8], /\r\nContent-Length: 5\r\n/);
  assert.equal(body, "ok");
});

test("POST: a body that is no text", async () => {
  const { request } = await ask("binary", { method: "POST", bytes: [255, 0, 1] }, plain("ok"));
  assert.deepEqual(request[9], base64([255, 0, 1]));
});

test("POST: 1 MiB", async () => {
  const hr = await start();
  const page = await hr.page();
  const fetched = page.evaluate(
    async (url) => (await fetch(url, { method: "POST", body: textOf(1024 * 1024) })).text(),
    url("large"),
  );
  const request = await hr.request(url("large"), "POST");
  assert.ok(request[9] === textOf(1024 * 1024));
  const answer = [1, 200, "", "text/plain", request[7], "", request[9], "POST"];
  await hr.call([...request.slice(0, 3), ...answer]);
  assert.ok((await fetched) === textOf(1024 * 1024));
});

test("PUT and DELETE come with their names", async () => {
  for (const method of ["PUT", "DELETE"])
    assert.equal((await ask("method", { method }, plain(method))).body, method);
});

test("HEAD and 204 have no body", async () => {
  const head = await ask("head", { method: "HEAD" }, plain("not sent"));
  assert.deepEqual([head.status, head.body], [200, ""]);
  const empty = await ask("empty", {}, () => [1, 204, "", "text/plain", "", "not sent"]);
  assert.deepEqual([empty.status, empty.body, empty.statusText], [204, "", "No Content"]);
});

test("handled 0 is 404", async () => {
  const { hr, status } = await ask("unhandled", {}, () => [0, 200, "", "text/plain", "", "x"]);
  assert.equal(status, 404);
  await hr.stderrHas(/unhandled/);
});

test("a bad answer is an error, and the host may answer again", async () => {
  const hr = await start();
  const page = await hr.page();
  const fetched = page.evaluate(async (url) => (await fetch(url)).text(), url("again"));
  const request = await hr.request(url("again"));
  const answer = (status, fields) =>
    hr.call([...request.slice(0, 3), 1, status, "", "text/plain", request[7], fields, "x", "GET"]);
  for (const [status, fields] of [
    [200, "Content-Length: 1\r\n"],
    [200, "Connection: close\r\n"],
    [200, "Transfer-Encoding: chunked\r\n"],
    [200, "no field\r\n"],
    [200, "X-One: a\r\n\r\nX-Two: b\r\n"],
    [199, ""],
    [600, ""],
  ]) {
    const { error, ...rest } = await answer(status, fields);
    assert.deepEqual(rest, { method: "HTTPRequest", url: url("again") }, fields);
    assert.match(error, /./, fields);
  }
  assert.deepEqual(await answer(200, "X-One: a\r\n"), good("again"));
  assert.equal(await fetched, "x");
});

test("requests of the same URL are answered in their order", async () => {
  const hr = await start();
  const page = await hr.page();
  // Past the cache, which would let the second wait for the first.
  const ask = () =>
    page.evaluate(async (url) => (await fetch(url, { cache: "no-store" })).text(), url("twice"));
  const first = ask();
  const request = await hr.request(url("twice"));
  const second = ask();
  await hr.request(url("twice"), "GET", 1);
  const answer = (body) =>
    hr.call([...request.slice(0, 3), 1, 200, "", "text/plain", request[7], "", body, "GET"]);
  await answer("1");
  await answer("2");
  assert.deepEqual(await Promise.all([first, second]), ["1", "2"]);
  assert.deepEqual(await answer("3"), {
    method: "HTTPRequest",
    url: url("twice"),
    error: "no open request",
  });
});

test("a redirect to a page that the host answers, with a frame from the folder", async () => {
  const hr = await start();
  const page = await hr.page();
  const opened = page.goto(url("from"));
  const from = await hr.request(url("from"));
  await hr.call([...from.slice(0, 3), 1, 302, "", "", from[7], "Location: /api/to\r\n", "", "GET"]);
  const to = await hr.request(url("to"));
  const html = '<title>there</title><script src="/data.js"></script>';
  await hr.call([...to.slice(0, 3), 1, 200, "", "text/html", to[7], "", html, "GET"]);
  await opened;
  assert.equal(await page.title(), "there");
  assert.equal(await page.evaluate(() => typeof bytesOf), "function");
});

testEnd(start);
