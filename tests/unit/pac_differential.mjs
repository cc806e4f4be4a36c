// PAC text, run in a JavaScript engine, against the table, and the table against a reference made of
// regular expressions, on generated tables and URLs: node pac_differential.mjs PAC_ORACLE
import vm from "node:vm";
import { ask, below, count, finish, hex, pick, some, unhex } from "./url_oracle.mjs";

const root = "myapp";
const whole = 92160; // the size that make_pac keeps
const hosts = ["myapp", "MyApp", "a.test", "b.a.test", "bank.test", "x.example.com", "example.com", "aa", "aaaab",
  "127.0.0.1", "[::1]", "my%61pp"];
const words = ["a", "b", "ab", "feed", "Feed", "/", "/", "/", "?", "?", "x=", "://", "myapp", ".", "..", "%2e", "'",
  "{", "|", "\u00e9", "%41", "@", ":", ":80", "\"", "\\", "<", "</script>", "\u2028"];
const ports = ["", "", "", "", ":80", ":443", ":8080", ":81"];

const pattern_host = () => pick([() => pick(hosts), () => pick(hosts), () => "*", () => "*." + pick(hosts),
  () => pick(["m", "a", "b", "x"]) + "*", () => "*" + pick(["p", "st", "com", "b"]), () => "a*a*b",
  () => "*a*" ])();
const pattern_port = () => pick([() => pick(ports), () => pick(ports), () => pick(ports), () => ":*", () => ":8*"])();
const tail = () => some(6, () => pick([...words, "*", "*", "*"]));
const pattern = () => pick([
  () => pick(["ws", "wss", "http", "https", "*", "*", "*", "ws*", "*s", "W*", "ftp"]) + "://" + pattern_host() +
    pattern_port() + pick(["/*", "/*", "/*", "*", "", "/", "/" + tail(), "?" + tail(), "/" + tail(), "#" + tail()]),
  () => "*" + pick([...hosts, ...words]) + pick(["*", "*", "", "*b", "*a*a*a*a*b"]),
  () => pick(["ws:*", "ws*", "h*", "*", "*:8080/*", "wss*test*", "*s:*", "myapp/*", "https*/"]),
])();
const url = () => pick(["ws", "wss", "http", "https"]) + "://" + pick(hosts) + pick(ports) + "/" +
  some(6, () => pick([...words, "aaaa", "?x=://myapp/"]));

/// The contract's reach of a `*`, said with regular expressions. The pattern is in normal form; bare:
/// its port is the default one, which URLs leave out.
function reference([pattern, , bare], url) {
  const expression = (text, star) =>
    text.split("*").map((s) => s.replace(/[^A-Za-z0-9]/g, "\\$&")).join(star);
  const colon = pattern.indexOf("://");
  if (colon < 0) return new RegExp(`^${expression(pattern, ".*")}$`).test(url);
  const scheme = expression(pattern.slice(0, colon), "[^:/]*");
  let slash = pattern.indexOf("/", colon + 3);
  let site = pattern.slice(colon + 3, slash < 0 ? undefined : slash), rest = slash < 0 ? "" : pattern.slice(slash);
  if (slash < 0 && site.endsWith("*")) [site, rest] = [site.slice(0, -1), "*"];
  if (bare) site = site.replace(/:[0-9]+$/, "");
  if (bare && /^[a-z]+:\/\/[^/]*:[0-9]+\//.test(url)) return false;
  return new RegExp(`^${scheme}://${expression(site, "[^/]*")}${expression(rest, ".*")}$`).test(url);
}

function load(text) {
  const sandbox = {};
  vm.runInNewContext(text, sandbox, { timeout: 1000 });
  return sandbox;
}

const tables = Math.max(1, Math.floor(Number(count) / 50)), each = 50;
const lines = [], jobs = [];
for (let t = 0; t < tables; t++) {
  // A few rows mostly; sometimes many, or only such whose hosts are ours.
  const length = below(20) === 0 ? below(400) : below(6);
  const ours = below(6) === 0 ? pick([1, 2]) : 0;
  const rows = Array.from({ length }, () =>
    ours ? [ours, pick(["ws", "*", "ws*", "http"]) + "://" + pick([...hosts, "*." + pick(hosts)]) + "/*"]
    : [pick([0, 0, 1, 1, 2]), pattern()]);
  const size = below(3) === 0 ? pick([0, 700, 900, 1100, 1200, 1400, 1600]) : whole;
  lines.push(`C ${hex(root)}`, ...rows.map(([action, text]) => `R ${action} ${hex(text)}`), `B ${size}`);
  const urls = Array.from({ length: each }, url);
  lines.push(...urls.map((text) => `U ${hex(text)}`));
  jobs.push({ rows, size, urls });
}
const answers = ask(lines);

const differences = [];
const fallbacks = [0, 0, 0, 0], decided = [0, 0, 0], exacts = [0, 0, 0, 0];
let at = 0, compared = 0, refused = 0, direct = 0;
for (const { rows, urls } of jobs) {
  const [errors, , fallback, exact, text] = answers[at++];
  const own = answers.slice(at, (at += each));
  if (errors !== "0") {
    refused++;
    continue;
  }
  fallbacks[Number(fallback)]++;
  exacts[Number(fallback)] += exact === "1";
  if (!/^[\n\x20-\x7e]*$/.test(unhex(text)) || unhex(text).includes("</"))
    differences.push(`unsafe text for ${JSON.stringify(rows)}`);
  const script = load(unhex(text));
  own.forEach(([answer, action, row, site], i) => {
    const normal = unhex(answer);
    if (answer === "-") return differences.push(`no URL: ${urls[i]}`);
    const [, scheme, authority] = /^([a-z]+):\/\/([^/]*)/.exec(normal);
    const hidden = scheme === "wss" || scheme === "https";
    const seen = hidden ? `${scheme}://${authority}/` : normal;
    const said = script.FindProxyForURL(seen, authority.replace(/:[0-9]+$/, ""));
    const ours = action !== "0";
    const wanted = (scheme === "http" && authority === root) || (hidden ? site === "1" : ours);
    const at = `${JSON.stringify(rows)} ${normal}`;
    if (said !== "PROXY 127.0.0.1:1" && said !== "DIRECT") differences.push(`${at}: said ${said}`);
    // What is smaller than the table may send more to the proxy, never less.
    const proxied = said !== "DIRECT";
    const same = exact === "1" && (fallback === "0" || !hidden);
    if (same ? proxied !== wanted : wanted && !proxied) differences.push(`${at}: PAC ${said}, table ${wanted}`);
    if (ours && site !== "1") differences.push(`${at}: intercepted, but may_match_site says no`);
    if (fallback === "0") {
      const first = Array.from(script.rows).findIndex((r) => reference(r, normal));
      const action_there = first < 0 ? 0 : script.rows[first][1];
      if (Number(action) !== action_there)
        differences.push(`${at}: action ${action}, reference ${action_there}`);
    }
    decided[Number(action)]++;
    direct += !proxied;
    compared++;
  });
}
console.log(`${tables} tables (${refused} refused; fallbacks ${fallbacks}, exact ${exacts}), actions ${decided}, DIRECT ${direct}`);
if (refused > tables / 2 || direct < compared / 10 || fallbacks.includes(0) || decided.includes(0) ||
    exacts[0] !== fallbacks[0] || exacts[1] === 0 || exacts[1] === fallbacks[1])
  differences.push("the cases are too much alike to show anything");

finish("PAC and table", compared, differences);
