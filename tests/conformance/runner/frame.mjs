// RFC 6455 5: frames as a client writes them (rightly or wrongly), and a strict reader of a server's.
import buffer from 'node:buffer';

const strictText = new TextDecoder('utf-8', {fatal: true});

export function isUtf8(bytes) {
  if (buffer.isUtf8)
    return buffer.isUtf8(bytes);
  try {
    strictText.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

const rfcKey = Buffer.from([0x37, 0xfa, 0x21, 0x3d]); // of the samples in RFC 6455 5.7

let keyState = 0x2545F491;
function anyKey() { // xorshift32: the same keys in every run
  keyState ^= keyState << 13;
  keyState ^= keyState >>> 17;
  keyState ^= keyState << 5;
  return Buffer.from([keyState, keyState >>> 8, keyState >>> 16, keyState >>> 24]);
}

function unmask(bytes, key) {
  const n = bytes.length;
  let i = 0;
  for (; i < n && (bytes.byteOffset + i) % 4 !== 0; ++i)
    bytes[i] ^= key[i % 4];
  const words = n - i >> 2;
  if (words > 0) {
    const turned = Buffer.from([0, 1, 2, 3].map((k) => key[(i + k) % 4]));
    const word = turned.readInt32LE();
    const view = new Int32Array(bytes.buffer, bytes.byteOffset + i, words);
    for (let k = 0; k < words; ++k)
      view[k] ^= word;
    i += words * 4;
  }
  for (; i < n; ++i)
    bytes[i] ^= key[i % 4];
}

function headerSize(form, masked) {
  return 2 + (form === 64 ? 8 : form === 16 ? 2 : 0) + (masked ? 4 : 0);
}

/// Writes a frame at `at`; where it ends. f: as a "frame" step, its payload as octets.
function writeFrame(out, at, f, payload, form, length) {
  const masked = f.mask !== null;
  out[at] = (f.fin ?? 1) << 7 | (f.rsv ?? 0) << 4 | f.op;
  out[at + 1] = (masked ? 128 : 0) | (form === 64 ? 127 : form === 16 ? 126 : Number(length));
  let to = at + 2;
  if (form === 16)
    to = out.writeUInt16BE(Number(length), to);
  else if (form === 64)
    to = out.writeBigUInt64BE(BigInt(length), to);
  // Where a frame announces more than it has, a "raw" step goes on with it: masked with that key.
  const key = !masked ? undefined : typeof f.mask === 'string' ? Buffer.from(f.mask, 'hex')
    : f.announce !== undefined ? rfcKey : anyKey();
  if (masked)
    to += key.copy(out, to);
  const end = to + payload.copy(out, to);
  if (masked)
    unmask(out.subarray(to, end), key);
  return end;
}

function shortest(length) { return length < 126 ? 7 : length < 65536 ? 16 : 64; }

export function encodeFrame(f, payload) {
  const length = f.announce ?? payload.length;
  const form = f.len ?? shortest(length);
  const out = Buffer.allocUnsafe(headerSize(form, f.mask !== null) + payload.length);
  writeFrame(out, 0, f, payload, form, length);
  return out;
}

/// A message in frames of `fragment` octets; 0: one frame.
export function encodeMessage(op, payload, fragment, rsv) {
  if (!fragment || payload.length <= fragment)
    return encodeFrame({op, rsv}, payload);
  const frames = Math.ceil(payload.length / fragment);
  const out = Buffer.allocUnsafe(payload.length + frames * headerSize(shortest(fragment), true));
  let to = 0;
  for (let at = 0; at < payload.length; at += fragment) {
    const part = payload.subarray(at, at + fragment);
    const frame = {op: at === 0 ? op : 0, rsv: at === 0 ? rsv : 0, fin: at + fragment < payload.length ? 0 : 1};
    to = writeFrame(out, to, frame, part, shortest(part.length), part.length);
  }
  return out.subarray(0, to);
}

function registered(code) { // below 3000: the IANA registry, what may be on the wire
  return code >= 3000 || code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014;
}

const largest = 1 << 28;

/// Reads a server's frames. `on`: event(kind, octets), close(code or null), problem(text). `inflater`:
/// of the agreed permessage-deflate, or undefined.
export class FrameReader {
  constructor(on) {
    this.on = on;
    this.inflater = undefined;
    this.header = Buffer.alloc(14);
    this.have = 0;
    this.payload = undefined;
    this.filled = 0;
    this.parts = [];
    this.type = 0;
    this.compressed = false;
    this.done = false;
  }

  feed(bytes) {
    let at = 0;
    while (at < bytes.length) {
      if (this.done)
        return this.fail(`${bytes.length - at} octets behind the Close`);
      if (this.payload === undefined) {
        this.header[this.have++] = bytes[at++];
        if (this.have >= 2 && this.have === this.headerLength() && !this.begin())
          return;
      } else {
        const n = bytes.copy(this.payload, this.filled, at);
        at += n;
        this.filled += n;
      }
      if (this.payload !== undefined && this.filled === this.payload.length)
        this.end();
    }
  }

  fail(text) {
    this.on.problem(text);
    this.feed = () => {};
    return false;
  }

  headerLength() {
    const seven = this.header[1] & 127;
    return 2 + (seven === 127 ? 8 : seven === 126 ? 2 : 0) + (this.header[1] & 128 ? 4 : 0);
  }

  begin() {
    const [first, second] = this.header, op = first & 15, fin = first >> 7 === 1, rsv = first >> 4 & 7;
    let length = second & 127;
    if (second & 128)
      return this.fail('a masked frame');
    if (length === 126) {
      length = this.header.readUInt16BE(2);
      if (length < 126)
        return this.fail(`length ${length} in 16 bits`);
    } else if (length === 127) {
      length = Number(this.header.readBigUInt64BE(2));
      if (length < 65536)
        return this.fail(`length ${length} in 64 bits`);
    }
    if (op > 2 && op < 8 || op > 10)
      return this.fail(`reserved opcode ${op}`);
    if (op >= 8 && (!fin || length > 125))
      return this.fail('a control frame that is fragmented or too long');
    if (rsv !== 0 && (rsv !== 4 || this.inflater === undefined || op === 0 || op >= 8))
      return this.fail(`RSV ${rsv} in a frame of opcode ${op}`);
    if (op === 0 && this.type === 0 || (op === 1 || op === 2) && this.type !== 0)
      return this.fail(`opcode ${op} out of order`);
    if (length > largest)
      return this.fail(`a frame of ${length} octets`);
    if (op === 1 || op === 2) {
      this.type = op;
      this.compressed = rsv === 4;
    }
    this.payload = Buffer.allocUnsafe(length);
    this.filled = 0;
    return true;
  }

  end() {
    const {payload} = this, op = this.header[0] & 15, fin = this.header[0] >> 7 === 1;
    this.payload = undefined;
    this.have = 0;
    if (op === 8)
      return this.close(payload);
    if (op === 9)
      return this.on.event('ping', payload);
    if (op === 10)
      return this.on.event('pong', payload);
    this.parts.push(payload);
    if (!fin)
      return;
    let whole = this.parts.length === 1 ? payload : Buffer.concat(this.parts);
    this.parts = [];
    const kind = this.type === 1 ? 'text' : 'binary';
    this.type = 0;
    if (this.compressed) {
      try {
        whole = this.inflater(whole);
      } catch (e) {
        return this.fail(`deflate data: ${e.message}`);
      }
    }
    if (kind === 'text' && !isUtf8(whole))
      return this.fail('text that is not UTF-8');
    this.on.event(kind, whole);
  }

  close(payload) {
    this.done = true;
    if (payload.length === 1)
      return this.fail('a Close with a body of one octet');
    const code = payload.length === 0 ? null : payload.readUInt16BE();
    if (code !== null && !registered(code))
      return this.fail(`close code ${code}`);
    if (!isUtf8(payload.subarray(2)))
      return this.fail('a close reason that is not UTF-8');
    this.on.close(code, payload.subarray(2).toString());
  }
}
