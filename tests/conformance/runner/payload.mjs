// The octets that cases.json names: strings, patterns, counters, random octets and generated texts.
import zlib from 'node:zlib';

const corpusSize = 262144;
const mask64 = (1n << 64n) - 1n;

class Splitmix {
  constructor(seed) { this.state = BigInt(seed); }
  next() {
    this.state = (this.state + 0x9E3779B97F4A7C15n) & mask64;
    let z = this.state;
    z = ((z ^ (z >> 30n)) * 0xBF58476D1CE4E5B9n) & mask64;
    z = ((z ^ (z >> 27n)) * 0x94D049BB133111EBn) & mask64;
    return z ^ (z >> 31n);
  }
  below(n) { return Number(this.next() >> 32n) % n; }
  word(syllables) {
    let out = '';
    for (let i = 0; i < syllables; ++i) {
      out += 'bdfghklmnprstvwz'[this.below(16)];
      out += 'aeiou'[this.below(5)];
    }
    return out;
  }
  fill(out) {
    const whole = out.length - out.length % 8;
    for (let i = 0; i < whole; i += 8)
      out.writeBigUInt64LE(this.next(), i);
    if (whole < out.length) {
      const last = Buffer.alloc(8);
      last.writeBigUInt64LE(this.next());
      last.copy(out, whole, 0, out.length - whole);
    }
    return out;
  }
}

function written(line) {
  let text = '';
  for (let i = 0; text.length < corpusSize; ++i)
    text += line(i);
  return Buffer.from(text.slice(0, corpusSize), 'latin1');
}

const corpora = {
  json() {
    const g = new Splitmix(1);
    return written((i) => {
      const name = g.word(3), on = g.below(2) === 1, v = g.below(10000);
      const w = String(g.below(100)).padStart(2, '0');
      return `{"id":${i},"name":"${name}","on":${on},"value":${v}.${w}},\n`;
    });
  },
  bitmap() {
    const g = new Splitmix(2), out = Buffer.alloc(corpusSize);
    for (let i = 0; i < corpusSize; ++i)
      out[i] = ((3 * (i % 512) + 2 * Math.floor(i / 512)) >> 2) + g.below(8) & 255;
    return out;
  },
  prose() {
    const g = new Splitmix(3);
    return written(() => {
      const word = g.word(1 + g.below(4));
      return word + (g.below(12) === 0 ? '.\n' : ' ');
    });
  },
  html() {
    const g = new Splitmix(4);
    return written(() => {
      const c = g.below(20);
      const words = Array.from({length: 8}, () => g.word(2));
      return `<p class="c${c}">${words.join(' ')}</p>\n`;
    });
  },
  mixed() {
    const g = new Splitmix(5), out = Buffer.from(corpus('prose'));
    for (let at = 1024; at < corpusSize; at += 2048)
      g.fill(out.subarray(at, at + 1024));
    return out;
  },
};

const made = new Map();

function corpus(name) {
  if (!made.has(name))
    made.set(name, corpora[name]());
  return made.get(name);
}

/// `length` octets of a corpus from `offset` on, going round at its end.
export function fromCorpus(name, offset, length) {
  const text = corpus(name), begin = offset % corpusSize;
  if (begin + length <= corpusSize)
    return text.subarray(begin, begin + length);
  const out = Buffer.alloc(length);
  let done = text.copy(out, 0, begin);
  while (done < length)
    done += text.copy(out, done, 0, Math.min(corpusSize, length - done));
  return out;
}

const deflated = new Map();

/// The octets of a payload of cases.json.
export function octets(p) {
  if (p === undefined)
    return Buffer.alloc(0);
  if (typeof p === 'string')
    return Buffer.from(p, 'utf8');
  if ('hex' in p)
    return Buffer.from(p.hex, 'hex');
  if ('repeat' in p)
    return p.length === 0 ? Buffer.alloc(0) : Buffer.alloc(p.length, Buffer.from(p.repeat, 'hex'));
  if ('counter' in p)
    return Buffer.from(Array.from({length: p.counter}, (_, i) => i & 255));
  if ('random' in p)
    return new Splitmix(p.random).fill(Buffer.alloc(p.length));
  if ('corpus' in p)
    return fromCorpus(p.corpus, p.offset ?? 0, p.length);
  if ('cat' in p)
    return Buffer.concat(p.cat.map(octets));
  if ('deflate' in p) {
    const name = JSON.stringify(p);
    if (!deflated.has(name)) {
      const all = zlib.deflateRawSync(octets(p.deflate), {finishFlush: zlib.constants.Z_SYNC_FLUSH});
      deflated.set(name, all.subarray(0, all.length - 4));
    }
    return deflated.get(name);
  }
  throw new Error(`unknown payload ${JSON.stringify(p)}`);
}
