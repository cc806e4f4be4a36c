// The engines, their routes, and how the host of each is started. Rows of the README's table, in
// its order.
import { execFileSync } from "node:child_process";
import { browserProgram } from "../browser/harness.mjs";

const chromiumSwitches = (folder) => [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  `--user-data-dir=${folder}`,
];

export const engines = [
  {
    name: "Chromium",
    route: "proxy script",
    cannot: { "own-scheme page": "a browser that is a program of its own has no schemes of yours" },
    version: () => /Chromium [0-9.]+/.exec(execFileSync(browserProgram(), ["--version"]))[0],
    command: ({ build, site, network, scratch }) => [
      ...[`${build}/tests/engines/spawn_host`, "proxy", site, network],
      ...[browserProgram(), ...chromiumSwitches(`${scratch}/chromium`)],
    ],
  },
  ...[
    ["proxy", "proxy script", { "own-scheme page": "run in a C++ program, see below" }],
    ["scheme", "scheme handlers"],
  ].map(([word, route, cannot]) => ({
    name: "CEF",
    route,
    cannot,
    command: ({ build, site, network, scratch }) => [
      ...["xvfb-run", "--auto-servernum", `${build}/tests/engines/spawn_host`, word, site, network],
      ...[`${build}/jcef/browser`, "--no-sandbox", "--disable-gpu", `--user-data-dir=${scratch}/jcef-${word}`],
    ],
  })),
  ...[
    ["redirect", "redirected sockets"],
    ["proxy", "proxy script"],
  ].map(([word, route]) => ({
    name: "QtWebEngine",
    route,
    command: ({ build, site, network }) => [`${build}/tests/engines/qt/qt_host`, word, site, network],
  })),
  ...["webkit2gtk-4.1", "webkitgtk-6.0"].flatMap((api) =>
    ["proxy", "scheme"].map((route) => ({
      name: `WebKitGTK ${api}`,
      route: { proxy: "proxy", scheme: "URI scheme" }[route],
      command: ({ build, site, network }) => [
        ...["xvfb-run", "--auto-servernum"],
        ...[`${build}/tests/engines/webkitgtk/host_${api}`, route, site, network],
      ],
    })),
  ),
];

/// Outside CI, by tests/run.sh --cef-root: the adapter in a C++ program, on a CEF of its own.
export const outsideCI = [
  ["proxy", "proxy script of a context"],
  ["scheme", "scheme handlers"],
].map(([word, route]) => ({
  name: "CEF, in C++",
  route,
  command: ({ build, site, network }) => [
    ...["xvfb-run", "--auto-servernum", `${build}/tests/engines/cef/cef_host`, word, site, network],
  ],
}));
