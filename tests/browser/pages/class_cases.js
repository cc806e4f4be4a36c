// What a page can see of a WebSocket class, case by case: each gives a value that says so. Run with
// the browser's own class and with the page-side one, they are to give the same.

const thrown = (work) => {
  try {
    work();
    return "nothing";
  } catch (e) {
    return [e.constructor === DOMException ? "DOMException" : e.constructor.name, e.name, e.code];
  }
};
const ended = (ws) => new Promise((resolve) => ws.addEventListener("close", resolve));
const opened = (ws) => new Promise((resolve) => ws.addEventListener("open", resolve));
const message = (ws) =>
  new Promise((resolve) => ws.addEventListener("message", resolve, { once: true }));
const end = (e) => [e.code, e.reason, e.wasClean];
const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16)).join(" ");
const shape = (object, name) => {
  const d = Object.getOwnPropertyDescriptor(object, name);
  const kinds = ["get", "set", "value"].filter((part) => typeof d[part] === "function");
  const functions = kinds.map((part) => [part, d[part].name, d[part].length]);
  return [functions, d.enumerable, d.configurable, d.writable];
};

/// Opens, lets `work` use it, closes, and gives what `work` gave, with the end.
const used = async (path, work, protocols) => {
  const ws = new WebSocket(`ws://myapp/${path}`, protocols ?? []);
  await Promise.race([opened(ws), ended(ws)]);
  const value = await work(ws);
  const closed = ws.readyState === 3 ? [] : ended(ws);
  ws.close();
  return [value, end(await closed)];
};
const echo = (data, binaryType = "arraybuffer") =>
  used("echo", async (ws) => {
    ws.binaryType = binaryType;
    ws.send(data);
    const got = (await message(ws)).data;
    if (typeof got === "string") return got;
    return [Object.prototype.toString.call(got), hex(got instanceof Blob ? await got.arrayBuffer() : got)];
  });

globalThis.classCases = {
  // The constructor.
  "without new": () => thrown(() => WebSocket("ws://myapp/echo")),
  "no argument": () => thrown(() => new WebSocket()),
  "a URL that is none": () => thrown(() => new WebSocket("ws://my app/")),
  "a scheme that is none of its": () => thrown(() => new WebSocket("ftp://myapp/echo")),
  "a fragment": () => thrown(() => new WebSocket("ws://myapp/echo#a")),
  "an empty fragment": () => thrown(() => new WebSocket("ws://myapp/echo#")),
  "a subprotocol with a blank": () => thrown(() => new WebSocket("ws://myapp/echo", "a b")),
  "an empty subprotocol": () => thrown(() => new WebSocket("ws://myapp/echo", "")),
  "a comma in a subprotocol": () => thrown(() => new WebSocket("ws://myapp/echo", ["a,b"])),
  "a subprotocol twice": () => thrown(() => new WebSocket("ws://myapp/echo", ["a", "a"])),
  "a subprotocol beyond ASCII": () => thrown(() => new WebSocket("ws://myapp/echo", "\u00e9")),
  "a Symbol as the URL": () => thrown(() => new WebSocket(Symbol("x"))),
  "a Symbol as a subprotocol": () => thrown(() => new WebSocket("ws://myapp/echo", [Symbol("x")])),
  "the order of conversions": () => {
    const order = [];
    const said = (name, value) => ({ toString: () => (order.push(name), value) });
    thrown(() => new WebSocket(said("url", "ftp://x/"), [said("a", "a"), said("b", "b")]));
    return order;
  },
  "a conversion that throws": () =>
    thrown(() => {
      const bad = { toString: () => { throw new RangeError("mine"); } };
      new WebSocket(bad, "a b");
    }),

  // The class.
  "its constants": () =>
    ["CONNECTING", "OPEN", "CLOSING", "CLOSED"].map((name) => [
      WebSocket[name], WebSocket.prototype[name],
      Object.getOwnPropertyDescriptor(WebSocket, name),
      Object.getOwnPropertyDescriptor(WebSocket.prototype, name),
    ]),
  "its name and length": () => [WebSocket.name, WebSocket.length, typeof WebSocket],
  "its place": () => {
    const { value, ...rest } = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
    return [rest, value === WebSocket, WebSocket.prototype.constructor === WebSocket,
            Object.getPrototypeOf(WebSocket) === EventTarget,
            Object.getPrototypeOf(WebSocket.prototype) === EventTarget.prototype,
            Object.getOwnPropertyNames(WebSocket).sort(),
            Object.getOwnPropertyNames(WebSocket.prototype).sort()];
  },
  "its members": () =>
    Object.getOwnPropertyNames(WebSocket.prototype)
      .filter((name) => name !== "constructor")
      .sort()
      .map((name) => [name, shape(WebSocket.prototype, name)]),
  "a receiver that is none": () => [
    thrown(() => WebSocket.prototype.send.call({}, "x")),
    thrown(() => WebSocket.prototype.url),
    thrown(() => Object.getOwnPropertyDescriptor(WebSocket.prototype, "readyState").get.call(1)),
  ],
  "an object of it": () =>
    used("echo", (ws) => [
      ws instanceof WebSocket, ws instanceof EventTarget, ws.constructor === WebSocket,
      Object.prototype.toString.call(ws), `${ws}`, Object.keys(ws), Object.getOwnPropertyNames(ws),
      [...Object.keys(Object.getOwnPropertyDescriptors(ws))], JSON.stringify(ws),
      Object.getPrototypeOf(ws) === WebSocket.prototype,
      (() => { const names = []; for (const name in ws) names.push(name); return names.sort(); })(),
      thrown(() => structuredClone(ws)),
    ]),
  "a derived class": () => {
    class Mine extends WebSocket {
      constructor(url) {
        super(url);
        this.mine = 1;
      }
      twice() {
        return this.url + this.url;
      }
    }
    const ws = new Mine("ws://myapp/echo");
    const value = [ws instanceof Mine, ws instanceof WebSocket, ws.mine, ws.twice(), `${ws}`];
    ws.close();
    return value;
  },
  "Reflect.construct": () => {
    const ws = Reflect.construct(WebSocket, ["ws://myapp/echo"], Map);
    const value = [ws instanceof Map, ws instanceof WebSocket];
    WebSocket.prototype.close.call(ws);
    return value;
  },

  // URLs.
  "a URL in normal form": () =>
    ["ws://myapp", "WS://MYAPP:80/a/../b c?q=\u00e9 '", "http://myapp/x", "http://myapp:80", "ws://u:p@myapp/"].map(
      (url) => {
        const ws = new WebSocket(url);
        ws.close();
        return ws.url;
      },
    ),
  "a relative URL": () => {
    const ws = new WebSocket("../echo?a=b");
    ws.close();
    return ws.url;
  },
  "a URL object": () => {
    const ws = new WebSocket(new URL("ws://myapp/echo"));
    ws.close();
    return ws.url;
  },

  // Before it opens.
  "at first": () => {
    const ws = new WebSocket("ws://myapp/echo", ["a", "b"]);
    const value = [ws.url, ws.readyState, ws.bufferedAmount, ws.binaryType, ws.protocol, ws.extensions,
                   ws.onopen, ws.onmessage, ws.onerror, ws.onclose];
    ws.close();
    return value;
  },
  "send before it opens": () => {
    const ws = new WebSocket("ws://myapp/echo");
    const value = [thrown(() => ws.send("x")), thrown(() => ws.send()), ws.bufferedAmount];
    ws.close();
    return value;
  },
  "close before it opens": async () => {
    const ws = new WebSocket("ws://myapp/echo");
    const seen = [];
    for (const type of ["open", "error", "close"])
      ws.addEventListener(type, (e) => seen.push([type, ws.readyState, e.constructor.name]));
    const last = ended(ws);
    ws.close(3000, "reason");
    seen.push(ws.readyState);
    await null;
    await null;
    seen.push(ws.readyState);
    return [seen, end(await last)];
  },

  // Events.
  "the events of a life, and their order": async () => {
    const ws = new WebSocket("ws://myapp/echo");
    const seen = [];
    const note = (e) =>
      seen.push([e.type, e.constructor.name, e.target === ws, e.currentTarget === ws, e.bubbles,
                 e.cancelable, e.composed, e.eventPhase, ws.readyState, e.data, e.origin, e.lastEventId,
                 e.source, e.ports && e.ports.length, e.code, e.reason, e.wasClean]);
    for (const type of ["open", "message", "error", "close"]) ws.addEventListener(type, note);
    await opened(ws);
    ws.send("x");
    await message(ws);
    ws.close(3000, "done");
    seen.push(ws.readyState);
    await ended(ws);
    return seen;
  },
  "handlers": async () => {
    const ws = new WebSocket("ws://myapp/echo");
    const seen = [];
    ws.onopen = function (e) { seen.push(["on", this === ws, e.type]); };
    ws.addEventListener("open", () => seen.push("first"));
    ws.onopen = () => seen.push("on, again"); // keeps its place
    ws.addEventListener("open", { handleEvent: () => seen.push("an object") });
    ws.addEventListener("open", () => seen.push("never"), { signal: AbortSignal.abort() });
    ws.onmessage = () => seen.push("gone");
    ws.onmessage = null;
    ws.addEventListener("message", () => seen.push("before"));
    ws.onmessage = () => seen.push("after");
    ws.onerror = 5;
    ws.onclose = {};
    seen.push([ws.onerror, typeof ws.onclose, typeof ws.onopen]);
    await opened(ws);
    ws.send("x");
    await message(ws);
    ws.onclose = "text";
    seen.push(ws.onclose);
    ws.close();
    await ended(ws);
    return seen;
  },
  "an event that the page makes": () => {
    const ws = new WebSocket("ws://myapp/echo");
    let seen = 0;
    ws.onmessage = () => seen++;
    ws.dispatchEvent(new MessageEvent("message", { data: "mine" }));
    ws.close();
    return seen;
  },
  "microtasks run between messages": () =>
    used("many", async (ws) => {
      const seen = [];
      ws.onmessage = (e) => {
        seen.push(e.data);
        Promise.resolve().then(() => Promise.resolve()).then(() => seen.push("micro"));
      };
      ws.send("3");
      while (seen.length < 6) await message(ws).then(() => new Promise((go) => setTimeout(go, 5)));
      return seen;
    }),
  "a handler that throws": async () => {
    const heard = new Promise((resolve) =>
      addEventListener("error", (e) => (e.preventDefault(), resolve(e.error.message)), { once: true }));
    return [await used("echo", async (ws) => {
      ws.onmessage = () => { throw new Error("of the page"); };
      ws.send("x");
      await message(ws);
    }), await heard];
  },

  // Messages.
  "text": () => echo("na\u00efve \u20ac \u{1f600} \0"),
  "no text": () => echo(""),
  "a byte order mark": () => echo("\ufeffx"),
  "a lone surrogate": () => echo("a\ud800b"),
  "null, a number, an object": () =>
    used("echo", async (ws) => {
      const got = [];
      for (const value of [null, 1.5, { toString: () => "said" }, undefined, true, [1, 2]]) {
        ws.send(value);
        got.push((await message(ws)).data);
      }
      return [got, thrown(() => ws.send(Symbol("x"))), thrown(() => ws.send())];
    }),
  "an ArrayBuffer": () => echo(new Uint8Array([0, 127, 128, 255]).buffer),
  "an empty ArrayBuffer": () => echo(new ArrayBuffer(0)),
  "a view of a part": () => echo(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)),
  "a view of words": () => echo(new Uint16Array([258, 772])),
  "a DataView": () => echo(new DataView(new Uint8Array([1, 2, 3]).buffer, 1)),
  "a Blob": () => echo(new Blob(["blob ", new Uint8Array([200])])),
  "an empty Blob": () => echo(new Blob([])),
  "a File": () => echo(new File(["file"], "name")),
  "to a Blob": () => echo(new Uint8Array([1, 2, 3]), "blob"),
  "what is sent is a copy": () =>
    used("echo", async (ws) => {
      ws.binaryType = "arraybuffer";
      const bytes = new Uint8Array([1, 2, 3]);
      ws.send(bytes);
      bytes.fill(9);
      return hex((await message(ws)).data);
    }),
  "the order, Blobs among them": () =>
    used("echo", async (ws) => {
      ws.binaryType = "arraybuffer";
      const got = [];
      const all = new Promise((resolve) => {
        ws.onmessage = (e) => {
          got.push(typeof e.data === "string" ? e.data : hex(e.data).slice(0, 8));
          if (got.length === 6) resolve();
        };
      });
      ws.send("one");
      ws.send(new Blob([new Uint8Array(300000).fill(2)]));
      ws.send("three");
      ws.send(new Blob([new Uint8Array([4])]));
      ws.send(new Uint8Array([5]));
      ws.send("six");
      await all;
      return got;
    }),
  "sizes": () =>
    used("echo", async (ws) => {
      ws.binaryType = "arraybuffer";
      const got = [];
      for (const size of [1, 125, 126, 65535, 65536, 1048576, 3000000]) {
        ws.send(bytesOf(size));
        got.push(sameBytes(new Uint8Array((await message(ws)).data), bytesOf(size)));
      }
      const text = textOf(2000000);
      ws.send(text);
      got.push((await message(ws)).data === text);
      return got;
    }),
  "a message in fragments": () =>
    used("fragments", async (ws) => {
      ws.send("x");
      return (await message(ws)).data;
    }),
  "binaryType": () => {
    const ws = new WebSocket("ws://myapp/echo");
    const seen = [];
    for (const type of ["arraybuffer", "Blob", "", null, 5, "blob"]) {
      ws.binaryType = type;
      seen.push(ws.binaryType);
    }
    seen.push(thrown(() => (ws.binaryType = Symbol("x"))));
    ws.close();
    return seen;
  },
  "bufferedAmount": () =>
    used("echo", async (ws) => {
      const seen = [ws.bufferedAmount];
      ws.send("\u20ac");
      ws.send(new Uint8Array(5));
      ws.send(new Blob(["1234567"]));
      ws.send("");
      seen.push(ws.bufferedAmount);
      ws.send("last");
      while ((await message(ws)).data !== "last");
      seen.push(ws.bufferedAmount);
      ws.close();
      ws.send("lost");
      seen.push(ws.bufferedAmount);
      await ended(ws);
      ws.send("lost");
      seen.push(ws.bufferedAmount);
      return seen;
    }),

  // Subprotocols and handshakes.
  "a subprotocol that the program chooses": () =>
    used("chosen", (ws) => [ws.protocol, ws.extensions], ["a", "c", "b"]),
  "a subprotocol as text": () => used("chosen", (ws) => ws.protocol, "c"),
  "none of its subprotocols": () => used("chosen", (ws) => ws.protocol, ["x"]),
  "any iterable of subprotocols": () => used("chosen", (ws) => ws.protocol, new Set(["x", "b"])),
  "a manual answer": () => used("manual/101", (ws) => ws.readyState),
  "a manual answer without the subprotocol": () => used("manual/101", (ws) => ws.readyState, ["b"]),
  "a manual answer with the subprotocol": () => used("manual/chosen", (ws) => ws.protocol, ["b"]),
  "a refusal": async () => {
    const ws = new WebSocket("ws://myapp/manual/403");
    const seen = [];
    for (const type of ["open", "message", "error", "close"])
      ws.addEventListener(type, (e) => seen.push([type, ws.readyState, e.constructor.name]));
    return [end(await ended(ws)), seen];
  },
  "what the program sees of the request": () =>
    used("headers", async (ws) => {
      const head = (await message(ws)).data;
      const fields = ["Host", "Upgrade", "Connection", "Origin", "User-Agent", "Sec-WebSocket-Version"];
      const value = (name) => new RegExp(`\r\n${name}: (.*)\r\n`).exec(head)?.[1];
      return [head.split("\r\n")[0], fields.map(value), atob(value("Sec-WebSocket-Key")).length];
    }),

  // Ends.
  "close codes and reasons that are none": () => {
    const ws = new WebSocket("ws://myapp/echo");
    const codes = [0, 999, 1001, 1005, 1006, 2999, 5000, 65536, -1, NaN, "x", 1000.5, null];
    const seen = codes.map((code) => thrown(() => ws.close(code)));
    seen.push(thrown(() => ws.close(1000, "x".repeat(124))));
    seen.push(thrown(() => ws.close(1000, "\u20ac".repeat(42))));
    seen.push(thrown(() => ws.close(1000, Symbol("x"))), ws.readyState);
    ws.close();
    return seen;
  },
  "close without a code": () => used("echo", () => {}),
  "close with a code and a reason": () =>
    used("echo", async (ws) => {
      ws.close(4999, "\u20ac".repeat(41));
      ws.close(3000, "late");
      return [ws.readyState, end(await ended(ws)), ws.readyState];
    }),
  "close behind messages": () =>
    used("echo", async (ws) => {
      ws.send(new Blob(["blob"]));
      ws.send("text");
      ws.close(1000);
      return end(await ended(ws));
    }),
  "what comes behind close is not heard": () =>
    used("echo", async (ws) => {
      let heard = 0;
      ws.onmessage = () => heard++;
      ws.send("x");
      ws.close();
      await ended(ws);
      return heard;
    }),
  "the program closes": () => used("close", async (ws) => end(await ended(ws))),
  "the program closes without a code": () => used("close-bare", async (ws) => end(await ended(ws))),
  "the program closes on a message": () =>
    used("close-on-message", async (ws) => {
      const last = ended(ws);
      ws.send("x");
      return end(await last);
    }),
  "last words": async () => {
    const ws = new WebSocket("ws://myapp/last-words");
    const said = message(ws);
    return [end(await ended(ws)), (await said).data];
  },
  "the program goes away": async () => {
    const ws = new WebSocket("ws://myapp/gone");
    const errors = [];
    ws.onerror = () => errors.push(1);
    return [end(await ended(ws)).slice(0, 3)];
  },
  "closed, and all is as it was": async () => {
    const ws = new WebSocket("ws://myapp/chosen", ["b"]);
    await opened(ws);
    ws.close(1000);
    await ended(ws);
    ws.close();
    return [ws.url, ws.protocol, ws.readyState, thrown(() => ws.close(5)), thrown(() => ws.send("x"))];
  },
};
