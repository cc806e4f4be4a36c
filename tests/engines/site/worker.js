// A worker of any kind: runs the checks that it is asked for, and answers with each result.
importScripts("checks.js");
const serve = async (ask, answer) => {
  await check(ask.base, ask.network, (name, result) => answer({ name, result }));
  answer({ done: true });
};
onmessage = (e) => {
  const port = e.ports[0] || self;
  const work = serve(e.data, (message) => port.postMessage(message));
  if (e.waitUntil) e.waitUntil(work);
};
onconnect = (e) => {
  const port = e.ports[0];
  port.onmessage = (asked) => serve(asked.data, (message) => port.postMessage(message));
};
