import assert from "node:assert/strict";
import { tests } from "./example.mjs";

const codes = (example) => [...example.raw.matchAll(/type ([0-9a-f]{8})\n/g)].map(([, code]) => code);
const nthCode = (example, n) => example.until(() => codes(example)[n], "a code to log in");

const logIn = async (example, code) => {
  await example.page.fill("#code", code);
  await example.page.click("#login button");
};
const rows = "#sockets tr";

tests("login", {
  "of a 401 the page sees nothing, of a close the code and the reason": async (example) => {
    await example.shows(`${rows}:nth-child(1)`, "1006 and no reason");
    const told = "4401 log in first: the code is in the program's terminal";
    await example.shows(`${rows}:nth-child(2)`, told);
    await example.shows(`${rows}:nth-child(3)`, told);
  },

  "a wrong code is refused, and uses the code up": async (example) => {
    const first = await nthCode(example, 0);
    await logIn(example, "00000000");
    await example.shows("#answer", "That is not the code; there is a new one.");
    await nthCode(example, 1);
    await logIn(example, first);
    await nthCode(example, 2);
    await example.shows(`${rows}:nth-child(2)`, "4401");
    assert.equal(await example.page.evaluate(() => document.cookie), "");
  },

  "who has logged in opens sockets, with the subprotocol in common": async (example) => {
    const code = codes(example).at(-1);
    await logIn(example, code);
    await example.shows("#answer", "Logged in.");
    const again = await example.page.evaluate(
      async (body) => (await fetch("/login", { method: "POST", body })).status,
      code,
    );
    assert.equal(again, 403, "a code logs in once");
    await example.shows(`${rows}:nth-child(1)`, "open, speaks chat.v2");
    await example.shows(`${rows}:nth-child(2)`, "open, speaks chat.v2");
    await example.shows(`${rows}:nth-child(3)`, "4406 this program speaks chat.v2 and chat.v1");
    assert.equal(await example.page.evaluate(() => document.cookie), "", "scripts do not see it");
  },

  "who offers nothing is told what there is": async (example) => {
    const told = await example.page.evaluate(
      () =>
        new Promise((resolve) => {
          const socket = new WebSocket("ws://myapp/chat");
          socket.onclose = ({ code, reason }) => resolve([code, reason]);
        }),
    );
    assert.deepEqual(told, [4406, "this program speaks chat.v2 and chat.v1"]);
  },

  "what one writes, all hear": async (example) => {
    const heard = example.page.evaluate(
      () =>
        new Promise((resolve) => {
          const socket = new WebSocket("ws://myapp/chat", "chat.v1");
          socket.onopen = () => resolve(socket.protocol);
          globalThis.heard = new Promise((hear) => (socket.onmessage = ({ data }) => hear(data)));
        }),
    );
    assert.equal(await heard, "chat.v1");
    await example.page.fill("#line", "Grüße");
    await example.page.click("#chat button");
    await example.shows("#heard", "Grüße");
    assert.equal(await example.page.evaluate(() => globalThis.heard), "Grüße");
  },
});
