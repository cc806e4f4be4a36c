// A WebSocket whose events are kept in order. For pages and workers.

class RecordedSocket {
  /// [["open", protocol], ["message", data], ["error"], ["close", code, reason, wasClean]]
  log = [];
  #waiting = [];

  constructor(url, protocols) {
    this.ws = new WebSocket(url, protocols ?? []);
    this.ws.binaryType = "arraybuffer";
    this.ws.onopen = () => this.#note("open", this.ws.protocol);
    this.ws.onmessage = (e) => this.#note("message", e.data);
    this.ws.onerror = () => this.#note("error");
    this.ws.onclose = (e) => this.#note("close", e.code, e.reason, e.wasClean);
  }

  get messages() {
    return this.log.filter(([kind]) => kind === "message").map(([, data]) => data);
  }

  /// When it has opened; when it has closed; when `count` messages have come. Never where that
  /// cannot be any more: false.
  opened = () => this.#until(() => this.log[0]?.[0] === "open");
  closed = () => this.#until(() => this.#ended());
  received = (count) => this.#until(() => this.messages.length >= count);

  #ended() {
    return this.log.at(-1)?.[0] === "close";
  }
  #note(...entry) {
    this.log.push(entry);
    this.#waiting = this.#waiting.filter((look) => !look());
  }
  #until(holds) {
    return new Promise((resolve) => {
      const look = () => {
        const done = holds();
        if (done || this.#ended()) resolve(done);
        return done || this.#ended();
      };
      if (!look()) this.#waiting.push(look);
    });
  }
}

/// Opens a socket, sends each message and waits for as many, closes it, and gives its log.
async function roundTrip(url, messages, protocols) {
  const socket = new RecordedSocket(url, protocols);
  if (await socket.opened()) {
    for (const message of messages) socket.ws.send(message);
    await socket.received(messages.length);
    socket.ws.close(1000);
  }
  await socket.closed();
  return socket.log;
}

/// Runs `open(i)` for each i below `count`; each is given a function to call once it has opened.
/// Few open at a time, since Chromium delays and at last refuses those that come by the hundred.
async function openMany(count, open, atOnce = 8) {
  let next = 0;
  const one = async () => {
    while (next < count) await open(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

Object.assign(globalThis, { RecordedSocket, roundTrip, openMany });
