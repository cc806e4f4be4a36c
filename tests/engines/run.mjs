// All engines: node run.mjs BUILD [--write] [--outside-ci] [NAME...]
// Runs the site's checks in each engine by each of its routes. The last line is "N passed, N
// failed". The table between the marks in the README is what came of it: --write puts it there;
// without, a cell that differs is a failure. --outside-ci: those that CI has not, which have a table
// of their own. NAME: only the engines whose name begins so; no table then.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";
import { scratch } from "../browser/harness.mjs";
import { startServer } from "../browser/server.mjs";
import { engines, outsideCI } from "./engines.mjs";

const [build, ...words] = process.argv.slice(2);
const option = (name) => words[0] === name && words.shift() === name;
const write = option("--write");
const outside = option("--outside-ci");
const readme = fileURLToPath(new URL("../../README.md", import.meta.url));
const site = fileURLToPath(new URL("./site", import.meta.url));
const cells = ["page", "iframe", "worker", "shared worker", "service worker", "wss", "https page", "own-scheme page"];
const patience = 300_000; // only where an engine has hung: hosts have limits of their own

const count = { passed: 0, failed: 0 };
const said = (good, what) => {
  count[good ? "passed" : "failed"]++;
  console.log(`${good ? "passed" : "FAILED"}: ${what}`);
};

/// Runs one host; gives what it printed.
async function run({ name, route, version, cannot, command, env, network }) {
  const [program, ...args] = command({ build: path.resolve(build), site, network, scratch });
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const result = { versions: version ? [version()] : [], cells: new Map(), cannot: new Map(Object.entries(cannot ?? {})), done: false };
  let noise = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (noise = (noise + text).slice(-4000)));
  const late = setTimeout(() => child.kill("SIGKILL"), patience);
  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve((noise += error.message)));
    child.on("close", resolve);
  });
  for await (const line of readline.createInterface(child.stdout)) {
    const [kind, cell, ...rest] = line.split("\t");
    if (kind === "engine") result.versions.push(`${cell} ${rest[0]}`);
    else if (kind === "cannot") result.cannot.set(cell, rest[0]);
    else if (kind === "done") result.done = true;
    else if (kind === "failed") noise += `\n${cell}`;
    else if (kind === "check") {
      const [what, seen] = rest;
      if (!result.cells.has(cell)) result.cells.set(cell, 0);
      if (seen === "ok") result.cells.set(cell, result.cells.get(cell) + 1);
      said(seen === "ok", `${name}, ${route}, ${cell}: ${what}${seen === "ok" ? "" : `: ${seen}`}`);
    } else console.log(line);
  }
  await ended;
  clearTimeout(late);
  said(result.done, `${name}, ${route}: ran to its end`);
  said(result.versions.length > 0, `${name}, ${route}: ${result.versions.join(", ") || "it says no version"}`);
  if (!result.done) console.log(noise);
  return result;
}

/// The table, and the reasons for what is not there.
function written(results) {
  const reasons = [];
  const mark = (why) => {
    if (!reasons.includes(why)) reasons.push(why);
    return reasons.indexOf(why) + 1;
  };
  const rows = results.map(({ route, versions, cells: seen, cannot }) => [
    versions.join(", "),
    route,
    ...cells.map((cell) =>
      seen.has(cell) ? `${seen.get(cell)}` : `no (${mark(cannot.get(cell) ?? "not tested")})`,
    ),
  ]);
  const line = (row) => `| ${row.join(" | ")} |`;
  return [
    line(["engine, as it calls itself", "route", ...cells]),
    line(["---", "---", ...cells.map(() => "---")]),
    ...rows.map(line),
    "",
    ...reasons.map((why, i) => `${i + 1}. ${why}`),
  ].join("\n");
}

/// The README with the table; null where it has no place for one.
const mark = outside ? "engines outside CI" : "engines";
const marks = [`<!-- ${mark} -->\n`, `\n<!-- end of ${mark} -->`];
function parts() {
  const text = fs.readFileSync(readme, "utf8");
  const [from, to] = marks.map((mark) => text.indexOf(mark));
  return from < 0 || to < 0 ? null : [text.slice(0, from + marks[0].length), text.slice(from + marks[0].length, to), text.slice(to)];
}
// Of another machine's engines the versions may differ.
const withoutVersions = (text) => text.replace(/[0-9]+(\.[0-9]+)+/g, "N");

const { port } = await startServer();
const all = outside ? outsideCI : engines;
const chosen = all.filter(({ name }) => words.length === 0 || words.some((word) => name.startsWith(word)));
const results = [];
for (const engine of chosen)
  results.push({ ...engine, ...(await run({ ...engine, network: `ws://127.0.0.1:${port}/` })) });

const shown = parts();
const now = written(results);
if (write && shown !== null && chosen.length === all.length) {
  fs.writeFileSync(readme, shown[0] + now + shown[2]);
} else if (chosen.length === all.length) {
  const same = shown !== null && withoutVersions(shown[1]) === withoutVersions(now);
  said(same, "the README's table is what came of this run");
  if (!same) console.log(now);
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 ? 0 : 1);
