// Plays one case against the server and grades it.
import {Connection, usualKey} from './connection.mjs';
import {encodeFrame} from './frame.mjs';
import {gradeOf, gradeOfAnswer, sameEvents} from './outcome.mjs';
import {Player} from './steps.mjs';

const close1000 = () => encodeFrame({op: 8}, Buffer.from([3, 232]));
const endWithin = 4; // seconds from the Close handshake to the end of TCP

function shown(bytes) {
  const text = bytes.toString('utf8');
  const short = /^[\x20-\x7e]*$/.test(text.slice(0, 40)) ? text.slice(0, 40) : bytes.toString('hex', 0, 20);
  return JSON.stringify(short) + (bytes.length > 40 ? ` (${bytes.length} octets)` : '');
}

function told(c, extra = []) {
  const events = c.events.slice(0, 6).map((e) => `${e.kind} ${e.kind === 'mark' ? e.data : shown(e.data)}`);
  if (c.events.length > 6)
    events.push(`… ${c.events.length} events`);
  if (c.closed !== undefined)
    events.push(`Close ${c.closed.code ?? 'without a code'} ${JSON.stringify(c.closed.reason)}`);
  events.push(c.ended ?? 'still open', ...c.problems.map((p) => `fault: ${p}`), ...extra);
  return events.join(', ');
}

/// {grade, came}; grade 'ok', 'non-strict', 'failed', or 'needs deflate'.
export async function playCase(test, port) {
  const c = new Connection(port, test.timeout ?? 5);
  try {
    if (!await c.open())
      return {grade: 'failed', came: `no connection: ${c.ended ?? 'time-out'}`};
    const result = test.family === 'h' ? await playHandshake(test, c) : await playFrames(test, c);
    if (result.grade !== 'failed' && test.alive && !await alive(port))
      return {grade: 'failed', came: `${result.came}, and then no echo on a new connection`};
    return result;
  } finally {
    c.leave();
  }
}

async function playFrames(test, c) {
  if (!await c.handshake(test.offer))
    return {grade: 'failed', came: `no upgrade: ${c.status ?? c.ended ?? 'no answer'}`};
  if (test.needs === 'deflate' && c.deflate === undefined && c.problems.length === 0)
    return {grade: 'needs deflate', came: 'permessage-deflate declined'};
  const player = new Player(c, {});
  await player.play(test.steps);
  if (!player.reset) {
    if (!player.over())
      await player.flush();
  }
  const over = () => c.problems.length > 0 || c.closed !== undefined || c.ended !== undefined;
  let by = player.reset ? 'reset' : player.sentClose ? 'script' : 'server';
  if (by === 'server') {
    const closing = test.expect.filter((o) => o.close.by === 'client');
    const seen = {count: -1, all: false}; // large events are compared once
    const all = () => {
      if (seen.count !== c.events.length)
        Object.assign(seen, {count: c.events.length, all: closing.some((o) => sameEvents(o.events, c.events))});
      return seen.all;
    };
    await c.until(() => over() || all());
    if (!over() && all()) {
      by = 'client';
      await c.write(close1000());
    }
  }
  let late = false, quiet = false;
  if (by !== 'reset') {
    quiet = !await c.until(over) && by === 'server';
    if (c.closed !== undefined) {
      if (by === 'server' && !player.shut)
        await c.write(close1000());
      const since = Date.now();
      await c.until(() => c.ended !== undefined || c.problems.length > 0 ||
        Date.now() - since > endWithin * 1000, endWithin);
      late = c.ended === undefined;
    }
  }
  let grade = c.problems.length > 0 ? 'failed'
    : gradeOf(test.expect, c.events, {closed: c.closed, ended: c.ended, by, quiet});
  const notes = [];
  if (grade === 'ok' && (late || c.without15)) {
    grade = 'non-strict';
    notes.push(late ? 'TCP was not ended' : 'server_max_window_bits=15 left out');
  }
  return {grade, came: told(c, notes)};
}

function listed(head, name) {
  const values = [...head.matchAll(new RegExp(`^${name}:(.*)\\r?$`, 'gim'))].map((m) => m[1].trim());
  return values.length === 0 ? undefined : values.join(', ');
}

async function playHandshake(test, c) {
  const key = test.key ?? usualKey;
  const player = new Player(c, {HOST: `127.0.0.1:${c.port}`, PATH: '/echo', KEY: key});
  // Octets behind the head are read as frames: the answer has to be looked at as soon as it is there.
  const reading = c.until(() => c.status !== undefined || c.ended !== undefined, 60).then(() => {
    if (c.status === 101)
      c.upgraded({
        key,
        protocols: (listed(player.head, 'sec-websocket-protocol') ?? '').split(',').map((p) => p.trim()),
        offered: listed(player.head, 'sec-websocket-extensions'),
      });
  });
  await player.play(test.steps);
  if (!player.over())
    await player.flush();
  await c.until(() => c.status !== undefined || c.ended !== undefined);
  if (c.status !== undefined || c.ended !== undefined)
    await reading;
  const over = () => c.problems.length > 0 || c.closed !== undefined || c.ended !== undefined;
  if (c.status === 101 && test.expect.some((o) => o.fail !== undefined))
    await c.until(over);
  else if (c.status === 101) {
    await c.write(encodeFrame({op: 1}, Buffer.from('probe')));
    const echoed = () => c.events.some((e) => e.kind === 'text' && e.data.equals(Buffer.from('probe')));
    await c.until(() => echoed() || over());
  } else if (test.head_only && c.status !== undefined) {
    await c.sleep(500, () => c.ended !== undefined);
    if (c.content + c.early.length > 0)
      c.problems.push('content in the answer to HEAD');
  }
  if (c.status === undefined && c.answer.length > 0)
    c.problems.push('an answer that stops in its head');
  const status = c.status ?? (c.ended === undefined ? 'none' : 0);
  const grade = c.problems.length > 0 ? 'failed' : gradeOfAnswer(test, c, status);
  const fields = [...c.fields].map(([name, values]) => `${name}: ${values.join(', ')}`);
  if (c.status === 101 && c.closed === undefined)
    await c.write(close1000());
  return {grade, came: `status ${status} (${fields.join('; ')}), ${told(c)}`, declined: c.status === 101 && c.deflate === undefined};
}

/// A new connection is accepted and echoes.
async function alive(port) {
  const c = new Connection(port, 10);
  try {
    if (!await c.open() || !await c.handshake(undefined))
      return false;
    await c.write(encodeFrame({op: 1}, Buffer.from('alive')));
    await c.until(() => c.events.length > 0 || c.ended !== undefined);
    return sameEvents([{text: 'alive'}], c.events);
  } finally {
    c.leave();
  }
}
