// A shared worker: runs the function that a page sends as text, and answers with its result.
importScripts("/data.js", "/sockets.js");
onconnect = ({ ports: [port] }) => {
  port.onmessage = async ({ data: [text, argument] }) =>
    port.postMessage(await (0, eval)(`(${text})`)(argument));
};
