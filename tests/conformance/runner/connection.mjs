// One TCP connection to the server under test: the answer's head, then frames, and how it ended.
import crypto from 'node:crypto';
import net from 'node:net';
import {deflater, inflater, negotiated} from './deflate.mjs';
import {FrameReader} from './frame.mjs';

export const usualKey = 'dGhlIHNhbXBsZSBub25jZQ==';

const readSize = 1 << 17;
const largestHead = 1 << 16;

function acceptOf(key) {
  return crypto.createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
}

export class Connection {
  /// seconds: how long the server may do nothing that moves the case on.
  constructor(port, seconds) {
    this.port = port;
    this.seconds = seconds;
    this.events = [];    // {kind, data}
    this.problems = [];  // what no server may do
    this.closed = undefined; // {code, reason}: the server's Close
    this.ended = undefined;  // 'FIN', 'RST'
    this.status = undefined; // of the answer
    this.fields = new Map();
    this.answer = Buffer.alloc(0);
    this.early = Buffer.alloc(0); // octets behind the head
    this.ready = false;           // the reader takes what comes
    this.content = 0;             // how many more behind an answer that is not 101
    this.waiting = new Set();
    this.moved = Date.now();
    this.reader = new FrameReader({
      event: (kind, data) => this.events.push({kind, data}),
      close: (code, reason) => { this.closed = {code, reason}; },
      problem: (text) => this.problems.push(text),
    });
  }

  async open() {
    const buffer = Buffer.allocUnsafe(readSize);
    const callback = (n, bytes) => {
      this.take(bytes.subarray(0, n));
      return true;
    };
    const s = net.connect({port: this.port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true,
                           onread: {buffer, callback}});
    this.socket = s;
    // A write that fails must not lose what the server sent before it went away: that is read first.
    s.destroy = (error) => {
      if (error?.syscall === 'write')
        setTimeout(() => this.end('RST'), 100);
      else if (error)
        this.end(error.code === 'ECONNRESET' ? 'RST' : error.code ?? String(error));
      return s;
    };
    s.on('error', () => {});
    s.on('end', () => this.end('FIN'));
    let connected = false;
    s.on('connect', () => {
      connected = true;
      this.changed();
    });
    await this.until(() => connected || this.ended !== undefined);
    return connected;
  }

  end(how) {
    this.ended ??= how;
    this.changed();
  }

  changed() {
    this.moved = Date.now();
    for (const look of [...this.waiting])
      look();
  }

  /// True once `done` holds; false: it does not, and nothing has moved for so many seconds.
  until(done, seconds = this.seconds) {
    if (done())
      return Promise.resolve(true);
    return new Promise((resolve) => {
      const since = Date.now();
      let timer;
      const finish = (good) => {
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve(good);
      };
      const look = () => done() && finish(true);
      const late = () => {
        const left = Math.max(since, this.moved) + seconds * 1000 - Date.now();
        if (left > 0)
          timer = setTimeout(late, left);
        else
          finish(done());
      };
      this.waiting.add(look);
      timer = setTimeout(late, seconds * 1000);
    });
  }

  /// So many milliseconds, or less if `early` holds before. True: all of them. A timer that comes
  /// late says that the machine is busy: then what is on its way gets as much time again.
  sleep(ms, early) {
    if (early())
      return Promise.resolve(false);
    return new Promise((resolve) => {
      let due = Date.now() + ms, timer;
      const finish = (whole) => {
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve(whole);
      };
      const look = () => early() && finish(false);
      const ring = () => {
        const late = Date.now() - due;
        if (late <= 20)
          return finish(!early());
        due += late + Math.min(late, 1000);
        timer = setTimeout(ring, due - Date.now());
      };
      timer = setTimeout(ring, ms);
      this.waiting.add(look);
    });
  }

  /// One write, taken by the system before the next one begins.
  async write(bytes) {
    if (this.ended !== undefined || this.socket.writableEnded)
      return;
    let open = true;
    this.socket.write(bytes, () => {
      open = false;
      this.changed();
    });
    await this.until(() => !open || this.ended !== undefined);
  }

  take(bytes) {
    if (this.ready)
      this.reader.feed(bytes);
    else if (this.status === 101)
      this.early = Buffer.concat([this.early, bytes]);
    else if (this.status !== undefined)
      this.content += bytes.length;
    else
      this.takeHead(bytes);
    this.changed();
  }

  takeHead(bytes) {
    this.answer = Buffer.concat([this.answer, bytes]);
    const end = this.answer.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.answer.length > largestHead)
        this.problems.push('an answer whose head does not end');
      return;
    }
    const rest = this.answer.subarray(end + 4);
    const [line, ...lines] = this.answer.toString('latin1', 0, end).split('\r\n');
    const status = /^HTTP\/1\.[01] ([1-5]\d\d)( .*)?$/.exec(line)?.[1];
    this.answer = Buffer.alloc(0);
    if (status === undefined) {
      this.problems.push(`status line ${JSON.stringify(line)}`);
      this.status = 0;
      return;
    }
    if (status[0] === '1' && status !== '101') {
      if (rest.length > 0)
        this.takeHead(rest);
      return;
    }
    for (const field of lines) {
      const m = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(field);
      if (m === null)
        this.problems.push(`field ${JSON.stringify(field)} in the answer`);
      else
        this.fields.set(m[1].toLowerCase(), [...this.fields.get(m[1].toLowerCase()) ?? [], m[2]]);
    }
    this.status = Number(status);
    this.early = Buffer.from(rest);
  }

  field(name) { return this.fields.get(name)?.join(', '); }

  /// Whether a list field has this element, in any case.
  lists(name, element) {
    const all = (this.field(name) ?? '').split(',').map((e) => e.trim().toLowerCase());
    return all.includes(element.toLowerCase());
  }

  /// After a 101: RFC 6455 4.1's checks, against what the request had; then the octets behind it.
  upgraded({key, protocols, offered}) {
    if (this.field('upgrade')?.toLowerCase() !== 'websocket')
      this.problems.push(`Upgrade: ${this.field('upgrade')}`);
    if (!this.lists('connection', 'upgrade'))
      this.problems.push(`Connection: ${this.field('connection')}`);
    if (this.field('sec-websocket-accept') !== acceptOf(key))
      this.problems.push(`Sec-WebSocket-Accept: ${this.field('sec-websocket-accept')}`);
    this.protocol = this.field('sec-websocket-protocol');
    if (this.protocol !== undefined && !protocols.includes(this.protocol))
      this.problems.push(`subprotocol ${this.protocol} was not offered`);
    const n = negotiated(offered, this.field('sec-websocket-extensions'));
    if (n.problem)
      this.problems.push(n.problem);
    this.without15 = n.without15;
    if (n.agreed) {
      this.deflate = deflater(n.agreed);
      this.reader.inflater = inflater(n.agreed);
    }
    this.ready = true;
    this.reader.feed(this.early);
    this.changed();
  }

  /// The handshake that precedes the steps of most cases. False: no 101.
  async handshake(offer) {
    const lines = ['GET /echo HTTP/1.1', `Host: 127.0.0.1:${this.port}`, 'Upgrade: websocket',
                   'Connection: Upgrade', `Sec-WebSocket-Key: ${usualKey}`, 'Sec-WebSocket-Version: 13'];
    if (offer !== undefined)
      lines.push(`Sec-WebSocket-Extensions: ${offer}`);
    await this.write(Buffer.from(lines.join('\r\n') + '\r\n\r\n'));
    await this.until(() => this.status !== undefined || this.ended !== undefined);
    if (this.status !== 101)
      return false;
    this.upgraded({key: usualKey, protocols: [], offered: offer});
    return true;
  }

  shut() { this.socket.end(); }

  reset() {
    delete this.socket.destroy;
    this.socket.resetAndDestroy();
    this.ended = 'reset by us';
  }

  leave() {
    delete this.socket?.destroy;
    this.socket?.destroy();
  }
}
