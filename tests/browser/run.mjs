// All browser tests: node run.mjs PROGRAM-OR-BUILD-FOLDER [FILE...]
// The last line is "N passed, N failed".
import fs from "node:fs";
import path from "node:path";

const [given = "", ...files] = process.argv.slice(2);
const inFolder = path.join(given, "examples/htmlrenderer/htmlrenderer");
const program = fs.existsSync(inFolder) ? inFolder : given;
if (!fs.statSync(program, { throwIfNoEntry: false })?.isFile()) {
  console.error("usage: node run.mjs PROGRAM-OR-BUILD-FOLDER [FILE...]");
  process.exit(2);
}
process.env.HTMLRENDERER = path.resolve(program);
process.env.ENDPOINT_HOST = path.resolve(given, "tests/browser/endpoint_host");
process.env.BRIDGE_HOST ??= path.resolve(given, "tests/browser/bridge_host");

const { cef, count, devtoolsPipe } = await import("./harness.mjs");
process.on("exit", () => {
  const skipped = count.skipped === 0 ? "" : `, ${count.skipped} skipped`;
  console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
});

const folder = new URL("./", import.meta.url);
let all = fs.readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
if (cef) {
  console.log(`not in CEF: secret.test.mjs: needs ${devtoolsPipe}`);
  console.log("not in CEF: bridge.test.mjs: it compares two classes in a browser of its own");
  all = all.filter((name) => !/^(bridge|secret)\./.test(name));
}
for (const name of files.length > 0 ? files : all.sort())
  await import(new URL(path.basename(name), folder));
