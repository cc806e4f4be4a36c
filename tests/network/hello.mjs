// The first bytes of a TLS client.
import { Duplex } from "node:stream";
import tls from "node:tls";

/// A ClientHello as OpenSSL writes it; `end`: behind it what a server cannot take, which ends it.
export function hello(servername, end = false) {
  return new Promise((resolve) => {
    const stream = new Duplex({
      read() {},
      write(bytes, _, done) {
        done();
        setImmediate(() => over.destroy());
        resolve(end ? Buffer.concat([bytes, Buffer.alloc(16)]) : bytes);
      },
    });
    const over = tls.connect({ socket: stream, servername, ALPNProtocols: ["http/1.1"] });
    over.on("error", () => {});
  });
}
