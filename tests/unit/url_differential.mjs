// normalise() against Node's URL parser on generated URLs: node url_differential.mjs PAC_ORACLE
import { ask, below, count, finish, hex, pick, some, unhex } from "./url_oracle.mjs";

const schemes = ["ws", "wss", "http", "https", "ws", "wss", "http", "https", "WS", "Https", "w\ts", "ftp", "wsx", "", "h ttp"];
const slashes = ["://", "://", "://", "://", ":\\\\", ":/", ":", ":///", ":/\\/", ":\n//", "//"];
const users = ["", "", "", "", "", "", "", "", "u@", "u:p@", "@", "a@b@", ":@", "u%40@", "/@"];
const labels = ["myapp", "MyApp", "a", "test", "example", "%61", "a%2eb", "a_b", "a%2fb", "%00", "a-b",
  "b^", "b|", "0x1", "1e", "x%", "c%4", "\u00e9%", "!$&'()+,;=~", "a b", "<", "%7f", "\"", "`{}"];
const numbers = ["0", "1", "127", "255", "256", "0x7f", "0X1F", "0x", "017", "08", "4294967295",
  "4294967296", "99999999999999999999", "65536", "00", "0000377"];
const hextets = ["0", "1", "ff", "FFFF", "00ab", "12345", "g", "", "0", "0", "0"];
const pieces = ["a", "B", "..", ".", "%2e", "%2E.", ".%2e", "%2f", "%41", "\u00e9", "\u{1f600}", " ",
  "\"", "<", ">", "`", "{", "}", "'", "\\", "/", "/", "/", "/", "?", "&", "=", "#", "*", "[", "]", "|",
  "\t", "\r", "\x00", "\x1f", "\x7f", "%", "%zz", "@", ":", ";", "...", "\ud800", "~", "$", "+", ","];
const ports = ["", "", "", "", "", "", "", "", ":", ":8080", ":80", ":443", ":80", ":443", ":8080", ":0080", ":0", ":65535", ":65536", ":9a", ":-1",
  ": 80", ":000000000000443", ":99999999999"];

const ipv4 = () => Array.from({ length: 1 + below(5) }, () => pick(numbers)).join(".");
function ipv6() {
  let text = Array.from({ length: 1 + below(9) }, () => pick(hextets)).join(":");
  if (below(3) === 0) text = "::" + text;
  if (below(3) === 0) text += "::";
  if (below(4) === 0) text += ":" + pick(["1.2.3.4", "1.2.3.256", "01.2.3.4", "1.2.3", "1.2.3.4.", "1..3.4"]);
  if (below(2) === 0) {
    const n = 1 + below(8), at = below(n);
    text = Array.from({ length: n }, (_, i) => (i === at ? "" : pick(["0", "0", "1", "ab", "0DB8"]))).join(":");
    if (at === 0) text = ":" + text;
    if (at === n - 1) text += ":";
  }
  return "[" + text + pick(["]", "]", "]", "]", "]", "", "]x"]);
}
const name = () => Array.from({ length: 1 + below(3) }, () => pick(labels)).join(".") + pick(["", "", ".", ".."]);
const plain = () => pick(["myapp", "MyApp", "a.test", "b.c.example", "127.0.0.1", "[::1]", "x_y."]);
const host = () => pick([plain, plain, plain, plain, plain, plain, plain, plain, name, name, name, ipv4, ipv4, ipv6, ipv6, () => pick(labels) + "." + ipv4(),
  () => ""])();
const generate = () => pick(["", "", "", " ", "\x01"]) + pick(schemes) + pick(slashes) + pick(users) + host() +
  pick(ports) + pick(["/", "/", "/", "?", "", "\\", "#"]) + some(9, () => pick(pieces)) + pick(["", "", " "]);

/// Node's answer in the form that normalise gives: no user information, no fragment, `|` in a path
/// encoded, as Chromium does. (No `^` in paths here: Node's own handling of it varies.)
function expected(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    return "-";
  }
  if (!["ws:", "wss:", "http:", "https:"].includes(url.protocol)) return "-";
  if (url.hostname.includes("xn--")) return "-"; // not ASCII: engines give Punycode
  const path = url.pathname.replace(/\|/g, "%7C");
  const bare = url.href.split("#")[0]; // an empty query's "?" stays, which `search` does not show
  const query = bare.indexOf("?") < 0 ? "" : bare.slice(bare.indexOf("?"));
  return `${url.protocol}//${url.host}${path}${query}`;
}

const texts = Array.from({ length: Number(count) }, generate);
const differences = [];
let valid = 0;
ask(texts.map((text) => `U ${hex(text)}`)).forEach(([answer], i) => {
  const own = answer === "-" ? "-" : unhex(answer), theirs = expected(texts[i]);
  valid += theirs !== "-";
  if (own !== theirs) differences.push(`${JSON.stringify(texts[i])}: ${own}, Node: ${theirs}`);
});
console.log(`${valid} of them URLs`);
finish("normal forms", texts.length, differences);
