// Seven sockets and a check of each; what the page sees is shown as it happens.
import { Card } from "./card.js";
import { Chart } from "./chart.js";

const MESSAGES_OF_FEED = 180; // three seconds of it

/// Opens a socket whose life the card shows.
function open(card, protocols = []) {
  const socket = new WebSocket(card.url, protocols);
  socket.binaryType = "arraybuffer";
  card.note(`new WebSocket(${protocols.length ? "…, " + JSON.stringify(protocols) : "…"})`);
  card.state("connecting");
  socket.addEventListener("open", () => card.opened(socket.protocol));
  socket.addEventListener("message", (event) => card.got(event.data));
  socket.addEventListener("error", () => card.note("error"));
  socket.addEventListener("close", (event) => card.closed(event));
  return socket;
}

/// The next event of this name; fails if the socket closes first.
function next(socket, name) {
  return new Promise((resolve, reject) => {
    socket.addEventListener(name, resolve, { once: true });
    if (name !== "close")
      socket.addEventListener("close", (e) => reject(new Error(`closed with ${e.code} instead of ${name}`)), { once: true });
  });
}

function expect(condition, otherwise) {
  if (!condition)
    throw new Error(otherwise);
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/// Sends and waits for what comes back.
async function exchange(card, socket, data) {
  const answer = next(socket, "message");
  card.sends(data);
  socket.send(data);
  return (await answer).data;
}

async function hangUp(socket, code, reason) {
  const closed = next(socket, "close");
  socket.close(code, reason);
  const event = await closed;
  expect(event.wasClean && event.code === code, `closed with ${event.code}, clean: ${event.wasClean}`);
}

async function textEcho(card) {
  const socket = open(card);
  await next(socket, "open");
  const count = 200;
  const words = ["one", "zwei", "três", "четыре", "五", "šest"];
  card.quiet = true;
  const times = [];
  for (let i = 0; i < count; ++i) {
    const text = `${words[i % words.length]} #${i}`;
    const start = performance.now();
    const answer = await exchange(card, socket, text);
    times.push(performance.now() - start);
    expect(answer === text, `"${text}" came back as "${answer}"`);
    if ((i + 1) % 50 === 0)
      card.metric(`${median(times).toFixed(1)} ms`, `a round trip, median of ${i + 1}`);
  }
  card.quiet = false;
  card.note(`${count} texts, there and back`);
  await hangUp(socket, 1000, "done");
}

async function binaryEcho(card) {
  const socket = open(card);
  await next(socket, "open");
  const bytes = new Uint8Array(1 << 20);
  for (let at = 0; at < bytes.length; at += 65536)
    crypto.getRandomValues(bytes.subarray(at, at + 65536));
  const start = performance.now();
  const answer = new Uint8Array(await exchange(card, socket, bytes));
  const took = performance.now() - start;
  expect(answer.length === bytes.length, `${answer.length} bytes came back`);
  expect(answer.every((byte, i) => byte === bytes[i]), "other bytes came back");
  card.metric("1 MiB", `of random bytes, the same after ${took.toFixed(0)} ms`);
  await hangUp(socket, 1000, "done");
}

async function denied(card) {
  const socket = open(card);
  socket.addEventListener("open", () => card.fail("it opened"));
  const event = await next(socket, "close");
  expect(event.code === 1006 && !event.wasClean, `closed with ${event.code}`);
  // A page cannot see the status: the program says what it answered.
  const report = await (await fetch("/api/denied")).text();
  expect(report === `403 ${card.url}`, "the program was not asked");
  card.metric("403", "said the program; the page sees 1006");
}

async function subprotocol(card) {
  const socket = open(card, ["chat.v1", "chat.v2"]);
  await next(socket, "open");
  expect(socket.protocol === "chat.v2", `the protocol is "${socket.protocol}"`);
  const answer = await exchange(card, socket, "Who is there?");
  expect(answer === "chat.v2 heard: Who is there?", `it said "${answer}"`);
  card.metric("chat.v2", "chosen by the program from two");
  await hangUp(socket, 1000, "done");
}

async function goodbye(card) {
  const socket = open(card);
  await next(socket, "open");
  const closed = next(socket, "close");
  card.sends("bye");
  socket.send("bye");
  const event = await closed;
  expect(event.code === 4001 && event.reason === "à bientôt" && event.wasClean, `closed with ${event.code} "${event.reason}"`);
  card.metric("4001", `“${event.reason}”, and a clean close`);
}

function fromWorker(card) {
  const worker = new Worker("worker.js");
  card.note("new Worker(…)");
  return new Promise((resolve, reject) => {
    worker.onerror = () => reject(new Error("the worker failed"));
    worker.onmessage = ({ data }) => {
      switch (data.what) {
        case "state": card.state(data.state); card.note(data.note); break;
        case "open": card.opened(""); break;
        case "close":
          card.closed(data);
          if (!data.error) {
            card.count(data.sent, data.received);
            card.metric(`${data.median.toFixed(1)} ms`, `a round trip in the worker, median of ${data.sent}`);
          }
          data.error ? reject(new Error(data.error)) : resolve();
      }
    };
  });
}

/// Binary messages of 12 bytes: a number that counts up (uint32) and two values (float32).
async function feed(card) {
  const chart = new Chart(card.canvas());
  const socket = open(card);
  card.quiet = true;
  const arrivals = [];
  let expected = 0;
  await new Promise((resolve, reject) => {
    socket.addEventListener("close", (event) => reject(new Error(`closed with ${event.code}`)));
    socket.addEventListener("message", ({ data }) => {
      const view = new DataView(data);
      const number = view.getUint32(0, true);
      if (number !== expected++)
        reject(new Error(`message ${number} instead of ${expected - 1}`));
      chart.add(view.getFloat32(4, true), view.getFloat32(8, true));
      const now = performance.now();
      arrivals.push(now);
      while (now - arrivals[0] > 2000)
        arrivals.shift();
      if (expected % 15 === 0 && arrivals.length > 15) {
        const rate = (arrivals.length - 1) * 1000 / (now - arrivals[0]);
        card.metric(`${rate.toFixed(1)} /s`, "");
      }
      if (expected === MESSAGES_OF_FEED)
        resolve();
    });
  });
}

const checks = [
  { title: "Live feed", action: "auto", url: "ws://myapp/feed", run: feed, wide: true },
  { title: "Text echo", action: "auto", url: "ws://myapp/echo/text", run: textEcho },
  { title: "Binary echo", action: "auto", url: "ws://myapp/echo/binary", run: binaryEcho },
  { title: "Denied", action: "manual", url: "ws://myapp/private", run: denied },
  { title: "Subprotocol", action: "manual", url: "ws://myapp/chat", run: subprotocol },
  { title: "Closed by the program", action: "auto", url: "ws://myapp/goodbye", run: goodbye },
  { title: "From a Web Worker", action: "auto", url: "ws://myapp/worker", run: fromWorker },
];

function timeout(seconds) {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(`no end after ${seconds} s`)), seconds * 1000));
}

function show(cards, finished) {
  const passed = cards.filter((card) => card.result === "passed").length;
  const done = cards.filter((card) => card.result !== "running").length;
  document.querySelector("#ring").style.strokeDasharray = `${100 * done / cards.length} 100`;
  document.querySelector("#score").textContent = `${passed}/${cards.length}`;
  const all = passed === cards.length;
  if (finished) {
    document.querySelector("#verdict").dataset.result = all ? "passed" : "failed";
    document.querySelector("#headline").textContent = `${passed} of ${cards.length} checks passed`;
    document.querySelector("#summary").textContent =
      all ? "Every socket did to the page what a server on the network would have done."
          : "Failed: " + cards.filter((card) => card.result !== "passed").map((card) => card.title).join(", ") + ".";
  }
  return all;
}

const place = document.querySelector("#cards");
const cards = checks.map((check) => new Card(check));
cards.forEach((card, i) => i === 0 ? place.prepend(card.element) : place.append(card.element));

// One after the other by a moment, so that the eye can follow.
await Promise.all(cards.map(async (card, i) => {
  await new Promise((resolve) => setTimeout(resolve, i * 250));
  try {
    await Promise.race([card.run(card), timeout(12)]);
    card.pass();
  } catch (error) {
    card.fail(error.message);
  }
  show(cards, false);
}));

const all = show(cards, true);
const lines = cards.map((card) => `${card.result} ${card.title}: ${card.outcome}`);
await fetch("/api/verdict", { method: "POST", body: [all ? "passed" : "failed", ...lines].join("\n") });
