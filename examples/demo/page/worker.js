// The same echo, from a thread of the page.

const COUNT = 100;
const socket = new WebSocket("ws://myapp/worker");
let sent = 0;
let received = 0;
let start = 0;
const times = [];
let error = "";

postMessage({ what: "state", state: "connecting", note: "new WebSocket(…)" });

function ping() {
  start = performance.now();
  socket.send(`from the worker: ${sent++}`);
}
function fail(why) {
  error ||= why;
  socket.close();
}

socket.onopen = () => {
  postMessage({ what: "open" });
  ping();
};
socket.onmessage = ({ data }) => {
  times.push(performance.now() - start);
  if (data !== `from the worker: ${received++}`)
    return fail(`"${data}" came back`);
  if (received < COUNT)
    return ping();
  postMessage({ what: "state", state: "open", note: `${COUNT} texts, there and back` });
  socket.close(1000, "done");
};
socket.onclose = ({ code, reason, wasClean }) => {
  if (!wasClean || code !== 1000)
    error ||= `closed with ${code}`;
  const median = times.sort((a, b) => a - b)[times.length >> 1];
  postMessage({ what: "close", code, reason, wasClean, error, sent, received, median });
};
