// What url_differential.mjs and pac_differential.mjs share: seeded chance, and pac_oracle.
import { spawnSync } from "node:child_process";

export const [, , oracle, count = "20000", seed = "1"] = process.argv;
if (!oracle) {
  console.error("usage: node SCRIPT PAC_ORACLE [COUNT [SEED]]");
  process.exit(2);
}

let state = Number(seed) >>> 0; // xorshift with a multiplier, 32 bits
export function below(n) {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % n;
}
export const pick = (list) => list[below(list.length)];
export const some = (n, make) => Array.from({ length: below(n + 1) }, make).join("");

export const hex = (text) => Buffer.from(text, "utf8").toString("hex");
export const unhex = (text) => Buffer.from(text, "hex").toString("latin1");

/// Sends the lines, gives the answers' words.
export function ask(lines) {
  const run = spawnSync(oracle, [], { input: lines.join("\n") + "\n", maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`pac_oracle: ${run.error ?? run.stderr}`);
  return run.stdout.toString("latin1").trimEnd().split("\n").map((line) => line.split(" "));
}

/// Prints the first differences and ends the process.
export function finish(what, compared, differences) {
  for (const d of differences.slice(0, 20)) console.log(d);
  console.log(`${what}: ${compared} compared, ${differences.length} differ (seed ${seed})`);
  process.exit(differences.length === 0 && compared > 0 ? 0 : 1);
}
