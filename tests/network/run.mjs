// All tests with programs of others: node run.mjs PROGRAM-OR-BUILD-FOLDER [FILE...]
// The last line is "N passed, N failed".
import fs from "node:fs";
import path from "node:path";

const [given = "", ...files] = process.argv.slice(2);
const inFolder = path.join(given, "tests/network/network_host");
const program = fs.existsSync(inFolder) ? inFolder : given;
if (!fs.statSync(program, { throwIfNoEntry: false })?.isFile()) {
  console.error("usage: node run.mjs PROGRAM-OR-BUILD-FOLDER [FILE...]");
  process.exit(2);
}
process.env.NETWORK_HOST = path.resolve(program);

const { count, atEnd } = await import("./harness.mjs");
const { stopDestinations } = await import("./destinations.mjs");
atEnd(stopDestinations);
process.on("exit", () => {
  const skipped = count.skipped === 0 ? "" : `, ${count.skipped} skipped`;
  console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
});

const folder = new URL("./", import.meta.url);
const all = fs.readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
for (const name of files.length > 0 ? files : all.sort())
  await import(new URL(path.basename(name), folder));
