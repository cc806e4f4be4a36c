// What every engine is asked, in every place where a page can open a socket: `check(base, report)`
// opens sockets of base ("ws://myapp/") and reports each check by its name with "ok", or with what
// was seen instead. For windows and workers.

/// Opens a socket and gives what it saw: ["open", protocol], ["message", data], ["error"],
/// ["close", code, reason, clean]. `act(ws, seen)` is called as each is seen.
function life(url, protocols, act) {
  return new Promise((resolve) => {
    const seen = [];
    const ws = new WebSocket(url, protocols || []);
    ws.binaryType = "arraybuffer";
    const note = (...entry) => {
      seen.push(entry);
      if (act) act(ws, entry[0], seen);
    };
    ws.onopen = () => note("open", ws.protocol);
    ws.onmessage = (e) => note("message", e.data);
    ws.onerror = () => note("error");
    ws.onclose = (e) => {
      note("close", e.code, e.reason, e.wasClean);
      resolve(seen);
    };
  });
}

/// Sends each message behind the answer to the one before, and closes.
function roundTrips(url, messages) {
  let next = 0;
  return life(url, [], (ws, what) => {
    if (what !== "open" && what !== "message") return;
    if (next < messages.length) ws.send(messages[next++]);
    else ws.close(1000);
  });
}

function pattern(size) {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 31) ^ (i >> 8);
  return bytes;
}
function same(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
const kinds = (seen) => seen.map((entry) => entry[0]);
const closed = (seen) => seen[seen.length - 1];

const checks = {
  "text comes back": async (base) => {
    const texts = ["", "a", "na\u00efve \u20ac \u{1f600}", "x".repeat(70000)];
    const seen = await roundTrips(base + "echo?a=b", texts);
    return [
      [seen.slice(1, -1).map((entry) => entry[1] === texts[0] || texts.includes(entry[1])), closed(seen)],
      [[true, true, true, true], ["close", 1000, "", true]],
    ];
  },
  "bytes come back, a mebibyte and a Blob among them": async (base) => {
    const sent = [new Uint8Array(0), pattern(125), pattern(1048576)];
    const seen = await roundTrips(base + "echo", [...sent, new Blob(["blob"])]);
    const got = seen.slice(1, -1).map((entry) => new Uint8Array(entry[1]));
    return [
      [got.slice(0, 3).map((bytes, i) => same(bytes, sent[i])), String.fromCharCode(...got[3])],
      [[true, true, true], "blob"],
    ];
  },
  "a message of 16 MiB": async (base) => {
    const seen = await life(base + "size", [], (ws, what) => {
      if (what === "open") ws.send(pattern(16777216));
      if (what === "message") ws.close(1000);
    });
    return [seen[1], ["message", "16777216"]];
  },
  "many messages keep their order": async (base) => {
    const seen = await life(base + "echo", [], (ws, what, seen) => {
      if (what === "open") for (let i = 0; i < 300; i++) ws.send(String(i));
      if (what === "message" && seen.length === 301) ws.close(1000);
    });
    const wanted = Array.from({ length: 300 }, (_, i) => String(i));
    return [seen.slice(1, -1).map((entry) => entry[1]), wanted];
  },
  "a subprotocol": async (base) => {
    const seen = await life(base + "chosen", ["a", "c", "b"], (ws) => ws.close(1000));
    return [seen[0], ["open", "c"]];
  },
  "a manual handshake": async (base) => {
    const seen = await life(base + "manual", ["mine"], (ws) => ws.close(1000));
    return [kinds(seen).concat(seen[0][1]), ["open", "close", "mine"]];
  },
  "a refusal": async (base) => [await life(base + "refused"), [["error"], ["close", 1006, "", false]]],
  "the program closes": async (base) => {
    const seen = await life(base + "goodbye");
    return [closed(seen), ["close", 3001, "because \u20ac", true]];
  },
  "the page closes": async (base) => {
    const seen = await life(base + "echo", [], (ws, what) => what === "open" && ws.close(4000, "enough"));
    return [closed(seen), ["close", 4000, "enough", true]];
  },
};

/// network: a server of the network that echoes, past the program; or null.
async function check(base, network, report) {
  const all = Object.assign({}, checks);
  if (network)
    all["what is not intercepted reaches the network"] = async () => {
      const seen = await roundTrips(network, ["past the program"]);
      return [seen[1], ["message", "past the program"]];
    };
  for (const name of Object.keys(all)) {
    const late = new Promise((_, fail) => setTimeout(() => fail("nothing came for 30 s"), 30000));
    let result = "ok";
    try {
      const [seen, wanted] = await Promise.race([all[name](base), late]);
      if (JSON.stringify(seen) !== JSON.stringify(wanted)) result = JSON.stringify(seen).slice(0, 300);
    } catch (e) {
      result = String(e);
    }
    report(name, result);
  }
}
