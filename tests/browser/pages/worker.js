// A dedicated worker: opens the socket that it is told to, and tells what it saw.
importScripts("/sockets.js");
onmessage = async (e) => postMessage(await roundTrip(e.data, ["from a worker"]));
