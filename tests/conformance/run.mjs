// Runs the cases of cases.json against a server that echoes. See README.md beside it.
//   node run.mjs --host PROGRAM [--jobs 4] [--only REGEX] [--port N] [--json FILE]
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import {createInterface} from 'node:readline';
import {playCase} from './runner/play.mjs';

function options(words) {
  const out = {jobs: '4'};
  for (let i = 0; i < words.length; i += 2) {
    const name = /^--(host|jobs|only|port|json)$/.exec(words[i])?.[1];
    if (name === undefined || words[i + 1] === undefined)
      return undefined;
    out[name] = words[i + 1];
  }
  return out.host === undefined && out.port === undefined ? undefined : out;
}

/// Lengths above 2^53 stay exact.
function readCases() {
  const text = fs.readFileSync(new URL('cases.json', import.meta.url), 'utf8');
  return JSON.parse(text.replace(/"announce":(\d+)/g, '"announce":"$1"'),
    (name, value) => name === 'announce' ? BigInt(value) : value);
}

/// Starts the program; its port, from its first line.
async function start(program, port) {
  const child = spawn(program, ['--port', port, '--deflate'], {stdio: ['ignore', 'pipe', 'inherit']});
  const first = await new Promise((resolve) => {
    createInterface({input: child.stdout}).once('line', resolve);
    child.once('error', (e) => resolve(String(e)));
    child.once('exit', (code, signal) => resolve(`it ended: ${code ?? signal}`));
  });
  const m = /^listening on 127\.0\.0\.1:(\d+)$/.exec(first);
  if (m === null)
    throw new Error(`${program}: ${first}`);
  return {child, port: Number(m[1])};
}

/// Deflate alone would make it ok, although the case runs without.
function wantsDeflate(test) {
  return test.family === 'h' && test.expect.every((o) => o.grade !== 'ok' || o.extensions === 'deflate');
}

async function main() {
  const given = options(process.argv.slice(2));
  if (given === undefined) {
    console.error('usage: node run.mjs --host PROGRAM [--jobs 4] [--only REGEX] [--port N] [--json FILE]');
    return 2;
  }
  const only = new RegExp(given.only ?? '');
  // The heavy ones first: the last to end are then short.
  const cases = readCases().filter((c) => only.test(c.id))
    .map((c, number) => ({...c, number}))
    .sort((a, b) => (b.weight ?? 1) - (a.weight ?? 1) || a.number - b.number);
  const host = given.host === undefined ? {port: Number(given.port)} : await start(given.host, given.port ?? '0');
  let gone;
  host.child?.once('exit', (code, signal) => { gone = `the host has ended: ${code ?? signal}`; });

  const results = [];
  let next = 0;
  const lane = async () => {
    while (next < cases.length) {
      const test = cases[next++], since = Date.now();
      const result = gone === undefined ? await playCase(test, host.port) : {grade: 'failed', came: gone};
      if (result.grade === 'non-strict' && result.declined && wantsDeflate(test))
        result.grade = 'needs deflate';
      results.push({test, ...result, ms: Date.now() - since});
    }
  };
  await Promise.all(Array.from({length: Math.max(1, Number(given.jobs))}, lane));
  host.child?.kill();

  results.sort((a, b) => a.test.number - b.test.number);
  const count = {ok: 0, failed: 0, 'non-strict': 0, 'needs deflate': 0};
  for (const {test, grade, came} of results) {
    ++count[grade];
    if (grade === 'failed' || grade === 'non-strict') {
      console.log(`${grade}: ${test.id}: ${test.desc} (RFC ${test.rfc.join(', RFC ')})`);
      for (const {grade: g, ...outcome} of test.expect)
        console.log(`  expected (${g}): ${JSON.stringify(outcome).slice(0, 300)}`);
      console.log(`  came: ${came}`);
    }
  }
  if (given.json !== undefined)
    fs.writeFileSync(given.json, JSON.stringify(results.map(({test, grade, came, ms}) =>
      ({id: test.id, grade, came, ms})), null, 1) + '\n');
  if (count['needs deflate'] > 0)
    console.log(`skipped: ${count['needs deflate']} need permessage-deflate, which the host declines`);
  console.log(`conformance: ${count.ok} passed, ${count.failed} failed, ` +
    `${count['needs deflate']} skipped, ${count['non-strict']} non-strict`);
  return gone !== undefined || count.failed > 0 || count['non-strict'] > 3 || results.length === 0 ? 1 : 0;
}

process.exit(await main());
