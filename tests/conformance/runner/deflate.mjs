// RFC 7692: what an answer to permessage-deflate may be, and the two directions of a connection.
import zlib from 'node:zlib';

const sync = {finishFlush: zlib.constants.Z_SYNC_FLUSH};
const tail = Buffer.from([0, 0, 255, 255]);

/// The elements of Sec-WebSocket-Extensions; undefined: not its grammar.
function parse(value) {
  const tokens = value.match(/[!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[^"\\]|\\.)*"|[;,=]|[^ \t]/g) ?? [];
  const out = [];
  let at = 0;
  const token = () => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(tokens[at] ?? '') ? tokens[at++] : undefined;
  while (at < tokens.length) {
    if (tokens[at] === ',') {
      ++at;
      continue;
    }
    const element = {name: token(), params: []};
    if (element.name === undefined)
      return undefined;
    while (tokens[at] === ';') {
      ++at;
      const name = token();
      if (name === undefined)
        return undefined;
      let given = null;
      if (tokens[at] === '=') {
        const text = tokens[++at] ?? '';
        given = text.startsWith('"') ? (++at, text.slice(1, -1).replace(/\\(.)/g, '$1')) : token();
        if (given === undefined)
          return undefined;
      }
      element.params.push([name.toLowerCase(), given]);
    }
    out.push(element);
    if (at < tokens.length && tokens[at] !== ',')
      return undefined;
  }
  return out;
}

/// The parameters of a correct permessage-deflate element; undefined: it is not correct.
function params(element, answer) {
  const out = {};
  for (const [name, given] of element.params) {
    if (name in out)
      return undefined;
    if (name === 'server_no_context_takeover' || name === 'client_no_context_takeover') {
      if (given !== null)
        return undefined;
      out[name] = true;
    } else if (name === 'server_max_window_bits' || name === 'client_max_window_bits') {
      const open = given === null && name === 'client_max_window_bits' && !answer;
      if (!open && !/^([89]|1[0-5])$/.test(given ?? ''))
        return undefined;
      out[name] = open ? 15 : Number(given);
    } else
      return undefined;
  }
  return out;
}

function fits(answer, offer) {
  const window = 'server_max_window_bits', client = 'client_max_window_bits';
  if (offer.server_no_context_takeover && !answer.server_no_context_takeover)
    return false;
  if (window in offer && (answer[window] ?? 15) > offer[window])
    return false;
  return !(client in answer) || client in offer && answer[client] <= offer[client];
}

/// offered, answered: the values of Sec-WebSocket-Extensions, lines joined by commas; answered may
/// be undefined. {agreed, problem, without15}: the parameters, or what is wrong.
export function negotiated(offered, answered) {
  if (answered === undefined)
    return {};
  const got = parse(answered);
  if (got === undefined || got.length !== 1 || got[0].name.toLowerCase() !== 'permessage-deflate')
    return {problem: `extensions ${JSON.stringify(answered)}`};
  const agreed = params(got[0], true);
  const offers = (parse(offered ?? '') ?? [])
    .filter((e) => e.name.toLowerCase() === 'permessage-deflate')
    .map((e) => params(e, false)).filter(Boolean);
  const fitting = agreed && offers.filter((o) => fits(agreed, o));
  if (!fitting || fitting.length === 0)
    return {problem: `extensions ${JSON.stringify(answered)} fit none of ${JSON.stringify(offered)}`};
  const without15 = !('server_max_window_bits' in agreed) &&
    fitting.every((o) => o.server_max_window_bits === 15);
  return {agreed, without15};
}

/// Compresses messages one after the other, as a client with these parameters does.
export function deflater(agreed) {
  const bits = agreed.client_max_window_bits ?? 15;
  // zlib has no raw window of 8 bits: without matches no window is needed.
  const options = bits === 8 ? {...sync, strategy: zlib.constants.Z_HUFFMAN_ONLY}
                             : {...sync, windowBits: bits};
  let past = Buffer.alloc(0);
  return (message) => {
    const all = zlib.deflateRawSync(message, past.length ? {...options, dictionary: past} : options);
    if (!agreed.client_no_context_takeover && bits !== 8)
      past = Buffer.from(Buffer.concat([past, message.subarray(-32768)]).subarray(-(2 ** bits)));
    return all.subarray(0, all.length - 4);
  };
}

/// Inflates a server's messages; throws where they do not inflate. Small output chunks, so that
/// zlib sees distances that reach behind the window.
export function inflater(agreed) {
  const bits = agreed.server_max_window_bits ?? 15;
  const options = {...sync, windowBits: bits, info: true, chunkSize: bits === 15 ? 16384 : Math.max(64, 2 ** bits / 8)};
  let past = Buffer.alloc(0);
  return (message) => {
    const out = [];
    let window = past;
    for (let rest = Buffer.concat([message, tail]); rest.length > 0;) { // again after a final block
      const {buffer, engine} =
        zlib.inflateRawSync(rest, window.length ? {...options, dictionary: window} : options);
      out.push(buffer);
      window = Buffer.concat([window, buffer.subarray(-32768)]).subarray(-(2 ** bits));
      if (engine.bytesWritten === 0)
        break;
      rest = rest.subarray(engine.bytesWritten);
    }
    past = agreed.server_no_context_takeover ? Buffer.alloc(0) : Buffer.from(window);
    return out.length === 1 ? out[0] : Buffer.concat(out);
  };
}
