// The page: runs the checks in the places that its address names, one after another, and tells the
// program each result over a socket of the program's own, at last "done".
//   ?cells=page,iframe,worker,shared%20worker,service%20worker,wss&network=ws://127.0.0.1:8080/
// and &next= for where to go then.
// What a cell is called is the program's; `page`, `wss` and all that is not named here run in the
// page itself.

const words = new URLSearchParams(location.search);
const secure = location.protocol === "https:";
const usual = (secure ? "wss" : "ws") + "://myapp/";
const network = secure ? null : words.get("network");

const runs = {
  iframe: (ask, told) => {
    const frame = document.createElement("iframe");
    frame.src = "frame.html";
    frame.onload = () => frame.contentWindow.postMessage(ask, "*");
    addEventListener("message", (e) => e.source === frame.contentWindow && told(e.data));
    document.body.append(frame);
  },
  worker: (ask, told, failed) => {
    const worker = new Worker("worker.js");
    worker.onmessage = (e) => told(e.data);
    worker.onerror = (e) => failed(e.message || "the worker does not start");
    worker.postMessage(ask);
  },
  "shared worker": (ask, told, failed) => {
    const worker = new SharedWorker("worker.js");
    worker.port.onmessage = (e) => told(e.data);
    worker.onerror = (e) => failed(e.message || "the worker does not start");
    worker.port.postMessage(ask);
  },
  "service worker": async (ask, told) => {
    await navigator.serviceWorker.register("worker.js");
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (e) => told(e.data);
    active.postMessage(ask, [port2]);
  },
};
const here = (ask, told) =>
  check(ask.base, ask.network, (name, result) => told({ name, result })).then(() => told({ done: true }));

function run(cell, report) {
  const base = cell === "wss" ? "wss://myapp/" : usual;
  return new Promise((resolve) => {
    const failed = (why) => {
      report(cell, "starts", String(why));
      resolve();
    };
    const told = (m) => (m.done ? resolve() : report(cell, m.name, m.result));
    Promise.resolve({ base, network: cell === "wss" ? null : network })
      .then((ask) => (runs[cell] || here)(ask, told, failed))
      .catch(failed);
  });
}

const program = new WebSocket(usual + "report");
program.onopen = async () => {
  for (const cell of words.get("cells").split(","))
    await run(cell, (...result) => program.send(["check", ...result].join("\t")));
  program.send("done");
  if (words.has("next")) location.href = words.get("next");
};
