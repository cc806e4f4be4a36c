// What a host answers to a manual handshake.
import crypto from "node:crypto";

export function acceptKey(head) {
  const [, key] = /^Sec-WebSocket-Key: *(\S+)/im.exec(head);
  const whole = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  return crypto.createHash("sha1").update(whole).digest("base64");
}

/// A whole 101 head for the request in the message, with more fields, each "Name: value".
export const accepts = (upgrade, fields = [], key = acceptKey(upgrade[4])) =>
  [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${key}`,
    ...fields,
    "\r\n",
  ].join("\r\n");

export const denies = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
