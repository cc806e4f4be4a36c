// The examples, in a real Chromium: node run.mjs BUILD [FILE...]
// The last line is "N passed, N failed".
import fs from "node:fs";
import path from "node:path";

const [build = "", ...files] = process.argv.slice(2);
if (!fs.existsSync(path.join(build, "examples/chart"))) {
  console.error("usage: node run.mjs BUILD [FILE...]");
  process.exit(2);
}
process.env.EXAMPLES = path.resolve(build, "examples");

const { count } = await import("../browser/harness.mjs");
process.on("exit", () => console.log(`${count.passed} passed, ${count.failed} failed`));

const folder = new URL("./", import.meta.url);
const all = fs.readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
for (const name of files.length > 0 ? files : all.sort())
  await import(new URL(path.basename(name), folder));
