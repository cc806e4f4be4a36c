// What the client does: the steps of a case, one after the other.
import {encodeFrame, encodeMessage} from './frame.mjs';
import {fromCorpus, octets} from './payload.mjs';

const opcode = {text: 1, binary: 2};

export class Player {
  /// words: what %HOST%, %PATH% and %KEY% stand for.
  constructor(connection, words) {
    this.connection = connection;
    this.words = words;
    this.gathered = [];
    this.sentClose = false; // by the steps
    this.reset = false;
    this.shut = false;
    this.stopped = false; // the rest of the steps is left out
    this.awaited = 0;
    this.head = ''; // what the steps wrote of a request, for the checks of its answer
  }

  fill(text) { return text.replace(/%(HOST|PATH|KEY)%/g, (_, name) => this.words[name]); }

  /// The octets of a step that only sends; undefined: it is none.
  encode(step) {
    if (step.frame)
      return encodeFrame(step.frame, octets(step.frame.payload));
    if (step.message)
      return this.message(step.message, octets(step.message.payload));
    if (step.pings)
      return Buffer.concat(Array.from({length: step.pings.count}, (_, i) =>
        encodeFrame({op: 9}, Buffer.from(step.pings.prefix + i))));
    if (step.join)
      return Buffer.concat(step.join.map((s) => this.encode(s)));
    const text = step.head ? step.head.join('\r\n') + '\r\n\r\n'
      : typeof step.raw === 'string' ? step.raw : undefined;
    if (text !== undefined) {
      this.head += this.fill(text);
      return Buffer.from(this.fill(text), 'latin1');
    }
    return step.raw ? octets(step.raw) : undefined;
  }

  message(m, payload) {
    const compress = m.deflate === true && this.connection.deflate !== undefined;
    const sent = compress ? this.connection.deflate(payload) : payload;
    return encodeMessage(opcode[m.type], sent, m.fragment, compress ? 4 : m.rsv ?? 0);
  }

  /// Nothing more is to be sent: the server ended it, and not because the steps asked for it.
  over() {
    const c = this.connection;
    return c.problems.length > 0 || c.ended !== undefined || c.closed !== undefined && !this.sentClose;
  }

  async flush() {
    if (this.gathered.length === 0)
      return;
    const all = this.gathered.length === 1 ? this.gathered[0] : Buffer.concat(this.gathered);
    this.gathered = [];
    await this.connection.write(all);
  }

  async send(step, bytes) {
    const closes = (s) => s.frame?.op === 8 || (s.join ?? []).some(closes);
    const {chop, cut} = step;
    if (chop || cut || step.sync) {
      await this.flush();
      if (this.over())
        return;
    }
    if (closes(step))
      this.sentClose = true;
    if (!chop && !cut) {
      this.gathered.push(bytes);
      if (step.sync)
        await this.flush();
      return;
    }
    const ends = cut ? cut.map((n) => n < 0 ? bytes.length + n : n).filter((n) => n > 0 && n < bytes.length)
      : Array.from({length: Math.ceil(bytes.length / chop) - 1}, (_, i) => (i + 1) * chop);
    let at = 0;
    for (const end of [...ends, bytes.length]) {
      if (at !== 0 && cut)
        await this.connection.sleep(step.pause ?? 2, () => this.over());
      if (this.over())
        return;
      await this.connection.write(bytes.subarray(at, end));
      at = end;
    }
  }

  async play(steps) {
    for (const step of steps) {
      if (this.stopped ||= this.over())
        return;
      const bytes = this.encode(step);
      if (bytes !== undefined)
        await this.send(step, bytes);
      else if (step.repeat !== undefined)
        for (let i = 0; i < step.repeat && !this.stopped; ++i)
          await this.play(step.steps);
      else {
        await this.flush();
        await this.act(step);
      }
    }
  }

  async act(step) {
    const c = this.connection;
    if (step.loop)
      return this.loop(step.loop);
    if (step.wait !== undefined) {
      const open = await c.sleep(step.wait, () => this.over() || c.ended !== undefined);
      this.stopped = !open;
      if (open && step.mark !== undefined)
        c.events.push({kind: 'mark', data: step.mark});
    } else if (step.await) {
      const came = () => c.events.filter((e) => e.kind !== 'mark').length >= this.awaited + step.await.length;
      await c.until(() => came() || this.over());
      this.stopped = !came();
      this.awaited += step.await.length;
    } else if (step.deaf !== undefined) {
      c.socket.pause();
      setTimeout(() => c.socket.resume(), step.deaf);
    } else if (step.shut === 'wr') {
      this.shut = true;
      c.shut();
    } else if (step.rst) {
      this.reset = true;
      c.reset();
    } else
      throw new Error(`unknown step ${JSON.stringify(step)}`);
  }

  async loop(l) {
    const c = this.connection;
    const still = l.corpus === undefined ? octets(l.payload) : undefined;
    for (let i = 0; i < l.count; ++i) {
      const payload = still ?? fromCorpus(l.corpus, i * l.length, l.length);
      const before = c.events.length;
      await c.write(this.message(l, payload));
      await c.until(() => c.events.length > before || this.over());
      const [echo] = c.events.splice(before, 1);
      if (echo === undefined || echo.kind !== l.type || !echo.data.equals(payload)) {
        if (c.problems.length === 0)
          c.problems.push(`the echo of message ${i + 1} ${echo === undefined ? 'did not come' : 'differs'}`);
        return;
      }
    }
  }
}
