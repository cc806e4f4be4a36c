// Which of a case's outcomes fit what came.
import {octets} from './payload.mjs';

/// How many of `came` from `at` on an expected event takes; -1: it does not fit.
function takes(expected, came, at) {
  if (expected.times !== undefined) {
    let n = 0;
    for (let i = 0; i < expected.times; ++i) {
      const k = takesAll(expected.events, came, at + n);
      if (k < 0)
        return -1;
      n += k;
    }
    return n;
  }
  if (expected.pongs !== undefined) { // in order, any left out but the last
    const {prefix, count} = expected.pongs;
    let next = 0, n = 0;
    for (; next < count && came[at + n]?.kind === 'pong'; ++n) {
      const text = came[at + n].data.toString('latin1'), number = Number(text.slice(prefix.length));
      if (text !== prefix + number || !(number >= next))
        return -1;
      next = number + 1;
    }
    return next === count ? n : -1;
  }
  const [[kind, value]] = Object.entries(expected), event = came[at];
  if (event?.kind !== kind)
    return -1;
  return (kind === 'mark' ? event.data === value : event.data.equals(octets(value))) ? 1 : -1;
}

function takesAll(expected, came, at) {
  let n = 0;
  for (const e of expected) {
    const k = takes(e, came, at + n);
    if (k < 0)
      return -1;
    n += k;
  }
  return n;
}

/// Exactly these events have come.
export function sameEvents(expected, came) {
  return expected === 'any' || takesAll(expected, came, 0) === came.length;
}

/// end: {closed, ended, by, quiet}; `by`: who sent the first Close on our side.
function sameEnd(close, end) {
  const code = end.closed?.code;
  const coded = end.closed !== undefined && (close.codes === 'any' || close.codes?.includes(code));
  const dropped = close.drop === true && end.closed === undefined && end.ended !== undefined;
  switch (close.by) {
    case 'client': return end.by === 'client' && coded;
    case 'script': return coded || dropped;
    case 'server': return end.by !== 'client' && (coded || dropped);
    case 'wait': return end.quiet;
    case 'reset': return end.by === 'reset';
  }
  throw new Error(`unknown end ${close.by}`);
}

function best(grades) { return grades.includes('ok') ? 'ok' : grades.includes('non-strict') ? 'non-strict' : 'failed'; }

export function gradeOf(expect, events, end) {
  return best(expect.filter((o) => sameEnd(o.close, end) && sameEvents(o.events, events)).map((o) => o.grade));
}

export function sameStatus(numbers, status) {
  return numbers.some((n) => n === status ||
    typeof n === 'string' && n.endsWith('xx') && Math.floor(status / 100) === Number(n[0]));
}

/// An answer to a handshake of family h. c: the connection; status 'none' or a number.
export function gradeOfAnswer(test, c, status) {
  const fits = (o) => {
    if (!sameStatus(o.status, status))
      return false;
    for (const [name, element] of Object.entries(o.require ?? {}))
      if (!c.lists(name, element))
        return false;
    if (status !== 101)
      return true;
    const protocol = 'protocol' in o ? o.protocol : test.protocol;
    if (protocol !== undefined && (c.protocol ?? null) !== protocol)
      return false;
    if (o.extensions === 'none' && c.field('sec-websocket-extensions') !== undefined ||
        o.extensions === 'deflate' && c.deflate === undefined)
      return false;
    if (o.fail !== undefined)
      return c.events.length === 0 && (c.closed === undefined ? o.fail === 'any' && c.ended !== undefined
        : o.fail === 'any' || o.fail.includes(c.closed.code));
    return sameEvents([...o.events ?? [], {text: 'probe'}], c.events);
  };
  return best(test.expect.filter(fits).map((o) => o.grade));
}
